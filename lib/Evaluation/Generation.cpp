//===- Generation.cpp - Tensors made of shapes and bounds -----------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Fills, ranges and triangles.
//
//===----------------------------------------------------------------------===//

#include "NodeCall.h"
#include "Places.h"

#include <cmath>

using namespace mlir;
using namespace slin;
using namespace slin::evaluation;

/// The one element of an attribute; zero of f32 without it.
static FailureOr<Tensor> valueOf(NodeCall &call) {
  Attribute attribute = call.attribute("value");
  MLIRContext *context = call.getNode()->getContext();
  if (!attribute)
    return makeTensor(Float32Type::get(context), {}, {0.0});
  ElementsAttr elements = onnx::elementsOf(attribute);
  std::string reason = "expected elements";
  auto loaded = elements
                    ? weights::loadElements(elements, call.getNode(), reason)
                    : FailureOr<weights::Elements>(failure());
  if (failed(loaded))
    return call.fail(reason);
  FailureOr<Tensor> tensor = readTensor(*loaded, reason);
  if (failed(tensor) || tensor->size() != 1)
    return call.fail(failed(tensor) ? reason : "expected one element");
  return tensor;
}

static LogicalResult fill(NodeCall &call) {
  auto shape = call.list("", 0);
  FailureOr<Tensor> value = valueOf(call);
  if (failed(value) || call.count(*shape) < 0)
    return failure();
  return call.give(
      value->taken(std::vector<int64_t>(countOf(*shape), 0), *shape));
}

static LogicalResult range(NodeCall &call) {
  for (unsigned i = 0; i < 3; ++i)
    if (call[i].size() != 1)
      return call.fail("expected a start, a limit and a step");
  double start = call[0].realAt(0), limit = call[1].realAt(0),
         step = call[2].realAt(0);
  double steps = std::ceil((limit - start) / step);
  if (step == 0.0 || !(steps <= double(kMostElements)))
    return call.fail("expected a step that reaches the limit");
  Reals numbers;
  for (int64_t i = 0; i < int64_t(std::max(steps, 0.0)); ++i)
    numbers.push_back(start + double(i) * step);
  int64_t count = numbers.size();
  return call.give(
      makeTensor(call[0].getElementType(), {count}, std::move(numbers)));
}

static LogicalResult triangle(NodeCall &call) {
  const Tensor &data = call[0];
  if (data.getRank() < 2)
    return call.fail("expected matrices, found a shape of " +
                     shapeText(data.getShape()));
  const Tensor *given = call.find(1);
  int64_t k = given && given->size() == 1 ? given->integerAt(0) : 0;
  k = std::clamp<int64_t>(k, -kMostElements, kMostElements);
  bool isUpper = call.integer("upper", 1);
  int64_t rows = data.getShape()[data.getRank() - 2],
          columns = data.getShape().back();
  std::vector<int64_t> places(data.size());
  for (auto [i, place] : llvm::enumerate(places)) {
    int64_t row = int64_t(i) / columns % rows, column = int64_t(i) % columns;
    bool stays = isUpper ? column >= row + k : column <= row + k;
    place = stays ? int64_t(i) : -1;
  }
  return call.give(data.taken(places, data.getShape()));
}

static LogicalResult identityMatrix(NodeCall &call) {
  const Tensor &data = call[0];
  if (data.getRank() != 2)
    return call.fail("expected a matrix, found a shape of " +
                     shapeText(data.getShape()));
  Type type = data.getElementType();
  if (int64_t code = call.integer("dtype", 0))
    type = typeOfCode(type.getContext(), code);
  if (!type || !isNumeric(type))
    return call.fail("expected a type of numbers");
  int64_t k = call.integer("k", 0), columns = data.getShape()[1];
  Reals numbers(data.size());
  for (int64_t i = 0; i < data.size(); ++i)
    numbers[i] = i % columns - i / columns == k;
  return call.give(makeTensor(type, data.getShape(), std::move(numbers)));
}

void evaluation::addGeneration(NodeTable &table) {
  table.add("ConstantOfShape", 1, fill);
  table.add("Range", 3, range);
  table.add("Trilu", 1, triangle);
  table.add("EyeLike", 1, identityMatrix);
}
