//===- LoadTest.cpp - Which code is loaded, and in which order
//------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Samples.h"

#include <cstring>
#include <gtest/gtest.h>

namespace {

/// Sets a variable of the recording driver for a while.
class Configured {
public:
  Configured(const char *variable, unsigned value, unsigned otherwise)
      : variable(variable), otherwise(otherwise) {
    standin_configure(variable, value);
  }
  ~Configured() { standin_configure(variable, otherwise); }

private:
  const char *variable;
  unsigned otherwise;
};

/// What sample.slingpu gives on a device, or the error.
std::string chosen(unsigned architecture) {
  Configured configured("STANDIN_ARCHITECTURE", architecture, 90);
  slin_artefact *artefact;
  slin_program *program;
  slin_error error;
  EXPECT_EQ(slin_open(samplePath("sample").c_str(), &artefact, &error), 0);
  std::string text;
  if (slin_load(artefact, 0, 0, &program, &error)) {
    EXPECT_EQ(error.status, SLIN_RUNTIME_NO_TARGET);
    text = error.message;
  } else {
    text = slin_program_target(program);
    EXPECT_EQ(slin_unload(program, &error), 0);
  }
  slin_close(artefact);
  EXPECT_EQ(standin_live(), 0u);
  return text;
}

TEST(Load, ChoosesCodeForTheDevice) {
  EXPECT_EQ(chosen(90), "sm_90a, cubin, on Stand-in 0");
  EXPECT_EQ(chosen(80), "sm_80, PTX, on Stand-in 0");
  EXPECT_EQ(chosen(89), "sm_80, PTX, on Stand-in 0");
  EXPECT_EQ(chosen(100), "sm_80, PTX, on Stand-in 0");
  EXPECT_EQ(chosen(120), "sm_80, PTX, on Stand-in 0");
  EXPECT_HAS(chosen(75), "expected code for sm_75, which the device Stand-in 0 "
                         "is; found sm_80 (PTX), sm_90a (cubin and PTX): "
                         "compile the model with --target sm_75");
}

TEST(Load, LooksAtSharedMemory) {
  {
    Configured configured("STANDIN_SHARED", 100000, 232448);
    EXPECT_EQ(chosen(90), "sm_90a, cubin, on Stand-in 0");
  }
  Configured configured("STANDIN_SHARED", 99999, 232448);
  EXPECT_HAS(chosen(90), "sm_90a (cubin and PTX; takes 100000 bytes of shared "
                         "memory, the device has 99999)");
}

TEST(Load, TakesPTXWhereTheDriverRefusesTheCubin) {
  Configured configured("STANDIN_REFUSE_CUBIN", 1, 0);
  EXPECT_EQ(chosen(90), "sm_90a, PTX, on Stand-in 0");
}

TEST(Load, MakesTheseCalls) {
  slin_artefact *artefact;
  slin_program *program;
  slin_error error;
  ASSERT_EQ(slin_open(samplePath("sample").c_str(), &artefact, &error), 0);
  standin_reset();
  ASSERT_EQ(slin_load(artefact, 0, 1024, &program, &error), 0);
  const std::string log = standin_log();
  // 2 tensor cores' kernels ask for shared memory, the third needs none; 4
  // weights of 32, 128, 128, 32 KiB; the workspace of 1024 tokens is
  // 1024 * 2 * (64 + 1024).
  const char *calls[] = {"cuDevicePrimaryCtxRetain 0\n",
                         "cuModuleLoadDataEx cubin\n",
                         "cuModuleGetFunction gemm\n",
                         "cuFuncSetAttribute gemm 8=100000\ncuFuncLoad gemm\n",
                         "cuModuleGetFunction skinny\n",
                         "cuFuncSetAttribute skinny 8=81152\n",
                         "cuModuleGetFunction double_f32\n",
                         "cuMemAlloc 327680 -> memory ",
                         " + 0, 32768\ncuMemcpyHtoD memory ",
                         " + 32768, 131072\ncuMemcpyHtoD memory ",
                         " + 163840, 131072\ncuMemcpyHtoD memory ",
                         " + 294912, 32768\ncuStreamSynchronize 0\n",
                         "cuMemAlloc 2228224 -> memory "};
  size_t at = 0;
  for (const char *call : calls) {
    size_t found = log.find(call, at);
    ASSERT_NE(found, std::string::npos) << call << " in\n" << log;
    at = found + strlen(call);
  }
  EXPECT_EQ(log.find("double_f32 8="), std::string::npos) << log;
  slin_close(artefact); // the program keeps what it needs
  EXPECT_EQ(slin_unload(program, &error), 0) << error.message;
  EXPECT_EQ(standin_live(), 0u);
}

TEST(Load, UploadsTheWeightsAsTheyAre) {
  Loaded loaded("tiny");
  // tiny.slingpu has 64 bytes 0, 1, 2...; its kernel reads from byte 16 on.
  Memory x(loaded.program, 16), y(loaded.program, 16);
  Memory workspace(loaded.program, 1024);
  ASSERT_EQ(slin_run(loaded.program, 0, 1, &x.pointer, &y.pointer, nullptr,
                     workspace.pointer, 1024, &loaded.error),
            0)
      << loaded.error.message;
  std::string log = standin_log();
  size_t map = log.find("(map of ");
  ASSERT_NE(map, std::string::npos) << log;
  EXPECT_HAS(log.substr(map), " + 16, memory ");
}

TEST(Load, ComparesArgumentsWithTheCode) {
  const std::string good = readSample("tiny");
  // The same length, so that nothing moves; the cubin and the PTX both say so.
  auto message = [&](const std::string &before, const std::string &after) {
    std::string bad = good;
    for (size_t at = 0; (at = bad.find(before, at)) != std::string::npos;)
      bad.replace(at, before.size(), after);
    seal(bad);
    slin_artefact *artefact;
    slin_program *program;
    slin_error error;
    EXPECT_EQ(
        slin_open_memory(bad.data(), bad.size(), "edited", &artefact, &error),
        0)
        << error.message;
    EXPECT_EQ(slin_load(artefact, 0, 0, &program, &error), SLIN_RUNTIME_FILE);
    slin_close(artefact);
    EXPECT_EQ(standin_live(), 0u);
    return std::string(error.message);
  };
  EXPECT_HAS(message(".u32 gemm_param_3", ".u64 gemm_param_3"),
             "edited: kernel 'gemm': expected 8 bytes for parameter 3, as its "
             "code says, found 4 in a plan");
  EXPECT_HAS(message(".param .u32 gemm_param_3", "                        "),
             "expected 0 bytes for parameter 3, as its code says, found 4");
  EXPECT_HAS(message("gemm_param_3\n)", "a,.param .u32)"),
             "expected 4 bytes for parameter 4, as its code says, found 0");
}

TEST(Load, RefusesDevicesAndContextsThatAreNotThere) {
  slin_artefact *artefact;
  slin_program *program;
  slin_error error;
  ASSERT_EQ(slin_open(samplePath("sample").c_str(), &artefact, &error), 0);
  EXPECT_EQ(slin_load(artefact, 3, 0, &program, &error), SLIN_RUNTIME_USAGE);
  EXPECT_HAS(error.message, "expected a device in 0..0, found 3");
  EXPECT_EQ(slin_load(artefact, SLIN_CURRENT_CONTEXT, 0, &program, &error),
            SLIN_RUNTIME_USAGE);
  EXPECT_HAS(error.message, "expected a current context on this thread");
  slin_close(artefact);
  EXPECT_EQ(standin_live(), 0u);
}

} // namespace
