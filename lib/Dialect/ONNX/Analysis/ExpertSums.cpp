//===- ExpertSums.cpp - From a sum to its experts -------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One function per spelling. What a rewrite needs of the experts is asked when
// all of them are read (ExpertConditions.cpp).
//
//===----------------------------------------------------------------------===//

#include "ExpertSums.h"

#include "slin/Dialect/ONNX/Analysis/Constants.h"
#include "slin/Dialect/ONNX/Analysis/ValueShape.h"
#include "slin/Dialect/ONNX/IR/ONNXOps.h"

using namespace mlir;
using namespace slin::onnx;

/// No layer has as many experts.
static constexpr size_t kMaxSummands = 2048;

static bool isOne(int64_t size) { return size == 1; }

bool ExpertSumReader::decline(Operation *at, const Twine &why) {
  reason = why.str();
  breaker = at;
  return false;
}

/// Summands of the tree of Adds below `root`, from left to right; none where
/// there are too many.
static SmallVector<Value> collectSummands(Operation *root,
                                          llvm::SetVector<Operation *> &adds) {
  SmallVector<Value> summands, work{root->getResult(0)};
  while (!work.empty()) {
    Value value = work.pop_back_val();
    Operation *node = value.getDefiningOp();
    bool inner = node && isa<AddOp, SumOp>(node) &&
                 node->getNumResults() == 1 &&
                 (node == root || value.hasOneUse()) && !findDownProduct(value);
    if (!inner) {
      summands.push_back(value);
    } else if (adds.insert(node)) {
      for (Value operand : llvm::reverse(node->getOperands()))
        work.push_back(operand);
    }
    if (adds.size() + summands.size() > kMaxSummands)
      return {};
  }
  return summands;
}

/// A constant that adds nothing, neither numbers nor axes.
static bool isZero(Value value) {
  auto constant = scalarConstant(value);
  auto shape = constant ? shapeOf(value) : std::nullopt;
  return shape && shape->size() <= 1 && llvm::all_of(*shape, isOne) &&
         constant->uniform && constant->value == 0.0;
}

/// Whether one operand of `root` holds all the experts of the sum: then it is
/// the sum of experts.
static bool isInOneOperand(Operation *root, ArrayRef<Value> experts) {
  return llvm::any_of(root->getOperands(), [&](Value operand) {
    Operation *node = operand.getDefiningOp();
    llvm::SetVector<Operation *> adds;
    if (!node || !isa<AddOp, SumOp>(node) || !operand.hasOneUse())
      return false;
    SmallVector<Value> below = collectSummands(node, adds);
    return llvm::all_of(experts, [&](Value expert) {
      return llvm::is_contained(below, expert);
    });
  });
}

bool ExpertSumReader::readAdds() {
  llvm::SetVector<Operation *> adds;
  SmallVector<Value> summands = collectSummands(sum.root, adds), experts;
  for (Value summand : summands) {
    if (isZero(summand))
      continue;
    if (addGated(summand))
      experts.push_back(summand);
    else
      sum.rest.push_back(summand);
  }
  owned.insert(adds.begin(), adds.end());
  if (experts.size() < 2 || isInOneOperand(sum.root, experts)) {
    reason.clear();
    return false;
  }
  if (!reason.empty())
    return false;
  if (llvm::any_of(sum.gates, [](Value gate) { return bool(gate); })) {
    if (llvm::is_contained(sum.gates, Value()))
      return decline(sum.root, "some experts have gates and some have none");
    sum.routing = ExpertSum::Routing::GateOfEach;
  } else {
    sum.gates.clear();
  }
  sum.isFlat = rankOf(sum.input) == 2;
  return true;
}

/// Values with an axis of their own put into one along it.
bool ExpertSumReader::addParts(Value stack, int64_t axis) {
  auto concat = stack.getDefiningOp<ConcatOp>();
  auto rank = rankOf(stack);
  if (!concat)
    return false;
  int64_t place = numberAttribute(concat, "axis", 0);
  place = place < 0 ? -place : rank ? *rank - place : 0;
  if (place != axis)
    return false;
  for (Value part : concat->getOperands()) {
    auto insert = part.getDefiningOp<UnsqueezeOp>();
    auto axes = insert ? integersOf(insert, "axes", 1) : std::nullopt;
    if (!axes || axes->size() != 1)
      return false;
    int64_t at = axes->front();
    auto partRank = rankOf(part);
    at = at < 0 ? -at : partRank ? *partRank - at : 0;
    if (at != axis || !addExpert(insert->getOperand(0)))
      return false;
    owned.insert(insert);
  }
  owned.insert(concat);
  sum.isFlat = rankOf(sum.input) == 2;
  return sum.experts.size() >= 2;
}

/// The product of all experts at `value`, with the axis of the experts at
/// `axis`, and the features last where that is taken away.
static std::optional<ExpertProduct> stackedAt(Value value, int64_t axis) {
  Operation *squeeze = value.getDefiningOp<SqueezeOp>();
  if (squeeze) {
    auto axes = integersOf(squeeze, "axes", 1);
    auto rank = rankOf(squeeze->getOperand(0));
    bool last = axes && axes->size() == 1 &&
                (axes->front() == -1 || (rank && axes->front() == *rank - 1));
    if (!last)
      return std::nullopt;
    value = squeeze->getOperand(0);
  }
  auto down = findDownProduct(value);
  if (!down || !down->hasExperts() || down->sums)
    return std::nullopt;
  if (squeeze) {
    if (--down->after.features < 1 || --down->after.experts < 1)
      return std::nullopt;
    down->nodes.push_back(squeeze);
  }
  ExpertLayout layout = down->after;
  bool last =
      layout.features == 1 || (layout.features == 2 && layout.experts == 1);
  return layout.experts == axis && last ? down : std::nullopt;
}

/// Where all experts share nodes, whose results have this rank.
bool ExpertSumReader::setTokens(std::optional<int64_t> rank) {
  sum.isFlat = rank == 3;
  if (sum.isFlat || (rank && rankOf(sum.input) == *rank - 1))
    return true;
  return decline(sum.root, "whether its tokens lie as those of its input is "
                           "not known");
}

/// Whether gates that are multiplied with the results of all experts have all
/// their axes, and one for the features of size one.
static bool fitsStack(Value gates, Value stack, int64_t axis) {
  auto shape = shapeOf(gates);
  size_t features = axis == 1 ? 2 : 1;
  return shape && rankOf(stack) == int64_t(shape->size()) &&
         shape->size() > features && isOne((*shape)[shape->size() - features]);
}

bool ExpertSumReader::readReduction() {
  auto axes = integersOf(sum.root, "axes", 1);
  Value operand = sum.root->getOperand(0);
  auto rank = rankOf(operand);
  if (!axes || axes->size() != 1 ||
      numberAttribute(sum.root, "keepdims", 1) != 0)
    return false;
  int64_t axis = axes->front() < 0 ? -axes->front()
                 : rank            ? *rank - axes->front()
                                   : 0;
  SmallVector<std::pair<Value, Value>> ways{{operand, {}}};
  if (auto product = operand.getDefiningOp<MulOp>())
    ways = {{product->getOperand(0), product->getOperand(1)},
            {product->getOperand(1), product->getOperand(0)}};
  for (auto [stack, gates] : ways) {
    bool taken = false;
    if (auto down = stackedAt(stack, axis)) {
      taken = addStacked(*down);
      if (taken && !setTokens(rankOf(stack)))
        return false;
    } else {
      taken = addParts(stack, axis);
    }
    if (!reason.empty())
      return false;
    if (!taken)
      continue;
    if (gates) {
      owned.insert(operand.getDefiningOp());
      if (!fitsStack(gates, stack, axis))
        return decline(sum.root, "whether '" + nameOf(gates) +
                                     "' has one gate for each token and expert "
                                     "is not known");
      if (sum.routing == ExpertSum::Routing::Choices)
        return decline(sum.root, "its gates are not exactly 0 or 1: the chosen "
                                 "experts are multiplied by '" +
                                     nameOf(gates) + "'");
      sum.routing = ExpertSum::Routing::GatesOfAll;
      sum.gates = {gates};
      sum.gateAxis = axis;
    }
    return true;
  }
  return false;
}

bool ExpertSumReader::readEinsum() {
  Value result = sum.root->getResult(0);
  if (auto down = findDownProduct(result); down && down->sums) {
    if (!addStacked(*down))
      return false;
    sum.isFlat = down->tokenAxes == 1;
    if (down->gates) {
      sum.routing = ExpertSum::Routing::GatesOfAll;
      sum.gates = {down->gates};
      sum.gateAxis = down->gateAxis;
    }
    return true;
  }
  auto equation = dyn_cast_or_null<StringAttr>(
      cast<NodeOpInterface>(sum.root).getNodeAttributes().get("equation"));
  if (!equation || sum.root->getNumOperands() != 2)
    return false;
  std::string text = equation.getValue().str();
  llvm::erase(text, ' ');
  auto [inputs, output] = StringRef(text).split("->");
  auto [first, second] = inputs.split(',');
  bool swapped = first.size() < second.size();
  StringRef stack = swapped ? second : first, gates = swapped ? first : second;
  char expert = 0;
  for (char letter : gates)
    if (!output.contains(letter))
      expert = letter;
  std::string kept = stack.str(), tokens = gates.str();
  llvm::erase(kept, expert);
  llvm::erase(tokens, expert);
  // The gates have every axis but that of the features, which is the last.
  if (!expert || stack.count(expert) != 1 || kept != output ||
      tokens != output.drop_back())
    return false;
  int64_t axis = stack.size() - stack.find(expert);
  Value stacked = sum.root->getOperand(swapped ? 1 : 0);
  if (auto down = stackedAt(stacked, axis)) {
    if (!addStacked(*down) || !setTokens(stack.size()))
      return false;
  } else if (!addParts(stacked, axis)) {
    return false;
  }
  if (sum.routing == ExpertSum::Routing::Choices)
    return decline(sum.root, "its gates are not exactly 0 or 1: the chosen "
                             "experts are multiplied by '" +
                                 nameOf(sum.root->getOperand(1)) + "'");
  sum.routing = ExpertSum::Routing::GatesOfAll;
  sum.gates = {sum.root->getOperand(swapped ? 0 : 1)};
  sum.gateAxis = gates.size() - gates.find(expert);
  return true;
}

ExpertSumReader::ExpertSumReader(Operation *root) {
  sum.root = root;
  bool read = isa<AddOp, SumOp>(root)  ? readAdds()
              : isa<ReduceSumOp>(root) ? readReduction()
              : isa<EinsumOp>(root)    ? readEinsum()
                                       : false;
  owned.insert(root);
  if (!read || !checkEqual() || !checkGates() || !checkOwned())
    return;
  sum.nodes = owned.takeVector();
  owned.insert(sum.nodes.begin(), sum.nodes.end());
  found = true;
}
