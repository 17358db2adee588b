//===- StackGroups.cpp - Linears of one input -----------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A cut of a linear is a linear too, by rows of the identity: that is how the
// model's Split and Slice nodes are read.
//
//===----------------------------------------------------------------------===//

#include "StackGroups.h"
#include "WeightNumbers.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace slin;
using term::Term;

int64_t StackGroup::rows() const {
  int64_t sum = 0;
  for (const TermWithLeaves &part : parts)
    sum += part.term.rows();
  return isStacked() ? ApplyOp(linears.front()).getLinopType().getOut() : sum;
}

/// Rows of the identity: what a cut is. The first of them.
static std::optional<int64_t> findCut(ApplyOp apply) {
  auto slice = apply.getLinop().getDefiningOp<SliceOp>();
  if (!slice || !slice.getLinop().getDefiningOp<IdentityOp>() ||
      slice.getInOffset() != 0 ||
      slice.getType().getIn() != slice.getLinop().getType().getIn() ||
      apply.getBias())
    return std::nullopt;
  return slice.getOutOffset();
}

/// What speaks against taking a linear, beside its candidate's own reason.
static std::string reasonAgainst(Candidate &candidate) {
  declineIfReadElsewhere(candidate);
  if (candidate.isDeclined())
    return candidate.reason;
  LinearUse use = candidate.uses.front();
  if (candidate.uses.size() > 1)
    return llvm::formatv("expected a weight of one linear, found {0} linears",
                         candidate.uses.size());
  if (use.scale != 1)
    return llvm::formatv("expected an operator that is its weight, found one "
                         "that is scaled by {0}",
                         use.scale);
  Value bias = use.apply.getBias();
  if (bias && !WeightNumbers::isConstant(bias))
    return "expected a bias that is a constant, or none";
  // More axes would be axes of the result.
  if (bias && cast<ShapedType>(bias.getType()).getRank() > 1)
    return "expected a bias of one axis";
  return {};
}

/// The cuts of a linear, if nothing else reads it and they do not overlap.
static SmallVector<std::pair<int64_t, ApplyOp>> cutsOf(ApplyOp linear) {
  SmallVector<std::pair<int64_t, ApplyOp>> cuts;
  for (Operation *user : linear.getResult().getUsers()) {
    auto apply = dyn_cast<ApplyOp>(user);
    std::optional<int64_t> offset = apply ? findCut(apply) : std::nullopt;
    // The model's own nodes of a cut read it too.
    if (!offset && llvm::any_of(linear.getResult().getUsers(), [&](auto *cut) {
          auto source = dyn_cast<ApplyOp>(cut);
          return source && findCut(source) &&
                 (source->isProperAncestor(user) ||
                  llvm::is_contained(source.getOuterSources(), user));
        }))
      continue;
    if (!offset)
      return {};
    cuts.emplace_back(*offset, apply);
  }
  llvm::sort(cuts, [](auto a, auto b) {
    return std::make_pair(a.first, a.second.getLinopType().getOut()) <
           std::make_pair(b.first, b.second.getLinopType().getOut());
  });
  for (size_t i = 1; i < cuts.size(); ++i)
    if (cuts[i - 1].first + cuts[i - 1].second.getLinopType().getOut() >
        cuts[i].first)
      return {};
  return cuts.size() > 1 ? cuts : SmallVector<std::pair<int64_t, ApplyOp>>();
}

static FailureOr<StackGroup> groupOfCuts(ApplyOp linear, std::string &reason) {
  StackGroup group;
  group.linears = {linear};
  auto whole = buildTerm(linear.getLinop(), /*tokens=*/1, &reason);
  if (failed(whole))
    return failure();
  for (auto &[offset, cut] : cutsOf(linear)) {
    group.cuts.push_back(cut);
    group.offsets.push_back(offset);
    group.parts.push_back(
        {*whole->term.sliceRows(offset, cut.getLinopType().getOut()),
         whole->leaves});
  }
  return group;
}

static FailureOr<StackGroup> groupOfLinears(ArrayRef<ApplyOp> linears,
                                            std::string &reason) {
  StackGroup group;
  int64_t offset = 0;
  for (ApplyOp linear : linears) {
    auto part = buildTerm(linear.getLinop(), /*tokens=*/1, &reason);
    if (failed(part))
      return failure();
    group.linears.push_back(linear);
    group.parts.push_back(std::move(*part));
    group.offsets.push_back(offset);
    offset += linear.getLinopType().getOut();
  }
  return group;
}

FailureOr<TermWithLeaves> slin::stackParts(const StackGroup &group,
                                           std::string &reason) {
  SmallVector<Value> leaves;
  std::vector<Term> rows;
  for (const TermWithLeaves &part : group.parts) {
    rows.push_back(part.term.shiftLeaves(leaves.size()));
    llvm::append_range(leaves, part.leaves);
  }
  auto stacked = Term::stackRows(rows);
  if (stacked)
    return TermWithLeaves{*stacked, leaves};
  reason = stacked.reason();
  return failure();
}

/// Linears that may share one product: they stand in one block, read one value
/// and have one element type.
using SharedInput = std::tuple<Block *, Value, Type>;

std::vector<StackGroup> slin::findStackGroups(
    Linears &linears,
    llvm::function_ref<void(ApplyOp, const std::string &)> notTaken) {
  llvm::MapVector<SharedInput, SmallVector<ApplyOp>> shared;
  std::vector<StackGroup> groups;
  auto add = [&](FailureOr<StackGroup> group, ApplyOp first,
                 const std::string &reason) {
    if (succeeded(group))
      groups.push_back(std::move(*group));
    else
      notTaken(first, reason);
  };
  std::string reason;
  for (Candidate &candidate : linears.candidates) {
    ApplyOp linear = candidate.uses.front().apply;
    std::string against = reasonAgainst(candidate);
    if (!against.empty())
      notTaken(linear, against);
    else if (!cutsOf(linear).empty())
      add(groupOfCuts(linear, reason), linear, reason);
    else
      shared[{linear->getBlock(), linear.getInput(),
              linear.getLinopType().getElementType()}]
          .push_back(linear);
  }
  for (auto &[input, members] : shared) {
    if (members.size() < 2)
      continue;
    llvm::sort(members,
               [](ApplyOp a, ApplyOp b) { return a->isBeforeInBlock(b); });
    add(groupOfLinears(members, reason), members.front(), reason);
  }
  return groups;
}
