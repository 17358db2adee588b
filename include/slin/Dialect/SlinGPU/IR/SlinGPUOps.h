//===- SlinGPUOps.h - Networks as kernels -----------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Ops and attributes of the dialect.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_DIALECT_SLINGPU_IR_SLINGPUOPS_H
#define SLIN_DIALECT_SLINGPU_IR_SLINGPUOPS_H

#include "slin/Dialect/SlinGPU/IR/SlinGPUDialect.h"
#include "slin/Weights/WeightInterfaces.h"

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#define GET_ATTRDEF_CLASSES
#include "slin/Dialect/SlinGPU/IR/SlinGPUAttributes.h.inc"
namespace slin::slingpu {

/// What a kernel does with some number of tokens, tiles that are not full
/// counted as full.
struct KernelWork {
  /// Blocks of threads.
  int64_t blocks = 1;
  /// Floating-point operations of a block, a multiply-accumulate being two, and
  /// the steps in which it loads what they take.
  double operations = 0;
  int64_t steps = 1;
  /// Bytes that a block reads in all its steps, whoever else reads them, and
  /// those that it reads and writes when it has multiplied.
  double loadedBytes = 0, finishedBytes = 0;
  /// Bytes of weights, and of activations, that are read or written at least
  /// once.
  double weightBytes = 0, activationBytes = 0;
};

} // namespace slin::slingpu

#include "slin/Dialect/SlinGPU/IR/SlinGPUInterfaces.h.inc"

#define GET_OP_CLASSES
#include "slin/Dialect/SlinGPU/IR/SlinGPUOps.h.inc"

#endif // SLIN_DIALECT_SLINGPU_IR_SLINGPUOPS_H
