//===- MeasuredSchedules.h - Times that a tuner measured --------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A table of schedules and their times on a card, in JSON (docs/Rationale.md,
// "Schedules of kernels"). What was measured counts more than any estimate.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_CONVERSION_SLINGPUTONVVM_MEASUREDSCHEDULES_H
#define SLIN_LIB_CONVERSION_SLINGPUTONVVM_MEASUREDSCHEDULES_H

#include "slin/Dialect/SlinGPU/IR/SlinGPUOps.h"

#include "llvm/ADT/StringMap.h"

namespace slin::slingpu {

struct MeasuredSchedule {
  ScheduleAttr schedule;
  double seconds;
};

class MeasuredSchedules {
public:
  /// Reads the table at `path`, which has to be of `target`. Fails with a
  /// reason that names the path.
  static mlir::FailureOr<MeasuredSchedules> read(llvm::StringRef path,
                                                 llvm::StringRef target,
                                                 mlir::MLIRContext *context,
                                                 std::string &reason);

  /// What was measured for an op of these sizes and type at `tokens` tokens.
  llvm::ArrayRef<MeasuredSchedule> find(ScheduledOpInterface op,
                                        int64_t tokens) const;

private:
  static std::string getKey(llvm::StringRef kernel, llvm::StringRef type,
                            int64_t tokens);
  llvm::StringMap<std::vector<MeasuredSchedule>> rows;
};

} // namespace slin::slingpu

#endif // SLIN_LIB_CONVERSION_SLINGPUTONVVM_MEASUREDSCHEDULES_H
