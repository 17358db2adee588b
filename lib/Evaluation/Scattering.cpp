//===- Scattering.cpp - Elements written by indices -----------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Updates are written in order, each by itself or joined with what stands
// there.
//
//===----------------------------------------------------------------------===//

#include "Gathering.h"
#include "Places.h"

using namespace mlir;
using namespace slin;
using namespace slin::evaluation;

/// The data with `updates` at `places`.
static LogicalResult write(NodeCall &call, const Tensor &data,
                           ArrayRef<int64_t> places, const Tensor &updates) {
  if (int64_t(places.size()) != updates.size() ||
      data.isReal() != updates.isReal())
    return call.fail("expected " + Twine(places.size()) + " updates, found " +
                     shapeText(updates.getShape()));
  StringRef reduction = call.text("reduction", "none");
  if (!llvm::is_contained({"none", "add", "mul", "max", "min"}, reduction))
    return call.fail("the reduction '" + reduction + "' is not evaluated");
  auto join = [&](auto old, auto update) {
    using T = decltype(old);
    if (reduction == "add")
      return T(old + update);
    if (reduction == "mul")
      return T(old * update);
    if (reduction == "max")
      return std::max(old, update);
    return reduction == "min" ? std::min(old, update) : update;
  };
  Type type = data.getElementType();
  if (data.isReal()) {
    Reals result = data.reals().vec();
    for (auto [place, update] : llvm::zip(places, updates.reals()))
      result[place] = join(result[place], update);
    return call.give(Tensor(type, data.getShape(), std::move(result)));
  }
  Integers result = data.integers().vec();
  for (auto [place, update] : llvm::zip(places, updates.integers())) {
    // Sums and products of the bits: no overflow is undefined.
    bool isSum = reduction == "add" || reduction == "mul";
    int64_t joined =
        isSum ? int64_t(join(uint64_t(result[place]), uint64_t(update)))
              : join(result[place], update);
    result[place] = wrap(joined, type);
  }
  return call.give(Tensor(type, data.getShape(), std::move(result)));
}

static LogicalResult scatterElements(NodeCall &call) {
  const Tensor &data = call[0], &indices = call[1];
  int64_t axis = call.axis(call.integer("axis", 0), data.getRank());
  if (axis < 0)
    return failure();
  auto places = elementPlaces(call, data, indices, axis);
  return failed(places) ? failure() : write(call, data, *places, call[2]);
}

static LogicalResult scatterSlices(NodeCall &call) {
  const Tensor &data = call[0], &indices = call[1], &updates = call[2];
  int64_t slice;
  auto firsts = slicePlaces(call, data, indices, 0, slice);
  if (failed(firsts))
    return failure();
  if (int64_t(firsts->size()) * slice > kMostElements)
    return call.fail("expected at most " + Twine(kMostElements) + " updates");
  std::vector<int64_t> places;
  for (int64_t first : *firsts)
    for (int64_t i = 0; i < slice; ++i)
      places.push_back(first + i);
  return write(call, data, places, updates);
}

static LogicalResult oneHot(NodeCall &call) {
  const Tensor &indices = call[0], &depth = call[1], &values = call[2];
  if (depth.size() != 1 || values.size() != 2 || depth.integerAt(0) < 0)
    return call.fail("expected a depth and two values");
  int64_t rank = indices.getRank() + 1, size = depth.integerAt(0);
  int64_t axis = call.axis(call.integer("axis", -1), rank);
  if (axis < 0)
    return failure();
  Shape shape(indices.getShape());
  shape.insert(shape.begin() + axis, size);
  if (call.count(shape) < 0)
    return failure();
  std::vector<int64_t> chosen(countOf(shape), 0);
  AxisView view(shape, axis);
  for (int64_t i = 0; i < indices.size(); ++i) {
    int64_t index = indices.integerAt(i);
    index += index < 0 ? size : 0;
    // An index that is outside chooses nothing.
    if (index >= 0 && index < size)
      chosen[view.place(i / view.inner, index, i % view.inner)] = 1;
  }
  return call.give(values.taken(chosen, shape));
}

void evaluation::addScattering(NodeTable &table) {
  table.add("ScatterElements", 3, scatterElements);
  table.add("Scatter", 3, scatterElements);
  table.add("ScatterND", 3, scatterSlices);
  table.add("OneHot", 3, oneHot);
}
