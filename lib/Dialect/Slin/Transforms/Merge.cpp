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

#include "MergedLinears.h"

#include "slin/Dialect/Slin/Transforms/Passes.h"

#include "mlir/Analysis/TopologicalSortUtils.h"
#include "mlir/IR/Remarks.h"

#include "llvm/Support/FormatVariadic.h"

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

static std::string pathOf(Value value) {
  auto path = value.getDefiningOp()->getAttrOfType<StringAttr>("path");
  return path ? path.str() : "sum";
}

static void explain(Operation *op, const std::string &reason) {
  remark::missed(op->getLoc(),
                 remark::RemarkOpts::name("NotMerged").category("slin-merge"))
      << reason;
}

/// What stands between a linear and the linear before it.
static void explainBarriers(const AffineGraph &graph, const MergePlan &plan) {
  for (const auto &[value, merged] : plan.values)
    for (const AffineForm::Summand &summand : merged.form.summands) {
      Operation *source = summand.source.getDefiningOp();
      if (!source || graph.isAffine(summand.source))
        continue;
      auto behind = llvm::find_if(source->getOperands(), [&](Value operand) {
        return graph.isAffine(operand);
      });
      if (behind == source->operand_end())
        continue;
      auto activation = dyn_cast<ActivationOp>(source);
      std::string what = activation ? activation.getFunction().str()
                                    : source->getName().getStringRef().str();
      explain(value.getDefiningOp(),
              llvm::formatv("'{0}' is not merged with '{1}': '{2}' stands "
                            "between them and is not linear",
                            pathOf(value), pathOf(*behind), what));
    }
}

/// Products that stay apart, and values that stay for their readers.
static void explainKept(const AffineGraph &graph, const MergePlan &plan) {
  for (const auto &[value, merged] : plan.values)
    for (auto [summand, form] : llvm::zip(merged.form.summands, merged.forms))
      if (int64_t dense = form.term.rows() * form.term.columns();
          form.weights.size() > 1 && !graph.activationOf(summand.source))
        explain(value.getDefiningOp(),
                llvm::formatv("'{0}' keeps its factors: they take {1} "
                              "multiply-accumulates per token, one matrix "
                              "would take {2}",
                              pathOf(value), form.cost, dense));
  for (const KeptValue &kept : plan.kept)
    explain(kept.value.getDefiningOp(),
            llvm::formatv("'{0}' is not merged into all that read it: that "
                          "would take {1} multiply-accumulates per token more",
                          pathOf(kept.value), kept.costMerged - kept.cost));
}

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
    explain(graph.getOps().front(), "the expressions would be too large");
    return success();
  }
  explainBarriers(graph, *plan);
  explainKept(graph, *plan);
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
