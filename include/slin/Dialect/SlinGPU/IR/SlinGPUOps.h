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
#include "slin/Dialect/SlinGPU/IR/SlinGPUInterfaces.h.inc"

#define GET_OP_CLASSES
#include "slin/Dialect/SlinGPU/IR/SlinGPUOps.h.inc"

#endif // SLIN_DIALECT_SLINGPU_IR_SLINGPUOPS_H
