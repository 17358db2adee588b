//===- Places.h - Where elements lie ----------------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Row-major strides, broadcasting, and walks over all elements of a shape. What
// only moves elements is a list of the places they come from.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_EVALUATION_PLACES_H
#define SLIN_LIB_EVALUATION_PLACES_H

#include "slin/Dialect/ONNX/Analysis/Pointwise.h"
#include "slin/Evaluation/Tensor.h"

namespace slin::evaluation {

using onnx::broadcast;

/// The number of elements of a shape that is known to be small.
int64_t countOf(llvm::ArrayRef<int64_t> shape);

/// What one step along each axis means.
Shape stridesOf(llvm::ArrayRef<int64_t> shape);

/// What one step along each axis of `to` means in `from`, which is broadcast to
/// it: aligned at the right, 0 where it has one element.
Shape broadcastStrides(llvm::ArrayRef<int64_t> from,
                       llvm::ArrayRef<int64_t> to);

/// The place of every element of `shape`, in order, by `strides`.
std::vector<int64_t> placesOf(llvm::ArrayRef<int64_t> shape,
                              llvm::ArrayRef<int64_t> strides,
                              int64_t offset = 0);

/// The shape seen from one axis: sizes before it, its own, and behind it.
struct AxisView {
  AxisView(llvm::ArrayRef<int64_t> shape, int64_t axis)
      : outer(countOf(shape.take_front(axis))), size(shape[axis]),
        inner(countOf(shape.drop_front(axis + 1))) {}
  int64_t place(int64_t o, int64_t i, int64_t in) const {
    return (o * size + i) * inner + in;
  }
  int64_t outer, size, inner;
};

/// The tensor with its axes in another order: axis `i` of the result is axis
/// `order[i]`.
Tensor transposed(const Tensor &tensor, llvm::ArrayRef<int64_t> order);

/// The tensor broadcast to `shape`, to which it does.
Tensor expanded(const Tensor &tensor, llvm::ArrayRef<int64_t> shape);

} // namespace slin::evaluation

#endif // SLIN_LIB_EVALUATION_PLACES_H
