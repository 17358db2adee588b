//===- FFNAnalysis.cpp - Feed-forward networks in a model -----------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Block by block: all linears first, then the cone behind each, then which
// cones are networks. What a linear is never depends on its sizes alone: gate
// and up often have the same shape.
//
//===----------------------------------------------------------------------===//

#include "Cone.h"
#include "TokenFlow.h"

#include "slin/Dialect/ONNX/Analysis/ActivationView.h"
#include "slin/Dialect/ONNX/Analysis/AffineView.h"
#include "slin/Dialect/ONNX/Analysis/Constants.h"
#include "slin/Dialect/ONNX/Analysis/FFNAnalysis.h"
#include "slin/Dialect/ONNX/Analysis/FeatureLayout.h"
#include "slin/Dialect/ONNX/Analysis/Pointwise.h"
#include "slin/Dialect/ONNX/IR/ONNXOps.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Remarks.h"

#include "llvm/ADT/SmallPtrSet.h"

using namespace mlir;
using namespace slin::onnx;

namespace {
/// A cone that ends in a linear, and what it is.
struct Network {
  FFN ffn;
  Cone cone;
  size_t down = 0;
  /// Empty for a network that can be rewritten.
  Break obstacle;
  /// Whether the cone starts at linears that read the same value.
  bool joins = false;
  /// Whether there is a network at all, rewritable or not.
  bool exists = false;
};

/// The linears and networks of one block.
class BlockAnalysis {
public:
  BlockAnalysis(Block &block, const TokenFlow &tokens, std::vector<FFN> &ffns,
                std::vector<Declined> &declined)
      : block(block), tokens(tokens), ffns(ffns), declined(declined) {}
  void run();

private:
  void findLinears();
  void findNetworks();
  void takeNetworks();
  void explainTheRest();
  Network makeNetwork(size_t down);
  Break joinLeaves(Network &network);
  Break nameActivation(Network &network);
  Break findDecoy(const Network &network);
  void decline(Operation *linear, const Break &cause) {
    causes.push_back({linear, cause});
  }
  void reportDeclined();
  std::string graphName();

  Block &block;
  const TokenFlow &tokens;
  std::vector<FFN> &ffns;
  std::vector<Declined> &declined;
  std::vector<Linear> linears;
  LinearsByOutput byOutput;
  std::vector<Network> networks;
  /// Of each linear: the rewritable network it belongs to.
  std::vector<const Network *> owner;
  /// The linears that are not taken, and why.
  std::vector<std::pair<Operation *, Break>> causes;
};
} // namespace

std::string BlockAnalysis::graphName() {
  Operation *parent = block.getParentOp();
  auto function = isa<func::FuncOp>(parent)
                      ? cast<func::FuncOp>(parent)
                      : parent->getParentOfType<func::FuncOp>();
  return function ? function.getSymName().str() : "";
}

/// The one place where a linear that is not taken gets its reason: the entry
/// for reports and the remark at the node that broke the match.
static void report(Operation *linear, const Break &cause,
                   std::vector<Declined> &declined) {
  Declined entry;
  entry.node = cause.node;
  entry.path = pathOf(linear);
  entry.reason = cause.reason;
  entry.hint = cause.hint;
  auto remark = remark::missed(
      cause.node->getLoc(),
      remark::RemarkOpts::name("FFNDeclined").category("onnx-ffn"));
  if (remark)
    remark << StringRef("'" + entry.path + "': " + entry.reason +
                        (entry.hint.empty() ? "" : "; " + entry.hint));
  declined.push_back(std::move(entry));
}

void BlockAnalysis::reportDeclined() {
  llvm::sort(causes, [](const auto &a, const auto &b) {
    return a.first->isBeforeInBlock(b.first);
  });
  for (const auto &[linear, cause] : causes)
    report(linear, cause, declined);
}

void BlockAnalysis::findLinears() {
  for (Operation &node : block) {
    AffineView view(&node);
    if (view) {
      byOutput[view.getLinear().output] = linears.size();
      linears.push_back(view.getLinear());
    } else if (view.isCandidate()) {
      decline(&node, {view.getBreaker(), view.getReason().str(),
                      view.getHint().str()});
    }
  }
}

//===----------------------------------------------------------------------===//
// Networks
//===----------------------------------------------------------------------===//

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
Break BlockAnalysis::joinLeaves(Network &network) {
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

Break BlockAnalysis::nameActivation(Network &network) {
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
Break BlockAnalysis::findDecoy(const Network &network) {
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

Network BlockAnalysis::makeNetwork(size_t down) {
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
  ffn.graph = graphName();
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

void BlockAnalysis::findNetworks() {
  for (size_t i = 0; i < linears.size(); ++i)
    networks.push_back(makeNetwork(i));
  // A network's linear that is the last of one and the first of another.
  std::vector<bool> isDown(linears.size()), isUp(linears.size());
  for (const Network &network : networks) {
    if (!network.exists)
      continue;
    isDown[network.down] = true;
    for (size_t leaf : network.cone.leaves)
      isUp[leaf] = true;
  }
  for (Network &network : networks) {
    if (!network.exists || network.ffn.kind == FFN::Kind::MLPLike)
      continue;
    bool chained = isUp[network.down];
    for (size_t leaf : network.cone.leaves)
      chained |= isDown[leaf];
    if (!chained)
      continue;
    network.ffn.kind = FFN::Kind::MLPLike;
    network.obstacle = {linears[network.down].node,
                        "more than two linears follow each other: a head", ""};
  }
}

void BlockAnalysis::takeNetworks() {
  owner.assign(linears.size(), nullptr);
  for (Network &network : networks) {
    if (!network.exists)
      continue;
    FFN &ffn = network.ffn;
    for (size_t leaf : network.cone.leaves)
      if (!network.obstacle && owner[leaf])
        network.obstacle = {linears[leaf].node,
                            "'" + linears[leaf].path +
                                "' belongs to the network '" +
                                owner[leaf]->ffn.path + "' already",
                            ""};
    ffn.rewritable = !network.obstacle;
    ffn.reason = network.obstacle.reason;
    ffns.push_back(ffn);
    if (!ffn.rewritable)
      continue;
    owner[network.down] = &network;
    for (size_t leaf : network.cone.leaves)
      owner[leaf] = &network;
  }
}

void BlockAnalysis::explainTheRest() {
  for (size_t i = 0; i < linears.size(); ++i) {
    if (owner[i])
      continue;
    // As a part of a network that is not taken, else as the end of a cone of
    // linears, also of some that do not go together, else by what keeps it
    // from the next linear. A cone that broke
    // says little: nearly all reach back along the residual stream.
    const Network *reasoned = nullptr;
    auto find = [&](auto accepts) {
      if (!reasoned && accepts(networks[i]))
        reasoned = &networks[i];
      for (const Network &network : networks)
        if (!reasoned && accepts(network) &&
            llvm::is_contained(network.cone.leaves, i))
          reasoned = &network;
    };
    find([](const Network &network) { return network.exists; });
    find([](const Network &network) { return network.joins; });
    find([](const Network &network) {
      return !network.cone.broken && network.obstacle;
    });
    decline(linears[i].node,
            reasoned ? reasoned->obstacle : findObstacle(linears[i]));
  }
}

void BlockAnalysis::run() {
  findLinears();
  findNetworks();
  takeNetworks();
  explainTheRest();
  reportDeclined();
}

FFNAnalysis::FFNAnalysis(Operation *module) {
  TokenFlow tokens(module);
  module->walk<WalkOrder::PreOrder>([&](Block *block) {
    // What other dialects' ops hold is theirs: it was found already.
    Operation *holder = block->getParentOp();
    if (!isa<FunctionOpInterface, NodeOpInterface>(holder) && holder != module)
      return WalkResult::skip();
    BlockAnalysis(*block, tokens, ffns, declined).run();
    return WalkResult::advance();
  });
}
