//===- Gathering.cpp - Elements by indices --------------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Negative indices count from the end; one that is outside is a reason.
//
//===----------------------------------------------------------------------===//

#include "Gathering.h"
#include "Places.h"

using namespace mlir;
using namespace slin;
using namespace slin::evaluation;

int64_t evaluation::indexWithin(NodeCall &call, int64_t index, int64_t size) {
  int64_t place = index < 0 ? index + size : index;
  if (place >= 0 && place < size)
    return place;
  (void)call.fail("expected an index within " + Twine(size) + ", found " +
                  Twine(index));
  return -1;
}

static LogicalResult gather(NodeCall &call) {
  const Tensor &data = call[0], &indices = call[1];
  int64_t axis = call.axis(call.integer("axis", 0), data.getRank());
  if (axis < 0)
    return failure();
  AxisView view(data.getShape(), axis);
  Shape shape(data.getShape().take_front(axis));
  shape.append(indices.getShape().begin(), indices.getShape().end());
  auto behind = data.getShape().drop_front(axis + 1);
  shape.append(behind.begin(), behind.end());
  if (call.count(shape) < 0)
    return failure();
  std::vector<int64_t> chosen(indices.size()), places;
  for (auto [i, index] : llvm::enumerate(chosen))
    if ((index = indexWithin(call, indices.integerAt(i), view.size)) < 0)
      return failure();
  places.reserve(countOf(shape));
  for (int64_t outer = 0; outer < view.outer; ++outer)
    for (int64_t index : chosen)
      for (int64_t inner = 0; inner < view.inner; ++inner)
        places.push_back(view.place(outer, index, inner));
  return call.give(data.taken(places, shape));
}

FailureOr<std::vector<int64_t>> evaluation::elementPlaces(NodeCall &call,
                                                          const Tensor &data,
                                                          const Tensor &indices,
                                                          int64_t axis) {
  bool fits = data.getRank() == indices.getRank();
  for (int64_t i = 0; fits && i < data.getRank(); ++i)
    fits = i == axis || indices.getShape()[i] <= data.getShape()[i];
  if (!fits)
    return call.fail("expected indices within the shape of the data, found " +
                     shapeText(indices.getShape()));
  Shape strides = stridesOf(data.getShape());
  int64_t step = strides[axis];
  strides[axis] = 0;
  std::vector<int64_t> places = placesOf(indices.getShape(), strides);
  for (auto [i, place] : llvm::enumerate(places)) {
    int64_t index =
        indexWithin(call, indices.integerAt(i), data.getShape()[axis]);
    if (index < 0)
      return failure();
    place += index * step;
  }
  return places;
}

static LogicalResult gatherElements(NodeCall &call) {
  const Tensor &data = call[0], &indices = call[1];
  int64_t axis = call.axis(call.integer("axis", 0), data.getRank());
  if (axis < 0)
    return failure();
  auto places = elementPlaces(call, data, indices, axis);
  if (failed(places))
    return failure();
  return call.give(data.taken(*places, indices.getShape()));
}

FailureOr<std::vector<int64_t>> evaluation::slicePlaces(NodeCall &call,
                                                        const Tensor &data,
                                                        const Tensor &indices,
                                                        int64_t batchAxes,
                                                        int64_t &slice) {
  int64_t depth = indices.getRank() ? indices.getShape().back() : -1;
  if (batchAxes < 0 || batchAxes >= std::max<int64_t>(indices.getRank(), 1) ||
      depth < 0 || batchAxes + depth > data.getRank() ||
      data.getShape().take_front(batchAxes) !=
          indices.getShape().take_front(batchAxes))
    return call.fail("expected tuples of indices within a rank of " +
                     Twine(data.getRank()) + ", found a shape of " +
                     shapeText(indices.getShape()));
  ArrayRef<int64_t> inner = data.getShape().drop_front(batchAxes);
  int64_t batches = countOf(data.getShape().take_front(batchAxes));
  int64_t tuples = countOf(indices.getShape().drop_back());
  slice = countOf(inner.drop_front(depth));
  std::vector<int64_t> places;
  for (int64_t tuple = 0; tuple < tuples; ++tuple) {
    int64_t place = tuple / (tuples / batches);
    for (int64_t i = 0; i < depth; ++i) {
      int64_t index =
          indexWithin(call, indices.integerAt(tuple * depth + i), inner[i]);
      if (index < 0)
        return failure();
      place = place * inner[i] + index;
    }
    places.push_back(place * slice);
  }
  return places;
}

static LogicalResult gatherSlices(NodeCall &call) {
  const Tensor &data = call[0], &indices = call[1];
  int64_t slice, batchAxes = call.integer("batch_dims", 0);
  auto firsts = slicePlaces(call, data, indices, batchAxes, slice);
  if (failed(firsts))
    return failure();
  Shape shape(indices.getShape().drop_back());
  auto behind =
      data.getShape().drop_front(batchAxes + indices.getShape().back());
  shape.append(behind.begin(), behind.end());
  if (call.count(shape) < 0)
    return failure();
  std::vector<int64_t> places;
  for (int64_t first : *firsts)
    for (int64_t i = 0; i < slice; ++i)
      places.push_back(first + i);
  return call.give(data.taken(places, shape));
}

static LogicalResult compress(NodeCall &call) {
  Tensor data = call[0];
  const Tensor &condition = call[1];
  if (!call.has("axis"))
    data = data.reshaped({data.size()});
  int64_t axis = call.axis(call.integer("axis", 0), data.getRank());
  if (axis < 0)
    return failure();
  AxisView view(data.getShape(), axis);
  std::vector<int64_t> chosen, places;
  for (int64_t i = 0; i < std::min(condition.size(), view.size); ++i)
    if (condition.integerAt(i))
      chosen.push_back(i);
  Shape shape(data.getShape());
  shape[axis] = chosen.size();
  for (int64_t outer = 0; outer < view.outer; ++outer)
    for (int64_t index : chosen)
      for (int64_t inner = 0; inner < view.inner; ++inner)
        places.push_back(view.place(outer, index, inner));
  return call.give(data.taken(places, shape));
}

/// The indices of elements other than zero, one row for each axis.
static LogicalResult nonZero(NodeCall &call) {
  const Tensor &data = call[0];
  std::vector<int64_t> places;
  for (int64_t i = 0; i < data.size(); ++i)
    if (data.realAt(i) != 0.0)
      places.push_back(i);
  int64_t rank = data.getRank(), count = places.size();
  Integers result(rank * count);
  for (int64_t i = 0; i < count; ++i) {
    int64_t rest = places[i];
    for (int64_t axis = rank; axis-- > 0; rest /= data.getShape()[axis])
      result[axis * count + i] = rest % data.getShape()[axis];
  }
  Type type = IntegerType::get(data.getElementType().getContext(), 64);
  return call.give(Tensor(type, {rank, count}, std::move(result)));
}

void evaluation::addGathering(NodeTable &table) {
  table.add("Gather", 2, gather);
  table.add("GatherElements", 2, gatherElements);
  table.add("GatherND", 2, gatherSlices);
  table.add("Compress", 2, compress);
  table.add("NonZero", 1, nonZero);
}
