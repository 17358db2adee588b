//===- Ordering.cpp - Orders and running sums -----------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// TopK, the places of extremes, and cumulative sums, each along one axis. Of
// equal elements the first one comes first.
//
//===----------------------------------------------------------------------===//

#include "NodeCall.h"
#include "Places.h"

#include <cmath>

using namespace mlir;
using namespace slin;
using namespace slin::evaluation;

static Type indexType(const Tensor &tensor) {
  return IntegerType::get(tensor.getElementType().getContext(), 64);
}

static LogicalResult topK(NodeCall &call) {
  const Tensor &data = call[0];
  auto count = call.list("k", 1);
  int64_t axis = call.axis(call.integer("axis", -1), data.getRank());
  if (axis < 0)
    return failure();
  AxisView view(data.getShape(), axis);
  if (!count || count->size() != 1 || (*count)[0] < 0 ||
      (*count)[0] > view.size)
    return call.fail("expected a number of elements within " +
                     Twine(view.size));
  bool largest = call.integer("largest", 1);
  Shape shape(data.getShape());
  int64_t k = shape[axis] = (*count)[0];
  AxisView target(shape, axis);
  std::vector<int64_t> places(countOf(shape));
  Integers indices(places.size());
  auto precedes = [&](int64_t a, int64_t b) {
    if (!data.isReal())
      return largest ? data.integers()[a] > data.integers()[b]
                     : data.integers()[a] < data.integers()[b];
    double x = data.reals()[a], y = data.reals()[b];
    if (std::isnan(x) || std::isnan(y))
      return largest ? std::isnan(x) && !std::isnan(y)
                     : std::isnan(y) && !std::isnan(x);
    return largest ? x > y : x < y;
  };
  std::vector<int64_t> order(view.size);
  for (int64_t outer = 0; outer < view.outer; ++outer)
    for (int64_t inner = 0; inner < view.inner; ++inner) {
      for (int64_t i = 0; i < view.size; ++i)
        order[i] = i;
      llvm::sort(order, [&](int64_t a, int64_t b) {
        int64_t x = view.place(outer, a, inner),
                y = view.place(outer, b, inner);
        return precedes(x, y) || (!precedes(y, x) && a < b);
      });
      for (int64_t i = 0; i < k; ++i) {
        places[target.place(outer, i, inner)] =
            view.place(outer, order[i], inner);
        indices[target.place(outer, i, inner)] = order[i];
      }
    }
  (void)call.give(data.taken(places, shape));
  return call.give(Tensor(indexType(data), shape, std::move(indices)));
}

static LogicalResult placeOfExtreme(NodeCall &call, bool largest) {
  const Tensor &data = call[0];
  int64_t axis = call.axis(call.integer("axis", 0), data.getRank());
  if (axis < 0)
    return failure();
  AxisView view(data.getShape(), axis);
  if (view.size == 0)
    return call.fail("expected elements along its axis");
  bool takesLast = call.integer("select_last_index", 0);
  Integers result(view.outer * view.inner);
  for (int64_t outer = 0; outer < view.outer; ++outer)
    for (int64_t inner = 0; inner < view.inner; ++inner) {
      int64_t best = 0;
      for (int64_t i = 1; i < view.size; ++i) {
        double one = data.realAt(view.place(outer, i, inner)),
               other = data.realAt(view.place(outer, best, inner));
        if ((largest ? one > other : one < other) ||
            (takesLast && one == other))
          best = i;
      }
      result[outer * view.inner + inner] = best;
    }
  Shape shape(data.getShape());
  if (call.integer("keepdims", 1))
    shape[axis] = 1;
  else
    shape.erase(shape.begin() + axis);
  return call.give(Tensor(indexType(data), shape, std::move(result)));
}

template <typename T>
static std::vector<T> runningSums(ArrayRef<T> data, const AxisView &view,
                                  bool isExclusive, bool isReversed) {
  std::vector<T> result(data.size());
  for (int64_t outer = 0; outer < view.outer; ++outer)
    for (int64_t inner = 0; inner < view.inner; ++inner) {
      T sum = T(0);
      for (int64_t i = 0; i < view.size; ++i) {
        int64_t at =
            view.place(outer, isReversed ? view.size - 1 - i : i, inner);
        T next = sum + data[at];
        result[at] = isExclusive ? sum : next;
        sum = next;
      }
    }
  return result;
}

static LogicalResult cumulativeSum(NodeCall &call) {
  const Tensor &data = call[0];
  if (call[1].size() != 1)
    return call.fail("expected one axis");
  int64_t axis = call.axis(call[1].integerAt(0), data.getRank());
  if (axis < 0)
    return failure();
  AxisView view(data.getShape(), axis);
  bool isExclusive = call.integer("exclusive", 0),
       isReversed = call.integer("reverse", 0);
  Type type = data.getElementType();
  if (data.isReal())
    return call.give(
        Tensor(type, data.getShape(),
               runningSums(data.reals(), view, isExclusive, isReversed)));
  // As bits: no overflow is undefined.
  ArrayRef<uint64_t> bits(
      reinterpret_cast<const uint64_t *>(data.integers().data()), data.size());
  std::vector<uint64_t> sums = runningSums(bits, view, isExclusive, isReversed);
  Integers result;
  for (uint64_t sum : sums)
    result.push_back(wrap(int64_t(sum), type));
  return call.give(Tensor(type, data.getShape(), std::move(result)));
}

void evaluation::addOrdering(NodeTable &table) {
  table.add("TopK", 1, topK);
  table.add("ArgMax", 1,
            [](NodeCall &call) { return placeOfExtreme(call, true); });
  table.add("ArgMin", 1,
            [](NodeCall &call) { return placeOfExtreme(call, false); });
  table.add("CumSum", 2, cumulativeSum);
}
