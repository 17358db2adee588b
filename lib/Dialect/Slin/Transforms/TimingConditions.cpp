//===- TimingConditions.cpp - Under what linears are timed ----------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Between two calls of a linear the model reads all of its other weights, which
// decides whether its own are still in caches.
//
//===----------------------------------------------------------------------===//

#include "TimingConditions.h"

#include "slin/Weights/WeightInterfaces.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace slin;

static std::optional<cost::ElementType> elementTypeOf(LinopType type) {
  Type element = type.getElementType();
  if (element.isF16())
    return cost::ElementType::F16;
  if (element.isBF16())
    return cost::ElementType::BF16;
  if (element.isF32())
    return cost::ElementType::F32;
  if (element.isF64())
    return cost::ElementType::F64;
  return std::nullopt;
}

static double bytesOfWeight(Value weight) {
  auto type = dyn_cast<ShapedType>(weight.getType());
  if (!type || !type.hasStaticShape() || !type.getElementType().isIntOrFloat())
    return 0;
  return double(type.getNumElements()) *
         weights::bitsPerElement(type.getElementType()) / 8;
}

double slin::bytesOfWeights(ValueRange weights) {
  double bytes = 0;
  for (Value weight : weights)
    bytes += bytesOfWeight(weight);
  return bytes;
}

static double bytesOfModule(ModuleOp module) {
  double bytes = 0;
  module.walk([&](weights::WeightOpInterface weight) {
    if (!weight->use_empty() && !weight->hasAttr(kReplaced))
      bytes += bytesOfWeight(weight->getResult(0));
  });
  return bytes;
}

FailureOr<TimingConditions> TimingConditions::open(ModuleOp module,
                                                   StringRef target,
                                                   ArrayRef<int64_t> tokens,
                                                   std::string &reason) {
  for (int64_t count : tokens)
    if (count < 1) {
      reason =
          "expected token counts of at least 1, found " + std::to_string(count);
      return failure();
    }
  cost::TargetOrReason found = cost::findTarget(target);
  if (!found) {
    reason = found.reason();
    return failure();
  }
  return TimingConditions(*found, bytesOfModule(module));
}

static bool isMatrix(Value x) {
  auto type = dyn_cast<RankedTensorType>(x.getType());
  return type && type.getRank() == 2;
}

FailureOr<cost::Conditions> TimingConditions::of(LinopType linop,
                                                 double ownBytes,
                                                 ArrayRef<ApplyOp> uses,
                                                 std::string &reason) const {
  std::optional<cost::ElementType> type = elementTypeOf(linop);
  if (!type || !target.supports(*type)) {
    llvm::raw_string_ostream(reason)
        << "expected an element type that '" << target.name
        << "' has a throughput for, found " << linop.getElementType();
    return failure();
  }
  cost::Conditions conditions;
  conditions.type = *type;
  conditions.leadingAxes = !llvm::all_of(
      uses, [](ApplyOp apply) { return isMatrix(apply.getInput()); });
  conditions.otherBytes = allBytes - ownBytes;
  return conditions;
}
