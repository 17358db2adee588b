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

#include "ChainView.h"
#include "LinearSum.h"
#include "Network.h"

#include "slin/Dialect/ONNX/Analysis/AffineView.h"
#include "slin/Dialect/ONNX/Analysis/Constants.h"
#include "slin/Dialect/ONNX/Analysis/FFNAnalysis.h"
#include "slin/Dialect/ONNX/Analysis/FeatureMap.h"
#include "slin/Dialect/ONNX/IR/ONNXOps.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Remarks.h"

using namespace mlir;
using namespace slin::onnx;

namespace {
/// The first contractions of chains.
using ChainHeads = llvm::SmallPtrSet<Operation *, 4>;

/// The linears and networks of one block.
class BlockAnalysis {
public:
  /// The chains of `takenApart` are linears of their own each.
  BlockAnalysis(Block &block, const TokenFlow &tokens, ChainHeads takenApart);

  /// The chains that were taken as one linear each and are in no network.
  ChainHeads getChainsOutsideNetworks() const;
  size_t countRewritable() const;
  std::vector<Linear> takeLinears() { return std::move(linears); }
  /// Adds what was found to the lists, with a reason for all that is not taken.
  void report(std::vector<FFN> &ffns, std::vector<Declined> &declined);

private:
  void findLinears();
  void joinLinears();
  void replace(LinearJoin join);
  void findNetworks();
  void takeNetworks();
  void explainTheRest();
  void decline(Operation *linear, const Break &cause) {
    causes.push_back({linear, cause});
  }
  std::string graphName();

  Block &block;
  const TokenFlow &tokens;
  const ChainHeads takenApart;
  std::vector<Linear> linears;
  LinearsByOutput byOutput;
  std::vector<Network> networks;
  std::vector<FFN> found;
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
static void reportDeclined(Operation *linear, const Break &cause,
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

void BlockAnalysis::findLinears() {
  llvm::SmallPtrSet<Operation *, 8> inChains;
  for (Operation &node : block) {
    if (inChains.contains(&node))
      continue;
    ChainView chain(&node);
    if (chain && !takenApart.contains(&node)) {
      inChains.insert(chain.getContractions().begin(),
                      chain.getContractions().end());
      byOutput[chain.getLinear().output] = linears.size();
      linears.push_back(chain.getLinear());
      continue;
    }
    AffineView view(&node);
    if (view) {
      byOutput[view.getLinear().output] = linears.size();
      linears.push_back(view.getLinear());
    } else if (view.isCandidate() && chain.getStop()) {
      decline(&node, chain.getStop());
    } else if (view.isCandidate()) {
      decline(&node, {view.getBreaker(), view.getReason().str(),
                      view.getHint().str()});
    }
  }
}

/// Puts what was joined in the place of its first member.
void BlockAnalysis::replace(LinearJoin join) {
  llvm::sort(join.members);
  linears[join.members.front()] = std::move(join.linear);
  for (size_t member : llvm::reverse(ArrayRef(join.members).drop_front()))
    linears.erase(linears.begin() + member);
  byOutput.clear();
  for (auto [index, linear] : llvm::enumerate(linears))
    byOutput[linear.output] = index;
}

void BlockAnalysis::joinLinears() {
  for (Operation &node : block) {
    if (auto sum = findLinearSum(&node, linears, byOutput))
      replace(std::move(*sum));
    else if (auto stack = findConcatenation(&node, linears, byOutput))
      replace(std::move(*stack));
  }
  for (size_t i = 0; i < linears.size();) {
    auto product = findComposition(i, linears, byOutput);
    if (!product || takenApart.contains(product->linear.node)) {
      ++i;
      continue;
    }
    replace(std::move(*product));
    i = 0;
  }
}

//===----------------------------------------------------------------------===//
// Networks
//===----------------------------------------------------------------------===//

void BlockAnalysis::findNetworks() {
  NetworkBuilder builder(linears, byOutput, tokens, graphName());
  for (size_t i = 0; i < linears.size(); ++i)
    networks.push_back(builder.build(i));
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
    found.push_back(ffn);
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
    // from the next linear. A cone that broke says little: nearly all reach
    // back along the residual stream.
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
    Break cause = reasoned ? reasoned->obstacle : findObstacle(linears[i]);
    if (linears[i].contractions.empty())
      decline(linears[i].node, cause);
    for (Operation *node : linears[i].contractions)
      decline(node, cause);
  }
}

size_t BlockAnalysis::countRewritable() const {
  return llvm::count_if(networks, [](const Network &network) {
    return network.exists && !network.obstacle;
  });
}

ChainHeads BlockAnalysis::getChainsOutsideNetworks() const {
  ChainHeads outside;
  for (size_t i = 0; i < linears.size(); ++i)
    if (linears[i].term && !owner[i])
      outside.insert(linears[i].node);
  return outside;
}

void BlockAnalysis::report(std::vector<FFN> &ffns,
                           std::vector<Declined> &declined) {
  explainTheRest();
  ffns.insert(ffns.end(), found.begin(), found.end());
  llvm::sort(causes, [](const auto &a, const auto &b) {
    return a.first->isBeforeInBlock(b.first);
  });
  for (const auto &[linear, cause] : causes)
    reportDeclined(linear, cause, declined);
}

BlockAnalysis::BlockAnalysis(Block &block, const TokenFlow &tokens,
                             ChainHeads takenApart)
    : block(block), tokens(tokens), takenApart(std::move(takenApart)) {
  findLinears();
  joinLinears();
  findNetworks();
  takeNetworks();
}

/// The last linear of one network and the first of the next may look like one
/// of low rank: where taking them apart finds more networks, they are two.
static void analyse(Block &block, const TokenFlow &tokens,
                    std::vector<FFN> &ffns, std::vector<Declined> &declined) {
  BlockAnalysis whole(block, tokens, {});
  ChainHeads outside = whole.getChainsOutsideNetworks();
  if (!outside.empty()) {
    BlockAnalysis apart(block, tokens, std::move(outside));
    if (apart.countRewritable() > whole.countRewritable())
      return apart.report(ffns, declined);
  }
  whole.report(ffns, declined);
}

std::vector<Linear> slin::onnx::findLinears(Block &block) {
  Operation *module = block.getParentOp();
  while (module->getParentOp())
    module = module->getParentOp();
  TokenFlow tokens(module);
  return BlockAnalysis(block, tokens, {}).takeLinears();
}

/// Calls `visit` for the blocks of functions and of nodes' graphs: what other
/// dialects' ops hold is theirs, it was found already.
static void walkGraphs(Operation *module,
                       llvm::function_ref<void(Block &)> visit) {
  module->walk<WalkOrder::PreOrder>([&](Block *block) {
    Operation *holder = block->getParentOp();
    if (!isa<FunctionOpInterface, NodeOpInterface>(holder) && holder != module)
      return WalkResult::skip();
    visit(*block);
    return WalkResult::advance();
  });
}

std::vector<Linear> slin::onnx::findStructuredLinears(
    Operation *module, llvm::function_ref<bool(Operation *)> isTaken) {
  TokenFlow tokens(module);
  std::vector<Linear> structured;
  walkGraphs(module, [&](Block &block) {
    for (Linear &linear : BlockAnalysis(block, tokens, {}).takeLinears())
      if (linear.term && llvm::none_of(linear.nodes, isTaken))
        structured.push_back(std::move(linear));
  });
  return structured;
}

FFNAnalysis::FFNAnalysis(Operation *module) {
  TokenFlow tokens(module);
  walkGraphs(module,
             [&](Block &block) { analyse(block, tokens, ffns, declined); });
}
