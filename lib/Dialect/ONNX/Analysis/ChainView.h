//===- ChainView.h - Contractions that make one linear ----------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A structured linear reaches an ONNX graph as several nodes: products by thin
// matrices or by blocks, with reshapes and transposes between them. This sees
// them as one linear whose term says the structure, in whatever spelling: the
// features are followed as digits of a mixed radix (FeatureLayout), so that any
// composition of shape nodes is one permutation.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_DIALECT_ONNX_ANALYSIS_CHAINVIEW_H
#define SLIN_LIB_DIALECT_ONNX_ANALYSIS_CHAINVIEW_H

#include "Cone.h"

namespace slin::onnx {

class ChainView {
public:
  /// The chain that starts with the contraction `node`.
  explicit ChainView(mlir::Operation *node);

  /// Whether there is one: more than one contraction, or one by blocks, with
  /// fewer parameters than the matrix has entries.
  explicit operator bool() const { return linear.has_value(); }
  const Linear &getLinear() const { return *linear; }
  /// Its contractions, none of which is a linear of its own.
  llvm::ArrayRef<mlir::Operation *> getContractions() const {
    return contractions;
  }

  /// Where there is none although the first contraction acts on the features of
  /// some value: what came in between.
  const Break &getStop() const { return stop; }

private:
  std::optional<Linear> linear;
  Break stop;
  llvm::SmallVector<mlir::Operation *> contractions;
};

} // namespace slin::onnx

#endif // SLIN_LIB_DIALECT_ONNX_ANALYSIS_CHAINVIEW_H
