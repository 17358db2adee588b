//===- ScheduleReasons.h - What speaks against schedules ---*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What emitters have in common when they say why there is no kernel for a
// schedule. All are empty where nothing speaks against it.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_CONVERSION_SLINGPUTONVVM_SCHEDULEREASONS_H
#define SLIN_LIB_CONVERSION_SLINGPUTONVVM_SCHEDULEREASONS_H

#include "slin/Dialect/SlinGPU/IR/SlinGPUOps.h"

#include <string>

namespace slin::slingpu {

/// At least two stages.
std::string reasonAgainstStages(ScheduleAttr schedule);

/// For kernels whose blocks work alone, each on one tile with all columns.
std::string reasonAgainstSharing(ScheduleAttr schedule);

/// For `threads` threads of a block with `registers` registers each.
std::string reasonAgainstRegisters(int64_t threads, int64_t registers);

/// For `bytes` of shared memory, of which a block may have `limit`.
std::string reasonAgainstSharedBytes(int64_t bytes, int64_t limit);

} // namespace slin::slingpu

#endif // SLIN_LIB_CONVERSION_SLINGPUTONVVM_SCHEDULEREASONS_H
