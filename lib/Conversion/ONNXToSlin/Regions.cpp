//===- Regions.cpp - Nodes that move into regions -------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Nodes keep their identity on the way in and out, so that nothing of them can
// be lost.
//
//===----------------------------------------------------------------------===//

#include "Regions.h"

#include "slin/Dialect/ONNX/IR/ONNXOps.h"
#include "slin/Dialect/Slin/IR/SlinOps.h"

using namespace mlir;
using namespace slin;

Value slin::visibleIn(Block *block, Value value) {
  while (value.getParentBlock() != block) {
    Operation *op = value.getParentBlock()->getParentOp();
    if (!isa_and_nonnull<ApplyOp, AddOp, ActivationOp, FFNOp>(op))
      return value; // a value of an enclosing graph
    auto yielded = value.getParentBlock()->getTerminator()->getOperands();
    auto it = llvm::find(yielded, value);
    if (it == yielded.end())
      return value;
    value = op->getResult(it - yielded.begin());
  }
  return value;
}

void slin::moveNodes(ArrayRef<Operation *> nodes, Region &region,
                     ValueRange results, ValueRange replacements) {
  Operation *op = region.getParentOp();
  Block *body = new Block();
  region.push_back(body);
  SmallVector<Operation *> ordered(nodes);
  llvm::sort(ordered,
             [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
  for (Operation *node : ordered)
    node->moveBefore(body, body->end());
  OpBuilder inner(op->getContext());
  inner.setInsertionPointToEnd(body);
  auto yield = YieldOp::create(inner, op->getLoc(), results);
  for (auto [result, replacement] : llvm::zip(results, replacements)) {
    Value value = result;
    value.replaceUsesWithIf(replacement, [&](OpOperand &use) {
      return use.getOwner() != yield && !op->isProperAncestor(use.getOwner());
    });
  }
}

bool slin::hasElementsType(Value constant, std::string &reason) {
  auto weight = constant.getDefiningOp<weights::WeightOpInterface>();
  if (!weight || !weight.getWeight()) {
    reason = "'" + onnx::nameOf(constant) + "' is no constant tensor";
    return false;
  }
  if (constant.getType() == weight.getWeight().getType())
    return true;
  bool isOutput = llvm::any_of(constant.getUsers(), [](Operation *user) {
    return user->hasTrait<OpTrait::IsTerminator>();
  });
  if (!isOutput && isa<onnx::UnknownType>(constant.getType()))
    return true;
  reason = "the recorded type of '" + onnx::nameOf(constant) +
           "' is not that of its elements";
  return false;
}

LogicalResult slin::checkLinear(const onnx::Linear &linear,
                                llvm::function_ref<bool(Operation *)> isInside,
                                std::string &reason) {
  // Weights that the graph computes are evaluated, whatever their types.
  SmallVector<Value> constants;
  for (Value weight : linear.weights)
    if (weight.getDefiningOp<weights::WeightOpInterface>())
      constants.push_back(weight);
  if (!linear.term)
    constants.push_back(linear.weight);
  constants.push_back(linear.bias);
  for (const onnx::BiasPart &part : linear.biasParts)
    constants.push_back(part.value);
  for (Value constant : constants)
    if (constant && !hasElementsType(constant, reason))
      return failure();
  for (Operation *node : linear.nodes)
    for (Value result : node->getResults())
      if (result != linear.output &&
          llvm::any_of(result.getUsers(),
                       [&](Operation *user) { return !isInside(user); })) {
        reason = "'" + onnx::nameOf(result) +
                 "' inside its linear is read elsewhere";
        return failure();
      }
  return success();
}

LogicalResult
slin::checkNoWayBack(const llvm::SmallPtrSetImpl<Operation *> &nodes,
                     Block *block, std::string &reason) {
  llvm::SmallPtrSet<Operation *, 16> seen;
  SmallVector<Operation *> work;
  auto push = [&](Operation *op) {
    if (op && op->getBlock() == block && !nodes.contains(op) &&
        seen.insert(op).second)
      work.push_back(op);
  };
  for (Operation *node : nodes)
    for (Value operand : node->getOperands())
      push(operand.getDefiningOp());
  while (!work.empty()) {
    Operation *op = work.pop_back_val();
    WalkResult reads = op->walk([&](Operation *inner) {
      for (Value operand : inner->getOperands()) {
        Operation *producer = operand.getDefiningOp();
        if (producer && nodes.contains(producer))
          return WalkResult::interrupt();
        push(producer);
      }
      return WalkResult::advance();
    });
    if (reads.wasInterrupted()) {
      reason = "an inner value leaves the network and comes back into it";
      return failure();
    }
  }
  return success();
}
