//===- Densify.cpp - Structured operators become dense --------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Evaluates an operator's term in f64 and rounds once. The way back from any
// structure, whoever wrote it, and the exact form of every expression when only
// one product per token is wanted.
//
//===----------------------------------------------------------------------===//

#include "FormWeights.h"

#include "slin/Dialect/Slin/Transforms/Passes.h"
#include "slin/Term/Cost.h"

#include "mlir/IR/Remarks.h"

namespace slin {
#define GEN_PASS_DEF_DENSIFY
#include "slin/Dialect/Slin/Transforms/Passes.h.inc"
} // namespace slin

using namespace mlir;
using namespace slin;

namespace {
struct DensifyPass final : slin::impl::DensifyBase<DensifyPass> {
  using DensifyBase::DensifyBase;
  void runOnOperation() override;
};
} // namespace

static FailureOr<int64_t> densify(Value linop, ArrayRef<ApplyOp> uses,
                                  NewWeights &newWeights, std::string &reason) {
  auto expression = buildTerm(linop, /*tokens=*/1, &reason);
  if (failed(expression))
    return failure();
  auto maker = FormMaker::open(*expression, reason);
  if (failed(maker))
    return failure();
  OpBuilder builder(linop.getContext());
  builder.setInsertionPointAfterValue(linop);
  auto dense =
      maker->make(builder, linop.getLoc(), denseForm(expression->term),
                  cast<LinopType>(linop.getType()),
                  NewWeights::baseNameOf(uses.front()), newWeights, reason);
  if (failed(dense))
    return failure();
  replaceOperator(uses, *dense, expression->leaves, newWeights);
  return term::cost(expression->term).parameters;
}

/// Says what became of linears: their parameters before, where these changed,
/// or why nothing did.
static void note(ArrayRef<ApplyOp> applies, StringRef what,
                 std::optional<int64_t> before, StringRef reason) {
  for (ApplyOp apply : applies) {
    Builder builder(apply.getContext());
    NamedAttrList decision;
    decision.set("decision", builder.getStringAttr(what));
    if (!reason.empty())
      decision.set("reason", builder.getStringAttr(reason));
    if (before) {
      LinopType type = apply.getLinopType();
      decision.set("parameters_before", builder.getI64IntegerAttr(*before));
      decision.set("parameters_after",
                   builder.getI64IntegerAttr(type.getIn() * type.getOut()));
    }
    apply.setDecisionAttr(decision.getDictionary(apply.getContext()));
  }
}

void DensifyPass::runOnOperation() {
  NewWeights newWeights(getOperation());
  std::string reason;
  SmallVector<ApplyOp> matrices;
  auto operators =
      selectOperators(getOperation(), *include, *exclude, matrices, reason);
  if (failed(operators)) {
    emitError(getOperation().getLoc()) << getArgument() << ": " << reason;
    return signalPassFailure();
  }
  note(matrices, "dense", std::nullopt, "");
  for (auto &[linop, uses] : *operators) {
    reason.clear();
    std::string path = uses.front().getPath().value_or("linear").str();
    auto options = remark::RemarkOpts::name("Densify").category("slin-densify");
    auto before = densify(linop, uses, newWeights, reason);
    if (failed(before)) {
      note(uses, "kept", std::nullopt, reason);
      remark::missed(uses.front().getLoc(), options)
          << "'" + path + "': " + reason;
      continue;
    }
    note(uses, "merged", *before, "");
    remark::passed(uses.front().getLoc(), options)
        << "'" + path + "' is one matrix now";
  }
}
