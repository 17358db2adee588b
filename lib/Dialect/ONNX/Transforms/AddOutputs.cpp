//===- AddOutputs.cpp - Make inner values outputs of the graph ------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// For calibration: ONNX Runtime only shows what a graph gives out.
//
//===----------------------------------------------------------------------===//

#include "slin/Dialect/ONNX/IR/ONNXOps.h"
#include "slin/Dialect/ONNX/Transforms/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace slin::onnx {
#define GEN_PASS_DEF_ADDOUTPUTS
#include "slin/Dialect/ONNX/Transforms/Passes.h.inc"
} // namespace slin::onnx

using namespace mlir;
using namespace slin::onnx;

namespace {
struct AddOutputsPass final : slin::onnx::impl::AddOutputsBase<AddOutputsPass> {
  using AddOutputsBase::AddOutputsBase;
  void runOnOperation() override;
};
} // namespace

/// Values of the main graph by name.
static llvm::StringMap<Value> valuesByName(Block &block) {
  llvm::StringMap<Value> values;
  for (Value argument : block.getArguments())
    values[nameOf(argument)] = argument;
  for (Operation &op : block.without_terminator())
    for (Value result : op.getResults())
      values[nameOf(result)] = result;
  return values;
}

void AddOutputsPass::runOnOperation() {
  func::FuncOp graph;
  for (auto function : getOperation().getOps<func::FuncOp>())
    if (function->hasAttr(names::kGraph))
      graph = function;
  if (!graph) {
    emitError(getOperation().getLoc())
        << "has no graph to add outputs to: expected a "
           "function with 'onnx.graph'";
    return signalPassFailure();
  }
  Block &body = graph.getBody().front();
  Operation *terminator = body.getTerminator();
  llvm::StringMap<Value> byName = valuesByName(body);
  Builder builder(&getContext());
  for (const std::string &name : values) {
    Value value = byName.lookup(name);
    if (name.empty() || !value) {
      graph.emitError() << "has no value named '" << name << "'";
      return signalPassFailure();
    }
    if (llvm::is_contained(terminator->getOperands(), value))
      continue;
    NamedAttrList attributes;
    attributes.set(names::kName, builder.getStringAttr(name));
    if (failed(graph.insertResult(graph.getNumResults(), value.getType(),
                                  attributes.getDictionary(&getContext()))))
      return signalPassFailure();
    terminator->insertOperands(terminator->getNumOperands(), value);
  }
}
