//===- LinearOperators.h - Weights of linears become operators --*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Makes the operator and the bias of what the analysis calls a linear: from the
// stored weight where it is one matrix, from its term where it is a structure.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_CONVERSION_ONNXTOSLIN_LINEAROPERATORS_H
#define SLIN_LIB_CONVERSION_ONNXTOSLIN_LINEAROPERATORS_H

#include "slin/Dialect/ONNX/Analysis/FFNAnalysis.h"

#include "mlir/IR/Builders.h"

#include "slin/Dialect/Slin/IR/SlinOps.h"

#include "llvm/ADT/DenseMap.h"

namespace slin {

class LinearOperators {
public:
  explicit LinearOperators(mlir::MLIRContext *context) : builder(context) {}

  /// The operator of `linear`, the same one for all that share its weights.
  mlir::Value get(const onnx::Linear &linear);

  /// The bias as `slin.apply` adds it; null without one.
  mlir::Value makeBias(const onnx::Linear &linear);

  /// `linear`, whose nodes stand in `block`, as a `slin.apply` where `at`
  /// stands; it has no region yet.
  ApplyOp makeApply(mlir::OpBuilder &at, const onnx::Linear &linear,
                    mlir::Block &block);

private:
  mlir::Value makeStructured(const onnx::Linear &linear);
  llvm::SmallVector<mlir::Value> viewWeights(const onnx::Linear &linear);
  std::optional<term::Leaf>
  joinBlocks(const onnx::Linear &linear, llvm::ArrayRef<term::Leaf> blocks,
             llvm::SmallVectorImpl<mlir::Value> &weights);

  llvm::DenseMap<mlir::Attribute, mlir::Value> operators;
  mlir::OpBuilder builder;
};

} // namespace slin

#endif // SLIN_LIB_CONVERSION_ONNXTOSLIN_LINEAROPERATORS_H
