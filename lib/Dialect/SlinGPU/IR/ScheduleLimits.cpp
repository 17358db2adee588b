//===- ScheduleLimits.cpp - What speaks against a schedule ----------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Behind the verifiers of ops with schedules.
//
//===----------------------------------------------------------------------===//

#include "slin/Dialect/SlinGPU/IR/ScheduleLimits.h"

using namespace mlir;
using namespace slin::slingpu;

LogicalResult slin::slingpu::verifySchedule(ScheduledOpInterface op) {
  const auto *limits =
      op->getDialect()->getRegisteredInterface<ScheduleLimits>();
  if (!limits || !op.getScheduleAttr())
    return success();
  std::string reason = limits->reasonAgainst(op);
  if (reason.empty())
    return success();
  InFlightDiagnostic error = op->emitOpError();
  if (auto entry = op->getParentOfType<EntryOp>())
    error << "entry '" << entry.getPath() << "': ";
  return error << "no kernel by " << op.getScheduleAttr().getEmitter() << ": "
               << reason;
}
