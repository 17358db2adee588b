//===- Evaluation.h - What graphs compute, in f64 ---------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Evaluates ONNX nodes and slin ops on given tensors: nodes by one table from
// operator to function, operators of slin by their terms. It shares nothing
// with what rewrites decide, so that it can say whether a rewrite kept what a
// graph computes. What it cannot evaluate has a reason and stops nothing else.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_EVALUATION_EVALUATION_H
#define SLIN_EVALUATION_EVALUATION_H

#include "slin/Evaluation/Tensor.h"

#include "mlir/IR/Block.h"
#include "mlir/IR/BuiltinAttributeInterfaces.h"
#include "mlir/IR/Operation.h"

#include "llvm/ADT/DenseMap.h"

#include <functional>

namespace slin::evaluation {

/// Numbers of weights, read once for as many evaluations as share them, up to a
/// bound on their memory.
class WeightCache {
public:
  mlir::FailureOr<Tensor> read(mlir::ElementsAttr weight, mlir::Operation *user,
                               std::string &reason);

private:
  llvm::DenseMap<mlir::Attribute, Tensor> tensors;
  int64_t held = 0;
};

/// Why a value has no tensor: the op that is to blame, of which others may
/// depend, and what it lacks (lower case, without period).
struct Obstacle {
  mlir::Operation *op = nullptr;
  std::string reason;
};

struct EvaluationOptions {
  /// Decides between the alternatives of `slin.by_tokens`, at least 1.
  int64_t tokens = 1;
  /// Whether a `slin.activation` is the model's own nodes in it, where it holds
  /// any, rather than the function of its name: recognition allows constants
  /// that are rounded.
  bool prefersNodes = false;
  /// Gives a tensor to a value that has none, so that what reads it can be
  /// evaluated.
  std::function<std::optional<Tensor>(mlir::Value, const Obstacle &)>
      substitute;
};

class Evaluation {
public:
  Evaluation(WeightCache &weights, EvaluationOptions options)
      : weights(weights), options(std::move(options)) {}

  void set(mlir::Value value, Tensor tensor) {
    tensors[value] = std::move(tensor);
  }

  /// Evaluates the ops of `block`, in order.
  void run(mlir::Block &block);

  /// The tensor of a value that was evaluated, or of a weight.
  std::optional<Tensor> find(mlir::Value value);

  /// Why `value`, which was evaluated, has no tensor.
  Obstacle obstacleOf(mlir::Value value) const {
    return obstacles.lookup(value);
  }

  /// The values that `substitute` made, in the order in which they came.
  llvm::ArrayRef<mlir::Value> getSubstituted() const { return substituted; }
  /// The ops that were not evaluated though their operands were there.
  llvm::ArrayRef<mlir::Operation *> getDeclined() const { return declined; }

private:
  using Result = mlir::LogicalResult;
  void run(mlir::Operation &op);
  /// Each fails with a reason, or without one where a value is `missing`.
  Result runNode(mlir::Operation &op, std::string &reason);
  Result runIf(mlir::Operation &op, std::string &reason);
  Result runCall(mlir::Operation &op, mlir::Region &function,
                 std::string &reason);
  Result runApply(mlir::Operation &op, std::string &reason);
  Result runAdd(mlir::Operation &op, std::string &reason);
  Result runActivation(mlir::Operation &op, std::string &reason);
  Result runFormula(mlir::Operation &op, std::string &reason);
  /// Evaluates the block of `region` and hands what it yields to the results.
  Result runRegion(mlir::Operation &op, mlir::Region &region,
                   std::string &reason);
  void fail(mlir::Operation &op, const Obstacle &obstacle);
  std::optional<llvm::SmallVector<Tensor>> findAll(mlir::ValueRange values);

  WeightCache &weights;
  EvaluationOptions options;
  llvm::DenseMap<mlir::Value, Tensor> tensors;
  /// Values of ONNX's sequence types.
  llvm::DenseMap<mlir::Value, std::vector<Tensor>> sequences;
  llvm::DenseMap<mlir::Value, Obstacle> obstacles;
  /// Of the last value that was looked for and has no tensor.
  Obstacle missing;
  /// Calls of functions within each other.
  unsigned depth = 0;
  std::vector<mlir::Value> substituted;
  std::vector<mlir::Operation *> declined;
};

/// Whether what is in `op` can be evaluated only by nodes of ONNX: those that
/// slin ops keep beside their own meaning do not count.
bool needsNodes(mlir::Operation *op);

} // namespace slin::evaluation

#endif // SLIN_EVALUATION_EVALUATION_H
