//===- ExpertAnalysis.cpp - Sums of experts in a model --------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The last node of a sum is looked at first, so that a sum is found whole.
//
//===----------------------------------------------------------------------===//

#include "ExpertSums.h"

#include "slin/Dialect/ONNX/Analysis/Constants.h"
#include "slin/Dialect/ONNX/Analysis/FeatureLayout.h"
#include "slin/Dialect/ONNX/IR/ONNXOps.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;
using namespace slin::onnx;

bool ExpertSum::areAllChosen() const {
  if (routing == Routing::Choices)
    return chosen == int64_t(experts.size());
  return llvm::all_of(views,
                      [](const GateView &view) { return view.isAllOnes(); });
}

/// The gate whose NonZero gives the indices; null if they come from elsewhere.
static Value gateOfIndices(Value indices) {
  for (unsigned depth = 0; depth < 8; ++depth) {
    Operation *node = indices.getDefiningOp();
    if (!node || node->getNumOperands() == 0)
      return {};
    if (isa<NonZeroOp>(node))
      return node->getOperand(0);
    if (!isShapeNode(node) && !isa<CastOp, IdentityOp, GatherOp>(node))
      return {};
    indices = node->getOperand(0);
  }
  return {};
}

void ExpertAnalysis::findGathered(Operation &node) {
  Value gate = gateOfIndices(node.getOperand(1));
  if (!gate || isConstant(node.getOperand(0)))
    return;
  if (GateView view(gate, 0); view && view.getIndex())
    gathered.push_back({&node, std::move(view)});
}

void ExpertAnalysis::analyse(Block &block) {
  llvm::SmallPtrSet<Operation *, 16> taken;
  // A part of what is no sum may be one, whose success is what counts.
  std::vector<ExpertSumReader> failed;
  size_t firstSum = sums.size();
  for (Operation &node : llvm::reverse(block)) {
    if (isa<GatherOp, GatherNDOp>(node)) {
      findGathered(node);
      continue;
    }
    if (!isa<AddOp, SumOp, ReduceSumOp, EinsumOp>(node) ||
        node.getNumResults() != 1 || node.getNumOperands() == 0 ||
        taken.contains(&node))
      continue;
    ExpertSumReader reader(&node);
    auto isPart = [&](const ExpertSumReader &whole) {
      return whole.owns(&node);
    };
    if (reader) {
      taken.insert(reader.getSum().nodes.begin(), reader.getSum().nodes.end());
      sums.push_back(reader.getSum());
      llvm::erase_if(failed, isPart);
    } else if (!reader.getReason().empty() && llvm::none_of(failed, isPart)) {
      failed.push_back(std::move(reader));
    }
  }
  std::reverse(sums.begin() + firstSum, sums.end());
  for (const ExpertSumReader &reader : llvm::reverse(failed))
    declined.push_back({reader.getBreaker(), pathOf(reader.getSum().root),
                        reader.getReason().str()});
}

ExpertAnalysis::ExpertAnalysis(Operation *module) {
  module->walk<WalkOrder::PreOrder>([&](Block *block) {
    Operation *holder = block->getParentOp();
    if (!isa<FunctionOpInterface, NodeOpInterface>(holder) && holder != module)
      return WalkResult::skip();
    analyse(*block);
    return WalkResult::advance();
  });
  std::reverse(gathered.begin(), gathered.end());
}
