//===- ConstantView.h - Parts of stored tensors -----------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Experts are often slices of one matrix, stacked in a tensor, or transposed.
// A view says which elements of which stored tensor an operand is, without
// reading them: an offset, and a size and a stride for each axis.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_DIALECT_ONNX_ANALYSIS_CONSTANTVIEW_H
#define SLIN_DIALECT_ONNX_ANALYSIS_CONSTANTVIEW_H

#include "slin/Dialect/ONNX/IR/ONNXDialect.h"

#include <optional>

namespace slin::onnx {

class ConstantView {
public:
  /// `value` seen through Identity, Transpose, Squeeze, Unsqueeze, Slice,
  /// Split, Gather of one index, and Reshape and Flatten of what lies in order;
  /// nothing if it is no constant or another node stands in between.
  static std::optional<ConstantView> of(mlir::Value value);

  /// The result of the op with WeightOpInterface that holds the elements.
  mlir::Value getStored() const { return stored; }
  mlir::Type getElementType() const { return elementType; }
  llvm::ArrayRef<int64_t> getSizes() const { return sizes; }
  int64_t rank() const { return sizes.size(); }
  int64_t size(int64_t axis) const { return sizes[axis]; }

  /// The view without `axis`, at `index` of it.
  ConstantView select(int64_t axis, int64_t index) const;
  ConstantView slice(int64_t axis, int64_t offset, int64_t size) const;
  /// Axis i of the result is axis `permutation[i]`.
  ConstantView transpose(llvm::ArrayRef<int64_t> permutation) const;

  /// Whether it is all of the stored tensor, in order, in the same shape.
  bool isWhole() const;
  /// Appends the bytes of the elements, in row-major order of the view.
  mlir::LogicalResult append(std::vector<char> &bytes,
                             std::string &reason) const;

private:
  bool follow(mlir::Operation *node, unsigned result);
  bool reshape(mlir::Operation *node);
  bool slice(mlir::Operation *node);
  bool split(mlir::Operation *node, unsigned result);
  bool isInOrder() const;

  mlir::Value stored;
  mlir::Type elementType;
  int64_t offset = 0;
  llvm::SmallVector<int64_t> sizes, strides;
};

} // namespace slin::onnx

#endif // SLIN_DIALECT_ONNX_ANALYSIS_CONSTANTVIEW_H
