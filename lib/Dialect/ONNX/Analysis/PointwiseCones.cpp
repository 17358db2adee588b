//===- PointwiseCones.cpp - Functions of one value ------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The analysis of networks knows where an activation ends: at the next linear.
// Where masks, slices and residuals stand between, its end is where the
// function that has been computed so far has a name.
//
//===----------------------------------------------------------------------===//

#include "Cone.h"

#include "slin/Dialect/ONNX/Analysis/ActivationView.h"
#include "slin/Dialect/ONNX/Analysis/Constants.h"
#include "slin/Dialect/ONNX/Analysis/FeatureMap.h"
#include "slin/Dialect/ONNX/Analysis/Pointwise.h"
#include "slin/Dialect/ONNX/IR/ONNXOps.h"

#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace slin::onnx;

/// No activation has more nodes.
static constexpr size_t kMaxNodes = 64;

namespace {
/// The pointwise nodes behind a value, and what they start from.
struct PointwiseCone {
  SmallVector<Operation *> nodes;
  llvm::SmallSetVector<Value, 2> sources;
};
} // namespace

static std::optional<PointwiseCone>
findPointwiseCone(Value value, llvm::function_ref<bool(Operation *)> isTaken) {
  PointwiseCone cone;
  llvm::SmallSetVector<Operation *, 16> nodes;
  SmallVector<Value> work{value};
  Block *block = value.getParentBlock();
  while (!work.empty()) {
    Value operand = work.pop_back_val();
    if (isConstant(operand))
      continue;
    Operation *node = operand.getDefiningOp();
    bool inside = node && node->getBlock() == block && isPointwise(node) &&
                  node->getNumResults() == 1 && !isTaken(node) &&
                  !differsByFeature(node);
    if (!inside) {
      cone.sources.insert(operand);
      if (cone.sources.size() > 1)
        return std::nullopt;
      continue;
    }
    if (nodes.insert(node))
      work.append(pointwiseOperands(node));
    if (nodes.size() > kMaxNodes)
      return std::nullopt;
  }
  if (nodes.empty() || cone.sources.size() != 1)
    return std::nullopt;
  cone.nodes = nodes.takeVector();
  llvm::sort(cone.nodes,
             [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
  return cone;
}

/// Whether inner values are read by the cone alone.
static bool isClosed(const PointwiseCone &cone) {
  llvm::SmallPtrSet<Operation *, 16> inside(cone.nodes.begin(),
                                            cone.nodes.end());
  return llvm::all_of(ArrayRef(cone.nodes).drop_back(), [&](Operation *node) {
    return llvm::all_of(node->getUsers(),
                        [&](Operation *user) { return inside.contains(user); });
  });
}

static std::optional<Activation>
nameCone(Value output, llvm::function_ref<bool(Operation *)> isTaken) {
  std::optional<PointwiseCone> cone = findPointwiseCone(output, isTaken);
  if (!cone || !hasNonlinearNode(cone->nodes) || !isClosed(*cone))
    return std::nullopt;
  Activation activation;
  ActivationView view(cone->nodes, cone->sources.getArrayRef(), output);
  activation.name = view.getName().str();
  activation.parameter = view.getParameter();
  activation.inputs.push_back(cone->sources.front());
  activation.output = output;
  activation.nodes = std::move(cone->nodes);
  return activation;
}

std::vector<Activation>
slin::onnx::findActivations(Block &block,
                            llvm::function_ref<bool(Operation *)> isTaken) {
  std::vector<Activation> found;
  llvm::SmallPtrSet<Operation *, 16> own;
  auto taken = [&](Operation *node) {
    return own.contains(node) || isTaken(node);
  };
  auto take = [&](Activation activation) {
    own.insert(activation.nodes.begin(), activation.nodes.end());
    found.push_back(std::move(activation));
  };
  for (Operation &node : llvm::reverse(block)) {
    if (taken(&node) || !isPointwise(&node) || node.getNumResults() != 1)
      continue;
    std::optional<Activation> whole = nameCone(node.getResult(0), taken);
    if (!whole || whole->name == "identity")
      continue;
    if (whole->name != "pointwise") {
      take(std::move(*whole));
      continue;
    }
    // The last inner value that is a function with a name, or all of it.
    std::optional<Activation> inner;
    for (Operation *part : llvm::reverse(whole->nodes)) {
      inner = nameCone(part->getResult(0), taken);
      if (inner && inner->name != "pointwise" && inner->name != "identity")
        break;
      inner.reset();
    }
    take(std::move(inner ? *inner : *whole));
  }
  return found;
}
