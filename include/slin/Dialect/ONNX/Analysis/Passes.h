//===- Passes.h - Passes that print analyses --------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Passes that change nothing and print what an analysis found.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_DIALECT_ONNX_ANALYSIS_PASSES_H
#define SLIN_DIALECT_ONNX_ANALYSIS_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace slin::onnx {

#define GEN_PASS_DECL
#include "slin/Dialect/ONNX/Analysis/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "slin/Dialect/ONNX/Analysis/Passes.h.inc"

} // namespace slin::onnx

#endif // SLIN_DIALECT_ONNX_ANALYSIS_PASSES_H
