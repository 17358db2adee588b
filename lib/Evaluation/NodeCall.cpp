//===- NodeCall.cpp - A node as its function sees it ----------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Attributes by name, as all versions of an operator have them.
//
//===----------------------------------------------------------------------===//

#include "NodeCall.h"

#include "slin/Dialect/ONNX/Analysis/Constants.h"

#include "llvm/Support/InterleavedRange.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace slin;
using namespace slin::evaluation;

/// Of IR that says no version: that of the newest operators.
static constexpr int64_t kNewest = 1000;

NodeCall::NodeCall(onnx::NodeOpInterface node,
                   SmallVector<const Tensor *> inputs,
                   const std::vector<Tensor> *sequence, std::string &reason)
    : node(node), attributes(node.getNodeAttributes()),
      opset(node.getOpset() ? node.getOpset() : kNewest),
      inputs(std::move(inputs)), elements(sequence), reason(reason) {}

int64_t NodeCall::integer(StringRef attribute, int64_t otherwise) const {
  auto value = attributes.getAs<IntegerAttr>(attribute);
  return value ? value.getValue().getSExtValue() : otherwise;
}

double NodeCall::number(StringRef attribute, double otherwise) const {
  auto value = attributes.getAs<FloatAttr>(attribute);
  return value ? value.getValueAsDouble() : otherwise;
}

StringRef NodeCall::text(StringRef attribute, StringRef otherwise) const {
  auto value = attributes.getAs<StringAttr>(attribute);
  return value ? value.getValue() : otherwise;
}

std::optional<Shape> NodeCall::integers(StringRef attribute) const {
  if (auto value = attributes.getAs<DenseI64ArrayAttr>(attribute))
    return Shape(value.asArrayRef());
  return std::nullopt;
}

std::optional<Shape> NodeCall::list(StringRef attribute, unsigned index) const {
  if (auto value = integers(attribute))
    return value;
  const Tensor *input = find(index);
  if (!input)
    return std::nullopt;
  Shape result;
  for (int64_t i = 0; i < input->size(); ++i)
    result.push_back(input->integerAt(i));
  return result;
}

int64_t NodeCall::axis(int64_t axis, int64_t rank, bool atEnd) {
  int64_t found = axis < 0 ? axis + rank : axis;
  if (found >= 0 && found < rank + atEnd)
    return found;
  (void)fail("expected an axis of " + Twine(rank) + ", found " + Twine(axis));
  return -1;
}

FailureOr<Shape> NodeCall::axes(ArrayRef<int64_t> list, int64_t rank) {
  Shape result;
  for (int64_t one : list) {
    result.push_back(axis(one, rank));
    if (result.back() < 0)
      return failure();
  }
  llvm::sort(result);
  if (std::adjacent_find(result.begin(), result.end()) == result.end())
    return result;
  return fail("expected each axis once, found " + shapeText(list));
}

int64_t NodeCall::count(ArrayRef<int64_t> shape) {
  auto count = weights::countOf(shape);
  if (count && int64_t(*count) <= kMostElements)
    return *count;
  (void)fail("expected at most " + Twine(kMostElements) +
             " elements, found a shape of " + shapeText(shape));
  return -1;
}

LogicalResult NodeCall::fail(const Twine &why) {
  reason = why.str();
  return failure();
}

Type evaluation::typeOfCode(MLIRContext *context, int64_t code) {
  Builder builder(context);
  auto integer = [&](unsigned width) { return builder.getIntegerType(width); };
  auto positive = [&](unsigned width) {
    return builder.getIntegerType(width, /*isSigned=*/false);
  };
  switch (code) {
  case 1:
    return builder.getF32Type();
  case 2:
    return positive(8);
  case 3:
    return integer(8);
  case 4:
    return positive(16);
  case 5:
    return integer(16);
  case 6:
    return integer(32);
  case 7:
    return integer(64);
  case 9:
    return integer(1);
  case 10:
    return builder.getF16Type();
  case 11:
    return builder.getF64Type();
  case 12:
    return positive(32);
  case 13:
    return positive(64);
  case 16:
    return builder.getBF16Type();
  default:
    return {};
  }
}

std::string evaluation::shapeText(ArrayRef<int64_t> shape) {
  std::string text;
  llvm::raw_string_ostream(text) << "[" << llvm::interleaved(shape) << "]";
  return text;
}

NodeTable::Entry NodeTable::find(Operation *node) {
  static const NodeTable table = [] {
    NodeTable made;
    addConversions(made);
    addConvolutions(made);
    addEinsum(made);
    addElementwise(made);
    addGathering(made);
    addGeneration(made);
    addMovement(made);
    addNormalization(made);
    addOrdering(made);
    addPooling(made);
    addProducts(made);
    addReductions(made);
    addReshaping(made);
    addScattering(made);
    addSequences(made);
    return made;
  }();
  return table.entries.lookup(onnx::operatorName(node));
}
