/*===- driver.h - What we use of the CUDA driver ------------------*- C -*-===*\
|*
|* Part of slin, under the Apache License v2.0 with LLVM Exceptions.
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
|*
\*===----------------------------------------------------------------------===*/
/*
 * Our own declarations of the driver's ABI, so that neither CUDA's headers nor
 * its libraries are needed to build. Every number is that of cuda.h of
 * CUDA 13.0, whose name stands beside it; the ABI of a versioned symbol never
 * changes.
 */
#ifndef SLIN_RUNTIME_DRIVER_H
#define SLIN_RUNTIME_DRIVER_H

#include "slin_runtime.h"
#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

typedef int slin_result; /* CUresult */
typedef int slin_device; /* CUdevice */
typedef struct slin_opaque
    *slin_handle; /* CUcontext, CUmodule, CUfunction, CUgraph... */

enum {
  RESULT_INVALID_VALUE = 1,    /* CUDA_ERROR_INVALID_VALUE */
  RESULT_INVALID_IMAGE = 200,  /* CUDA_ERROR_INVALID_IMAGE */
  RESULT_NO_BINARY = 209,      /* CUDA_ERROR_NO_BINARY_FOR_GPU */
  RESULT_NOT_SUPPORTED = 801,  /* CUDA_ERROR_NOT_SUPPORTED */
  RESULT_UPDATE_FAILURE = 910, /* CUDA_ERROR_GRAPH_EXEC_UPDATE_FAILURE */

  DEVICE_MULTIPROCESSOR_COUNT =
      16, /* CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT */
  DEVICE_CAPABILITY_MAJOR =
      75, /* CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR */
  DEVICE_CAPABILITY_MINOR =
      76, /* CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR */
  DEVICE_SHARED_MEMORY =
      97, /* CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN */

  FUNCTION_DYNAMIC_SHARED =
      8, /* CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES */
  FUNCTION_LARGE_CLUSTER =
      14, /* CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED */

  JIT_ERROR_LOG = 5,      /* CU_JIT_ERROR_LOG_BUFFER */
  JIT_ERROR_LOG_SIZE = 6, /* CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES */

  LAUNCH_PROGRAMMATIC =
      6, /* CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION */

  STREAM_NON_BLOCKING = 1,  /* CU_STREAM_NON_BLOCKING */
  CAPTURE_THREAD_LOCAL = 1, /* CU_STREAM_CAPTURE_MODE_THREAD_LOCAL */

  MAP_U8 = 0,              /* CU_TENSOR_MAP_DATA_TYPE_UINT8 */
  MAP_I32 = 3,             /* CU_TENSOR_MAP_DATA_TYPE_INT32 */
  MAP_F16 = 6,             /* CU_TENSOR_MAP_DATA_TYPE_FLOAT16 */
  MAP_F32 = 7,             /* CU_TENSOR_MAP_DATA_TYPE_FLOAT32 */
  MAP_BF16 = 9,            /* CU_TENSOR_MAP_DATA_TYPE_BFLOAT16 */
  MAP_TF32 = 11,           /* CU_TENSOR_MAP_DATA_TYPE_TFLOAT32 */
  MAP_INTERLEAVE_NONE = 0, /* CU_TENSOR_MAP_INTERLEAVE_NONE */
  MAP_FILL_ZERO = 0        /* CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE */
};

/* CUtensorMap: CU_TENSOR_MAP_NUM_QWORDS 16; a parameter wants 64 of its 128. */
typedef struct slin_encoded_map {
  _Alignas(128) uint64_t opaque[16];
} slin_encoded_map;

/* CUlaunchAttribute: an id, padding to 8 bytes, a union of 64. */
typedef struct slin_launch_attribute {
  int id;
  int padding;
  union {
    char bytes[64];
    int programmatic; /* programmaticStreamSerializationAllowed */
    uint64_t alignment;
  } value;
} slin_launch_attribute;
_Static_assert(sizeof(slin_launch_attribute) == 72, "as CUlaunchAttribute");

/* CUlaunchConfig */
typedef struct slin_launch {
  unsigned grid_x, grid_y, grid_z;
  unsigned block_x, block_y, block_z;
  unsigned shared_bytes;
  slin_handle stream;
  slin_launch_attribute *attributes;
  unsigned attribute_count;
} slin_launch;
_Static_assert(sizeof(slin_launch) == 56, "as CUlaunchConfig");

/* CUgraphExecUpdateResultInfo */
typedef struct slin_update_result {
  int result;
  slin_handle error_node, error_from_node;
} slin_update_result;

/* X(name, symbol, version of CUDA that brought it, parameters): the fields of
 * struct slin_driver. `symbol` is the name that cuGetProcAddress knows; with
 * the suffix of the last column it is what the library exports. */
#define SLIN_DRIVER_FUNCTIONS(X)                                               \
  X(init, "cuInit", "", 2000, (unsigned))                                      \
  X(error_name, "cuGetErrorName", "", 6000, (slin_result, const char **))      \
  X(error_text, "cuGetErrorString", "", 6000, (slin_result, const char **))    \
  X(device_count, "cuDeviceGetCount", "", 2000, (int *))                       \
  X(device_get, "cuDeviceGet", "", 2000, (slin_device *, int))                 \
  X(device_name, "cuDeviceGetName", "", 2000, (char *, int, slin_device))      \
  X(device_attribute, "cuDeviceGetAttribute", "", 2000,                        \
    (int *, int, slin_device))                                                 \
  X(context_retain, "cuDevicePrimaryCtxRetain", "", 7000,                      \
    (slin_handle *, slin_device))                                              \
  X(context_release, "cuDevicePrimaryCtxRelease", "_v2", 11000, (slin_device)) \
  X(context_current, "cuCtxGetCurrent", "", 4000, (slin_handle *))             \
  X(context_device, "cuCtxGetDevice", "", 2000, (slin_device *))               \
  X(context_push, "cuCtxPushCurrent", "_v2", 4000, (slin_handle))              \
  X(context_pop, "cuCtxPopCurrent", "_v2", 4000, (slin_handle *))              \
  X(module_load, "cuModuleLoadDataEx", "", 2010,                               \
    (slin_handle *, const void *, unsigned, int *, void **))                   \
  X(module_unload, "cuModuleUnload", "", 2000, (slin_handle))                  \
  X(module_function, "cuModuleGetFunction", "", 2000,                          \
    (slin_handle *, slin_handle, const char *))                                \
  X(function_set, "cuFuncSetAttribute", "", 9000, (slin_handle, int, int))     \
  X(allocate, "cuMemAlloc", "_v2", 3020, (slin_pointer *, size_t))             \
  X(release, "cuMemFree", "_v2", 3020, (slin_pointer))                         \
  X(copy_in, "cuMemcpyHtoD", "_v2", 3020,                                      \
    (slin_pointer, const void *, size_t))                                      \
  X(copy_out, "cuMemcpyDtoH", "_v2", 3020, (void *, slin_pointer, size_t))     \
  X(clear, "cuMemsetD8Async", "", 3020,                                        \
    (slin_pointer, unsigned char, size_t, slin_handle))                        \
  X(stream_create, "cuStreamCreate", "", 2000, (slin_handle *, unsigned))      \
  X(stream_destroy, "cuStreamDestroy", "_v2", 4000, (slin_handle))             \
  X(stream_wait, "cuStreamSynchronize", "", 2000, (slin_handle))               \
  X(capture_begin, "cuStreamBeginCapture", "_v2", 10010, (slin_handle, int))   \
  X(capture_end, "cuStreamEndCapture", "", 10000,                              \
    (slin_handle, slin_handle *))                                              \
  X(graph_instantiate, "cuGraphInstantiateWithFlags", "", 11040,               \
    (slin_handle *, slin_handle, unsigned long long))                          \
  X(graph_update, "cuGraphExecUpdate", "_v2", 12000,                           \
    (slin_handle, slin_handle, slin_update_result *))                          \
  X(graph_launch, "cuGraphLaunch", "", 10000, (slin_handle, slin_handle))      \
  X(graph_destroy, "cuGraphDestroy", "", 10000, (slin_handle))                 \
  X(graph_exec_destroy, "cuGraphExecDestroy", "", 10000, (slin_handle))        \
  X(launch, "cuLaunchKernelEx", "", 11060,                                     \
    (const slin_launch *, slin_handle, void **, void **))                      \
  X(map_encode, "cuTensorMapEncodeTiled", "", 12000,                           \
    (slin_encoded_map *, int, uint32_t, void *, const uint64_t *,              \
     const uint64_t *, const uint32_t *, const uint32_t *, int, int, int,      \
     int))

/* What older drivers lack, and what can be done without: null then. */
#define SLIN_DRIVER_OPTIONAL_FUNCTIONS(X)                                      \
  X(function_load, "cuFuncLoad", "", 12040, (slin_handle))                     \
  X(function_parameter, "cuFuncGetParamInfo", "", 12040,                       \
    (slin_handle, size_t, size_t *, size_t *))

struct slin_driver {
#define X(name, symbol, suffix, version, parameters)                           \
  slin_result(*name) parameters;
  SLIN_DRIVER_FUNCTIONS(X)
  SLIN_DRIVER_OPTIONAL_FUNCTIONS(X)
#undef X
};

/* The driver of this process, loaded and initialised by the first call. */
slin_status slin_driver_get(const struct slin_driver **driver,
                            slin_error *error);

/* "cuMemAlloc: CUDA_ERROR_OUT_OF_MEMORY (2): out of memory"; `result` is not 0.
 */
slin_status slin_driver_fail(const struct slin_driver *driver,
                             slin_result result, const char *call,
                             slin_error *error);

/* Makes a context current for a while, where it is not already. */
slin_status slin_context_enter(const struct slin_driver *driver,
                               slin_handle context, int *entered,
                               slin_error *error);
/* The same before something is given back: an error is told, but since a call
 * may answer with the error of something earlier, the context is entered if it
 * can be at all. */
slin_status slin_context_enter_to_release(const struct slin_driver *driver,
                                          slin_handle context, int *entered,
                                          slin_error *error);
slin_status slin_context_leave(const struct slin_driver *driver, int entered,
                               slin_error *error);

#pragma GCC visibility pop

#endif
