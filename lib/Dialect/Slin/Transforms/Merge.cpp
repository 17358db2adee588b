//===- Merge.cpp - Linear paths become single operators -------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The pass: a plan for each block, then its ops.
//
//===----------------------------------------------------------------------===//

#include "MergeReasons.h"
#include "MergedLinears.h"

#include "slin/Dialect/Slin/Transforms/Passes.h"

#include "mlir/Analysis/TopologicalSortUtils.h"

namespace slin {
#define GEN_PASS_DEF_MERGE
#include "slin/Dialect/Slin/Transforms/Passes.h.inc"
} // namespace slin

using namespace mlir;
using namespace slin;

namespace {
struct MergePass final : slin::impl::MergeBase<MergePass> {
  using MergeBase::MergeBase;
  void runOnOperation() override;

private:
  LogicalResult merge(Block &block, NewWeights &newWeights);
};
} // namespace

LogicalResult MergePass::merge(Block &block, NewWeights &newWeights) {
  AffineGraph graph(block);
  if (graph.getOps().empty())
    return success();
  WeightNumbers numbers;
  auto mayMergeIdentity = [&](FloatType type) {
    return shortcut == MergeShortcut::Always ||
           (shortcut == MergeShortcut::Automatic && type.getWidth() >= 32);
  };
  std::optional<MergePlan> plan = planMerges(graph, numbers, mayMergeIdentity);
  if (!plan) {
    explainNotMerged(graph.getOps().front(),
                     "the expressions would be too large");
    return success();
  }
  explainPlan(graph, *plan, numbers, mayMergeIdentity);
  bool verifies =
      verifyExact ||
      getContext().getLoadedDialect<SlinDialect>()->verifiesMerges();
  return MergedLinears(graph, *plan, numbers, newWeights).write(verifies);
}

void MergePass::runOnOperation() {
  NewWeights newWeights(getOperation());
  llvm::SetVector<Block *> blocks;
  getOperation()->walk([&](Operation *op) {
    if (isa<ApplyOp, AddOp>(op))
      blocks.insert(op->getBlock());
  });
  for (Block *block : blocks) {
    sortTopologically(block);
    if (failed(merge(*block, newWeights)))
      return signalPassFailure();
  }
}
