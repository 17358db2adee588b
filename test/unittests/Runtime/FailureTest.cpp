//===- FailureTest.cpp - Every driver call failing once
//-------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Whichever call of the driver fails: a clean error that names it, and nothing
// left behind.
//
//===----------------------------------------------------------------------===//

#include "Samples.h"

#include <cstdlib>
#include <gtest/gtest.h>

namespace {

/// Before any test loads the driver, which happens once per process.
const bool driverNamed =
    setenv("SLIN_CUDA_DRIVER", SLIN_RECORDING_DRIVER, 1) == 0;

/// Everything that the interface can do, up to the first failure. What was made
/// is given back in any case.
slin_status useEverything(slin_error &error) {
  slin_artefact *artefact = nullptr;
  slin_program *program = nullptr;
  slin_graph *graph = nullptr;
  slin_pointer pointers[3] = {};
  std::vector<char> host(64 * 512);
  slin_status status =
      slin_open(samplePath("sample").c_str(), &artefact, &error);
  if (!status)
    status = slin_load(artefact, 0, 64, &program, &error);
  for (slin_pointer &pointer : pointers)
    if (!status)
      status = slin_allocate(program, 200 * 512, &pointer, &error);
  slin_pointer *x = pointers, *y = pointers + 1;
  if (!status)
    status = slin_copy_to_device(program, *x, host.data(), host.size(), &error);
  for (unsigned entry : {0u, 1u})
    if (!status)
      status = slin_run(program, entry, 64, x, y, nullptr, 0, 0, &error);
  if (!status)
    status = slin_synchronize(program, nullptr, &error);
  if (!status)
    status = slin_copy_to_host(program, host.data(), *y, host.size(), nullptr,
                               &error);
  if (!status)
    status = slin_graph_create(program, 0, 10, x, y, 0, 0, &graph, &error);
  for (unsigned tokens : {20u, 129u})
    if (!status)
      status = slin_graph_update(graph, tokens, x, y, &error);
  if (!status)
    status = slin_graph_launch(graph, nullptr, &error);

  slin_error last;
  auto note = [&](slin_status one) {
    if (one && !status) {
      status = one;
      error = last;
    }
  };
  note(slin_graph_destroy(graph, &last));
  for (slin_pointer pointer : pointers)
    if (pointer)
      note(slin_free(program, pointer, &last));
  note(slin_unload(program, &last));
  slin_close(artefact);
  return status;
}

TEST(Failure, EveryCallOnce) {
  ASSERT_TRUE(driverNamed);
  unsigned call = 1, failed = 0;
  for (; call < 1000; ++call) {
    standin_reset();
    standin_configure("STANDIN_FAIL", call);
    slin_error error = {};
    slin_status status = useEverything(error);
    standin_configure("STANDIN_FAIL", 0);
    EXPECT_EQ(standin_live(), 0u) << "call " << call << "\n" << standin_log();
    if (standin_calls() < call)
      break; // there are no more of them
    const std::string log = standin_log();
    const size_t end = log.find(" fails\n");
    ASSERT_NE(end, std::string::npos);
    const size_t start = log.rfind('\n', end);
    const std::string name =
        log.substr(start == std::string::npos ? 0 : start + 1,
                   end - (start == std::string::npos ? 0 : start + 1));
    EXPECT_EQ(status, SLIN_RUNTIME_DRIVER) << "call " << call << " " << name;
    EXPECT_EQ(error.driver_code, STANDIN_FAILURE) << name;
    EXPECT_HAS(error.message, name);
    EXPECT_HAS(error.message,
               "CUDA_ERROR_ECC_UNCORRECTABLE (214): told to fail");
    ++failed;
  }
  EXPECT_GT(failed, 80u);
  EXPECT_EQ(failed, call - 1);
}

TEST(Failure, NamesEntryAndKernel) {
  Loaded loaded("sample", 64);
  Memory x(loaded.program, 64 * 512), y(loaded.program, 64 * 512);
  const unsigned before = standin_live();
  auto message = [&](unsigned call) {
    standin_reset();
    standin_configure("STANDIN_FAIL", call);
    EXPECT_EQ(slin_run(loaded.program, 0, 2, &x.pointer, &y.pointer, nullptr, 0,
                       0, &loaded.error),
              SLIN_RUNTIME_DRIVER);
    standin_configure("STANDIN_FAIL", 0);
    EXPECT_EQ(standin_live(), before);
    return std::string(loaded.error.message);
  };
  // Context look-up and push, clearing, two tensor maps, the launch; what was
  // encoded once stays.
  EXPECT_HAS(message(3),
             "sample.slingpu: entry 'encoder.layer.0.mlp', 2 tokens: "
             "step 0, clearing: cuMemsetD8Async: "
             "CUDA_ERROR_ECC_UNCORRECTABLE (214): told to fail");
  EXPECT_HAS(message(5), "step 1, kernel 'skinny': cuTensorMapEncodeTiled: ");
  EXPECT_HAS(message(5), "step 1, kernel 'skinny': cuLaunchKernelEx: "
                         "CUDA_ERROR_ECC_UNCORRECTABLE (214)");
}

} // namespace
