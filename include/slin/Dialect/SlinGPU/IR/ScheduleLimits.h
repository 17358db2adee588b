//===- ScheduleLimits.h - What speaks against a schedule --------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Verifiers of ops with schedules ask this. Limits are known where kernels are
// written, which the dialect does not depend on: whoever registers emitters
// attaches them.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_DIALECT_SLINGPU_IR_SCHEDULELIMITS_H
#define SLIN_DIALECT_SLINGPU_IR_SCHEDULELIMITS_H

#include "slin/Dialect/SlinGPU/IR/SlinGPUOps.h"

#include "mlir/IR/DialectInterface.h"

namespace slin::slingpu {

class ScheduleLimits : public mlir::DialectInterface::Base<ScheduleLimits> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(ScheduleLimits)
  explicit ScheduleLimits(mlir::Dialect *dialect) : Base(dialect) {}

  /// What speaks against the schedule of `op`, which has one and is valid
  /// otherwise, on every architecture: the limit, what is expected and what is
  /// found. Empty where nothing does.
  virtual std::string reasonAgainst(ScheduledOpInterface op) const = 0;
};

/// C6 of slingpu.block_gemm and C7 of slingpu.ffn_core; holds where no limits
/// are attached.
mlir::LogicalResult verifySchedule(ScheduledOpInterface op);

} // namespace slin::slingpu

#endif // SLIN_DIALECT_SLINGPU_IR_SCHEDULELIMITS_H
