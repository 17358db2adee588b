//===- AffineView.h - Nodes as linears --------------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// "This value is scale · W · input + biasScale · bias over its feature axis",
// whatever nodes say so: MatMul with an Add on either side, Gemm, FusedMatMul,
// weights behind Identity, Transpose and Cast. A linear whose weight is
// constant but whose spelling is not handled is a candidate all the same, with
// a reason.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_DIALECT_ONNX_ANALYSIS_AFFINEVIEW_H
#define SLIN_DIALECT_ONNX_ANALYSIS_AFFINEVIEW_H

#include "slin/Dialect/ONNX/Analysis/FFNAnalysis.h"

#include <optional>

namespace slin::onnx {

/// What one node says about a linear.
class AffineView {
public:
  /// Looks at `node` as a contraction. `isCandidate()` is false if it is none
  /// with a constant weight.
  explicit AffineView(mlir::Operation *node);

  /// A contraction with a weight, handled or not.
  bool isCandidate() const { return linear || !reason.empty(); }
  /// Whether it is a linear that can be rewritten.
  explicit operator bool() const { return linear.has_value(); }
  const Linear &getLinear() const { return *linear; }

  /// Why a candidate is none that can be rewritten, where, and what helps.
  llvm::StringRef getReason() const { return reason; }
  llvm::StringRef getHint() const { return hint; }
  mlir::Operation *getBreaker() const { return breaker; }

private:
  void decline(mlir::Operation *at, const llvm::Twine &why,
               llvm::StringRef help = "");
  void matchContraction(mlir::Operation *node);
  void matchFused(mlir::Operation *node);
  bool matchWeight(mlir::Operation *node, mlir::Value operand, bool transposed,
                   Linear &result);
  bool matchComputed(mlir::Operation *node, mlir::Value operand,
                     bool transposed, Linear &result);
  bool matchGemm(mlir::Operation *node, Linear &result);
  void finish(Linear result);

  std::optional<Linear> linear;
  std::string reason;
  std::string hint;
  mlir::Operation *breaker = nullptr;
};

/// `value` seen through nodes that keep its numbers: Cast, Identity, Dropout
/// and shape nodes.
mlir::Value sourceOf(mlir::Value value);

} // namespace slin::onnx

#endif // SLIN_DIALECT_ONNX_ANALYSIS_AFFINEVIEW_H
