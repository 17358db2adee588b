//===- Network.cpp - From a cone to a network -----------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Gate and up are told apart by what the activation does with them, never by
// their sizes, which are often the same.
//
//===----------------------------------------------------------------------===//

#include "Network.h"

#include "slin/Dialect/ONNX/Analysis/ActivationView.h"
#include "slin/Dialect/ONNX/Analysis/AffineView.h"
#include "slin/Dialect/ONNX/Analysis/Constants.h"
#include "slin/Dialect/ONNX/Analysis/FeatureLayout.h"
#include "slin/Dialect/ONNX/Analysis/Pointwise.h"
#include "slin/Dialect/ONNX/IR/ONNXOps.h"

using namespace mlir;
using namespace slin::onnx;

/// The longest common prefix of the paths that ends before a slash, or the
/// first path.
static std::string commonPath(ArrayRef<Linear> linears) {
  StringRef prefix = linears.front().path;
  for (const Linear &linear : linears) {
    size_t length = 0;
    while (length < prefix.size() && length < linear.path.size() &&
           prefix[length] == linear.path[length])
      ++length;
    prefix = prefix.take_front(length);
  }
  size_t slash = prefix.rfind('/');
  if (slash == StringRef::npos || slash == 0)
    return linears.front().path;
  return prefix.take_front(slash).str();
}

/// Whether the linears at the start of a cone can make one network.
Break NetworkBuilder::joinLeaves(const Network &network) const {
  const Cone &cone = network.cone;
  if (cone.leaves.size() > 2)
    return {linears[network.down].node,
            std::to_string(cone.leaves.size()) +
                " linears meet in the input of one, expected one or two",
            ""};
  Value source = sourceOf(linears[cone.leaves.front()].input);
  for (size_t leaf : cone.leaves)
    if (sourceOf(linears[leaf].input) != source)
      return {linears[leaf].node,
              "'" + linears[cone.leaves.front()].path + "' and '" +
                  linears[leaf].path + "' meet, but read different values",
              ""};
  return {};
}

/// Whether some product in the cone multiplies what comes from one linear alone
/// with what comes from the other.
static bool hasProduct(const Cone &cone, Value first, Value second) {
  llvm::DenseMap<Value, unsigned> sources{{first, 1u}, {second, 2u}};
  for (Operation *node : cone.nodes) {
    unsigned all = 0;
    SmallVector<Value> operands = isPointwise(node)
                                      ? pointwiseOperands(node)
                                      : SmallVector<Value>{node->getOperand(0)};
    for (Value operand : operands)
      all |= sources.lookup(operand);
    if (isa<MulOp>(node) &&
        sources.lookup(operands[0]) + sources.lookup(operands[1]) == 3 &&
        sources.lookup(operands[0]) != 3 && sources.lookup(operands[1]) != 3)
      return true;
    for (Value result : node->getResults())
      sources[result] = all;
  }
  return false;
}

Break NetworkBuilder::nameActivation(Network &network) const {
  const Cone &cone = network.cone;
  Linear &down = network.ffn.linears.back();
  std::string betweenThem = "there is no activation between '" +
                            linears[cone.leaves.front()].path + "' and '" +
                            down.path + "'";
  Activation &activation = network.ffn.activation;
  activation.output = down.input;
  for (size_t leaf : cone.leaves)
    activation.inputs.push_back(linears[leaf].output);
  activation.name = "pointwise";
  if (cone.unsupported) {
    network.ffn.kind = cone.isFusedGate ? FFN::Kind::Gated : FFN::Kind::Plain;
    if (!hasNonlinearNode(cone.nodes))
      return {down.node, betweenThem, ""};
    return {};
  }
  activation.nodes = cone.nodes;
  activation.nodes.append(cone.sideNodes);
  llvm::sort(activation.nodes,
             [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
  ActivationView view(cone.nodes, activation.inputs, down.input);
  activation.name = view.getName().str();
  activation.parameter = view.getParameter();
  if (cone.leaves.size() == 1) {
    if (activation.name == "identity")
      return {down.node, betweenThem, ""};
    network.ffn.linears.front().role = "up";
    return {};
  }
  if (!view.isProduct() &&
      !hasProduct(cone, activation.inputs[0], activation.inputs[1]))
    return {down.node,
            "'" + linears[cone.leaves[0]].path + "' and '" +
                linears[cone.leaves[1]].path +
                "' are joined, but not by a product",
            ""};
  // Another affine gate has no name that lowering could use.
  if (activation.name == "identity" && !view.isExactIdentity())
    activation.name = "pointwise";
  network.ffn.kind = FFN::Kind::Gated;
  network.ffn.linears[view.getGate()].role = "gate";
  network.ffn.linears[1 - view.getGate()].role = "up";
  if (view.getGate() == 1)
    std::swap(activation.inputs[0], activation.inputs[1]);
  return {};
}

/// The Sigmoid that alone reads `value`, through nodes that keep its numbers.
static Operation *sigmoidAfter(Value value) {
  for (int depth = 0; depth < 8 && value.hasOneUse(); ++depth) {
    Operation *user = *value.getUsers().begin();
    if (user->getNumResults() != 1 || user->getOperand(0) != value)
      return nullptr;
    std::string name = operatorName(user);
    if (name == "Sigmoid" || name == "HardSigmoid")
      return user;
    if (!isShapeNode(user) && !isa<CastOp, IdentityOp>(user))
      return nullptr;
    value = user->getResult(0);
  }
  return nullptr;
}

/// What makes a cone only like a network.
Break NetworkBuilder::findDecoy(const Network &network) const {
  const Linear &up = network.ffn.linears.front(),
               &down = network.ffn.linears.back();
  if (Operation *origin = tokens.getOrigin(up.input))
    return {origin,
            "its input is not per token: " + TokenFlow::describe(origin), ""};
  if (down.out != up.in)
    return {down.node,
            "its last linear gives " + std::to_string(down.out) +
                " features, expected the " + std::to_string(up.in) +
                " that the first one reads",
            ""};
  if (Operation *sigmoid = sigmoidAfter(down.output))
    return {sigmoid,
            "its result is a gate: '" + operatorName(sigmoid) + "' reads it",
            ""};
  return {};
}

Network NetworkBuilder::build(size_t down) const {
  Network network;
  network.down = down;
  network.cone = findCone(linears[down], linears, byOutput);
  network.obstacle = network.cone.broken;
  if (network.obstacle)
    return network;
  network.obstacle = joinLeaves(network);
  network.joins = !network.obstacle;
  if (network.joins)
    network.obstacle = network.cone.misplaced;
  if (network.obstacle)
    return network;
  FFN &ffn = network.ffn;
  for (size_t leaf : network.cone.leaves)
    ffn.linears.push_back(linears[leaf]);
  ffn.linears.push_back(linears[down]);
  ffn.linears.back().role = "down";
  ffn.graph = graph;
  ffn.path = commonPath(ffn.linears);
  network.obstacle = nameActivation(network);
  network.exists = !network.obstacle;
  if (!network.exists)
    return network;
  network.obstacle = findDecoy(network);
  if (network.obstacle)
    ffn.kind = FFN::Kind::MLPLike;
  else
    network.obstacle = network.cone.unsupported;
  return network;
}
