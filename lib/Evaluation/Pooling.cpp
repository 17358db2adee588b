//===- Pooling.cpp - Pooling ----------------------------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One number for each window, or for each channel.
//
//===----------------------------------------------------------------------===//

#include "Places.h"
#include "Windows.h"

#include <cmath>
#include <limits>

using namespace mlir;
using namespace slin;
using namespace slin::evaluation;

/// `reduce` of each window: its elements inside of the input, the elements
/// that count, and those of the window.
static LogicalResult
pool(NodeCall &call,
     llvm::function_ref<double(ArrayRef<double>, int64_t)> reduce) {
  const Tensor &x = call[0];
  auto windows = Windows::of(call, x.getShape(),
                             call.integers("kernel_shape").value_or(Shape()));
  if (failed(windows))
    return failure();
  Shape shape(x.getShape().take_front(2));
  shape.append(windows->output);
  if (call.count(shape) < 0)
    return failure();
  int64_t spatial = countOf(windows->input), count = windows->count();
  Reals data = x.toReals(), result(countOf(shape));
  for (int64_t window = 0; window < count; ++window) {
    std::vector<int64_t> places = windows->places(window);
    llvm::erase_if(places, [](int64_t place) { return place < 0; });
    Reals inside(places.size());
    for (int64_t channel = 0; channel < int64_t(result.size()) / count;
         ++channel) {
      for (auto [number, place] : llvm::zip(inside, places))
        number = data[channel * spatial + place];
      result[channel * count + window] = reduce(inside, windows->elements());
    }
  }
  return call.give(makeTensor(x.getElementType(), shape, std::move(result)));
}

static double meanOf(ArrayRef<double> numbers, int64_t count) {
  double sum = 0.0;
  for (double number : numbers)
    sum += number;
  return sum / double(count);
}

static LogicalResult averagePool(NodeCall &call) {
  bool countsPads = call.integer("count_include_pad", 0);
  // Windows that reach behind the pads would count fewer elements.
  if (countsPads && call.integer("ceil_mode", 0))
    return call.fail("pads that count are not evaluated with ceil_mode");
  return pool(call, [&](ArrayRef<double> inside, int64_t elements) {
    return meanOf(inside, countsPads ? elements : int64_t(inside.size()));
  });
}

static LogicalResult maxPool(NodeCall &call) {
  return pool(call, [](ArrayRef<double> inside, int64_t) {
    double largest = -std::numeric_limits<double>::infinity();
    for (double number : inside)
      largest = std::max(largest, number);
    return largest;
  });
}

/// All spatial axes at once.
static LogicalResult globalPool(NodeCall &call, bool takesMean) {
  const Tensor &x = call[0];
  if (x.getRank() < 3)
    return call.fail("expected spatial axes, found a shape of " +
                     shapeText(x.getShape()));
  Shape shape(x.getShape());
  std::fill(shape.begin() + 2, shape.end(), 1);
  int64_t count = countOf(shape), each = count ? x.size() / count : 0;
  if (each == 0)
    return call.fail("expected elements to pool");
  Reals data = x.toReals(), result(count);
  for (int64_t i = 0; i < count; ++i) {
    ArrayRef<double> own = ArrayRef(data).slice(i * each, each);
    result[i] = takesMean ? meanOf(own, each) : *llvm::max_element(own);
  }
  return call.give(makeTensor(x.getElementType(), shape, std::move(result)));
}

void evaluation::addPooling(NodeTable &table) {
  table.add("AveragePool", 1, averagePool);
  table.add("MaxPool", 1, maxPool);
  table.add("GlobalAveragePool", 1,
            [](NodeCall &call) { return globalPool(call, true); });
  table.add("GlobalMaxPool", 1,
            [](NodeCall &call) { return globalPool(call, false); });
}
