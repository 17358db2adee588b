//===- ExpertAnalysis.h - Sums of experts in a model ------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Finds `y = sum_j g_j(x) e_j(x)`: networks that read one value and whose
// results are added, each times its gate or without gates. Experts may be nodes
// of their own, added or put into one tensor, or share nodes whose weights have
// an axis of experts. Nothing is changed; of what only looks like such a sum it
// is said why it is none.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_DIALECT_ONNX_ANALYSIS_EXPERTANALYSIS_H
#define SLIN_DIALECT_ONNX_ANALYSIS_EXPERTANALYSIS_H

#include "slin/Dialect/ONNX/Analysis/ConstantView.h"
#include "slin/Dialect/ONNX/Analysis/GateView.h"

#include <vector>

namespace slin::onnx {

/// `W x + b` of one expert.
struct ExpertLinear {
  /// The node that contracts.
  mlir::Operation *node = nullptr;
  /// What it gives, the bias added: of all experts, where they share the node.
  mlir::Value output;
  /// W [out, in], and b [out].
  std::optional<ConstantView> weight, bias;
};

/// What stands between the linears of an expert, in nodes of the model.
struct ExpertActivation {
  /// In the order of the block.
  llvm::SmallVector<mlir::Operation *> nodes;
  /// The results of the linears in front of it, the gate's first.
  llvm::SmallVector<mlir::Value> inputs;
  mlir::Value output;
  /// As `ActivationView` names it.
  std::string name;
  double parameter = 0.0;
};

/// `e(x) = down (act(gate x) * up x)`, or `down act(up x)`.
struct Expert {
  /// Gate and up, or up alone.
  llvm::SmallVector<ExpertLinear, 2> linears;
  ExpertLinear down;
  ExpertActivation activation;

  int64_t in() const { return linears.front().weight->size(1); }
  int64_t hidden() const { return linears.front().weight->size(0); }
  int64_t out() const { return down.weight->size(0); }
};

/// A sum of experts.
struct ExpertSum {
  /// The node that gives the sum.
  mlir::Operation *root = nullptr;
  /// What all experts read, its features on the last axis.
  mlir::Value input;
  std::vector<Expert> experts;
  /// What is added beside the experts, as a residual or a bias.
  llvm::SmallVector<mlir::Value, 1> rest;

  enum class Routing { None, GateOfEach, GatesOfAll, Choices };
  Routing routing = Routing::None;
  /// GateOfEach: per expert [tokens…, 1]. GatesOfAll: one value. Choices: the
  /// indices of the chosen experts [tokens…, k].
  llvm::SmallVector<mlir::Value> gates;
  /// GatesOfAll: the axis of the experts, from the right.
  int64_t gateAxis = 1;
  /// What is known of `gates`; of choices, which are 0 or 1 as they are, what
  /// they are chosen from.
  std::vector<GateView> views;
  std::optional<int64_t> chosen;

  /// Whether the sum has all tokens on one axis, whatever those of the input.
  bool isFlat = false;
  /// The nodes that compute it and nothing else, the root included.
  llvm::SmallVector<mlir::Operation *> nodes;

  /// Whether every expert adds to the result of every token.
  bool areAllChosen() const;
};

/// What looks like a sum of experts and is none.
struct DeclinedExperts {
  mlir::Operation *node = nullptr;
  std::string path;
  std::string reason;
};

/// A node that gathers the tokens of one expert alone.
struct GatheredTokens {
  mlir::Operation *node = nullptr;
  GateView gate;
};

class ExpertAnalysis {
public:
  explicit ExpertAnalysis(mlir::Operation *module);

  llvm::ArrayRef<ExpertSum> getSums() const { return sums; }
  llvm::ArrayRef<DeclinedExperts> getDeclined() const { return declined; }
  llvm::ArrayRef<GatheredTokens> getGathered() const { return gathered; }

private:
  void analyse(mlir::Block &block);
  void findGathered(mlir::Operation &node);

  std::vector<ExpertSum> sums;
  std::vector<DeclinedExperts> declined;
  std::vector<GatheredTokens> gathered;
};

} // namespace slin::onnx

#endif // SLIN_DIALECT_ONNX_ANALYSIS_EXPERTANALYSIS_H
