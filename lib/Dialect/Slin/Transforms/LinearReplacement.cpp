//===- LinearReplacement.cpp - Linears in the place of others -------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Other dialects hold the place and the name of a node as attributes of their
// own, which pass through here unread.
//
//===----------------------------------------------------------------------===//

#include "LinearReplacement.h"

using namespace mlir;
using namespace slin;

Type slin::withFeatures(Type like, int64_t features) {
  auto tensor = dyn_cast<RankedTensorType>(like);
  if (!tensor || tensor.getRank() == 0 || tensor.getShape().back() == features)
    return like;
  SmallVector<int64_t> shape(tensor.getShape());
  shape.back() = features;
  return RankedTensorType::get(shape, tensor.getElementType());
}

void slin::takeAttributes(Operation *from, Operation *to) {
  for (StringRef name : {"onnx.index", "onnx.output_name"})
    if (Attribute attribute = from->getAttr(name))
      to->setAttr(name, attribute);
}

void slin::markWeights(ApplyOp apply, NewWeights &newWeights) {
  SmallVector<Value> work{apply.getLinop()};
  llvm::SmallPtrSet<Operation *, 8> seen;
  while (!work.empty()) {
    Operation *op = work.pop_back_val().getDefiningOp();
    if (!op || !seen.insert(op).second)
      continue;
    if (isa<LinearOperatorInterface>(op))
      llvm::append_range(work, op->getOperands());
    else
      op->setAttr(kReplaced, UnitAttr::get(op->getContext()));
  }
  if (Value bias = apply.getBias())
    if (Operation *op = bias.getDefiningOp())
      op->setAttr(kReplaced, UnitAttr::get(op->getContext()));
}

void slin::eraseOperator(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op || !op->use_empty() || !isa<LinearOperatorInterface, WeightOp>(op))
    return;
  SmallVector<Value> operands(op->getOperands());
  op->erase();
  for (Value operand : operands)
    eraseOperator(operand);
}

void slin::eraseLinear(ApplyOp apply, NewWeights &newWeights) {
  newWeights.markSources(apply);
  markWeights(apply, newWeights);
  Value linop = apply.getLinop(), bias = apply.getBias();
  apply.erase();
  eraseOperator(linop);
  if (bias && bias.getDefiningOp<WeightOp>())
    newWeights.markReplaced(bias.getDefiningOp());
}
