//===- KernelTime.h - How long a kernel takes -------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An estimate of the time of one launch, from what its blocks do and how many
// of them run at once. It is there to tell schedules apart; what a launch costs
// whatever its schedule is left out.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_CONVERSION_SLINGPUTONVVM_KERNELTIME_H
#define SLIN_LIB_CONVERSION_SLINGPUTONVVM_KERNELTIME_H

#include "KernelEmitter.h"

#include "slin/Cost/Target.h"

namespace slin::slingpu {

/// Seconds.
struct KernelTime {
  /// The tensor cores of the SM that has most to do; reads from memory; reads
  /// from the cache; and until a block's first step is there and what follows
  /// its last one is done.
  double multiply = 0, memory = 0, cache = 0, ends = 0;
  /// What the times of memory and cache are for.
  double memoryBytes = 0, cacheBytes = 0;

  double total() const;
  /// `tensor cores`, `memory` or `cache`: what takes longest.
  llvm::StringRef bound() const;
};

/// The time of `op` with its schedule, which is one of `emitter`, for `tokens`
/// tokens.
KernelTime estimateKernelTime(ScheduledOpInterface op,
                              const KernelEmitter &emitter, int64_t tokens,
                              const Architecture &architecture,
                              const cost::Target &costs);

} // namespace slin::slingpu

#endif // SLIN_LIB_CONVERSION_SLINGPUTONVVM_KERNELTIME_H
