//===- Epilogue.cpp - From sums to stored features ------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Two neighbouring rows are one access where they are stored side by side and
// pairs are aligned; a buffer starts at a multiple of 16 bytes.
//
//===----------------------------------------------------------------------===//

#include "Epilogue.h"

using namespace mlir;
using namespace slin::slingpu;

/// Bytes of an element.
static int64_t widthOf(FloatType type) { return type.getWidth() / 8; }

Value Epilogue::placeOf(KernelBuilder &build, Value block, Value row) const {
  int64_t blocks = op.getBlocks(), run = op.getRun();
  if (blocks == 1)
    return row;
  if (run == op.getRows())
    return build.add(build.mul(block, run), row);
  Value within = build.add(build.mul(block, run), build.rem(row, run));
  return build.add(build.mul(build.div(row, run), blocks * run), within);
}

/// Where the feature `place` of `token` is in a buffer like the result.
static Value addressOf(KernelBuilder &build, BlockGemmOp op, Value base,
                       Value token, Value place) {
  Value features = build.number(op.getOutputFeatures(), build.getI64Type());
  Value element =
      build.add(build.mul(build.extend(token), features), build.extend(place));
  return build.at(base, build.mul(element, widthOf(op.getElementType())));
}

/// Loads elements (one, or a vector of two) and widens them.
static Value loadWide(KernelBuilder &build, Type type, Value address) {
  auto vector = dyn_cast<VectorType>(type);
  Type element = getElementTypeOrSelf(type);
  unsigned bytes = element.getIntOrFloatBitWidth() / 8 * (vector ? 2 : 1);
  Value narrow = LLVM::LoadOp::create(build, type, address, bytes);
  if (element.isF32())
    return narrow;
  Type wide = build.getF32Type();
  return arith::ExtFOp::create(
      build, vector ? Type(VectorType::get(2, wide)) : wide, narrow);
}

static Value at(KernelBuilder &build, Value vector, int64_t index) {
  return LLVM::ExtractElementOp::create(build, vector, build.i32(index));
}

/// `act(sum + bias)`.
static Value activate(KernelBuilder &build, BlockGemmOp op, Value sum,
                      Value bias) {
  auto fused = arith::FastMathFlags::contract;
  if (bias)
    sum = arith::AddFOp::create(build, sum, bias, fused);
  std::optional<StringRef> name = op.getActivation();
  if (!name)
    return sum;
  std::optional<double> parameter;
  if (op.getParameter())
    parameter = op.getParameter()->convertToDouble();
  return *emitActivation(build, *name, parameter, sum);
}

/// `value * gate + residual` of those that are there.
static Value combine(KernelBuilder &build, Value value, Value gate,
                     Value residual) {
  auto fused = arith::FastMathFlags::contract;
  if (gate)
    value = arith::MulFOp::create(build, value, gate, fused);
  if (residual)
    value = arith::AddFOp::create(build, value, residual, fused);
  return value;
}

Value Epilogue::finish(KernelBuilder &build, Value sum, Value token,
                       Value block, Value row) const {
  Value bias;
  if (arguments.bias) {
    Value place = build.add(build.mul(block, op.getRows()), row);
    bias = loadWide(build, build.getF32Type(),
                    build.at(arguments.bias, build.mul(place, 4)));
  }
  Value value = activate(build, op, sum, bias);
  Value place;
  if (arguments.gate || arguments.residual)
    place = placeOf(build, block, row);
  auto load = [&](Value base) {
    return base ? loadWide(build, op.getElementType(),
                           addressOf(build, op, base, token, place))
                : Value();
  };
  return combine(build, value, load(arguments.gate), load(arguments.residual));
}

/// Finishes and stores one row.
static void storeOne(const Epilogue &epilogue, KernelBuilder &build,
                     BlockGemmOp op, Value output, Value sum, Value token,
                     Value block, Value row) {
  FloatType type = op.getElementType();
  Value value = epilogue.finish(build, sum, token, block, row);
  if (!type.isF32())
    value = arith::TruncFOp::create(build, type, value);
  LLVM::StoreOp::create(
      build, value,
      addressOf(build, op, output, token, epilogue.placeOf(build, block, row)),
      unsigned(widthOf(type)));
}

Value Epilogue::finishPair(KernelBuilder &build, Value first, Value second,
                           Value token, Value block, Value row) const {
  FloatType type = op.getElementType();
  Type pair = VectorType::get(2, type);
  Type wide = VectorType::get(2, build.getF32Type());
  Value place;
  if (arguments.gate || arguments.residual)
    place = placeOf(build, block, row);
  auto load = [&](Value base) {
    return base
               ? loadWide(build, pair, addressOf(build, op, base, token, place))
               : Value();
  };
  Value bias;
  if (arguments.bias) {
    Value index = build.add(build.mul(block, op.getRows()), row);
    bias = loadWide(build, wide, build.at(arguments.bias, build.mul(index, 4)));
  }
  Value gate = load(arguments.gate), residual = load(arguments.residual);
  Value sums[] = {first, second};
  Value packed = LLVM::PoisonOp::create(build, wide);
  for (int64_t i = 0; i < 2; ++i) {
    auto part = [&](Value vector) {
      return vector ? at(build, vector, i) : Value();
    };
    Value value = combine(build, activate(build, op, sums[i], part(bias)),
                          part(gate), part(residual));
    packed = LLVM::InsertElementOp::create(build, packed, value, build.i32(i));
  }
  if (type.isF32())
    return packed;
  return arith::TruncFOp::create(build, pair, packed);
}

void Epilogue::storePair(KernelBuilder &build, Value first, Value second,
                         Value token, Value block, Value row) const {
  int64_t rows = op.getRows();
  // Runs of even length keep pairs together, and start at even places.
  int64_t run = op.getBlocks() == 1 ? rows : int64_t(op.getRun());
  Value inside =
      build.bitAnd(build.less(token, arguments.tokens), build.less(row, rows));
  build.ifThen(inside, [&] {
    if (run % 2 == 0) {
      Value pair = finishPair(build, first, second, token, block, row);
      Value place = addressOf(build, op, arguments.output, token,
                              placeOf(build, block, row));
      LLVM::StoreOp::create(build, pair, place,
                            unsigned(2 * widthOf(op.getElementType())));
      return;
    }
    storeOne(*this, build, op, arguments.output, first, token, block, row);
    Value next = build.add(row, 1);
    auto storeNext = [&] {
      storeOne(*this, build, op, arguments.output, second, token, block, next);
    };
    if (rows % 2 == 0)
      return storeNext();
    build.ifThen(build.less(next, rows), storeNext);
  });
}
