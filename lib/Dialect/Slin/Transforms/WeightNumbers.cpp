//===- WeightNumbers.cpp - The numbers of weights -------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A pass that evaluates operators forgets the numbers between two of them, so
// that memory holds one expression and not the model.
//
//===----------------------------------------------------------------------===//

#include "WeightNumbers.h"

#include "slin/Weights/WeightInterfaces.h"

using namespace mlir;
using namespace slin;

bool WeightNumbers::isConstant(Value weight) {
  auto op = weight.getDefiningOp<weights::WeightOpInterface>();
  ElementsAttr elements = op ? op.getWeight() : ElementsAttr();
  return elements && isa<FloatType>(elements.getElementType());
}

FailureOr<ArrayRef<double>> WeightNumbers::get(Value weight,
                                               std::string &reason) {
  if (auto it = known.find(weight); it != known.end())
    return ArrayRef<double>(it->second);
  auto op = weight.getDefiningOp<weights::WeightOpInterface>();
  if (!op) {
    reason = "expected weights that are constants";
    return failure();
  }
  FailureOr<weights::Elements> elements = op.getElements(reason);
  if (failed(elements))
    return failure();
  std::vector<double> numbers(elements->type.getNumElements());
  if (failed(weights::toDoubles(*elements, numbers, reason)))
    return failure();
  return ArrayRef<double>(known[weight] = std::move(numbers));
}

llvm::BitVector WeightNumbers::zeros(Value weight) {
  std::string reason;
  FailureOr<ArrayRef<double>> numbers = get(weight, reason);
  auto type = cast<ShapedType>(weight.getType());
  llvm::BitVector result(type.getNumElements());
  if (succeeded(numbers))
    for (auto [index, number] : llvm::enumerate(*numbers))
      result[index] = number == 0.0;
  return result;
}
