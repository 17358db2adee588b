//===- MergeReasons.cpp - Why linears stay apart --------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What stands between two linears is found from the later one back. Ops of
// other dialects are asked for their operands and types alone.
//
//===----------------------------------------------------------------------===//

#include "MergeReasons.h"

#include "mlir/IR/Remarks.h"
#include "mlir/IR/TypeUtilities.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace slin;

/// Ops of one operand are followed so far back.
static constexpr int kMaxSteps = 8;

void slin::explainNotMerged(Operation *op, const std::string &reason) {
  remark::missed(op->getLoc(),
                 remark::RemarkOpts::name("NotMerged").category("slin-merge"))
      << reason;
}

static std::string pathOf(Value value) {
  auto path = value.getDefiningOp()->getAttrOfType<StringAttr>("path");
  return path ? path.str() : "sum";
}

static std::string nameOf(Operation *op) {
  if (auto activation = dyn_cast<ActivationOp>(op))
    return activation.getFunction().str();
  return op->getName().getStringRef().str();
}

static std::string textOf(Type type) {
  std::string text;
  llvm::raw_string_ostream(text) << type;
  return text;
}

/// The element type of `value` where it is one of floating point.
static FloatType floatTypeOf(Value value) {
  return dyn_cast<FloatType>(getElementTypeOrSelf(value.getType()));
}

//===----------------------------------------------------------------------===//
// What stands between
//===----------------------------------------------------------------------===//

namespace {
/// What stands between a value and a linear further up.
struct Barrier {
  Value behind;
  Operation *op;
  /// The type to which it rounds; null where it does not.
  FloatType narrow;
};
} // namespace

/// The way back from `source` over ops of one operand.
static std::optional<Barrier> findBarrier(const AffineGraph &graph,
                                          Value source) {
  Barrier barrier{Value(), source.getDefiningOp(), FloatType()};
  FloatType own = floatTypeOf(source);
  Operation *op = barrier.op;
  for (int step = 0; op && !isa<ApplyOp>(op) && step < kMaxSteps; ++step) {
    auto behind = llvm::find_if(op->getOperands(), [&](Value operand) {
      return graph.isAffine(operand);
    });
    if (behind != op->operand_end()) {
      barrier.behind = *behind;
      return barrier;
    }
    if (op->getNumOperands() != 1)
      return std::nullopt;
    FloatType inner = floatTypeOf(op->getOperand(0));
    if (own && inner && inner.getWidth() < own.getWidth())
      barrier.narrow = inner;
    op = op->getOperand(0).getDefiningOp();
  }
  return std::nullopt;
}

static void explainBarriers(const AffineGraph &graph, const MergePlan &plan) {
  for (const auto &[value, merged] : plan.values)
    for (const AffineForm::Summand &summand : merged.form.summands) {
      if (graph.isAffine(summand.source))
        continue;
      std::optional<Barrier> barrier = findBarrier(graph, summand.source);
      if (!barrier)
        continue;
      std::string why = barrier->narrow ? "rounds to " + textOf(barrier->narrow)
                                        : "is not linear";
      explainNotMerged(value.getDefiningOp(),
                       llvm::formatv("'{0}' is not merged with '{1}': '{2}' "
                                     "stands between them and {3}",
                                     pathOf(value), pathOf(barrier->behind),
                                     nameOf(barrier->op), why));
    }
}

/// Linears that no form looks through, beside those that one does.
static void explainRefused(const AffineGraph &graph) {
  for (auto apply : graph.getBlock().getOps<ApplyOp>()) {
    StringRef reason = graph.reasonAgainst(apply);
    bool joined = graph.isAffine(apply.getInput()) ||
                  llvm::any_of(apply->getUsers(), [&](Operation *user) {
                    return user->getNumResults() == 1 &&
                           graph.isAffine(user->getResult(0));
                  });
    if (!reason.empty() && joined)
      explainNotMerged(apply,
                       llvm::formatv("'{0}' is not merged with the linears "
                                     "around it: {1}",
                                     pathOf(apply.getResult()), reason));
  }
}

//===----------------------------------------------------------------------===//
// Residuals
//===----------------------------------------------------------------------===//

/// A residual of what a norm reads beside linears of what it gives: the norm of
/// a token is no linear map of it, so that `x + W norm(x)` stays a sum.
static void explainResiduals(const MergePlan &plan) {
  for (const auto &[value, merged] : plan.values)
    for (const AffineForm::Summand &residual : merged.form.summands) {
      if (!residual.term.isIdentity())
        continue;
      for (const AffineForm::Summand &other : merged.form.summands) {
        Operation *norm = other.source.getDefiningOp();
        if (norm && !isa<ApplyOp, AddOp, ActivationOp>(norm) &&
            llvm::is_contained(norm->getOperands(), residual.source))
          explainNotMerged(
              value.getDefiningOp(),
              llvm::formatv("'{0}' keeps its residual: '{1}' stands between "
                            "it and the linears and is not linear",
                            pathOf(value), nameOf(norm)));
      }
    }
}

/// Residuals whose identity would be rounded away in a matrix.
static void
explainIdentities(const AffineGraph &graph, const MergePlan &plan,
                  WeightNumbers &numbers,
                  llvm::function_ref<bool(FloatType)> mayMergeIdentity) {
  auto zeros = [&](const term::Leaf &leaf) {
    return numbers.zeros(graph.leaf(leaf.id));
  };
  for (const auto &[value, merged] : plan.values) {
    FloatType type = elementTypeOf(merged.form);
    if (!type || mayMergeIdentity(type))
      continue;
    bool costs = false;
    for (auto [summand, form] : llvm::zip(merged.form.summands, merged.forms))
      costs |= term::cheapestForm(summand.term, zeros).cost < form.cost;
    if (costs)
      explainNotMerged(value.getDefiningOp(),
                       llvm::formatv("'{0}' keeps its residual: the identity "
                                     "would be rounded to {1} in a matrix, and "
                                     "'shortcut' does not ask for it",
                                     pathOf(value), textOf(type)));
  }
}

//===----------------------------------------------------------------------===//
// What does not gain
//===----------------------------------------------------------------------===//

/// The ops that read a value and are no linears or sums, as a list of names.
static std::string readersElsewhere(const AffineGraph &graph, Value value) {
  SmallVector<std::string> names;
  for (Operation *user : value.getUsers())
    if (graph.isReadElsewhere(value) &&
        !isa<ApplyOp, AddOp, ActivationOp>(user) &&
        user->getBlock() == &graph.getBlock() &&
        !llvm::is_contained(names, "'" + nameOf(user) + "'"))
      names.push_back("'" + nameOf(user) + "'");
  return llvm::join(names, ", ");
}

/// Products that stay apart, and values that stay for their readers.
static void explainKept(const AffineGraph &graph, const MergePlan &plan) {
  for (const auto &[value, merged] : plan.values)
    for (auto [summand, form] : llvm::zip(merged.form.summands, merged.forms))
      if (int64_t dense = form.term.rows() * form.term.columns();
          form.weights.size() > 1 && !graph.activationOf(summand.source))
        explainNotMerged(
            value.getDefiningOp(),
            llvm::formatv("'{0}' keeps its factors: they take {1} "
                          "multiply-accumulates per token, one matrix "
                          "would take {2}",
                          pathOf(value), form.cost, dense));
  for (const KeptValue &kept : plan.kept) {
    std::string others = readersElsewhere(graph, kept.value);
    if (!others.empty())
      others += " reads it as well, and ";
    explainNotMerged(
        kept.value.getDefiningOp(),
        llvm::formatv("'{0}' is not merged into all that read it: {1}that "
                      "would take {2} multiply-accumulates per token more",
                      pathOf(kept.value), others, kept.costMerged - kept.cost));
  }
}

/// Values that are merged into linears and computed all the same, since
/// something else reads them.
static void explainReadElsewhere(const AffineGraph &graph,
                                 const MergePlan &plan) {
  llvm::SmallPtrSet<Operation *, 16> lookedThrough;
  for (const auto &[value, merged] : plan.values)
    for (Operation *member : merged.form.members)
      if (member != value.getDefiningOp())
        lookedThrough.insert(member);
  for (const auto &[value, merged] : plan.values) {
    std::string others = readersElsewhere(graph, value);
    if (lookedThrough.contains(value.getDefiningOp()) && !others.empty())
      explainNotMerged(value.getDefiningOp(),
                       llvm::formatv("'{0}' stays beside what it is merged "
                                     "into: {1} reads it as well",
                                     pathOf(value), others));
  }
}

void slin::explainPlan(const AffineGraph &graph, const MergePlan &plan,
                       WeightNumbers &numbers,
                       llvm::function_ref<bool(FloatType)> mayMergeIdentity) {
  explainBarriers(graph, plan);
  explainRefused(graph);
  explainResiduals(plan);
  explainIdentities(graph, plan, numbers, mayMergeIdentity);
  explainKept(graph, plan);
  explainReadElsewhere(graph, plan);
}
