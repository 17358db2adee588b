//===- NodeOrder.cpp - The places of nodes in a model ---------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// ONNX wants nodes in topological order, and equality wants them in the model's
// own; upstream's topological sort keeps the order it finds, so sorting by
// place first gives both.
//
//===----------------------------------------------------------------------===//

#include "slin/Conversion/NodeOrder.h"

#include "slin/Dialect/ONNX/IR/ONNXOps.h"

#include "mlir/Analysis/TopologicalSortUtils.h"

using namespace mlir;
using namespace slin;

void slin::noteNodeOrder(Block &block) {
  Builder builder(block.getParent()->getContext());
  int64_t index = 0;
  for (Operation &op : block)
    if (isa<onnx::NodeOpInterface>(op))
      op.setAttr(onnx::names::kIndex, builder.getI64IntegerAttr(index++));
}

void slin::restoreNodeOrder(Block &block) {
  SmallVector<std::pair<int64_t, Operation *>> nodes;
  bool noted = false;
  int64_t place = 0;
  for (Operation &op : block.without_terminator()) {
    if (!isa<onnx::NodeOpInterface>(op))
      continue;
    // A node that a pass added stays behind the one it follows.
    if (auto index = op.getAttrOfType<IntegerAttr>(onnx::names::kIndex)) {
      place = index.getInt();
      noted = true;
    }
    nodes.emplace_back(place, &op);
  }
  if (!noted)
    return;
  llvm::sort(nodes, [position = [&] {
               llvm::DenseMap<Operation *, int64_t> positions;
               for (auto [index, node] : llvm::enumerate(nodes))
                 positions[node.second] = index;
               return positions;
             }()](const auto &a, const auto &b) {
    return std::pair(a.first, position.lookup(a.second)) <
           std::pair(b.first, position.lookup(b.second));
  });
  Operation *terminator = block.getTerminator();
  for (auto [index, node] : nodes) {
    node->moveBefore(terminator);
    node->removeAttr(onnx::names::kIndex);
  }
  sortTopologically(&block);
}
