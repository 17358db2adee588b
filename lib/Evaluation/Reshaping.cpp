//===- Reshaping.cpp - Shapes and other shapes ----------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What asks for a shape, and what keeps the elements and their order.
//
//===----------------------------------------------------------------------===//

#include "NodeCall.h"
#include "Places.h"

using namespace mlir;
using namespace slin;
using namespace slin::evaluation;

static LogicalResult shapeOf(NodeCall &call) {
  ArrayRef<int64_t> shape = call[0].getShape();
  int64_t rank = shape.size();
  auto clamp = [&](int64_t place) {
    return std::clamp<int64_t>(place < 0 ? place + rank : place, 0, rank);
  };
  int64_t first = clamp(call.integer("start", 0)),
          last = std::max(first, clamp(call.integer("end", rank)));
  Integers sizes(shape.begin() + first, shape.begin() + last);
  Type type = IntegerType::get(call[0].getElementType().getContext(), 64);
  return call.give(Tensor(type, {last - first}, std::move(sizes)));
}

static LogicalResult sizeOf(NodeCall &call) {
  Type type = IntegerType::get(call[0].getElementType().getContext(), 64);
  return call.give(Tensor(type, {}, Integers{call[0].size()}));
}

/// 0 is the size of the data, unless that may be meant; one -1 is what is left.
static LogicalResult reshape(NodeCall &call) {
  const Tensor &data = call[0];
  auto target = call.list("shape", 1);
  if (!target)
    return call.fail("expected a shape");
  bool allowsZero = call.integer("allowzero", 0);
  int64_t known = 1, *open = nullptr;
  for (auto [axis, size] : llvm::enumerate(*target)) {
    if (size == 0 && !allowsZero) {
      if (axis >= data.getShape().size())
        return call.fail("expected a size for axis " + Twine(axis));
      size = data.getShape()[axis];
    }
    if (size < -1 || (size == -1 && open))
      return call.fail("expected sizes and at most one -1, found " +
                       shapeText(*target));
    if (size == -1)
      open = &size;
    else if (__builtin_mul_overflow(known, size, &known))
      return call.fail("expected a shape of " + Twine(data.size()) +
                       " elements");
  }
  if (open)
    *open = known ? data.size() / known : 0;
  if (weights::countOf(*target) != uint64_t(data.size()))
    return call.fail("expected a shape of " + Twine(data.size()) +
                     " elements, found " + shapeText(*target));
  return call.give(data.reshaped(*target));
}

static LogicalResult flatten(NodeCall &call) {
  const Tensor &data = call[0];
  int64_t axis = call.axis(call.integer("axis", 1), data.getRank(), true);
  if (axis < 0)
    return failure();
  return call.give(data.reshaped({countOf(data.getShape().take_front(axis)),
                                  countOf(data.getShape().drop_front(axis))}));
}

static LogicalResult squeeze(NodeCall &call) {
  const Tensor &data = call[0];
  auto list = call.list("axes", 1);
  Shape all;
  for (auto [axis, size] : llvm::enumerate(data.getShape()))
    if (size == 1)
      all.push_back(axis);
  FailureOr<Shape> axes = call.axes(list.value_or(all), data.getRank());
  if (failed(axes))
    return failure();
  Shape shape;
  for (auto [axis, size] : llvm::enumerate(data.getShape())) {
    bool goes = llvm::is_contained(*axes, int64_t(axis));
    if (goes && size != 1)
      return call.fail("expected axes of size 1, found " + Twine(size));
    if (!goes)
      shape.push_back(size);
  }
  return call.give(data.reshaped(shape));
}

static LogicalResult unsqueeze(NodeCall &call) {
  const Tensor &data = call[0];
  auto list = call.list("axes", 1);
  if (!list || list->size() > 64)
    return call.fail("expected axes");
  FailureOr<Shape> axes =
      call.axes(*list, data.getRank() + int64_t(list->size()));
  if (failed(axes))
    return failure();
  Shape shape(data.getShape());
  for (int64_t axis : *axes)
    shape.insert(shape.begin() + axis, 1);
  return call.give(data.reshaped(shape));
}

void evaluation::addReshaping(NodeTable &table) {
  table.add("Shape", 1, shapeOf);
  table.add("Size", 1, sizeOf);
  table.add("Reshape", 1, reshape);
  table.add("Flatten", 1, flatten);
  table.add("Squeeze", 1, squeeze);
  table.add("Unsqueeze", 1, unsqueeze);
}
