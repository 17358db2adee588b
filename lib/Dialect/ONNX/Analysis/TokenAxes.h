//===- TokenAxes.h - The axes of a value that hold tokens -------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A linear gives its result in the tokens' own axes. Where shape nodes stand in
// between, this says whether the tokens came back as they were: with static
// shapes, symbolic ones, or shapes that are computed from the shape of the
// source.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_DIALECT_ONNX_ANALYSIS_TOKENAXES_H
#define SLIN_LIB_DIALECT_ONNX_ANALYSIS_TOKENAXES_H

#include "slin/Dialect/ONNX/Analysis/FeatureLayout.h"

#include "mlir/IR/Operation.h"

namespace slin::onnx {

class TokenAxes {
public:
  /// The axes of `source` but the last one.
  explicit TokenAxes(mlir::Value source);

  /// Follows a shape node, with the layouts of its operand and result.
  void apply(mlir::Operation *node, const FeatureLayout &before,
             const FeatureLayout &after);
  /// Follows a transpose of all axes.
  void transpose(llvm::ArrayRef<int64_t> permutation,
                 const FeatureLayout &before);

  /// Whether they are those of the source, in order.
  bool areAsInSource() const { return axes == original || isWhole(); }

private:
  /// What an axis holds: `Leading` stands for all axes of a source of unknown
  /// rank, `All` for one axis with every token, `One` for one of size one that
  /// was put in, numbers from `First` for axes of the source.
  enum Content { Unknown, Leading, All, One, First };
  bool isWhole() const { return axes.size() == 1 && axes[0] == Leading; }
  void expand(int64_t count);
  void reshape(mlir::Operation *node, const FeatureLayout &before,
               const FeatureLayout &after);
  void insertAxes(mlir::Operation *node, const FeatureLayout &after);
  void removeAxes(mlir::Operation *node, const FeatureLayout &before);
  bool asksForLeading(mlir::Operation *reshape, int64_t count) const;

  mlir::Value source;
  llvm::SmallVector<int> axes, original;
};

} // namespace slin::onnx

#endif // SLIN_LIB_DIALECT_ONNX_ANALYSIS_TOKENAXES_H
