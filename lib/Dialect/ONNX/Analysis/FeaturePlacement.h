//===- FeaturePlacement.h - Features brought to the last axis ---*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A BatchNormalization wants its features on axis 1, models have them on the
// last one: the nodes that bring them there and back belong to the map.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_DIALECT_ONNX_ANALYSIS_FEATUREPLACEMENT_H
#define SLIN_LIB_DIALECT_ONNX_ANALYSIS_FEATUREPLACEMENT_H

#include "mlir/IR/Operation.h"

#include "llvm/ADT/SmallVector.h"

#include <optional>

namespace slin::onnx {

struct FeaturePlacement {
  /// Values that have the features on the last axis, tokens alike.
  mlir::Value source, output;
  /// The node, the shape nodes around it and the batch norms between them, in
  /// order.
  llvm::SmallVector<mlir::Operation *> nodes;
  /// Batch norms that stand between the node and the place where its features
  /// come to the last axis: their map follows.
  llvm::SmallVector<mlir::Operation *> norms;
};

/// `node`, which has its features on `axis` of its first operand and result,
/// with as many shape nodes around it as bring them to the last axis and back.
std::optional<FeaturePlacement> placeOnLastAxis(mlir::Operation *node,
                                                int64_t features, int64_t axis);

/// The Transpose that brings the last axis of its operand to `axis` of `value`;
/// null if none made it.
mlir::Operation *transposeToAxis(mlir::Value value, int64_t axis);

} // namespace slin::onnx

#endif // SLIN_LIB_DIALECT_ONNX_ANALYSIS_FEATUREPLACEMENT_H
