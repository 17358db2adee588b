//===- NewWeights.cpp - Weights that factorising makes and replaces -------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The bytes go to the weight store of the dialect that has one. A module
// without such a dialect is IR that somebody wrote by hand; builtin elements do
// for it.
//
//===----------------------------------------------------------------------===//

#include "NewWeights.h"

using namespace mlir;
using namespace slin;

NewWeights::NewWeights(ModuleOp module) {
  module.walk([&](weights::WeightOpInterface weight) {
    names.insert(weight.getWeightName());
  });
}

std::string NewWeights::baseNameOf(ApplyOp apply) {
  return apply.getPath().value_or("linear").str();
}

Value NewWeights::make(OpBuilder &builder, Location location,
                       const std::string &name, ShapedType type,
                       ArrayRef<char> bytes) {
  std::string unique = name;
  for (unsigned count = 1; !names.insert(unique).second; ++count)
    unique = name + "_" + std::to_string(count);
  ElementsAttr elements = weights::makeWeight(type, bytes);
  if (!elements)
    elements = DenseElementsAttr::getFromRawBuffer(type, bytes);
  return WeightOp::create(builder, location, type,
                          builder.getStringAttr(unique),
                          cast<TypedAttr>(elements));
}

void NewWeights::markReplaced(Operation *op) {
  if (auto weight = dyn_cast<WeightOp>(op); weight && op->use_empty()) {
    names.erase(weight.getName());
    op->erase();
    return;
  }
  op->setAttr(kReplaced, UnitAttr::get(op->getContext()));
}

void NewWeights::markSources(Operation *linear) {
  SmallVector<Operation *> sources;
  if (auto apply = dyn_cast<ApplyOp>(linear))
    sources = apply.getOuterSources();
  else if (auto add = dyn_cast<AddOp>(linear))
    sources = add.getOuterSources();
  for (Operation *op : sources)
    markReplaced(op);
}
