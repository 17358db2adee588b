//===- FeaturePlace.h - Where a linear's features went ----------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Features and tokens of a value on its way through shape nodes, and the value
// that is a part of another's features.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_DIALECT_ONNX_ANALYSIS_FEATUREPLACE_H
#define SLIN_LIB_DIALECT_ONNX_ANALYSIS_FEATUREPLACE_H

#include "TokenAxes.h"

#include "slin/Term/Permutation.h"

namespace slin::onnx {

/// The number of features that digits count.
int64_t sizeOf(llvm::ArrayRef<FeatureLayout::Digit> digits);

/// Features in the order of `digits`, the most significant first, out of their
/// own order.
std::optional<term::Permutation>
orderOf(llvm::ArrayRef<FeatureLayout::Digit> digits);

struct FeaturePlace {
  mlir::Value value;
  FeatureLayout layout;
  TokenAxes tokens;

  /// Follows a shape node; fails with a reason that continues its name.
  mlir::LogicalResult apply(mlir::Operation *node, std::string &reason);

  /// The order of the features where all of them lie on the last axis and the
  /// tokens in their own axes.
  std::optional<term::Permutation> getOrder() const;
};

/// The one node that reads `value`; nodes that read its shape do not count.
/// Null if there is none, or several, or it stands in another block.
mlir::Operation *soleReaderOf(mlir::Value value);

/// Features `[offset, offset + size)` of `source`, which has `width`, as a
/// Split or Slice cuts them.
struct FeaturePiece {
  mlir::Value source;
  int64_t offset, size, width;
};

/// What `value` is a piece of; nothing if it is none that is known.
std::optional<FeaturePiece> findPiece(mlir::Value value);

/// The features that a Gather picks out of the last axis of `width` features by
/// constant indices, each at most once; nothing if `node` is something else.
std::optional<llvm::SmallVector<int64_t>> findSelection(mlir::Operation *node,
                                                        int64_t width);

} // namespace slin::onnx

#endif // SLIN_LIB_DIALECT_ONNX_ANALYSIS_FEATUREPLACE_H
