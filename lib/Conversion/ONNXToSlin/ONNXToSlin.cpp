//===- ONNXToSlin.cpp - FFNs become slin.ffn ------------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Moves the nodes of each recognised FFN into the regions of slin ops.
// Upstream's dialect conversion is not used: nothing is replaced by something
// equal, nodes only move, and what the analysis found is not a pattern on one
// op.
//
//===----------------------------------------------------------------------===//

#include "LinearOperators.h"
#include "Regions.h"

#include "slin/Conversion/NodeOrder.h"
#include "slin/Conversion/Passes.h"
#include "slin/Dialect/ONNX/Analysis/FFNAnalysis.h"
#include "slin/Dialect/ONNX/Analysis/FeatureMap.h"
#include "slin/Dialect/ONNX/IR/ONNXOps.h"
#include "slin/Dialect/Slin/IR/SlinOps.h"

#include "mlir/Analysis/TopologicalSortUtils.h"
#include "mlir/IR/Remarks.h"

namespace slin {
#define GEN_PASS_DEF_ONNXTOSLIN
#include "slin/Conversion/Passes.h.inc"
} // namespace slin

using namespace mlir;
using namespace slin;

namespace {
/// Converts one FFN.
class FFNConverter {
public:
  FFNConverter(const onnx::FFN &network, LinearOperators &operators)
      : network(network), operators(operators),
        builder(network.linears.front().node->getContext()) {}

  /// Fails, with a reason, where the nodes cannot be put into one region.
  LogicalResult check(std::string &reason);
  void convert();

private:
  ApplyOp makeApply(const onnx::Linear &linear);
  /// `activationInputs` stand for the analysis' inputs, which they replaced.
  Value makeActivation(ArrayRef<Value> activationInputs);
  bool isInside(Operation *user);

  const onnx::FFN &network;
  LinearOperators &operators;
  OpBuilder builder;
  llvm::SmallPtrSet<Operation *, 16> nodes;
  Block *block = nullptr;
};
} // namespace

/// Whether `user`, or the op of the block that contains it, is one of the
/// nodes.
bool FFNConverter::isInside(Operation *user) {
  Operation *ancestor = block->findAncestorOpInBlock(*user);
  return ancestor && nodes.contains(ancestor);
}

LogicalResult FFNConverter::check(std::string &reason) {
  block = network.linears.back().node->getBlock();
  for (const onnx::Linear &linear : network.linears)
    nodes.insert(linear.nodes.begin(), linear.nodes.end());
  nodes.insert(network.activation.nodes.begin(),
               network.activation.nodes.end());
  for (Operation *node : nodes)
    if (node->getBlock() != block) {
      reason = "its nodes stand in different graphs";
      return failure();
    }
  auto inside = [&](Operation *user) { return isInside(user); };
  for (const onnx::Linear &linear : network.linears)
    if (failed(checkLinear(linear, inside, reason)) ||
        failed(operators.compute(linear, reason)))
      return failure();
  return checkNoWayBack(nodes, block, reason);
}

//===----------------------------------------------------------------------===//
// Linears
//===----------------------------------------------------------------------===//

ApplyOp FFNConverter::makeApply(const onnx::Linear &linear) {
  ApplyOp apply = operators.makeApply(builder, linear, *block);
  moveNodes(linear.nodes, apply.getSource(), linear.output, apply.getResult());
  return apply;
}

//===----------------------------------------------------------------------===//
// The network
//===----------------------------------------------------------------------===//

/// Moves the pointwise nodes; gives the down projection's input.
Value FFNConverter::makeActivation(ArrayRef<Value> activationInputs) {
  const onnx::Activation &activation = network.activation;
  if (activation.nodes.empty())
    return activation.output;
  SmallVector<Value> inputs(activationInputs), results{activation.output};
  llvm::SmallPtrSet<Operation *, 16> own(activation.nodes.begin(),
                                         activation.nodes.end());
  for (Operation *node : activation.nodes)
    for (Value result : node->getResults())
      if (result != activation.output &&
          llvm::any_of(result.getUsers(), [&](Operation *user) {
            Operation *ancestor = block->findAncestorOpInBlock(*user);
            return !ancestor || !own.contains(ancestor);
          }))
        results.push_back(result);
  FloatAttr parameter;
  if (activation.parameter != 0.0)
    parameter = builder.getF64FloatAttr(activation.parameter);
  auto op = ActivationOp::create(builder, activation.nodes.front()->getLoc(),
                                 ValueRange(results).getTypes(),
                                 builder.getStringAttr(activation.name), inputs,
                                 parameter);
  Block *body = new Block();
  op.getBody().push_back(body);
  SmallVector<Operation *> ordered(activation.nodes);
  llvm::sort(ordered,
             [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
  for (Operation *node : ordered)
    node->moveBefore(body, body->end());
  OpBuilder inner(builder.getContext());
  inner.setInsertionPointToEnd(body);
  YieldOp::create(inner, op.getLoc(), results);
  for (auto [outside, inside] : llvm::zip(results, op.getResults()))
    outside.replaceUsesWithIf(inside, [&](OpOperand &use) {
      return !op->isProperAncestor(use.getOwner());
    });
  for (Value input : inputs) {
    Value argument = body->addArgument(input.getType(), input.getLoc());
    input.replaceUsesWithIf(argument, [&](OpOperand &use) {
      return op->isProperAncestor(use.getOwner());
    });
  }
  return op.getResult(0);
}

void FFNConverter::convert() {
  SmallVector<Value> inputs;
  for (const onnx::Linear &linear : ArrayRef(network.linears).drop_back())
    if (Value input = visibleIn(block, linear.input);
        !llvm::is_contained(inputs, input))
      inputs.push_back(input);
  // Everything is built in front of the last node, then moved into the region.
  Operation *last = network.linears.back().nodes.back();
  builder.setInsertionPoint(last);
  SmallVector<Operation *> parts;
  SmallVector<Value> values;
  llvm::DenseMap<Value, Value> replaced;
  for (const onnx::Linear &linear : ArrayRef(network.linears).drop_back()) {
    Value output = linear.output;
    ApplyOp apply = makeApply(linear);
    parts.push_back(apply);
    values.push_back(apply.getResult());
    replaced[output] = apply.getResult();
  }
  SmallVector<Value> activationInputs;
  for (Value input : network.activation.inputs)
    activationInputs.push_back(replaced.contains(input) ? replaced[input]
                                                        : input);
  Value hidden = makeActivation(activationInputs);
  if (auto activation = hidden.getDefiningOp<ActivationOp>()) {
    parts.push_back(activation);
    values.append(activation->result_begin(), activation->result_end());
  }
  onnx::Linear down = network.linears.back();
  down.input = hidden;
  std::string inputName = onnx::nameOf(network.linears.back().input);
  builder.setInsertionPointAfter(last);
  ApplyOp output = makeApply(down);
  output.setInputNameAttr(builder.getStringAttr(inputName));
  parts.push_back(output);
  values.insert(values.begin(), output.getResult());

  llvm::SmallPtrSet<Operation *, 8> own(parts.begin(), parts.end());
  SmallVector<Value> results;
  for (auto [index, value] : llvm::enumerate(values))
    if (index == 0 || llvm::any_of(value.getUsers(), [&](Operation *user) {
          Operation *ancestor = block->findAncestorOpInBlock(*user);
          return !ancestor || !own.contains(ancestor);
        }))
      results.push_back(value);
  auto ffn = FFNOp::create(builder, network.linears.front().node->getLoc(),
                           ValueRange(results).getTypes(), inputs,
                           builder.getStringAttr(network.path));
  Block *body = new Block();
  ffn.getBody().push_back(body);
  for (Operation *part : parts)
    part->moveBefore(body, body->end());
  OpBuilder inner(builder.getContext());
  inner.setInsertionPointToEnd(body);
  YieldOp::create(inner, ffn.getLoc(), results);
  for (auto [inside, outside] : llvm::zip(results, ffn.getResults()))
    inside.replaceUsesWithIf(outside, [&](OpOperand &use) {
      return !ffn->isProperAncestor(use.getOwner());
    });
  for (Value input : inputs) {
    Value argument = body->addArgument(input.getType(), input.getLoc());
    input.replaceUsesWithIf(argument, [&](OpOperand &use) {
      return ffn->isProperAncestor(use.getOwner());
    });
  }
}

namespace {
struct ONNXToSlinPass final : slin::impl::ONNXToSlinBase<ONNXToSlinPass> {
  using ONNXToSlinBase::ONNXToSlinBase;
  void runOnOperation() override;
};
} // namespace

/// Whether the nodes of a linear of no network can be put into one region.
static bool isAlone(const onnx::Linear &linear, LinearOperators &operators) {
  Block *block = linear.node->getBlock();
  llvm::SmallPtrSet<Operation *, 16> nodes(linear.nodes.begin(),
                                           linear.nodes.end());
  auto inside = [&](Operation *user) {
    Operation *ancestor = block->findAncestorOpInBlock(*user);
    return ancestor && nodes.contains(ancestor);
  };
  std::string reason;
  if (llvm::all_of(
          nodes, [&](Operation *node) { return node->getBlock() == block; }) &&
      succeeded(checkLinear(linear, inside, reason)) &&
      succeeded(operators.compute(linear, reason)) &&
      succeeded(checkNoWayBack(nodes, block, reason)))
    return true;
  remark::missed(
      linear.node->getLoc(),
      remark::RemarkOpts::name("LinearNotConverted").category("onnx-to-slin"))
      << (reason.empty() ? "its nodes stand in different graphs" : reason);
  return false;
}

static void convertAlone(const onnx::Linear &linear,
                         LinearOperators &operators) {
  Operation *last =
      *llvm::max_element(linear.nodes, [](Operation *a, Operation *b) {
        return a->isBeforeInBlock(b);
      });
  OpBuilder builder(last);
  ApplyOp apply = operators.makeApply(builder, linear, *last->getBlock());
  moveNodes(linear.nodes, apply.getSource(), linear.output, apply.getResult());
}

void ONNXToSlinPass::runOnOperation() {
  // Networks may share nodes only by mistake of the analysis; the first keeps
  // them.
  const auto &analysis = getAnalysis<onnx::FFNAnalysis>();
  llvm::SetVector<Block *> blocks;
  LinearOperators operators(&getContext());
  llvm::SmallPtrSet<Operation *, 32> taken;
  for (const onnx::FFN &network : analysis.getFFNs()) {
    if (!network.rewritable &&
        !(mlpLike && network.kind == onnx::FFN::Kind::MLPLike))
      continue;
    FFNConverter converter(network, operators);
    std::string reason;
    bool overlaps = false;
    for (const onnx::Linear &linear : network.linears)
      for (Operation *node : linear.nodes)
        overlaps |= !taken.insert(node).second;
    if (overlaps || failed(converter.check(reason))) {
      remark::missed(
          network.linears.front().node->getLoc(),
          remark::RemarkOpts::name("FFNNotConverted").category("onnx-to-slin"))
          << (overlaps ? "its nodes belong to another network" : reason);
      continue;
    }
    Block *block = network.linears.back().node->getBlock();
    if (blocks.insert(block))
      noteNodeOrder(*block);
    converter.convert();
  }
  auto isTaken = [&](Operation *node) { return taken.contains(node); };
  for (const onnx::Linear &linear :
       onnx::findStructuredLinears(getOperation(), isTaken))
    if (isAlone(linear, operators)) {
      Block *block = linear.node->getBlock();
      if (blocks.insert(block))
        noteNodeOrder(*block);
      convertAlone(linear, operators);
    }
  for (Block *block : blocks)
    sortTopologically(block);
}
