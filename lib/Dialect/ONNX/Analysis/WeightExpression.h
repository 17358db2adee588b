//===- WeightExpression.h - Weights that a graph computes -------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// `α W + (1 - α) U V`, `W + s B A`, a piece of a larger weight: what stands
// between stored weights and the product that uses them is linear algebra, and
// is kept as such. Nothing is multiplied here.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_DIALECT_ONNX_ANALYSIS_WEIGHTEXPRESSION_H
#define SLIN_LIB_DIALECT_ONNX_ANALYSIS_WEIGHTEXPRESSION_H

#include "Cone.h"

namespace slin::onnx {

/// A constant matrix as an operator of stored weights.
struct WeightExpression {
  term::Term term;
  /// Leaf i is `weights[i]`: a stored weight or, where the expression is none
  /// of linear algebra (a mask, a Reshape), the result of its last node.
  llvm::SmallVector<mlir::Value> weights;
  mlir::FloatType elementType;
  /// Its nodes.
  llvm::SmallVector<mlir::Operation *> nodes;
};

/// The matrix `operand`, or its transpose; nothing, and why, where it cannot be
/// followed.
std::optional<WeightExpression>
findWeightExpression(mlir::Value operand, bool transposed, Break &why);

/// Appends the nodes of the expression that nothing but `user` and each other
/// reads, as far as they stand in its block.
void appendOwned(const WeightExpression &expression, mlir::Operation *user,
                 llvm::SmallVectorImpl<mlir::Operation *> &nodes);

} // namespace slin::onnx

#endif // SLIN_LIB_DIALECT_ONNX_ANALYSIS_WEIGHTEXPRESSION_H
