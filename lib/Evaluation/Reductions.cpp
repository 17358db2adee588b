//===- Reductions.cpp - Reductions over axes ------------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Axes are an attribute in old versions and an input in new ones; without any,
// all axes are reduced.
//
//===----------------------------------------------------------------------===//

#include "NodeCall.h"
#include "Places.h"

#include <cmath>
#include <limits>

using namespace mlir;
using namespace slin;
using namespace slin::evaluation;

using Reduce = double (*)(ArrayRef<double>);

static double sumOf(ArrayRef<double> x) {
  double sum = 0.0;
  for (double number : x)
    sum += number;
  return sum;
}

static double logSumExpOf(ArrayRef<double> x) {
  double largest = -HUGE_VAL, sum = 0.0;
  for (double number : x)
    largest = std::max(largest, number);
  if (!std::isfinite(largest))
    return largest;
  for (double number : x)
    sum += std::exp(number - largest);
  return largest + std::log(sum);
}

static Reduce functionOf(StringRef name) {
  using X = ArrayRef<double>;
  static const llvm::StringMap<Reduce> table = {
      {"ReduceSum", sumOf},
      {"ReduceMean",
       [](X x) { return x.empty() ? 0.0 : sumOf(x) / double(x.size()); }},
      {"ReduceProd",
       [](X x) {
         double product = 1.0;
         for (double number : x)
           product *= number;
         return product;
       }},
      {"ReduceMax",
       [](X x) { return x.empty() ? -HUGE_VAL : *llvm::max_element(x); }},
      {"ReduceMin",
       [](X x) { return x.empty() ? HUGE_VAL : *llvm::min_element(x); }},
      {"ReduceL1",
       [](X x) {
         double sum = 0.0;
         for (double number : x)
           sum += std::fabs(number);
         return sum;
       }},
      {"ReduceL2",
       [](X x) {
         double sum = 0.0;
         for (double number : x)
           sum += number * number;
         return std::sqrt(sum);
       }},
      {"ReduceSumSquare",
       [](X x) {
         double sum = 0.0;
         for (double number : x)
           sum += number * number;
         return sum;
       }},
      {"ReduceLogSum", [](X x) { return std::log(sumOf(x)); }},
      {"ReduceLogSumExp", logSumExpOf}};
  return table.lookup(name);
}

/// Integers of 64 bits, which f64 need not hold.
static LogicalResult giveIntegers(NodeCall &call, StringRef name,
                                  const Tensor &moved, ArrayRef<int64_t> shape,
                                  int64_t each) {
  Integers result(countOf(shape));
  Type type = moved.getElementType();
  for (size_t i = 0; i < result.size(); ++i) {
    ArrayRef<int64_t> own = moved.integers().slice(i * each, each);
    uint64_t sum = name == "ReduceProd";
    for (int64_t number : own)
      sum = name == "ReduceProd" ? sum * uint64_t(number)
                                 : sum + uint64_t(number);
    result[i] = name == "ReduceMax"    ? *llvm::max_element(own)
                : name == "ReduceMin"  ? *llvm::min_element(own)
                : name == "ReduceMean" ? int64_t(sum) / each
                                       : wrap(int64_t(sum), type);
  }
  return call.give(Tensor(type, shape, std::move(result)));
}

static LogicalResult reduce(NodeCall &call) {
  const Tensor &data = call[0];
  StringRef name = call.getNode().getOpType();
  int64_t rank = data.getRank();
  std::optional<Shape> list = call.list("axes", 1);
  // No axes are all of them, or none: then each element is reduced by itself.
  Shape all;
  if (!call.integer("noop_with_empty_axes", 0))
    all = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  FailureOr<Shape> axes = call.axes(list && !list->empty() ? *list : all, rank);
  if (failed(axes))
    return failure();
  Shape order, shape;
  bool keeps = call.integer("keepdims", 1);
  int64_t each = 1;
  for (int64_t axis = 0; axis < rank; ++axis) {
    bool isReduced = llvm::is_contained(*axes, axis);
    if (!isReduced)
      order.push_back(axis);
    if (isReduced)
      each *= data.getShape()[axis];
    if (!isReduced || keeps)
      shape.push_back(isReduced ? 1 : data.getShape()[axis]);
  }
  order.append(*axes);
  Tensor moved = transposed(data, order);
  if (!data.isReal() && each > 0 &&
      llvm::is_contained(
          {"ReduceSum", "ReduceProd", "ReduceMax", "ReduceMin", "ReduceMean"},
          name))
    return giveIntegers(call, name, moved, shape, each);
  Reals numbers = moved.toReals(), result(countOf(shape));
  Reduce function = functionOf(name);
  // Of no truth values the largest is false, the smallest true.
  if (data.getElementType().isInteger(1) && each == 0)
    return call.give(makeTensor(data.getElementType(), shape,
                                Reals(result.size(), name == "ReduceMin")));
  for (size_t i = 0; i < result.size(); ++i)
    result[i] = function(ArrayRef(numbers).slice(i * each, each));
  return call.give(makeTensor(data.getElementType(), shape, std::move(result)));
}

void evaluation::addReductions(NodeTable &table) {
  for (StringRef name : {"ReduceSum", "ReduceMean", "ReduceProd", "ReduceMax",
                         "ReduceMin", "ReduceL1", "ReduceL2", "ReduceSumSquare",
                         "ReduceLogSum", "ReduceLogSumExp"})
    table.add(name, 1, reduce);
}
