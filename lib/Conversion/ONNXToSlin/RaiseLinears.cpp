//===- RaiseLinears.cpp - All affine maps of features become slin ops -----===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// onnx-to-slin shows networks and leaves the rest of a model alone. Exact
// rewrites need the rest: the norm before a network, the mask inside of it, the
// residual behind it. Here everything that maps features affinely becomes
// `slin.apply` or `slin.add`, whatever it is part of, and functions of one
// value between such maps `slin.activation`. All keep the model's own nodes.
//
//===----------------------------------------------------------------------===//

#include "LinearOperators.h"
#include "Regions.h"

#include "slin/Conversion/NodeOrder.h"
#include "slin/Conversion/Passes.h"
#include "slin/Dialect/ONNX/Analysis/Constants.h"
#include "slin/Dialect/ONNX/Analysis/FeatureMap.h"
#include "slin/Dialect/ONNX/IR/ONNXOps.h"
#include "slin/Dialect/Slin/IR/OperatorOfTerm.h"
#include "slin/Dialect/Slin/IR/SlinOps.h"

#include "mlir/Analysis/TopologicalSortUtils.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

namespace slin {
#define GEN_PASS_DEF_RAISELINEARS
#include "slin/Conversion/Passes.h.inc"
} // namespace slin

using namespace mlir;
using namespace slin;

namespace {
/// The maps of one block.
class BlockRaiser {
public:
  BlockRaiser(Block &block, LinearOperators &operators)
      : block(block), operators(operators), builder(block.getParentOp()) {}
  void run();

private:
  void find();
  void keepConnected();
  bool isMovable(ArrayRef<Operation *> nodes, StringRef path);
  void raise(const onnx::Linear &linear);
  void raise(const onnx::FeatureMap &map);
  void raise(const onnx::Activation &activation);
  Value makePart(const onnx::FeatureMap &map, unsigned index, Value bias);
  Value makeVector(const onnx::FeatureMap &map, ArrayRef<double> numbers,
                   const Twine &name);
  /// What a value of the model is now.
  Value current(Value value) {
    Value raised = results.lookup(value);
    return raised ? raised : visibleIn(&block, value);
  }

  Block &block;
  LinearOperators &operators;
  OpBuilder builder;
  std::vector<onnx::Linear> linears;
  std::vector<onnx::FeatureMap> maps;
  std::vector<onnx::Activation> activations;
  llvm::DenseMap<Value, Value> results;
};

struct RaiseLinearsPass final : slin::impl::RaiseLinearsBase<RaiseLinearsPass> {
  using RaiseLinearsBase::RaiseLinearsBase;
  void runOnOperation() override;
};
} // namespace

static void explain(Operation *node, const Twine &reason) {
  remark::missed(
      node->getLoc(),
      remark::RemarkOpts::name("NotRaised").category("onnx-raise-linears"))
      << "'" + onnx::pathOf(node) + "' is not raised: " + reason.str();
}

//===----------------------------------------------------------------------===//
// Finding
//===----------------------------------------------------------------------===//

void BlockRaiser::find() {
  llvm::SmallPtrSet<Operation *, 32> taken;
  for (onnx::Linear &linear : onnx::findLinears(block)) {
    SmallPtrSet<Operation *, 8> own(linear.nodes.begin(), linear.nodes.end());
    std::string reason;
    auto inside = [&](Operation *user) {
      Operation *ancestor = block.findAncestorOpInBlock(*user);
      return ancestor && own.contains(ancestor);
    };
    bool overlaps = llvm::any_of(
        own, [&](Operation *node) { return taken.contains(node); });
    if (overlaps || failed(checkLinear(linear, inside, reason)) ||
        failed(operators.compute(linear, reason))) {
      explain(linear.node,
              overlaps ? "its nodes belong to another linear" : reason);
      continue;
    }
    taken.insert(own.begin(), own.end());
    linears.push_back(std::move(linear));
  }
  auto isTaken = [&](Operation *node) { return taken.contains(node); };
  activations = onnx::findActivations(block, isTaken);
  for (const onnx::Activation &activation : activations)
    taken.insert(activation.nodes.begin(), activation.nodes.end());
  for (Operation &node : block) {
    if (isTaken(&node))
      continue;
    std::string reason;
    SmallVector<onnx::FeatureMap, 1> found =
        onnx::findFeatureMaps(&node, reason);
    if (found.empty() && !reason.empty())
      explain(&node, reason);
    for (onnx::FeatureMap &map : found) {
      if (llvm::any_of(map.nodes, isTaken))
        continue;
      taken.insert(map.nodes.begin(), map.nodes.end());
      maps.push_back(std::move(map));
    }
  }
}

/// Drops maps and activations that no chain of maps joins to a linear.
void BlockRaiser::keepConnected() {
  llvm::DenseSet<Value> made, read;
  for (const onnx::Linear &linear : linears) {
    made.insert(linear.output);
    read.insert(linear.input);
  }
  std::vector<bool> keptMap(maps.size()), keptActivation(activations.size());
  for (bool changed = true; changed;) {
    changed = false;
    for (auto [index, map] : llvm::enumerate(maps)) {
      bool joined = read.contains(map.output) ||
                    llvm::any_of(map.parts, [&](const auto &part) {
                      return made.contains(part.input);
                    });
      if (keptMap[index] || !joined)
        continue;
      keptMap[index] = changed = true;
      made.insert(map.output);
      for (const auto &part : map.parts)
        read.insert(part.input);
    }
    for (auto [index, activation] : llvm::enumerate(activations)) {
      if (keptActivation[index] || !made.contains(activation.inputs[0]) ||
          !read.contains(activation.output))
        continue;
      keptActivation[index] = changed = true;
      made.insert(activation.output);
    }
  }
  std::vector<onnx::FeatureMap> joinedMaps;
  for (auto [index, map] : llvm::enumerate(maps))
    if (keptMap[index])
      joinedMaps.push_back(std::move(map));
  maps = std::move(joinedMaps);
  std::vector<onnx::Activation> joinedActivations;
  for (auto [index, activation] : llvm::enumerate(activations))
    if (keptActivation[index])
      joinedActivations.push_back(std::move(activation));
  activations = std::move(joinedActivations);
}

bool BlockRaiser::isMovable(ArrayRef<Operation *> nodes, StringRef path) {
  SmallPtrSet<Operation *, 8> own(nodes.begin(), nodes.end());
  std::string reason;
  if (llvm::any_of(nodes,
                   [&](Operation *node) { return node->getBlock() != &block; }))
    reason = "its nodes stand in different graphs";
  else if (succeeded(checkNoWayBack(own, &block, reason)))
    return true;
  explain(nodes.front(), reason);
  return false;
}

//===----------------------------------------------------------------------===//
// Raising
//===----------------------------------------------------------------------===//

/// The last of some nodes of one block.
static Operation *lastOf(ArrayRef<Operation *> nodes) {
  return *std::max_element(
      nodes.begin(), nodes.end(),
      [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
}

void BlockRaiser::raise(const onnx::Linear &linear) {
  if (!isMovable(linear.nodes, linear.path))
    return;
  builder.setInsertionPoint(lastOf(linear.nodes));
  ApplyOp apply = operators.makeApply(builder, linear, block);
  moveNodes(linear.nodes, apply.getSource(), linear.output, apply.getResult());
}

Value BlockRaiser::makeVector(const onnx::FeatureMap &map,
                              ArrayRef<double> numbers, const Twine &name) {
  auto type =
      RankedTensorType::get({int64_t(numbers.size())}, builder.getF64Type());
  auto elements = DenseElementsAttr::get(type, numbers);
  return WeightOp::create(builder, map.node->getLoc(), type,
                          builder.getStringAttr(onnx::pathOf(map.node) + name),
                          elements);
}

/// One term of the map, applied.
Value BlockRaiser::makePart(const onnx::FeatureMap &map, unsigned index,
                            Value bias) {
  const auto &[input, term] = map.parts[index];
  SmallVector<Value> vectors(map.vectors.size());
  for (const term::Leaf &leaf : term.leaves())
    vectors[leaf.id] = makeVector(map, map.vectors[leaf.id], "/slin_scale");
  Value linop = makeOperatorOf(builder, map.node->getLoc(), term, vectors,
                               map.elementType);
  auto apply =
      ApplyOp::create(builder, map.node->getLoc(), map.output.getType(), linop,
                      current(input), bias);
  apply.setPath(onnx::pathOf(map.node));
  return apply.getResult();
}

void BlockRaiser::raise(const onnx::FeatureMap &map) {
  SmallVector<Operation *> nodes(map.nodes);
  if (!nodes.empty() && !isMovable(nodes, onnx::pathOf(map.node)))
    return;
  if (nodes.empty())
    builder.setInsertionPointAfter(map.node);
  else
    builder.setInsertionPoint(lastOf(nodes));
  Value bias;
  if (!map.bias.empty())
    bias = makeVector(map, map.bias, "/slin_bias");
  Operation *op;
  if (map.parts.size() == 1) {
    op = makePart(map, 0, bias).getDefiningOp();
  } else {
    SmallVector<Value> summands;
    size_t last = map.parts.size() - 1;
    for (auto [index, part] : llvm::enumerate(map.parts)) {
      Value own = index == last ? bias : Value();
      summands.push_back(part.term.isIdentity() && !own
                             ? current(part.input)
                             : makePart(map, index, own));
    }
    op = AddOp::create(builder, map.node->getLoc(), map.output.getType(),
                       summands);
    cast<AddOp>(op).setPath(onnx::pathOf(map.node));
  }
  op->setAttr(kOutputName, builder.getStringAttr(onnx::nameOf(map.output)));
  if (Attribute place = map.node->getAttr(onnx::names::kIndex))
    op->setAttr(onnx::names::kIndex, place);
  moveNodes(nodes, op->getRegion(0), map.output, op->getResult(0));
  results[map.output] = op->getResult(0);
}

void BlockRaiser::raise(const onnx::Activation &activation) {
  if (!isMovable(activation.nodes, activation.name))
    return;
  builder.setInsertionPoint(lastOf(activation.nodes));
  Value input = current(activation.inputs.front());
  FloatAttr parameter;
  if (activation.parameter != 0.0)
    parameter = builder.getF64FloatAttr(activation.parameter);
  auto op = ActivationOp::create(
      builder, activation.nodes.front()->getLoc(), activation.output.getType(),
      builder.getStringAttr(activation.name), input, parameter);
  moveNodes(activation.nodes, op.getBody(), activation.output, op.getResult(0));
  Value argument =
      op.getBody().front().addArgument(input.getType(), input.getLoc());
  input.replaceUsesWithIf(argument, [&](OpOperand &use) {
    return op->isProperAncestor(use.getOwner());
  });
}

void BlockRaiser::run() {
  find();
  keepConnected();
  if (linears.empty())
    return;
  noteNodeOrder(block);
  for (const onnx::Linear &linear : linears)
    raise(linear);
  for (const onnx::Activation &activation : activations)
    raise(activation);
  for (const onnx::FeatureMap &map : maps)
    raise(map);
  sortTopologically(&block);
}

void RaiseLinearsPass::runOnOperation() {
  LinearOperators operators(&getContext());
  SmallVector<Block *> blocks;
  getOperation()->walk<WalkOrder::PreOrder>([&](Block *block) {
    Operation *holder = block->getParentOp();
    if (holder == getOperation())
      return WalkResult::advance();
    if (!isa<FunctionOpInterface, onnx::NodeOpInterface>(holder))
      return WalkResult::skip();
    blocks.push_back(block);
    return WalkResult::advance();
  });
  for (Block *block : blocks)
    BlockRaiser(*block, operators).run();
}
