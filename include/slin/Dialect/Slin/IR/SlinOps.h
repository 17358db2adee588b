//===- SlinOps.h - The ops of the slin dialect ------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Operator ops (SlinOperators.td) and the ops that use them (SlinOps.td).
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_DIALECT_SLIN_IR_SLINOPS_H
#define SLIN_DIALECT_SLIN_IR_SLINOPS_H

#include "slin/Dialect/Slin/IR/SlinDialect.h"
#include "slin/Dialect/Slin/IR/SlinInterfaces.h"
#include "slin/Dialect/Slin/IR/SlinTypes.h"
#include "slin/Weights/WeightInterfaces.h"

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace slin {
class ActivationOp;
class AddOp;
class ApplyOp;
class FFNOp;
} // namespace slin

#define GET_OP_CLASSES
#include "slin/Dialect/Slin/IR/SlinOps.h.inc"

#endif // SLIN_DIALECT_SLIN_IR_SLINOPS_H
