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
                         const cost::Target &target, NewWeights &newWeights,
                         std::string &reason);
  /// Bytes of the weights of the whole module.
  double allBytes = 0;
};
} // namespace

static std::optional<cost::ElementType> elementTypeOf(LinopType type) {
  Type element = type.getElementType();
  if (element.isF16())
    return cost::ElementType::F16;
  if (element.isBF16())
    return cost::ElementType::BF16;
  if (element.isF32())
    return cost::ElementType::F32;
  if (element.isF64())
    return cost::ElementType::F64;
  return std::nullopt;
}

static double bytesOfWeight(Value weight) {
  auto type = dyn_cast<ShapedType>(weight.getType());
  if (!type || !type.hasStaticShape() || !type.getElementType().isIntOrFloat())
    return 0;
  return double(type.getNumElements()) *
         weights::bitsPerElement(type.getElementType()) / 8;
}

/// Between two calls of a linear the model reads all of its other weights.
static double bytesOfWeights(ModuleOp module) {
  double bytes = 0;
  module.walk([&](weights::WeightOpInterface weight) {
    if (!weight->use_empty() && !weight->hasAttr(kReplaced))
      bytes += bytesOfWeight(weight->getResult(0));
  });
  return bytes;
}

static bool isMatrix(Value x) {
  auto type = dyn_cast<RankedTensorType>(x.getType());
  return type && type.getRank() == 2;
}

LogicalResult PremergePass::premerge(Value linop, ArrayRef<ApplyOp> uses,
                                     const cost::Target &target,
                                     NewWeights &newWeights,
                                     std::string &reason) {
  auto linopType = cast<LinopType>(linop.getType());
  if (linop.getDefiningOp<ByTokensOp>()) {
    reason = "expected one form, found a choice by token count already";
    return failure();
  }
  std::optional<cost::ElementType> type = elementTypeOf(linopType);
  if (!type || !target.supports(*type)) {
    llvm::raw_string_ostream(reason)
        << "expected an element type that '" << target.name
        << "' has a throughput for, found " << linopType.getElementType();
    return failure();
  }
  auto expression = buildTerm(linop, /*tokens=*/1, &reason);
  if (failed(expression))
    return failure();
  SmallVector<Value> leaves = expression->leaves;
  auto maker = FormMaker::open(std::move(*expression), reason);
  if (failed(maker))
    return failure();
  cost::Conditions conditions;
  conditions.type = *type;
  conditions.leadingAxes = !llvm::all_of(
      uses, [](ApplyOp apply) { return isMatrix(apply.getInput()); });
  conditions.otherBytes = allBytes;
  for (Value leaf : leaves)
    conditions.otherBytes -= bytesOfWeight(leaf);
  FormChoice choice = chooseForms(*maker, *tokens, conditions, target);

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
  noteChoice(uses, choice, target);
  if (alternatives.front() != linop)
    replaceOperator(uses, alternatives.front(), leaves, newWeights);
  return success();
}

LogicalResult PremergePass::run(std::string &reason) {
  if (tokens.empty())
    tokens.push_back(1);
  for (int64_t count : tokens)
    if (count < 1) {
      reason =
          "expected token counts of at least 1, found " + std::to_string(count);
      return failure();
    }
  cost::TargetOrReason found = cost::findTarget(target);
  if (!found) {
    reason = found.reason();
    return failure();
  }
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
  allBytes = bytesOfWeights(getOperation());
  for (auto &[linop, uses] : *operators) {
    std::string why;
    if (failed(premerge(linop, uses, *found, newWeights, why)))
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
