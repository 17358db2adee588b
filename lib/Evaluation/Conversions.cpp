//===- Conversions.cpp - Element types and pass-through -------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Reals stay what they are between floating-point types: evaluation knows no
// rounding. Types of fewer than 16 bits are chosen for their rounding, so casts
// to them are declined.
//
//===----------------------------------------------------------------------===//

#include "NodeCall.h"
#include "Places.h"

using namespace mlir;
using namespace slin;
using namespace slin::evaluation;

static LogicalResult convert(NodeCall &call, Type to) {
  if (!to || !isNumeric(to))
    return call.fail("expected a type of numbers to cast to");
  if (isa<FloatType>(to) && to.getIntOrFloatBitWidth() < 16)
    return call.fail("rounding to fewer than 16 bits is not evaluated");
  const Tensor &data = call[0];
  if (data.isReal() || isa<FloatType>(to))
    return call.give(makeTensor(to, data.getShape(), data.toReals()));
  Integers result = data.integers().vec();
  for (int64_t &number : result)
    number = wrap(number, to);
  return call.give(Tensor(to, data.getShape(), std::move(result)));
}

static LogicalResult dropOut(NodeCall &call) {
  const Tensor *training = call.find(2);
  if (training && training->size() == 1 && training->integerAt(0))
    return call.fail("dropout in training is random");
  if (call.getOpset() < 7 && !call.integer("is_test", 0))
    return call.fail("dropout in training is random");
  (void)call.give(call[0]);
  // Nothing is dropped.
  Type boolean = IntegerType::get(call[0].getElementType().getContext(), 1);
  bool isBoolean = call.getOpset() >= 10;
  return call.give(makeTensor(isBoolean ? boolean : call[0].getElementType(),
                              call[0].getShape(), Reals(call[0].size(), 1.0)));
}

/// (x - zero point) scale, one scale for all or for each index of an axis.
static LogicalResult dequantize(NodeCall &call) {
  const Tensor &data = call[0], &scale = call[1];
  if (call.integer("block_size", 0))
    return call.fail("scales of blocks are not evaluated");
  Shape shape(data.getShape());
  std::fill(shape.begin(), shape.end(), 1);
  if (scale.size() != 1 || scale.getRank() == 1) {
    int64_t axis = scale.size() == 1
                       ? 0
                       : call.axis(call.integer("axis", 1), data.getRank());
    if (axis < 0)
      return failure();
    if (!shape.empty())
      shape[axis] = scale.size();
    if (scale.size() != 1 && scale.size() != data.getShape()[axis])
      return call.fail("expected a scale for each index of its axis");
  }
  Reals result = data.toReals();
  Tensor scales = expanded(scale.reshaped(shape), data.getShape());
  const Tensor *zero = call.find(2);
  if (zero && zero->size() != scale.size())
    return call.fail("expected as many zero points as scales");
  Reals zeros(result.size(), 0.0);
  if (zero)
    zeros = expanded(zero->reshaped(shape), data.getShape()).toReals();
  for (size_t i = 0; i < result.size(); ++i)
    result[i] = (result[i] - zeros[i]) * scales.realAt(i);
  return call.give(
      makeTensor(scale.getElementType(), data.getShape(), std::move(result)));
}

void evaluation::addConversions(NodeTable &table) {
  table.add("Cast", 1, [](NodeCall &call) {
    return convert(call, typeOfCode(call[0].getElementType().getContext(),
                                    call.integer("to", 0)));
  });
  table.add("CastLike", 2, [](NodeCall &call) {
    return convert(call, call[1].getElementType());
  });
  table.add("Identity", 1, [](NodeCall &call) { return call.give(call[0]); });
  table.add("Dropout", 1, dropOut);
  table.add("DequantizeLinear", 2, dequantize);
}
