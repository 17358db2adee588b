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

#include "ExpertWriter.h"

#include "slin/Dialect/ONNX/Analysis/Constants.h"
#include "slin/Dialect/ONNX/Analysis/ValueShape.h"
#include "slin/Dialect/ONNX/Transforms/Passes.h"

#include "mlir/IR/Remarks.h"

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

private:
  bool unsplit(const ExpertSum &sum, NodeWriter &nodes);
};
} // namespace

static void missed(Operation *node, StringRef path, const Twine &reason) {
  remark::missed(
      node->getLoc(),
      remark::RemarkOpts::name("ExpertsNotUnsplit").category(kCategory))
      << ("'" + path + "': " + reason).str();
}

bool UnsplitExpertsPass::unsplit(const ExpertSum &sum, NodeWriter &nodes) {
  std::string path = pathOf(sum.root);
  if (!sum.areAllChosen()) {
    std::string differ = "the gates differ from token to token";
    if (sum.chosen)
      differ += ": " + std::to_string(*sum.chosen) + " of " +
                std::to_string(sum.experts.size()) + " experts run for each";
    missed(sum.root, path, differ);
    return false;
  }
  nodes.setPlace(sum.root, path);
  for (Operation *node : sum.nodes)
    if (node != sum.root)
      nodes.release(node);
  std::string reason;
  Value result = ExpertWriter(nodes, sum).writeWhole(sum.input, reason);
  if (!result) {
    nodes.discard();
    missed(sum.root, path, reason);
    return false;
  }
  if (sum.isFlat && rankOf(sum.input) != 2)
    result = nodes.node<ReshapeOp>(
        "flatten",
        {result, nodes.integers("flat", {-1, sum.experts.front().out()})});
  int64_t hidden = 0;
  for (const Expert &expert : sum.experts)
    hidden += expert.hidden();
  bool gated = sum.experts.front().linears.size() == 2;
  remark::passed(sum.root->getLoc(),
                 remark::RemarkOpts::name("ExpertsUnsplit").category(kCategory))
      << ("'" + path + "': " + Twine(sum.experts.size()) + " experts are one " +
          (gated ? "gated " : "") + "network of hidden size " + Twine(hidden))
             .str();
  replaceNode(sum.root, result);
  return true;
}

void UnsplitExpertsPass::runOnOperation() {
  ExpertAnalysis analysis(getOperation());
  NodeWriter nodes(getOperation());
  bool changed = false;
  // The last first: what one reads may be what another one gives.
  for (const ExpertSum &sum : llvm::reverse(analysis.getSums()))
    changed |= unsplit(sum, nodes);
  for (const DeclinedExperts &entry : analysis.getDeclined())
    missed(entry.node, entry.path, entry.reason);
  for (const GatheredTokens &entry : analysis.getGathered())
    missed(entry.node, pathOf(entry.node),
           "expert " + Twine(*entry.gate.getIndex()) +
               " computes only its own tokens: the gates differ from token to "
               "token");
  if (!changed)
    return markAllAnalysesPreserved();
  getOperation()->setAttr(names::kRewritten, UnitAttr::get(&getContext()));
}
