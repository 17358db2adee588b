//===- Places.cpp - Where elements lie ------------------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every walk is the one of `placesOf`.
//
//===----------------------------------------------------------------------===//

#include "Places.h"

using namespace mlir;
using namespace slin;
using namespace slin::evaluation;

int64_t evaluation::countOf(ArrayRef<int64_t> shape) {
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  return count;
}

Shape evaluation::stridesOf(ArrayRef<int64_t> shape) {
  Shape strides(shape.size());
  int64_t stride = 1;
  for (size_t axis = shape.size(); axis-- > 0; stride *= shape[axis])
    strides[axis] = stride;
  return strides;
}

Shape evaluation::broadcastStrides(ArrayRef<int64_t> from,
                                   ArrayRef<int64_t> to) {
  Shape strides(to.size(), 0), own = stridesOf(from);
  for (size_t i = 0; i < from.size(); ++i)
    strides[to.size() - from.size() + i] = from[i] == 1 ? 0 : own[i];
  return strides;
}

std::vector<int64_t> evaluation::placesOf(ArrayRef<int64_t> shape,
                                          ArrayRef<int64_t> strides,
                                          int64_t offset) {
  std::vector<int64_t> places(countOf(shape));
  Shape index(shape.size(), 0);
  int64_t position = offset;
  for (int64_t &place : places) {
    place = position;
    for (size_t axis = shape.size(); axis-- > 0;) {
      position += strides[axis];
      if (++index[axis] < shape[axis])
        break;
      position -= shape[axis] * strides[axis];
      index[axis] = 0;
    }
  }
  return places;
}

Tensor evaluation::transposed(const Tensor &tensor, ArrayRef<int64_t> order) {
  Shape shape, moved, strides = stridesOf(tensor.getShape());
  for (int64_t axis : order) {
    shape.push_back(tensor.getShape()[axis]);
    moved.push_back(strides[axis]);
  }
  return tensor.taken(placesOf(shape, moved), shape);
}

Tensor evaluation::expanded(const Tensor &tensor, ArrayRef<int64_t> shape) {
  if (tensor.getShape() == shape)
    return tensor;
  return tensor.taken(
      placesOf(shape, broadcastStrides(tensor.getShape(), shape)), shape);
}
