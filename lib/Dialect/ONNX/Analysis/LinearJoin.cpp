//===- LinearJoin.cpp - Linears that are one together ---------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Terms do the algebra; what is decided here is which nodes belong together.
//
//===----------------------------------------------------------------------===//

#include "FeaturePlace.h"
#include "LinearJoin.h"
#include "StoredWeight.h"

#include "slin/Dialect/ONNX/Analysis/Constants.h"
#include "slin/Dialect/ONNX/Analysis/ValueShape.h"
#include "slin/Dialect/ONNX/IR/ONNXOps.h"
#include "slin/Term/Cost.h"
#include "slin/Term/Parts.h"

using namespace mlir;
using namespace slin;
using namespace slin::onnx;
using term::Term;

/// Pieces of pieces are followed over few nodes.
static constexpr int kMaxCuts = 4;

static ArrayRef<Value> weightsOf(const Linear &linear) {
  return linear.term ? ArrayRef<Value>(linear.weights)
                     : ArrayRef<Value>(linear.weight);
}

/// The term of a linear and of the constant before it, without its bias.
static std::optional<Term> termOf(const Linear &linear, double scale) {
  std::optional<Term> term = linear.term;
  if (!term) {
    auto weight = linear.weight.getDefiningOp<weights::WeightOpInterface>();
    auto dense = Term::dense(term::Leaf::whole(
        0, weight.getWeight().getShapedType().getShape(), linear.transposed));
    if (!dense)
      return std::nullopt;
    term = *dense;
  }
  if (scale * linear.scale == 1.0)
    return term;
  auto scaled =
      Term::compose({Term::splat(term->rows(), scale * linear.scale), *term});
  return scaled ? std::optional<Term>(*scaled) : std::nullopt;
}

//===----------------------------------------------------------------------===//
// Groups
//===----------------------------------------------------------------------===//

/// `term` of a linear on `input` as one on `source`, of which `input` is a
/// piece; nothing if it is not.
static std::optional<Term> onSource(Term term, Value input, Value source) {
  for (int depth = 0; depth < kMaxCuts; ++depth) {
    if (input == source)
      return term;
    std::optional<FeaturePiece> piece = findPiece(input);
    if (!piece || piece->size != term.columns())
      return std::nullopt;
    auto whole = term::onPart(term, piece->offset, piece->width);
    if (!whole)
      return std::nullopt;
    term = *whole;
    input = piece->source;
  }
  return std::nullopt;
}

/// The nodes of `block` that cut `source` into `input`.
static void appendCuts(Value source, Value input, Block *block,
                       SmallVectorImpl<Operation *> &cuts) {
  while (input != source) {
    Operation *cut = input.getDefiningOp();
    if (cut->getBlock() == block && !llvm::is_contained(cuts, cut))
      cuts.push_back(cut);
    input = cut->getOperand(0);
  }
}

static bool isReadOnlyBy(Operation *node, ArrayRef<Operation *> readers) {
  return llvm::all_of(node->getUsers(), [&](Operation *user) {
    return llvm::is_contained(readers, user);
  });
}

static std::optional<LinearGroup> findGroupOn(Value source,
                                              ArrayRef<JoinMember> members,
                                              ArrayRef<Linear> linears) {
  LinearGroup group;
  group.source = source;
  const Linear &first = linears[members.front().index];
  group.elementType = first.elementType;
  SmallVector<Operation *> cuts;
  for (const JoinMember &member : members) {
    const Linear &linear = linears[member.index];
    std::optional<Term> own = termOf(linear, member.scale);
    std::optional<Term> term =
        own ? onSource(*own, linear.input, source) : std::nullopt;
    if (!term || linear.elementType != group.elementType ||
        linear.node->getBlock() != first.node->getBlock() ||
        (group.in && term->columns() != group.in))
      return std::nullopt;
    group.in = term->columns();
    group.terms.push_back(term->shiftLeaves(group.weights.size()));
    for (Value weight : weightsOf(linear)) {
      if (llvm::is_contained(group.weights, weight))
        return std::nullopt;
      group.weights.push_back(weight);
    }
    appendCuts(source, linear.input, first.node->getBlock(), cuts);
    group.nodes.append(linear.nodes.begin(), linear.nodes.end());
    group.nodes.append(member.nodes.begin(), member.nodes.end());
    if (linear.contractions.empty())
      group.contractions.push_back(linear.node);
    group.contractions.append(linear.contractions);
  }
  // From the linears upwards; what others read as well stays outside.
  llvm::sort(cuts,
             [](Operation *a, Operation *b) { return b->isBeforeInBlock(a); });
  for (Operation *cut : cuts)
    if (isReadOnlyBy(cut, group.nodes))
      group.nodes.push_back(cut);
  return group;
}

std::optional<LinearGroup> slin::onnx::findGroup(ArrayRef<JoinMember> members,
                                                 ArrayRef<Linear> linears) {
  if (members.size() < 2)
    return std::nullopt;
  for (size_t i = 0; i < members.size(); ++i)
    for (size_t j = 0; j < i; ++j)
      if (members[i].index == members[j].index)
        return std::nullopt;
  // The first member's input, or what that is a piece of.
  Value source = linears[members.front().index].input;
  for (int depth = 0; depth < kMaxCuts; ++depth) {
    if (auto group = findGroupOn(source, members, linears))
      return group;
    std::optional<FeaturePiece> piece = findPiece(source);
    if (!piece || piece->source.getParentBlock() != source.getParentBlock())
      return std::nullopt;
    source = piece->source;
  }
  return std::nullopt;
}

static void sortNodes(Linear &linear) {
  llvm::sort(linear.nodes,
             [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
}

Linear slin::onnx::makeJoined(const LinearGroup &group, const Term &whole,
                              Operation *node, const Linear &first) {
  Linear result;
  result.node = first.node;
  result.path = first.path;
  result.input = group.source;
  result.output = node->getResult(0);
  result.term = whole;
  result.weights = group.weights;
  result.weight = group.weights.front();
  result.in = whole.columns();
  result.out = whole.rows();
  result.elementType = group.elementType;
  result.nodes = group.nodes;
  result.nodes.push_back(node);
  result.contractions = group.contractions;
  sortNodes(result);
  return result;
}

//===----------------------------------------------------------------------===//
// Results one behind the other
//===----------------------------------------------------------------------===//

/// The biases of the members, one behind the other.
static void joinBiases(ArrayRef<JoinMember> members, ArrayRef<Linear> linears,
                       Linear &result) {
  for (const JoinMember &member : members) {
    const Linear &linear = linears[member.index];
    if (linear.biasParts.empty())
      result.biasParts.push_back({linear.bias, linear.biasScale, linear.out});
    else
      result.biasParts.append(linear.biasParts);
    if (!result.bias)
      result.bias = linear.bias;
  }
  if (!result.bias)
    result.biasParts.clear();
}

std::optional<LinearJoin>
slin::onnx::findConcatenation(Operation *node, ArrayRef<Linear> linears,
                              const LinearsByOutput &byOutput) {
  if (!isa<ConcatOp>(node) || node->getNumOperands() < 2)
    return std::nullopt;
  SmallVector<JoinMember> members;
  for (Value operand : node->getOperands()) {
    auto it = byOutput.find(operand);
    if (it == byOutput.end() || !operand.hasOneUse())
      return std::nullopt;
    members.push_back({it->second, 1.0, {}});
  }
  int64_t axis = numberAttribute(node, "axis", 0);
  std::optional<int64_t> rank = rankOf(node->getOperand(0));
  if (axis < 0 ? axis != -1 : !rank || axis != *rank - 1)
    return std::nullopt;
  std::optional<LinearGroup> group = findGroup(members, linears);
  auto whole = group ? Term::stackRows(group->terms)
                     : term::TermOrReason::failure("no group");
  if (!whole)
    return std::nullopt;
  Linear result =
      makeJoined(*group, *whole, node, linears[members.front().index]);
  joinBiases(members, linears, result);
  absorbReordering(result);
  absorbBias(result);
  sortNodes(result);
  LinearJoin join{std::move(result), {}};
  for (const JoinMember &member : members)
    join.members.push_back(member.index);
  return join;
}

void slin::onnx::absorbReordering(Linear &linear) {
  if (linear.bias)
    return;
  FeaturePlace place{linear.output, FeatureLayout(linear.out),
                     TokenAxes(linear.input)};
  SmallVector<Operation *> passed;
  std::string reason;
  for (int depth = 0; depth < 8; ++depth) {
    Operation *node = soleReaderOf(place.value);
    if (!node || !isShapeNode(node) || node->getOperand(0) != place.value ||
        llvm::is_contained(node->getOperands().drop_front(), place.value) ||
        !isReadOnlyBy(place.value.getDefiningOp(), {node}) ||
        failed(place.apply(node, reason)))
      return;
    passed.push_back(node);
    auto order = place.getOrder();
    auto whole = order
                     ? Term::compose({Term::permutation(*order), *linear.term})
                     : term::TermOrReason::failure("not in order");
    if (!whole)
      continue;
    linear.term = *whole;
    linear.output = place.value;
    linear.nodes.append(passed);
    passed.clear();
    place.layout = FeatureLayout(linear.out);
  }
}

//===----------------------------------------------------------------------===//
// One after the other
//===----------------------------------------------------------------------===//

std::optional<LinearJoin>
slin::onnx::findComposition(size_t index, ArrayRef<Linear> linears,
                            const LinearsByOutput &byOutput) {
  const Linear &second = linears[index];
  auto it = byOutput.find(second.input);
  if (it == byOutput.end() || it->second == index)
    return std::nullopt;
  const Linear &first = linears[it->second];
  if (first.bias || first.elementType != second.elementType ||
      (first.contractions.empty() && second.contractions.empty()) ||
      !llvm::all_of(first.output.getUsers(), [&](Operation *user) {
        return llvm::is_contained(second.nodes, user);
      }))
    return std::nullopt;
  ArrayRef<Value> left = weightsOf(second), right = weightsOf(first);
  if (llvm::any_of(right, [&](Value weight) {
        return llvm::is_contained(left, weight);
      }))
    return std::nullopt;
  auto outer = termOf(second, 1.0), inner = termOf(first, 1.0);
  auto whole = outer && inner
                   ? Term::compose({*outer, inner->shiftLeaves(left.size())})
                   : term::TermOrReason::failure("no terms");
  int64_t entries;
  if (!whole ||
      __builtin_mul_overflow(whole->rows(), whole->columns(), &entries) ||
      term::cost(*whole).parameters >= entries)
    return std::nullopt;
  Linear result = second;
  result.node = first.node;
  result.path = first.path;
  result.input = first.input;
  result.in = first.in;
  result.term = *whole;
  result.scale = 1.0;
  result.transposed = false;
  result.weights.assign(left.begin(), left.end());
  result.weights.append(right.begin(), right.end());
  result.weight = result.weights.front();
  result.nodes.append(first.nodes);
  result.contractions.clear();
  for (const Linear *linear : {&first, &second})
    if (linear->contractions.empty())
      result.contractions.push_back(linear->node);
    else
      result.contractions.append(linear->contractions);
  // Shapes behind the second one may be made from the first one's input.
  absorbReordering(result);
  absorbBias(result);
  sortNodes(result);
  return LinearJoin{std::move(result), {it->second, index}};
}
