//===- GateView.h - Gates that are exactly 0 or 1 ---------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A router chooses the k best of E experts. Models say so by scattering ones,
// by sums of one-hot vectors, or by comparisons, and pick single gates out of
// the result. A gate that may be anything else than 0 or 1 is none, with the
// reason: leaving out an expert would then change the result.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_DIALECT_ONNX_ANALYSIS_GATEVIEW_H
#define SLIN_DIALECT_ONNX_ANALYSIS_GATEVIEW_H

#include "mlir/IR/Operation.h"
#include "mlir/IR/Value.h"

#include "llvm/ADT/SmallVector.h"

#include <optional>
#include <string>

namespace slin::onnx {

class GateView {
public:
  /// `gate`, whose experts lie on the axis `fromRight` (1 is the last one). If
  /// it is the gate of one expert, that axis has size one.
  GateView(mlir::Value gate, int64_t fromRight);

  /// Whether every element is exactly 0 or 1, one of each expert for each
  /// token.
  explicit operator bool() const { return reason.empty(); }
  llvm::StringRef getReason() const { return reason; }
  mlir::Operation *getBreaker() const { return breaker; }

  /// Whether all of them are 1.
  bool isAllOnes() const { return allOnes; }
  /// How many experts are chosen for a token; nothing if the tokens differ.
  std::optional<int64_t> getChosen() const { return chosen; }
  /// The number of experts the router chooses from.
  std::optional<int64_t> getExperts() const { return experts; }
  /// Which expert's gate it is; nothing if it holds those of all.
  std::optional<int64_t> getIndex() const { return index; }
  /// What the choice is made from; null of constant gates.
  mlir::Value getScores() const { return scores; }

private:
  bool step(mlir::Operation *node, unsigned result);
  bool stepIntoSlice(mlir::Operation *node);
  bool stepIntoGather(mlir::Operation *node);
  bool stepThroughAxes(mlir::Operation *node);
  void finish(mlir::Operation *node);
  void finishScatter(mlir::Operation *node);
  void finishSum(mlir::Operation *node);
  void decline(mlir::Operation *at, const llvm::Twine &why);

  mlir::Value value;
  /// 0 while the axis was removed by a Gather further up.
  int64_t axis;
  std::string reason;
  mlir::Operation *breaker = nullptr;
  bool allOnes = false;
  std::optional<int64_t> chosen, experts, index;
  mlir::Value scores;
};

/// The TopK whose indices `value` is, through nodes that keep numbers and
/// order; null if there is none. `fromRight` is the axis of the choices.
mlir::Operation *choiceOf(mlir::Value value, int64_t fromRight);

/// Values that have the same tokens in the same order as `value`, which has its
/// features on the last axis: those it is computed from one token at a time.
llvm::SmallVector<mlir::Value> tokenSources(mlir::Value value);

} // namespace slin::onnx

#endif // SLIN_DIALECT_ONNX_ANALYSIS_GATEVIEW_H
