//===- Threads.h - Parallel loops of compiled code --------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The function that compiled code calls for a parallel loop.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_TOOLS_SLIN_RUN_THREADS_H
#define SLIN_TOOLS_SLIN_RUN_THREADS_H

#include <cstdint>

namespace slin {

/// How many threads parallel loops use from now on, at least 1.
void setThreads(unsigned count);

} // namespace slin

/// Calls `function` on parts of [0, count) until all of it is done.
extern "C" void slin_parallel_for(void (*function)(void *, int64_t, int64_t),
                                  void *captures, int64_t count);

#endif // SLIN_TOOLS_SLIN_RUN_THREADS_H
