//===- DropUnread.cpp - Weights and nodes that nothing reads --------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Distilled models carry the matrices of their teacher. Nothing is dropped that
// an output depends on, nor what may do more than give a result.
//
//===----------------------------------------------------------------------===//

#include "NodeWriter.h"

#include "slin/Dialect/ONNX/Analysis/Constants.h"
#include "slin/Dialect/ONNX/Analysis/ExpertAnalysis.h"
#include "slin/Dialect/ONNX/Analysis/FFNAnalysis.h"
#include "slin/Dialect/ONNX/Transforms/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Remarks.h"

namespace slin::onnx {
#define GEN_PASS_DEF_DROPUNREAD
#include "slin/Dialect/ONNX/Transforms/Passes.h.inc"
} // namespace slin::onnx

using namespace mlir;
using namespace slin::onnx;

static constexpr StringLiteral kCategory = "onnx-drop-unread";

namespace {
struct DropUnreadPass final : slin::onnx::impl::DropUnreadBase<DropUnreadPass> {
  using DropUnreadBase::DropUnreadBase;
  void runOnOperation() override;

private:
  void explainTeachers();
};
} // namespace

/// Whether nobody notices that a node is gone whose results are not read:
/// custom operators may do anything, and random ones share a generator.
static bool isDroppable(Operation *op) {
  if (auto initializer = dyn_cast<InitializerOp>(op))
    return !initializer.getDefaultValue();
  auto node = dyn_cast<NodeOpInterface>(op);
  if (!node || op->getNumResults() == 0 || op->getNumRegions() != 0)
    return false;
  StringRef name = node.getOpType();
  bool random = name.starts_with("Random") || name == "Multinomial" ||
                name == "Bernoulli";
  return !random &&
         (node.getDomain().empty() || node.getDomain() == "com.microsoft");
}

/// An output of the graph that depends on `value`; empty if there is none.
static std::string outputOf(Value value) {
  SmallVector<Value> work{value};
  llvm::SmallPtrSet<Operation *, 32> seen;
  while (!work.empty()) {
    for (OpOperand &use : work.pop_back_val().getUses()) {
      Operation *user = use.getOwner();
      if (user->hasTrait<OpTrait::IsTerminator>()) {
        auto function = dyn_cast<func::FuncOp>(user->getParentOp());
        auto name = function ? function.getResultAttrOfType<StringAttr>(
                                   use.getOperandNumber(), names::kName)
                             : StringAttr();
        return name ? name.str() : nameOf(use.get());
      }
      if (seen.insert(user).second)
        work.append(user->result_begin(), user->result_end());
    }
  }
  return "";
}

/// A dense network beside experts of its size is their teacher. Where it has
/// readers, its matrices stay, and the remark says whose.
void DropUnreadPass::explainTeachers() {
  ExpertAnalysis experts(getOperation());
  if (experts.getSums().empty())
    return;
  FFNAnalysis networks(getOperation());
  for (const FFN &ffn : networks.getFFNs())
    for (const ExpertSum &sum : experts.getSums()) {
      const Linear &down = ffn.linears.back();
      int64_t hidden = 0;
      for (const Expert &expert : sum.experts)
        hidden += expert.hidden();
      if (ffn.linears.front().input != sum.input || down.in != hidden)
        continue;
      std::string output = outputOf(down.output);
      if (output.empty())
        continue;
      remark::missed(
          down.node->getLoc(),
          remark::RemarkOpts::name("TeacherKept").category(kCategory))
          << "'" + ffn.path + "': output '" + output +
                 "' reads its matrices, which are as large as those of the "
                 "experts of '" +
                 pathOf(sum.root) + "'";
    }
}

void DropUnreadPass::runOnOperation() {
  SmallVector<Operation *> work;
  getOperation().walk<WalkOrder::PostOrder>(
      [&](Operation *op) { work.push_back(op); });
  bool dropped = false;
  // Readers come after what they read.
  for (Operation *op : llvm::reverse(work)) {
    if (!op->use_empty() || !isDroppable(op))
      continue;
    std::string name = isa<InitializerOp>(op)
                           ? cast<InitializerOp>(op).getName().str()
                           : pathOf(op);
    remark::passed(op->getLoc(),
                   remark::RemarkOpts::name("Dropped").category(kCategory))
        << "'" + name + "': nothing reads it";
    op->erase();
    dropped = true;
  }
  explainTeachers();
  if (dropped)
    getOperation()->setAttr(names::kRewritten, UnitAttr::get(&getContext()));
  else
    markAllAnalysesPreserved();
}
