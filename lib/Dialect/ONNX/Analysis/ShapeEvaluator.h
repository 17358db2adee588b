//===- ShapeEvaluator.h - Values of assumed sizes ---------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Evaluates small tensors, with assumed sizes where the model has none. What is
// said to hold for every size has to hold for all sizes that are tried, so
// nothing is evaluated by which sizes that are not tried could behave
// otherwise: what compares, rounds or clamps acts only on numbers that are the
// same for every size.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_DIALECT_ONNX_ANALYSIS_SHAPEEVALUATOR_H
#define SLIN_LIB_DIALECT_ONNX_ANALYSIS_SHAPEEVALUATOR_H

#include "ShapeProbe.h"

#include "slin/Dialect/ONNX/IR/ONNXOps.h"

#include "llvm/ADT/DenseMap.h"

#include <deque>

namespace slin::onnx {

class ShapeProbes;

class ShapeEvaluator {
public:
  using Tensor = std::optional<SmallTensor>;
  using Shape = llvm::SmallVector<int64_t>;

  /// `sizes` are assumed for axes of unknown size; without them no shape of an
  /// activation is known. Evaluators of other sizes stand beside in `probes`.
  explicit ShapeEvaluator(llvm::ArrayRef<int64_t> sizes,
                          ShapeProbes *probes = nullptr)
      : sizes(sizes), probes(probes) {}
  Tensor evaluate(mlir::Value value);
  std::optional<Shape> assumedShape(mlir::Value value);

private:
  Tensor compute(mlir::Operation *node, unsigned result);
  Tensor shape(ShapeOp node);
  Tensor pointwise(mlir::Operation *node);
  Tensor gather(mlir::Operation *node);
  Tensor slice(mlir::Operation *node);
  Tensor reshape(mlir::Operation *node);
  Tensor insertAxes(mlir::Operation *node);
  Tensor concat(mlir::Operation *node);
  Tensor fill(ConstantOfShapeOp node);
  Tensor range(mlir::Operation *node);
  Tensor scatter(mlir::Operation *node);
  Tensor transpose(TransposeOp node);
  Tensor product(mlir::Operation *node);
  bool isSettled(mlir::Value value) const;
  bool isPredictable(mlir::Operation *node);
  Tensor expandTo(const SmallTensor &tensor, llvm::ArrayRef<int64_t> target);
  std::optional<Shape> integers(mlir::Operation *node, llvm::StringRef name,
                                unsigned index);

  llvm::ArrayRef<int64_t> sizes;
  llvm::DenseMap<mlir::Value, Tensor> known;
  ShapeProbes *probes;
  unsigned depth = 0;
};

/// Evaluators of several sizes.
class ShapeProbes {
public:
  ShapeProbes();
  auto begin() { return evaluators.begin(); }
  auto end() { return evaluators.end(); }

  /// Whether the numbers of `value` are the same for all sizes; along axes
  /// whose own size varies they must not change.
  bool isSettled(mlir::Value value);

  /// Whether axis `axis` of `value` has one size.
  bool isAxisSettled(mlir::Value value, int64_t axis);

  /// Whether which elements of `a` and `b` are equal is the same for all sizes:
  /// they are settled, or a size meets a negative number.
  bool compareAlike(mlir::Value a, mlir::Value b);

private:
  std::deque<ShapeEvaluator> evaluators;
  llvm::DenseMap<mlir::Value, bool> settled;
};

/// The number of elements; negative where it is not known or too large.
int64_t countOf(llvm::ArrayRef<int64_t> shape);

/// The position that each index names in data of shape `shape`, first elements
/// of the slices that are written, which have `slice` elements.
std::optional<llvm::SmallVector<int64_t>>
positionsOf(const SmallTensor &indices, llvm::ArrayRef<int64_t> shape,
            int64_t &slice);

} // namespace slin::onnx

#endif // SLIN_LIB_DIALECT_ONNX_ANALYSIS_SHAPEEVALUATOR_H
