//===- ONNXOps.h - Ops of the onnx dialect ----------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The op classes. Only files that build or match typed ops need them; most ask
// through NodeOpInterface.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_DIALECT_ONNX_IR_ONNXOPS_H
#define SLIN_DIALECT_ONNX_IR_ONNXOPS_H

#include "slin/Dialect/ONNX/IR/ONNXDialect.h"

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/Builders.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "slin/Dialect/ONNX/IR/ONNXInterfaces.h.inc"

#define GET_OP_CLASSES
#include "slin/Dialect/ONNX/IR/ONNXOps.h.inc"

#endif // SLIN_DIALECT_ONNX_IR_ONNXOPS_H
