//===- Select.cpp - Mark the linears that patterns select -----------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// So that inspection and calibration mean by a pattern what factorisation
// means.
//
//===----------------------------------------------------------------------===//

#include "Candidates.h"
#include "Selection.h"

#include "slin/Dialect/Slin/Transforms/Passes.h"

namespace slin {
#define GEN_PASS_DEF_SELECT
#include "slin/Dialect/Slin/Transforms/Passes.h.inc"
} // namespace slin

using namespace mlir;
using namespace slin;

namespace {
struct SelectPass final : slin::impl::SelectBase<SelectPass> {
  using SelectBase::SelectBase;
  void runOnOperation() override;
};
} // namespace

void SelectPass::runOnOperation() {
  Linears linears = findLinears(getOperation());
  std::string reason;
  if (failed(select(linears, *include, *exclude, reason))) {
    emitError(getOperation().getLoc()) << getArgument() << ": " << reason;
    return signalPassFailure();
  }
  Builder builder(&getContext());
  auto mark = [&](ApplyOp apply, StringRef what, StringRef why) {
    NamedAttrList decision;
    decision.set("decision", builder.getStringAttr(what));
    if (!why.empty())
      decision.set("reason", builder.getStringAttr(why));
    apply.setDecisionAttr(decision.getDictionary(&getContext()));
  };
  for (Candidate &candidate : linears.candidates)
    for (LinearUse use : candidate.uses)
      mark(use.apply, "dense", candidate.reason);
  for (ApplyOp apply : linears.others)
    mark(apply, "kept", "");
}
