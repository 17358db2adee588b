//===- DriverABITest.cpp - Our declarations against cuda.h
//----------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Where CUDA's headers are, the numbers and structs of driver.h are compared
// with theirs.
//
//===----------------------------------------------------------------------===//

#include <gtest/gtest.h>

#if __has_include(<cuda.h>)
// driver.h is C; this one word is spelled otherwise in C++.
#define _Alignas alignas
#define _Static_assert static_assert
#include "driver.h"

#include <cstddef>
#include <cuda.h>
#include <type_traits>

TEST(DriverABI, NumbersAreThoseOfCUDA) {
  EXPECT_EQ(int(RESULT_INVALID_VALUE), int(CUDA_ERROR_INVALID_VALUE));
  EXPECT_EQ(int(RESULT_INVALID_IMAGE), int(CUDA_ERROR_INVALID_IMAGE));
  EXPECT_EQ(int(RESULT_NO_BINARY), int(CUDA_ERROR_NO_BINARY_FOR_GPU));
  EXPECT_EQ(int(RESULT_NOT_SUPPORTED), int(CUDA_ERROR_NOT_SUPPORTED));
  EXPECT_EQ(int(RESULT_UPDATE_FAILURE),
            int(CUDA_ERROR_GRAPH_EXEC_UPDATE_FAILURE));
  EXPECT_EQ(int(DEVICE_MULTIPROCESSOR_COUNT),
            int(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT));
  EXPECT_EQ(int(DEVICE_CAPABILITY_MAJOR),
            int(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR));
  EXPECT_EQ(int(DEVICE_CAPABILITY_MINOR),
            int(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR));
  EXPECT_EQ(int(DEVICE_SHARED_MEMORY),
            int(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN));
  EXPECT_EQ(int(FUNCTION_DYNAMIC_SHARED),
            int(CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES));
  EXPECT_EQ(int(FUNCTION_LARGE_CLUSTER),
            int(CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED));
  EXPECT_EQ(int(JIT_ERROR_LOG), int(CU_JIT_ERROR_LOG_BUFFER));
  EXPECT_EQ(int(JIT_ERROR_LOG_SIZE), int(CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES));
  EXPECT_EQ(int(LAUNCH_PROGRAMMATIC),
            int(CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION));
  EXPECT_EQ(int(STREAM_NON_BLOCKING), int(CU_STREAM_NON_BLOCKING));
  EXPECT_EQ(int(CAPTURE_THREAD_LOCAL),
            int(CU_STREAM_CAPTURE_MODE_THREAD_LOCAL));
  EXPECT_EQ(int(MAP_U8), int(CU_TENSOR_MAP_DATA_TYPE_UINT8));
  EXPECT_EQ(int(MAP_I32), int(CU_TENSOR_MAP_DATA_TYPE_INT32));
  EXPECT_EQ(int(MAP_F16), int(CU_TENSOR_MAP_DATA_TYPE_FLOAT16));
  EXPECT_EQ(int(MAP_F32), int(CU_TENSOR_MAP_DATA_TYPE_FLOAT32));
  EXPECT_EQ(int(MAP_BF16), int(CU_TENSOR_MAP_DATA_TYPE_BFLOAT16));
  EXPECT_EQ(int(MAP_TF32), int(CU_TENSOR_MAP_DATA_TYPE_TFLOAT32));
  EXPECT_EQ(int(MAP_INTERLEAVE_NONE), int(CU_TENSOR_MAP_INTERLEAVE_NONE));
  EXPECT_EQ(int(MAP_FILL_ZERO), int(CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE));
}

TEST(DriverABI, StructsAreThoseOfCUDA) {
  EXPECT_EQ(sizeof(slin_encoded_map), sizeof(CUtensorMap));
  EXPECT_EQ(sizeof(slin_launch), sizeof(CUlaunchConfig));
  EXPECT_EQ(offsetof(slin_launch, shared_bytes),
            offsetof(CUlaunchConfig, sharedMemBytes));
  EXPECT_EQ(offsetof(slin_launch, stream), offsetof(CUlaunchConfig, hStream));
  EXPECT_EQ(offsetof(slin_launch, attributes), offsetof(CUlaunchConfig, attrs));
  EXPECT_EQ(offsetof(slin_launch, attribute_count),
            offsetof(CUlaunchConfig, numAttrs));
  EXPECT_EQ(sizeof(slin_launch_attribute), sizeof(CUlaunchAttribute));
  EXPECT_EQ(offsetof(slin_launch_attribute, value),
            offsetof(CUlaunchAttribute, value));
  EXPECT_EQ(sizeof(slin_update_result), sizeof(CUgraphExecUpdateResultInfo));
  EXPECT_EQ(sizeof(slin_pointer), sizeof(CUdeviceptr));
}

TEST(DriverABI, NamesAreThoseThatTheHeaderMaps) {
  // cuda.h maps each name to the exported one, as cuMemAlloc to cuMemAlloc_v2.
#define EXPORTED_AGAIN(name) #name
#define EXPORTED(name) EXPORTED_AGAIN(name)
  EXPECT_STREQ(EXPORTED(cuMemAlloc), "cuMemAlloc_v2");
  EXPECT_STREQ(EXPORTED(cuMemFree), "cuMemFree_v2");
  EXPECT_STREQ(EXPORTED(cuMemcpyHtoD), "cuMemcpyHtoD_v2");
  EXPECT_STREQ(EXPORTED(cuMemcpyDtoH), "cuMemcpyDtoH_v2");
  EXPECT_STREQ(EXPORTED(cuCtxPushCurrent), "cuCtxPushCurrent_v2");
  EXPECT_STREQ(EXPORTED(cuCtxPopCurrent), "cuCtxPopCurrent_v2");
  EXPECT_STREQ(EXPORTED(cuDevicePrimaryCtxRelease),
               "cuDevicePrimaryCtxRelease_v2");
  EXPECT_STREQ(EXPORTED(cuStreamDestroy), "cuStreamDestroy_v2");
  EXPECT_STREQ(EXPORTED(cuStreamBeginCapture), "cuStreamBeginCapture_v2");
  EXPECT_STREQ(EXPORTED(cuGraphExecUpdate), "cuGraphExecUpdate_v2");
  EXPECT_STREQ(EXPORTED(cuLaunchKernelEx), "cuLaunchKernelEx");
  EXPECT_STREQ(EXPORTED(cuTensorMapEncodeTiled), "cuTensorMapEncodeTiled");
}
#else
TEST(DriverABI, NumbersAreThoseOfCUDA) {
  GTEST_SKIP() << "cuda.h was not found when this was compiled";
}
#endif
