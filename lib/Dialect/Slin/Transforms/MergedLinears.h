//===- MergedLinears.h - Plans become ops -----------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Writes the ops of a plan for one block: weights are evaluated in f64 and
// rounded once.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_DIALECT_SLIN_TRANSFORMS_MERGEDLINEARS_H
#define SLIN_LIB_DIALECT_SLIN_TRANSFORMS_MERGEDLINEARS_H

#include "MergePlan.h"
#include "NewWeights.h"

namespace slin {

class MergedLinears {
public:
  MergedLinears(const AffineGraph &graph, const MergePlan &plan,
                WeightNumbers &numbers, NewWeights &newWeights)
      : graph(graph), plan(plan), numbers(numbers), newWeights(newWeights),
        builder(graph.getBlock().getParentOp()) {}

  /// Replaces the values of the plan that gain, and tells each in a remark;
  /// those whose numbers do not fit their element type stay.
  /// Fails, after an error, where a weight cannot be read, or `verifyExact` and
  /// a new value is not the old one.
  mlir::LogicalResult write(bool verifyExact);

private:
  bool isGain(const MergedValue &merged) const;
  mlir::LogicalResult replace(mlir::Value old, const MergedValue &merged);
  mlir::FailureOr<mlir::Value> makeSummand(const MergedValue &merged,
                                           unsigned index, mlir::Value bias,
                                           mlir::Type type);
  mlir::FailureOr<mlir::Value> makeOperator(const term::Form &form,
                                            mlir::FloatType type);
  mlir::FailureOr<mlir::Value> makeBias(const MergedValue &merged,
                                        mlir::FloatType type);
  void narrow(const NarrowedActivation &narrow);
  std::string pathFor(const MergedValue &merged);
  mlir::LogicalResult verify(mlir::Value old, const MergedValue &merged);
  void explainUnwritten(mlir::Operation *op) const;
  mlir::FailureOr<std::vector<char>> roundOnce(mlir::FloatType type,
                                               llvm::ArrayRef<double> numbers);
  void eraseDead();

  const AffineGraph &graph;
  const MergePlan &plan;
  WeightNumbers &numbers;
  NewWeights &newWeights;
  mlir::OpBuilder builder;
  mlir::Location location = builder.getUnknownLoc();
  std::string path;
  /// Why the value at hand has no exact form; empty otherwise.
  std::string notExact;
  /// What old values became; those of narrowed activations have fewer features.
  llvm::DenseMap<mlir::Value, mlir::Value> written;
  llvm::DenseMap<mlir::Value, llvm::BitVector> narrowed;
  llvm::StringSet<> paths;
};

/// The path of the outermost linear.
std::string pathOf(const MergedValue &merged);

} // namespace slin

#endif // SLIN_LIB_DIALECT_SLIN_TRANSFORMS_MERGEDLINEARS_H
