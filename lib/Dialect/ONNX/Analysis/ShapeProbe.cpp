//===- ShapeProbe.cpp - Values that depend on shapes alone ----------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each question is asked for several sizes.
//
//===----------------------------------------------------------------------===//

#include "ShapeEvaluator.h"
#include "ShapeProbe.h"

#include "slin/Dialect/ONNX/Analysis/Constants.h"
#include "slin/Dialect/ONNX/IR/ONNXOps.h"

using namespace mlir;
using namespace slin;
using namespace slin::onnx;

using Shape = SmallVector<int64_t>;
using Tensor = std::optional<SmallTensor>;

std::optional<SmallTensor> slin::onnx::evaluateSmallTensor(Value value) {
  return ShapeEvaluator({}).evaluate(value);
}

/// What `read` gives for every probe, where that is the same.
template <typename Result>
static std::optional<Result>
sameForAll(llvm::function_ref<std::optional<Result>(ShapeEvaluator &)> read) {
  std::optional<Result> common;
  ShapeProbes probes;
  for (ShapeEvaluator &evaluator : probes) {
    std::optional<Result> result = read(evaluator);
    if (!result || (common && *common != *result))
      return std::nullopt;
    common = std::move(result);
  }
  return common;
}

std::optional<SmallVector<int64_t>>
slin::onnx::probedIntegers(Operation *node, StringRef name, unsigned index) {
  if (auto constant = integersOf(node, name, index))
    return constant;
  Value operand = presentInput(node, index);
  if (!operand)
    return std::nullopt;
  auto numbers = sameForAll<std::vector<double>>(
      [&](ShapeEvaluator &evaluator) -> std::optional<std::vector<double>> {
        Tensor tensor = evaluator.evaluate(operand);
        return tensor ? std::optional(tensor->numbers) : std::nullopt;
      });
  if (!numbers)
    return std::nullopt;
  return SmallVector<int64_t>(numbers->begin(), numbers->end());
}

std::optional<std::vector<double>>
slin::onnx::numbersAlongAxis(ArrayRef<int64_t> shape, ArrayRef<double> numbers,
                             int64_t features, int64_t fromRight) {
  int64_t rank = shape.size();
  if (numbers.size() == 1)
    return std::vector<double>(features, numbers.front());
  if (fromRight > rank || shape[rank - fromRight] != features ||
      numbers.empty())
    return std::nullopt;
  int64_t inner = 1;
  for (int64_t size : shape.take_back(fromRight - 1))
    inner *= size;
  std::vector<double> result(features);
  for (int64_t i = 0, e = numbers.size(); i < e; ++i) {
    double &number = result[i / inner % features];
    if (i < features * inner && i % inner == 0)
      number = numbers[i];
    else if (number != numbers[i])
      return std::nullopt;
  }
  return result;
}

bool slin::onnx::addsNoAxes(ArrayRef<int64_t> shape, ArrayRef<int64_t> data,
                            int64_t fromRight) {
  int64_t rank = shape.size(), dataRank = data.size();
  for (int64_t place = 1; place <= rank; ++place)
    if (int64_t size = shape[rank - place];
        place > dataRank ||
        (place != fromRight && size != 1 && size != data[dataRank - place]))
      return false;
  return true;
}

std::optional<std::vector<double>>
slin::onnx::channelMask(Value mask, int64_t features, Value yes, Value no) {
  return sameForAll<std::vector<double>>(
      [&](ShapeEvaluator &evaluator) -> std::optional<std::vector<double>> {
        Tensor tensor = evaluator.evaluate(mask);
        auto fits = [&](Value data) {
          auto shape = evaluator.assumedShape(data);
          return addsNoAxes(tensor->shape, shape ? *shape : Shape{features});
        };
        if (!tensor || !(fits(yes) || fits(no)))
          return std::nullopt;
        return numbersAlongAxis(tensor->shape, tensor->numbers, features,
                                /*fromRight=*/1);
      });
}

/// The value whose elements, in order, are those of `value`: through Reshape,
/// and Expand to the size that it has already.
static Value sameElements(Value value, ShapeEvaluator &evaluator) {
  for (int depth = 0; depth < 8; ++depth) {
    Operation *node = value.getDefiningOp();
    if (!node || !isa<ReshapeOp, ExpandOp, IdentityOp>(node))
      return value;
    Value before = node->getOperand(0);
    if (isa<ExpandOp>(node)) {
      auto shape = evaluator.assumedShape(before);
      Tensor target = evaluator.evaluate(node->getOperand(1));
      if (!shape || !target || target->numbers.size() != shape->size() ||
          !llvm::equal(*shape, target->numbers))
        return value;
    }
    value = before;
  }
  return value;
}

std::optional<ScatteredFeatures>
slin::onnx::scatteredFeatures(Operation *scatter) {
  auto reduction = cast<ScatterNDOp>(scatter).getReduction();
  Value data = scatter->getOperand(0), indices = scatter->getOperand(1);
  if (reduction && *reduction != "none")
    return std::nullopt;
  std::optional<ScatteredFeatures> common;
  ShapeProbes probes;
  for (ShapeEvaluator &evaluator : probes) {
    auto shape = evaluator.assumedShape(data);
    Tensor places = evaluator.evaluate(indices);
    Value updates = sameElements(scatter->getOperand(2), evaluator);
    auto written = evaluator.assumedShape(updates);
    int64_t slice = 0;
    auto positions =
        shape && places ? positionsOf(*places, *shape, slice) : std::nullopt;
    if (!positions || positions->empty() || !written ||
        shape->size() != written->size())
      return std::nullopt;
    int64_t features = shape->back(), size = written->back();
    int64_t offset = positions->front() % features;
    if (int64_t(positions->size()) * slice != countOf(*written) ||
        countOf(*written) / size != countOf(*shape) / features ||
        offset + size > features || slice > size)
      return std::nullopt;
    // Element j of token t goes to place `offset + j` of that token.
    for (auto [i, position] : llvm::enumerate(*positions)) {
      int64_t first = i * slice;
      if (position != first / size * features + offset + first % size)
        return std::nullopt;
    }
    if (common && (common->offset != offset || common->updates != updates))
      return std::nullopt;
    common = ScatteredFeatures{updates, features, offset, size};
  }
  return common;
}

std::optional<ScatteredRows> slin::onnx::scatteredRows(Operation *scatter) {
  auto reduction = cast<ScatterNDOp>(scatter).getReduction();
  if (reduction && *reduction != "none")
    return std::nullopt;
  auto places = sameForAll<std::vector<double>>(
      [&](ShapeEvaluator &evaluator) -> std::optional<std::vector<double>> {
        Tensor tensor = evaluator.evaluate(scatter->getOperand(1));
        if (!tensor || tensor->shape.size() != 2 || tensor->shape[1] != 1)
          return std::nullopt;
        return tensor->numbers;
      });
  if (!places || places->empty() || places->front() < 0)
    return std::nullopt;
  for (auto [i, place] : llvm::enumerate(*places))
    if (place != places->front() + double(i))
      return std::nullopt;
  return ScatteredRows{int64_t(places->front()), int64_t(places->size())};
}
