//===- ExpertOps.cpp - What experts compute, and its sum ------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Neither multiplies matrices: what they cost is bytes.
//
//===----------------------------------------------------------------------===//

#include "slin/Dialect/SlinGPU/IR/SlinGPUOps.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace slin::slingpu;

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

static int64_t bytesOf(Value value) {
  return typeOf(value).getElementTypeBitWidth() / 8;
}

/// [tokens, E].
static bool isMatrix(RankedTensorType type) {
  return type.getRank() == 2 && type.getDimSize(1) >= 1;
}

/// A type of i32 with the tokens of `like`.
static RankedTensorType numbersLike(RankedTensorType like, int64_t size) {
  return RankedTensorType::get({like.getDimSize(0), size},
                               IntegerType::get(like.getContext(), 32));
}

//===----------------------------------------------------------------------===//
// RouteOp
//===----------------------------------------------------------------------===//

FloatType RouteOp::getElementType() {
  return cast<FloatType>(typeOf(getGates()).getElementType());
}
StringRef RouteOp::getActivationName() { return ""; }
std::optional<double> RouteOp::getActivationParameter() { return std::nullopt; }
int64_t RouteOp::getExperts() { return typeOf(getGates()).getDimSize(1); }

/// Gates are read twice, by one block.
KernelWork RouteOp::getWork(ScheduleAttr schedule, int64_t tokens) {
  int64_t bytes = bytesOf(getGates()), number = sizeof(int32_t);
  double pairs = double(tokens) * getExperts();
  KernelWork work;
  work.steps = 2 * llvm::divideCeil(tokens, schedule.getTileTokens());
  work.loadedBytes = 2 * pairs * bytes;
  work.finishedBytes =
      (pairs + double(tokens) * getChoices() + getExperts() + 1) * number;
  work.activationBytes = pairs * bytes + work.finishedBytes;
  return work;
}

std::string RouteOp::getKernelName() {
  return std::to_string(getChoices()) + "of" + std::to_string(getExperts());
}

void RouteOp::getAsmResultNames(OpAsmSetValueNameFn setName) {
  setName(getOffsets(), "offsets");
  setName(getTokens(), "tokens");
  setName(getPlaces(), "places");
}

LogicalResult RouteOp::verify() {
  RankedTensorType gates = typeOf(getGates());
  // C1
  if (!isMatrix(gates))
    return emitOpError() << "expected gates [tokens, experts] with known "
                            "experts, found "
                         << gates;
  // C2
  int64_t choices = getChoices(), experts = getExperts();
  if (choices < 1 || choices > experts)
    return emitOpError() << "expected 1 to " << experts << " choices, found "
                         << choices;
  // C3
  auto offsets =
      RankedTensorType::get({experts + 1}, IntegerType::get(getContext(), 32));
  Type wanted[] = {offsets, numbersLike(gates, choices),
                   numbersLike(gates, experts)};
  for (auto [result, type] : llvm::zip_equal(getResults(), wanted))
    if (result.getType() != type)
      return emitOpError() << "expected a result of type " << type << ", found "
                           << result.getType();
  return success();
}

//===----------------------------------------------------------------------===//
// CombineOp
//===----------------------------------------------------------------------===//

FloatType CombineOp::getElementType() {
  return cast<FloatType>(typeOf(getRows()).getElementType());
}
StringRef CombineOp::getActivationName() { return ""; }
std::optional<double> CombineOp::getActivationParameter() {
  return std::nullopt;
}
int64_t CombineOp::getExperts() { return typeOf(getGates()).getDimSize(1); }
int64_t CombineOp::getFeatures() { return typeOf(getRows()).getDimSize(2); }

/// As if every token had all choices.
KernelWork CombineOp::getWork(ScheduleAttr schedule, int64_t tokens) {
  int64_t bytes = bytesOf(getRows()), choices = typeOf(getRows()).getDimSize(1);
  int64_t tileTokens = schedule.getTileTokens(),
          tileRows = schedule.getTileRows();
  double table = double(getExperts()) * (bytes + sizeof(int32_t));
  KernelWork work;
  work.blocks = llvm::divideCeil(tokens, tileTokens) *
                llvm::divideCeil(getFeatures(), tileRows);
  work.loadedBytes = tileTokens * (double(tileRows * choices * bytes) + table);
  work.finishedBytes = double(tileTokens * tileRows * bytes);
  work.activationBytes =
      tokens * (double(getFeatures() * (choices + 1) * bytes) + table);
  return work;
}

std::string CombineOp::getKernelName() {
  return std::to_string(getExperts()) + "x" + std::to_string(getFeatures());
}

void CombineOp::getAsmResultNames(OpAsmSetValueNameFn setName) {
  setName(getResult(), "y");
}

LogicalResult CombineOp::verify() {
  RankedTensorType rows = typeOf(getRows()), gates = typeOf(getGates());
  // C1
  if (rows.getRank() != 3 || rows.getDimSize(1) < 1 || rows.getDimSize(2) < 1)
    return emitOpError() << "expected rows [tokens, choices, features] with "
                            "known choices and features, found "
                         << rows;
  if (!isMatrix(gates) || gates.getElementType() != rows.getElementType())
    return emitOpError() << "expected gates [tokens, experts] of "
                         << rows.getElementType()
                         << " with known experts, found " << gates;
  // C2
  if (getPlaces().getType() != numbersLike(gates, getExperts()))
    return emitOpError() << "expected places of type "
                         << numbersLike(gates, getExperts()) << ", found "
                         << getPlaces().getType();
  // C3
  auto result = rows.clone({rows.getDimSize(0), rows.getDimSize(2)});
  if (getResult().getType() == result)
    return success();
  return emitOpError() << "expected a result of type " << result << ", found "
                       << getResult().getType();
}
