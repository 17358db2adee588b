//===- WeightOp.cpp - Weights that passes made ----------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// slin.weight hands out its numbers like every weight of a model.
//
//===----------------------------------------------------------------------===//

#include "slin/Dialect/Slin/IR/SlinOps.h"

using namespace mlir;
using namespace slin;

LogicalResult WeightOp::verify() {
  // C1
  if (!isa<ElementsAttr>(getValue()))
    return emitOpError() << "expected 'value' to hold elements, found "
                         << getValue();
  return success();
}

ElementsAttr WeightOp::getWeight() {
  return dyn_cast<ElementsAttr>(getValue());
}

StringRef WeightOp::getWeightName() { return getName(); }

void WeightOp::getAsmResultNames(OpAsmSetValueNameFn setName) {
  StringRef name = getName().ltrim('/');
  std::string text = name.str();
  std::replace(text.begin(), text.end(), '/', '.');
  setName(getResult(), text);
}
