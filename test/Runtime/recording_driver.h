/*===- recording_driver.h - A driver that records -----------------*- C -*-===*\
|*
|* Part of slin, under the Apache License v2.0 with LLVM Exceptions.
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
|*
\*===----------------------------------------------------------------------===*/
/*
 * Stands in for libcuda.so.1 in tests: it knows the calls that slin's runtime
 * makes, keeps the rules that the driver documents for them, and writes down
 * what it was asked for. Device memory is the host's. It proves calls, never a
 * speed.
 *
 * Of kernels it knows what their PTX declares; three are also computed, so that
 * a test can see data go through: `copy_f32 (in, out, n)`, `double_f32 (in,
 * out, n)` and `add_bytes (in, out, n, k)`. Cubins of tests hold PTX too.
 *
 * What it is, environment variables say when it is loaded, and
 * standin_configure afterwards: STANDIN_ARCHITECTURE (90), STANDIN_DEVICES (1),
 * STANDIN_SHARED (232448), STANDIN_FAIL (the number of the call that fails,
 * from 1 on; 0: none), STANDIN_LOG (a file that every line goes to as well),
 * STANDIN_LOOKUP (0: no cuGetProcAddress), STANDIN_REFUSE_CUBIN (1: no cubin
 * fits).
 */
#ifndef SLIN_TEST_RECORDING_DRIVER_H
#define SLIN_TEST_RECORDING_DRIVER_H

#ifdef __cplusplus
extern "C" {
#endif

/* The result of the call that was told to fail: CUDA_ERROR_ECC_UNCORRECTABLE,
 * which no other path of the stand-in answers. */
#define STANDIN_FAILURE 214

/* Sets what an environment variable would have set. */
void standin_configure(const char *variable, unsigned value);

/* Forgets the log and the number of calls; objects stay. */
void standin_reset(void);

/* Calls since then. */
unsigned standin_calls(void);

/* The log since then, one line per call; alive until the next call. */
const char *standin_log(void);

/* Objects that were made and not given back: memory, modules, streams, graphs,
 * contexts, entries of this thread's context stack. */
unsigned standin_live(void);

#ifdef __cplusplus
}
#endif
#endif
