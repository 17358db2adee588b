//===- LinearSum.h - Linears whose results are added ------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// `W x + s · U (V x)`: an adapter beside a weight, or the mixture of
// self-guided training, is one linear. So is `W₀ x₀ + W₁ x₁` of parts of x.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_DIALECT_ONNX_ANALYSIS_LINEARSUM_H
#define SLIN_LIB_DIALECT_ONNX_ANALYSIS_LINEARSUM_H

#include "LinearJoin.h"

namespace slin::onnx {

/// What `node` adds, if it is an Add of two linears that read one value, or
/// parts of one, and are read by it alone, each times a constant.
std::optional<LinearJoin> findLinearSum(mlir::Operation *node,
                                        llvm::ArrayRef<Linear> linears,
                                        const LinearsByOutput &byOutput);

} // namespace slin::onnx

#endif // SLIN_LIB_DIALECT_ONNX_ANALYSIS_LINEARSUM_H
