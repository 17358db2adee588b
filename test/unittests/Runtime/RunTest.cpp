//===- RunTest.cpp - What a run launches
//----------------------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Samples.h"

extern "C" {
#include "driver.h"
}

#include <atomic>
#include <gtest/gtest.h>
#include <thread>

namespace {

unsigned countOf(const std::string &text, const std::string &part) {
  unsigned count = 0;
  for (size_t at = 0; (at = text.find(part, at)) != std::string::npos; ++at)
    ++count;
  return count;
}

TEST(Run, ComputesThroughTheWorkspace) {
  Loaded loaded("sample", 1000);
  const unsigned tokens = 37;
  std::vector<float> x(tokens * 8), y(tokens * 8);
  for (size_t i = 0; i < x.size(); ++i)
    x[i] = float(i);
  Memory in(loaded.program, x.size() * 4), out(loaded.program, x.size() * 4);
  slin_copy_to_device(loaded.program, in.pointer, x.data(), x.size() * 4,
                      nullptr);
  ASSERT_EQ(slin_run(loaded.program, 1, tokens, &in.pointer, &out.pointer,
                     nullptr, 0, 0, &loaded.error),
            0)
      << loaded.error.message;
  slin_copy_to_host(loaded.program, y.data(), out.pointer, y.size() * 4,
                    nullptr, nullptr);
  for (size_t i = 0; i < x.size(); ++i)
    ASSERT_EQ(y[i], 4 * x[i]) << i;
}

TEST(Run, LaunchesThePlanOfTheTokens) {
  Loaded loaded("sample");
  Memory in(loaded.program, 2000 * 512), out(loaded.program, 2000 * 512),
      workspace(loaded.program, 1 << 24);
  auto run = [&](unsigned tokens) {
    standin_reset();
    EXPECT_EQ(slin_run(loaded.program, 0, tokens, &in.pointer, &out.pointer,
                       (slin_stream)7, workspace.pointer, 1 << 24,
                       &loaded.error),
              0)
        << loaded.error.message;
    return std::string(standin_log());
  };
  std::string few = run(64);
  // 64 tokens of 64 features in bf16 are cleared: 8192 bytes.
  EXPECT_HAS(few, "cuMemsetD8Async memory ");
  EXPECT_HAS(few, ", 8192 on 7\n");
  EXPECT_EQ(countOf(few, "cuLaunchKernelEx skinny"), 4u) << few;
  EXPECT_HAS(few, "cuLaunchKernelEx skinny <<<(4, 1), 160, 81152>>> on 7 "
                  "programmatic (map of memory ");
  EXPECT_HAS(few, " [64], map of memory "); // rows of the weight
  EXPECT_HAS(few, ", 64, 64, 256)\n");      // T, N, K
  EXPECT_HAS(few, "skinny <<<(64, 1), ");   // 1024 rows in tiles of 64, split 4
  EXPECT_HAS(few, "cuTensorMapEncodeTiled memory ");
  EXPECT_HAS(few, "type 9, swizzle 3, l2 3, 256x64/2 64x64/512\n");

  std::string many = run(2000);
  EXPECT_EQ(countOf(many, "cuLaunchKernelEx gemm"), 4u) << many;
  EXPECT_EQ(countOf(many, "cuMemsetD8Async"), 0u);
  // ceil(2000 / 256) pairs of tiles along M, times tiles along N, in whole
  // clusters of 2 on 132 SMs.
  EXPECT_HAS(many, "gemm <<<(16, 1), 384, 100000>>> on 7 (");
  EXPECT_HAS(many, "gemm <<<(128, 1), 384, 100000>>> on 7 programmatic (");
  EXPECT_HAS(many, ", 2000, 1024, 64)\n");

  standin_reset();
  EXPECT_HAS(run(65), "cuLaunchKernelEx gemm");
  EXPECT_EQ(run(0), "");
}

TEST(Run, PersistentGridsEndAtTheSMs) {
  Loaded loaded("sample");
  Memory in(loaded.program, 30000 * 512), out(loaded.program, 30000 * 512),
      workspace(loaded.program, 70 << 20);
  ASSERT_EQ(slin_run(loaded.program, 0, 30000, &in.pointer, &out.pointer,
                     nullptr, workspace.pointer, 70 << 20, &loaded.error),
            0)
      << loaded.error.message;
  EXPECT_HAS(standin_log(), "gemm <<<(132, 1), 384, 100000>>> on 0 ");
}

TEST(Run, EncodesATensorMapOnce) {
  Loaded loaded("sample");
  Memory in(loaded.program, 64 * 512), out(loaded.program, 64 * 512),
      workspace(loaded.program, 1 << 20);
  auto encodings = [&](unsigned tokens, slin_pointer y) {
    standin_reset();
    EXPECT_EQ(slin_run(loaded.program, 0, tokens, &in.pointer, &y, nullptr,
                       workspace.pointer, 1 << 20, &loaded.error),
              0);
    return countOf(standin_log(), "cuTensorMapEncodeTiled");
  };
  EXPECT_EQ(encodings(5, out.pointer), 8u);
  EXPECT_EQ(encodings(5, out.pointer), 0u);
  // Those of weights do not vary with tokens.
  EXPECT_EQ(encodings(6, out.pointer), 4u);
  EXPECT_EQ(encodings(5, out.pointer + 512), 0u); // y is a pointer here
}

TEST(Run, NeitherAllocatesNorWaits) {
  Loaded loaded("sample", 100);
  Memory in(loaded.program, 64 * 512), out(loaded.program, 64 * 512);
  standin_reset();
  ASSERT_EQ(slin_run(loaded.program, 0, 64, &in.pointer, &out.pointer, nullptr,
                     0, 0, &loaded.error),
            0);
  for (const char *call : {"cuMemAlloc", "cuMemcpy", "Synchronize", "cuMemFree",
                           "cuModule", "cuFunc"})
    EXPECT_EQ(countOf(standin_log(), call), 0u) << call;
}

TEST(Run, MayBeCaptured) {
  Loaded loaded("sample", 64);
  Memory in(loaded.program, 64 * 512), out(loaded.program, 64 * 512);
  const slin_driver *driver;
  slin_handle context, stream, graph;
  ASSERT_EQ(slin_driver_get(&driver, nullptr), 0);
  ASSERT_EQ(driver->context_retain(&context, 0), 0);
  ASSERT_EQ(driver->context_push(context), 0);
  ASSERT_EQ(driver->stream_create(&stream, 1), 0);
  ASSERT_EQ(driver->capture_begin(stream, 1), 0);
  EXPECT_EQ(slin_run(loaded.program, 0, 5, &in.pointer, &out.pointer, stream, 0,
                     0, &loaded.error),
            0)
      << loaded.error.message;
  // What must not be done meanwhile, the driver refuses.
  slin_pointer pointer;
  EXPECT_NE(slin_allocate(loaded.program, 8, &pointer, &loaded.error), 0);
  EXPECT_HAS(loaded.error.message, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED");
  ASSERT_EQ(driver->capture_end(stream, &graph), 0);
  EXPECT_EQ(countOf(standin_log(), "captured skinny"), 4u);
  EXPECT_EQ(countOf(standin_log(), "cuLaunchKernelEx"), 0u);
  driver->graph_destroy(graph);
  driver->stream_destroy(stream);
  driver->context_pop(&context);
  driver->context_release(0);
}

TEST(Run, ChecksExtentsBetweenTheEndsOfARange) {
  // The workspace has 16 T + 49856 bytes, of which 50000 ceil(T / 2048) are
  // cleared: that is within at both ends of 9..4095, but not at 2049.
  std::string bytes = readSample("tiny");
  record<slingpu_buffer>(bytes, SLINGPU_BUFFERS, 7).size = {1, 1, 16, 49856};
  record<slingpu_argument>(bytes, SLINGPU_ARGUMENTS, 9).number = {1, 2048,
                                                                  50000, 0};
  seal(bytes);
  slin_artefact *artefact;
  slin_program *program;
  slin_error error;
  ASSERT_EQ(
      slin_open_memory(bytes.data(), bytes.size(), "edited", &artefact, &error),
      0)
      << error.message;
  ASSERT_EQ(slin_load(artefact, 0, 4095, &program, &error), 0) << error.message;
  {
    Memory x(program, 4095 * 16), y(program, 4095 * 16);
    auto run = [&](unsigned tokens) {
      standin_reset();
      return slin_run(program, 0, tokens, &x.pointer, &y.pointer, nullptr, 0, 0,
                      &error);
    };
    EXPECT_EQ(run(9), 0) << error.message;
    EXPECT_EQ(run(4095), 0) << error.message;
    EXPECT_EQ(run(2049), SLIN_RUNTIME_FILE);
    EXPECT_HAS(error.message, "edited: entry 'mlp', 2049 tokens: step 0: "
                              "expected argument 1 to stay within the 82640 "
                              "bytes of its buffer, found 100000");
    EXPECT_EQ(standin_calls(), 0u);
  }
  EXPECT_EQ(slin_unload(program, &error), 0);
  slin_close(artefact);
}

TEST(Run, SaysWhatIsWrong) {
  Loaded loaded("sample", 10);
  Memory in(loaded.program, 64 * 512), out(loaded.program, 64 * 512);
  slin_pointer odd = in.pointer + 8;
  auto message = [&](unsigned entry, unsigned tokens, slin_pointer x,
                     slin_stream stream, slin_pointer workspace,
                     uint64_t size) {
    standin_reset();
    EXPECT_EQ(slin_run(loaded.program, entry, tokens, &x, &out.pointer, stream,
                       workspace, size, &loaded.error),
              SLIN_RUNTIME_USAGE);
    EXPECT_EQ(standin_calls(), 0u);
    return std::string(loaded.error.message);
  };
  EXPECT_HAS(message(2, 1, in.pointer, nullptr, 0, 0),
             "expected an entry in 0..1, found 2");
  EXPECT_HAS(message(0, 1 << 20, in.pointer, nullptr, 0, 0),
             "entry 'encoder.layer.0.mlp': expected at most 1048575 tokens, "
             "found 1048576");
  EXPECT_HAS(
      message(0, 3, odd, nullptr, 0, 0),
      "entry 'encoder.layer.0.mlp', 3 tokens: input 'x': expected memory "
      "aligned to 16 bytes, found the pointer 0x");
  EXPECT_HAS(message(0, 3, 0, nullptr, 0, 0), "found the pointer 0x0");
  EXPECT_HAS(message(0, 200, in.pointer, nullptr, 0, 0),
             "expected a workspace of at least 557056 bytes, found 278528: "
             "load the program for more tokens, or give one");
  EXPECT_HAS(message(0, 3, in.pointer, nullptr, in.pointer, 100),
             "expected a workspace of at least 278528 bytes, found 100: ask "
             "slin_workspace_size");
  EXPECT_HAS(message(0, 3, in.pointer, nullptr, odd, 1 << 20),
             "expected a workspace aligned to 256 bytes");
  ASSERT_EQ(slin_run(loaded.program, 0, 3, &in.pointer, &out.pointer,
                     (slin_stream)1, 0, 0, &loaded.error),
            0);
  EXPECT_HAS(message(0, 3, in.pointer, (slin_stream)2, 0, 0),
             "expected the stream 0x1, to which the program's workspace "
             "belongs since its first run, found 0x2");
}

TEST(Run, WorksInTheCallersContext) {
  slin_artefact *artefact;
  slin_program *program;
  slin_error error;
  const slin_driver *driver;
  slin_handle context;
  ASSERT_EQ(slin_driver_get(&driver, &error), 0) << error.message;
  ASSERT_EQ(driver->context_retain(&context, 0), 0);
  ASSERT_EQ(driver->context_push(context), 0);
  ASSERT_EQ(slin_open(samplePath("sample").c_str(), &artefact, &error), 0);
  standin_reset();
  ASSERT_EQ(slin_load(artefact, SLIN_CURRENT_CONTEXT, 8, &program, &error), 0)
      << error.message;
  EXPECT_EQ(countOf(standin_log(), "Retain"), 0u);
  Memory *in = new Memory(program, 256), *out = new Memory(program, 256);
  EXPECT_EQ(slin_run(program, 1, 8, &in->pointer, &out->pointer, nullptr, 0, 0,
                     &error),
            0)
      << error.message;
  delete in;
  delete out;
  EXPECT_EQ(slin_unload(program, &error), 0) << error.message;
  slin_close(artefact);
  ASSERT_EQ(driver->context_pop(&context), 0);
  ASSERT_EQ(driver->context_release(0), 0);
  EXPECT_EQ(standin_live(), 0u);
}

/// Runs of one program from several threads, each with its memory and stream.
TEST(Run, SeveralThreadsAtOnce) {
  Loaded loaded("sample", 64);
  std::atomic<unsigned> wrong{0};
  auto work = [&](unsigned seed, bool own) {
    const unsigned tokens = 10 + seed;
    std::vector<float> x(tokens * 8, float(seed)), y(x.size());
    Memory in(loaded.program, x.size() * 4), out(loaded.program, x.size() * 4),
        workspace(loaded.program, 4096), bf16(loaded.program, 64 * 512),
        result(loaded.program, 64 * 512), large(loaded.program, 1 << 20);
    slin_error error;
    slin_stream stream = own ? nullptr : (slin_stream)uintptr_t(100 + seed);
    for (unsigned round = 0; round < 50; ++round) {
      x[0] = float(round);
      slin_copy_to_device(loaded.program, in.pointer, x.data(), x.size() * 4,
                          nullptr);
      wrong += slin_run(loaded.program, 1, tokens, &in.pointer, &out.pointer,
                        stream, own ? 0 : workspace.pointer, 4096, &error) != 0;
      wrong +=
          slin_run(loaded.program, 0, round + 1, &bf16.pointer, &result.pointer,
                   stream, large.pointer, 1 << 20, &error) != 0;
      slin_copy_to_host(loaded.program, y.data(), out.pointer, y.size() * 4,
                        nullptr, nullptr);
      for (size_t i = 0; i < x.size(); ++i)
        wrong += y[i] != 4 * x[i];
    }
  };
  std::vector<std::thread> threads;
  for (unsigned seed = 0; seed < 6; ++seed)
    threads.emplace_back(work, seed, seed % 2);
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(wrong, 0u);
}

/// Opening and loading at once, too.
TEST(Run, SeveralThreadsLoad) {
  std::vector<std::thread> threads;
  for (unsigned seed = 0; seed < 4; ++seed)
    threads.emplace_back([] {
      for (unsigned round = 0; round < 5; ++round) {
        slin_artefact *artefact;
        slin_program *program;
        slin_error error;
        ASSERT_EQ(slin_open(samplePath("tiny").c_str(), &artefact, &error), 0);
        ASSERT_EQ(slin_load(artefact, 0, 8, &program, &error), 0);
        slin_close(artefact);
        ASSERT_EQ(slin_unload(program, &error), 0);
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(standin_live(), 0u);
}

} // namespace
