//===- Premerge.cpp - Operators become their fastest forms ----------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Times every form of every operator on a target, and builds what is fastest:
// one form, or a choice by token count.
//
//===----------------------------------------------------------------------===//

#include "FormChoice.h"
#include "TimingConditions.h"

#include "slin/Dialect/Slin/Transforms/Passes.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"

namespace slin {
#define GEN_PASS_DEF_PREMERGE
#include "slin/Dialect/Slin/Transforms/Passes.h.inc"
} // namespace slin

using namespace mlir;
using namespace slin;

namespace {
struct PremergePass final : slin::impl::PremergeBase<PremergePass> {
  using PremergeBase::PremergeBase;
  void runOnOperation() override;

private:
  LogicalResult run(std::string &reason);
  LogicalResult premerge(Value linop, ArrayRef<ApplyOp> uses,
                         const TimingConditions &timing, NewWeights &newWeights,
                         std::string &reason);
};
} // namespace

LogicalResult PremergePass::premerge(Value linop, ArrayRef<ApplyOp> uses,
                                     const TimingConditions &timing,
                                     NewWeights &newWeights,
                                     std::string &reason) {
  auto linopType = cast<LinopType>(linop.getType());
  if (linop.getDefiningOp<ByTokensOp>()) {
    reason = "expected one form, found a choice by token count already";
    return failure();
  }
  auto expression = buildTerm(linop, /*tokens=*/1, &reason);
  if (failed(expression))
    return failure();
  SmallVector<Value> leaves = expression->leaves;
  auto maker = FormMaker::open(std::move(*expression), reason);
  if (failed(maker))
    return failure();
  auto conditions = timing.of(linopType, bytesOfWeights(leaves), uses, reason);
  if (failed(conditions))
    return failure();
  FormChoice choice =
      chooseForms(*maker, *tokens, *conditions, timing.getTarget());

  OpBuilder builder(linop.getContext());
  builder.setInsertionPointAfterValue(linop);
  SmallVector<Value> alternatives;
  for (unsigned index : choice.chosen) {
    const TimedForm &form = choice.forms[index];
    auto made = form.name == "stored"
                    ? FailureOr<Value>(linop)
                    : maker->make(builder, linop.getLoc(), form.form, linopType,
                                  NewWeights::baseNameOf(uses.front()),
                                  newWeights, reason);
    if (failed(made))
      return failure();
    alternatives.push_back(*made);
  }
  if (alternatives.size() > 1)
    alternatives = {ByTokensOp::create(builder, linop.getLoc(), linopType,
                                       alternatives, choice.bounds)};
  noteChoice(uses, choice, timing.getTarget());
  if (alternatives.front() != linop)
    replaceOperator(uses, alternatives.front(), leaves, newWeights);
  return success();
}

LogicalResult PremergePass::run(std::string &reason) {
  if (tokens.empty())
    tokens.push_back(1);
  auto timing = TimingConditions::open(getOperation(), target, *tokens, reason);
  if (failed(timing))
    return failure();
  SmallVector<ApplyOp> matrices;
  auto operators =
      selectOperators(getOperation(), *include, *exclude, matrices, reason);
  if (failed(operators))
    return failure();
  for (ApplyOp apply : matrices)
    if (!apply.getDecisionAttr())
      apply.setDecisionAttr(DictionaryAttr::get(
          &getContext(),
          {NamedAttribute("decision",
                          StringAttr::get(&getContext(), "dense"))}));
  NewWeights newWeights(getOperation());
  for (auto &[linop, uses] : *operators) {
    std::string why;
    if (failed(premerge(linop, uses, *timing, newWeights, why)))
      noteNotChosen(uses, why);
  }
  return success();
}

void PremergePass::runOnOperation() {
  std::string reason;
  if (succeeded(run(reason)))
    return;
  emitError(getOperation().getLoc()) << getArgument() << ": " << reason;
  signalPassFailure();
}
