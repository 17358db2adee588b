//===- ScheduleReasons.cpp - What speaks against schedules
//-----------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Limits that do not depend on what a kernel computes.
//
//===----------------------------------------------------------------------===//

#include "ScheduleReasons.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace slin::slingpu;

std::string slin::slingpu::reasonAgainstStages(ScheduleAttr schedule) {
  if (schedule.getStages() >= 2)
    return "";
  return llvm::formatv("expected at least 2 stages, found {0}",
                       schedule.getStages());
}

std::string slin::slingpu::reasonAgainstSharing(ScheduleAttr schedule) {
  if (schedule.getCluster() != 1)
    return llvm::formatv("expected clusters of 1 block, found {0}",
                         schedule.getCluster());
  if (schedule.getSplit() != 1)
    return llvm::formatv("expected columns in 1 part, found {0}",
                         schedule.getSplit());
  if (schedule.getPersistent())
    return "expected a kernel with a block for each tile, found a persistent "
           "one";
  return "";
}

std::string slin::slingpu::reasonAgainstRegisters(int64_t threads,
                                                  int64_t registers) {
  if (threads > 1024)
    return llvm::formatv("expected at most 32 warps, found {0}", threads / 32);
  // An SM has 64 Ki registers, a thread 255 at most.
  int64_t most = std::min<int64_t>(255, 65536 / threads);
  if (registers <= most)
    return "";
  return llvm::formatv(
      "expected at most {0} registers for each of {1} threads, found {2}", most,
      threads, registers);
}

std::string slin::slingpu::reasonAgainstSharedBytes(int64_t bytes,
                                                    int64_t limit) {
  if (bytes <= limit)
    return "";
  return llvm::formatv("expected at most {0} bytes of shared memory, found {1}",
                       limit, bytes);
}
