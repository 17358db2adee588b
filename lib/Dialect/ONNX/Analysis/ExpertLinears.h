//===- ExpertLinears.h - The linears of one expert or of all ----*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A node may hold the linear of one expert, or those of all experts at once: by
// a batched product, an einsum, or by matrices that each token gathers. Which
// axis of its result the experts lie on is asked by whoever reads the result.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_DIALECT_ONNX_ANALYSIS_EXPERTLINEARS_H
#define SLIN_LIB_DIALECT_ONNX_ANALYSIS_EXPERTLINEARS_H

#include "slin/Dialect/ONNX/Analysis/ConstantView.h"

namespace slin::onnx {

/// Axes counted from the right; no experts: 0.
struct ExpertLayout {
  int64_t experts = 0, features = 1;
  friend bool operator==(ExpertLayout a, ExpertLayout b) {
    return a.experts == b.experts && a.features == b.features;
  }
};

/// A node as a linear of one expert, or of all.
struct ExpertProduct {
  mlir::Operation *node = nullptr;
  mlir::Value data, output;
  /// [out, in], or [experts, out, in]; the bias [out], or [experts, out].
  ConstantView weight;
  std::optional<ConstantView> bias;
  /// Where the result has its axes, and where the data has them. The data of an
  /// up projection has no experts.
  ExpertLayout before, after;
  /// Whether the node adds the experts itself, and the gates it multiplies by.
  bool sums = false;
  mlir::Value gates;
  int64_t gateAxis = 1;
  /// The indices of the experts whose matrices each token gathers.
  mlir::Value choices;
  /// The number of token axes, where the node says it.
  std::optional<int64_t> tokenAxes;
  /// The nodes it is made of.
  llvm::SmallVector<mlir::Operation *> nodes;

  bool hasExperts() const { return weight.rank() == 3; }
};

/// `value` as what a linear gives whose result has this layout.
std::optional<ExpertProduct> findUpProduct(mlir::Value value,
                                           ExpertLayout layout);

/// `value` as what a down projection gives, of one expert or of all.
std::optional<ExpertProduct> findDownProduct(mlir::Value value);

} // namespace slin::onnx

#endif // SLIN_LIB_DIALECT_ONNX_ANALYSIS_EXPERTLINEARS_H
