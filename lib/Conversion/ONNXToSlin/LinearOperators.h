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

  /// Evaluates a weight that the graph computes; fails with a reason. To be
  /// called before `get`, and before nodes are moved.
  mlir::LogicalResult compute(mlir::Value weight, std::string &reason);
  /// The same for all that `linear` has of them.
  mlir::LogicalResult compute(const onnx::Linear &linear, std::string &reason);

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
  /// The weights that the graph computes.
  llvm::DenseMap<mlir::Value, mlir::ElementsAttr> computed;
  mlir::OpBuilder builder;
};

} // namespace slin

#endif // SLIN_LIB_CONVERSION_ONNXTOSLIN_LINEAROPERATORS_H
