//===- Normalization.cpp - Normalisations and softmax ---------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Means, variances and sums of one run of elements at a time.
//
//===----------------------------------------------------------------------===//

#include "NodeCall.h"
#include "Places.h"

#include "slin/Dialect/ONNX/Analysis/Constants.h"

#include <cmath>

using namespace mlir;
using namespace slin;
using namespace slin::evaluation;

/// What one run of elements is divided and moved by.
struct Moments {
  double mean = 0.0, factor = 1.0;
};

/// (x - mean) / sqrt(var + epsilon), or x / sqrt(mean of squares + epsilon).
static Moments normalize(MutableArrayRef<double> run, double epsilon,
                         bool centres) {
  Moments moments;
  double squares = 0.0, count = double(run.size());
  if (centres)
    for (double number : run)
      moments.mean += number / count;
  for (double &number : run) {
    number -= moments.mean;
    squares += number * number / count;
  }
  moments.factor = 1.0 / std::sqrt(squares + epsilon);
  for (double &number : run)
    number *= moments.factor;
  return moments;
}

/// Multiplies by input `scale` and adds input `shift`, each broadcast.
static LogicalResult transform(NodeCall &call, Reals &numbers,
                               ArrayRef<int64_t> shape, const Tensor *scale,
                               const Tensor *shift) {
  for (bool isShift : {false, true}) {
    const Tensor *operand = isShift ? shift : scale;
    if (!operand)
      continue;
    auto both = broadcast(operand->getShape(), shape);
    if (!both || ArrayRef<int64_t>(*both) != shape)
      return call.fail("expected scale and shift that broadcast to " +
                       shapeText(shape) + ", found " +
                       shapeText(operand->getShape()));
    Tensor all = expanded(*operand, shape);
    for (size_t i = 0; i < numbers.size(); ++i)
      numbers[i] =
          isShift ? numbers[i] + all.realAt(i) : numbers[i] * all.realAt(i);
  }
  return success();
}

static LogicalResult normalizeLayers(NodeCall &call, bool centres) {
  const Tensor &x = call[0];
  int64_t axis = call.axis(call.integer("axis", -1), x.getRank());
  if (axis < 0)
    return failure();
  ArrayRef<int64_t> shape = x.getShape();
  int64_t each = countOf(shape.drop_front(axis));
  if (each == 0)
    return call.fail("expected elements to normalise");
  Shape outer(shape);
  std::fill(outer.begin() + axis, outer.end(), 1);
  Reals numbers = x.toReals(), means, factors;
  for (size_t first = 0; first < numbers.size(); first += each) {
    Moments moments = normalize(MutableArrayRef(numbers).slice(first, each),
                                call.number("epsilon", 1e-5f), centres);
    means.push_back(moments.mean);
    factors.push_back(moments.factor);
  }
  Reals own = numbers;
  if (failed(transform(call, numbers, shape, call.find(1),
                       centres ? call.find(2) : nullptr)))
    return failure();
  (void)call.give(makeTensor(x.getElementType(), shape, std::move(numbers)));
  if (centres)
    (void)call.give(makeTensor(x.getElementType(), outer, std::move(means)));
  return call.give(makeTensor(x.getElementType(), outer, std::move(factors)));
}

/// A layer norm of the sum of input, skip and bias, which is the last result.
static LogicalResult normalizeSkip(NodeCall &call, bool centres) {
  const Tensor &x = call[0];
  Reals numbers = x.toReals();
  for (unsigned index : {1u, centres ? 4u : 3u}) {
    const Tensor *summand = call.find(index);
    if (!summand)
      continue;
    auto both = broadcast(summand->getShape(), x.getShape());
    if (!both || ArrayRef<int64_t>(*both) != x.getShape())
      return call.fail("expected summands that broadcast to " +
                       shapeText(x.getShape()));
    Tensor all = expanded(*summand, x.getShape());
    for (size_t i = 0; i < numbers.size(); ++i)
      numbers[i] += all.realAt(i);
  }
  if (x.getRank() == 0 || x.size() == 0)
    return call.fail("expected elements to normalise");
  Tensor sum = makeTensor(x.getElementType(), x.getShape(), Reals(numbers));
  int64_t each = x.getShape().back();
  Shape outer(x.getShape());
  outer.back() = 1;
  Reals means, factors;
  for (size_t first = 0; first < numbers.size(); first += each) {
    Moments moments = normalize(MutableArrayRef(numbers).slice(first, each),
                                call.number("epsilon", 1e-12f), centres);
    means.push_back(moments.mean);
    factors.push_back(moments.factor);
  }
  if (failed(transform(call, numbers, x.getShape(), call.find(2),
                       centres ? call.find(3) : nullptr)))
    return failure();
  Type type = x.getElementType();
  (void)call.give(makeTensor(type, x.getShape(), std::move(numbers)));
  (void)call.give(makeTensor(type, outer, std::move(means)));
  (void)call.give(makeTensor(type, outer, std::move(factors)));
  return call.give(sum);
}

/// Runs of whole channels, or groups of them, of [batch, channels, …].
static LogicalResult normalizeGroups(NodeCall &call, int64_t groups) {
  const Tensor &x = call[0];
  if (x.getRank() < 2 || groups < 1 || x.getShape()[1] % groups ||
      x.size() == 0)
    return call.fail("expected channels that make groups, found a shape of " +
                     shapeText(x.getShape()));
  int64_t channels = x.getShape()[1];
  int64_t each = x.size() / (x.getShape()[0] * groups);
  Reals numbers = x.toReals();
  for (size_t first = 0; first < numbers.size(); first += each)
    (void)normalize(MutableArrayRef(numbers).slice(first, each),
                    call.number("epsilon", 1e-5f), true);
  // One number for each channel, or, before opset 21, for each group.
  int64_t spatial = x.size() / (x.getShape()[0] * channels);
  const Tensor &scale = call[1], &shift = call[2];
  if (scale.size() != shift.size() ||
      (scale.size() != channels && scale.size() != groups))
    return call.fail("expected a scale for each channel or group");
  for (size_t i = 0; i < numbers.size(); ++i) {
    int64_t channel = i / spatial % channels;
    int64_t index = channel * scale.size() / channels;
    numbers[i] = numbers[i] * scale.realAt(index) + shift.realAt(index);
  }
  return call.give(
      makeTensor(x.getElementType(), x.getShape(), std::move(numbers)));
}

static LogicalResult normalizeBatches(NodeCall &call) {
  const Tensor &x = call[0];
  if (call.integer("training_mode", 0) || !call.integer("spatial", 1) ||
      (call.getOpset() < 7 && !call.integer("is_test", 0)))
    return call.fail("only inference with one mean per channel is evaluated");
  int64_t channels = x.getRank() < 2 ? 1 : x.getShape()[1];
  for (unsigned i = 1; i < 5; ++i)
    if (call[i].size() != channels)
      return call.fail("expected " + Twine(channels) +
                       " numbers in each operand, found " +
                       Twine(call[i].size()));
  int64_t spatial = x.getRank() < 2 ? 1 : countOf(x.getShape().drop_front(2));
  double epsilon = call.number("epsilon", 1e-5f);
  Reals numbers = x.toReals();
  for (size_t i = 0; i < numbers.size(); ++i) {
    int64_t c = i / std::max<int64_t>(spatial, 1) % channels;
    numbers[i] = (numbers[i] - call[3].realAt(c)) /
                     std::sqrt(call[4].realAt(c) + epsilon) *
                     call[1].realAt(c) +
                 call[2].realAt(c);
  }
  return call.give(
      makeTensor(x.getElementType(), x.getShape(), std::move(numbers)));
}

/// Calls `change` on the numbers along `axis`, one run after the other.
static void
changeRuns(Reals &numbers, const AxisView &view,
           llvm::function_ref<void(MutableArrayRef<double>)> change) {
  Reals run(view.size);
  for (int64_t outer = 0; outer < view.outer; ++outer)
    for (int64_t inner = 0; inner < view.inner; ++inner) {
      for (int64_t i = 0; i < view.size; ++i)
        run[i] = numbers[view.place(outer, i, inner)];
      change(run);
      for (int64_t i = 0; i < view.size; ++i)
        numbers[view.place(outer, i, inner)] = run[i];
    }
}

static void softmax(MutableArrayRef<double> run, bool isLogarithm) {
  double largest = run.empty() ? 0.0 : *llvm::max_element(run), sum = 0.0;
  for (double number : run)
    sum += std::exp(number - largest);
  for (double &number : run)
    number = isLogarithm ? number - largest - std::log(sum)
                         : std::exp(number - largest) / sum;
}

/// Before opset 13 over all axes from `axis` on, taken as one.
static LogicalResult softmaxOf(NodeCall &call, bool isLogarithm) {
  const Tensor &x = call[0];
  bool isOld = call.getOpset() < 13;
  int64_t axis = call.axis(call.integer("axis", isOld ? 1 : -1), x.getRank(),
                           /*atEnd=*/isOld);
  if (axis < 0)
    return failure();
  Shape flat{countOf(x.getShape().take_front(axis)),
             countOf(x.getShape().drop_front(axis))};
  Reals numbers = x.toReals();
  changeRuns(numbers, isOld ? AxisView(flat, 1) : AxisView(x.getShape(), axis),
             [&](MutableArrayRef<double> run) { softmax(run, isLogarithm); });
  return call.give(
      makeTensor(x.getElementType(), x.getShape(), std::move(numbers)));
}

static LogicalResult normalizeLengths(NodeCall &call) {
  const Tensor &x = call[0];
  int64_t axis = call.axis(call.integer("axis", -1), x.getRank());
  int64_t order = call.integer("p", 2);
  if (axis < 0 || (order != 1 && order != 2))
    return call.fail("expected an axis and a norm of order 1 or 2");
  Reals numbers = x.toReals();
  changeRuns(numbers, AxisView(x.getShape(), axis),
             [&](MutableArrayRef<double> run) {
               double length = 0.0;
               for (double number : run)
                 length += order == 1 ? std::fabs(number) : number * number;
               if (order == 2)
                 length = std::sqrt(length);
               for (double &number : run)
                 number = length == 0.0 ? 0.0 : number / length;
             });
  return call.give(
      makeTensor(x.getElementType(), x.getShape(), std::move(numbers)));
}

void evaluation::addNormalization(NodeTable &table) {
  table.add("LayerNormalization", 2,
            [](NodeCall &call) { return normalizeLayers(call, true); });
  for (StringRef name : {"RMSNormalization", "SimplifiedLayerNormalization"})
    table.add(name, 2,
              [](NodeCall &call) { return normalizeLayers(call, false); });
  table.add("ms.SkipLayerNormalization", 3,
            [](NodeCall &call) { return normalizeSkip(call, true); });
  table.add("ms.SkipSimplifiedLayerNormalization", 3,
            [](NodeCall &call) { return normalizeSkip(call, false); });
  table.add("GroupNormalization", 3, [](NodeCall &call) {
    return normalizeGroups(call, call.integer("num_groups", 1));
  });
  table.add("InstanceNormalization", 3, [](NodeCall &call) {
    bool hasChannels = call[0].getRank() >= 2;
    return normalizeGroups(call, hasChannels ? call[0].getShape()[1] : 0);
  });
  table.add("BatchNormalization", 5, normalizeBatches);
  table.add("LpNormalization", 1, normalizeLengths);
  table.add("Softmax", 1,
            [](NodeCall &call) { return softmaxOf(call, false); });
  table.add("LogSoftmax", 1,
            [](NodeCall &call) { return softmaxOf(call, true); });
}
