//===- UnsplitExperts.cpp - Experts that all run become one network -------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A network cut along its hidden features is the sum of its parts, since the
// activation acts on each feature alone. This is the way back.
//
//===----------------------------------------------------------------------===//

#include "ExpertRewrite.h"
#include "ExpertWriter.h"

#include "slin/Dialect/ONNX/Analysis/Constants.h"
#include "slin/Dialect/ONNX/Analysis/ValueShape.h"
#include "slin/Dialect/ONNX/Transforms/Passes.h"

namespace slin::onnx {
#define GEN_PASS_DEF_UNSPLITEXPERTS
#include "slin/Dialect/ONNX/Transforms/Passes.h.inc"
} // namespace slin::onnx

using namespace mlir;
using namespace slin::onnx;

static constexpr StringLiteral kCategory = "onnx-unsplit-experts";

namespace {
struct UnsplitExpertsPass final
    : slin::onnx::impl::UnsplitExpertsBase<UnsplitExpertsPass> {
  using UnsplitExpertsBase::UnsplitExpertsBase;
  void runOnOperation() override;
};
} // namespace

/// Joins the experts of one sum; says why not, where it cannot.
static std::string unsplit(const ExpertSum &sum, NodeWriter &nodes) {
  if (!sum.areAllChosen()) {
    std::string reason = "the gates differ from token to token";
    if (sum.chosen)
      reason += ": " + std::to_string(*sum.chosen) + " of " +
                std::to_string(sum.experts.size()) + " experts run for each";
    return reason;
  }
  nodes.setPlace(sum.root, pathOf(sum.root));
  for (Operation *node : sum.nodes)
    if (node != sum.root)
      nodes.release(node);
  std::string reason;
  ExpertWriter writer(nodes, sum);
  Value result = writer.writeWhole(sum.input, reason);
  if (!result) {
    nodes.discard();
    return reason;
  }
  if (sum.isFlat && rankOf(sum.input) != 2)
    result = nodes.node<ReshapeOp>(
        "flatten",
        {result, nodes.integers("flat", {-1, sum.experts.front().out()})});
  replaceNode(sum.root, writer.addRest(result));
  return "";
}

static std::string describe(const ExpertSum &sum) {
  int64_t hidden = 0;
  for (const Expert &expert : sum.experts)
    hidden += expert.hidden();
  bool gated = sum.experts.front().linears.size() == 2;
  return std::to_string(sum.experts.size()) + " experts are one " +
         (gated ? "gated " : "") + "network of hidden size " +
         std::to_string(hidden);
}

void UnsplitExpertsPass::runOnOperation() {
  ExpertAnalysis analysis(getOperation());
  NodeWriter nodes(getOperation());
  ExpertRemarks remarks(kCategory, "ExpertsUnsplit", "ExpertsNotUnsplit");
  bool changed = rewriteSums(
      analysis, remarks,
      [&](const ExpertSum &sum) { return unsplit(sum, nodes); }, describe);
  for (const GatheredTokens &entry : analysis.getGathered())
    remarks.missed(entry.node, pathOf(entry.node),
                   "expert " + Twine(*entry.gate.getIndex()) +
                       " computes only its own tokens: the gates differ from "
                       "token to token");
  if (!changed)
    return markAllAnalysesPreserved();
  getOperation()->setAttr(names::kRewritten, UnitAttr::get(&getContext()));
}
