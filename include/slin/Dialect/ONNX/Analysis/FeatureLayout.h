//===- FeatureLayout.h - Where features lie in a tensor ---------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Follows the features of a linear through Reshape, Transpose, Squeeze,
// Unsqueeze and Flatten. Models rarely record ranks, so axes are counted from
// the right and a feature index is a mixed-radix number whose digits may lie on
// different axes: that is enough to say whether a chain of shape nodes gives
// the features back, permutes them, or spreads them over several axes.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_DIALECT_ONNX_ANALYSIS_FEATURELAYOUT_H
#define SLIN_DIALECT_ONNX_ANALYSIS_FEATURELAYOUT_H

#include "mlir/IR/Value.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"

#include <optional>
#include <string>

namespace slin::onnx {

/// The dimensions that a shape operand asks for, as far as they can be read:
/// the trailing ones, `ShapedType::kDynamic` for each that is not constant.
struct TargetShape {
  llvm::SmallVector<int64_t> dims;
  /// Whether `dims` is the whole shape.
  bool complete = false;
};

/// The size of an axis of a value, counted from the right (1 is the last one),
/// where it is known.
using AxisSizes =
    llvm::function_ref<std::optional<int64_t>(mlir::Value, int64_t)>;

/// Reads a shape from constants, Concat and pieces of the shapes of other
/// values.
TargetShape readTargetShape(mlir::Value shape, AxisSizes sizes);

class FeatureLayout {
public:
  /// One digit of the feature index: `size` values, each worth `stride`.
  struct Digit {
    int64_t size, stride;
    friend bool operator==(Digit a, Digit b) {
      return a.size == b.size && a.stride == b.stride;
    }
  };
  /// The digits on one axis, the most significant first; empty on an axis of
  /// tokens.
  using Axis = llvm::SmallVector<Digit, 2>;

  /// All `features` on the last axis, in order.
  explicit FeatureLayout(int64_t features);
  /// `features` on `axes`, the trailing ones of a value.
  FeatureLayout(int64_t features, llvm::ArrayRef<Axis> axes);

  /// The layout of the result of `node`, whose first operand has this layout.
  /// `sizes` tells the sizes that shapes are made from. Fails with the reason
  /// if `node` is no shape node, or mixes features with tokens, or its target
  /// is not known.
  mlir::LogicalResult apply(mlir::Operation *node, AxisSizes sizes,
                            std::string &reason);

  int64_t size() const { return features; }
  /// The trailing axes, from the leftmost that holds features.
  llvm::ArrayRef<Axis> getAxes() const { return axes; }
  /// The digits on an axis counted from the right (1 is the last one); none on
  /// an axis of tokens.
  llvm::ArrayRef<Digit> digitsOn(int64_t fromRight) const;
  /// Whether the features are again on the last axis, in order.
  bool isLastAxis() const;
  /// Whether they are on the last axis, but in another order.
  bool isPermuted() const;

  friend bool operator==(const FeatureLayout &a, const FeatureLayout &b) {
    return a.axes == b.axes;
  }

private:
  mlir::LogicalResult
  reshape(const TargetShape &target,
          llvm::function_ref<std::optional<int64_t>(int64_t)> sizeOf,
          std::string &reason);
  mlir::LogicalResult transpose(llvm::ArrayRef<int64_t> permutation,
                                std::string &reason);
  mlir::LogicalResult unsqueeze(mlir::Operation *node, std::string &reason);
  mlir::LogicalResult squeeze(mlir::Operation *node, std::string &reason);
  void normalise();

  int64_t features;
  /// The trailing axes, from the leftmost that holds features; what is left of
  /// them are tokens.
  llvm::SmallVector<Axis> axes;
};

/// Whether `node` only changes the shape: Reshape, Transpose, Squeeze,
/// Unsqueeze, Flatten.
bool isShapeNode(mlir::Operation *node);

} // namespace slin::onnx

#endif // SLIN_DIALECT_ONNX_ANALYSIS_FEATURELAYOUT_H
