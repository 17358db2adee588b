//===- LinearSum.h - Linears whose results are added ------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// `W x + s · U (V x)`: an adapter beside a weight, or the mixture of
// self-guided training, is one linear.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_DIALECT_ONNX_ANALYSIS_LINEARSUM_H
#define SLIN_LIB_DIALECT_ONNX_ANALYSIS_LINEARSUM_H

#include "Cone.h"

namespace slin::onnx {

/// The sum of two linears, and which of the list they are.
struct LinearSum {
  Linear linear;
  size_t first, second;
};

/// What `node` adds, if it is an Add of two linears that read one value and are
/// read by it alone, each times a constant.
std::optional<LinearSum> findLinearSum(mlir::Operation *node,
                                       llvm::ArrayRef<Linear> linears,
                                       const LinearsByOutput &byOutput);

} // namespace slin::onnx

#endif // SLIN_LIB_DIALECT_ONNX_ANALYSIS_LINEARSUM_H
