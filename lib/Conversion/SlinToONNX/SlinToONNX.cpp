//===- SlinToONNX.cpp - slin ops become ONNX nodes ------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Takes regions apart again, writes changed linears from their terms, and
// removes the weights that nobody reads any more.
//
//===----------------------------------------------------------------------===//

#include "ONNXEmitter.h"
#include "TokenDispatch.h"

#include "slin/Conversion/NodeOrder.h"
#include "slin/Conversion/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Remarks.h"

#include "llvm/Support/FormatVariadic.h"

namespace slin {
#define GEN_PASS_DEF_SLINTOONNX
#include "slin/Conversion/Passes.h.inc"
} // namespace slin

using namespace mlir;
using namespace slin;

namespace {
struct SlinToONNXPass final : slin::impl::SlinToONNXBase<SlinToONNXPass> {
  using SlinToONNXBase::SlinToONNXBase;
  void runOnOperation() override;

private:
  FailureOr<TermsByTokens> termsOf(ApplyOp apply, std::string &reason);
  LogicalResult convertApply(ApplyOp apply, ONNXNames &names);
  void convertAdd(AddOp add, ONNXNames &names);
  void removeUnused();
  WrittenConstants constants;
  bool rewritten = false;
};
} // namespace

/// Moves the nodes of the region's block in front of `op`; the arguments become
/// `inputs`, and `op`'s results what the block yields.
static void inlineRegion(Operation *op, Region &region, ValueRange inputs) {
  Block &body = region.front();
  for (auto [argument, input] : llvm::zip(body.getArguments(), inputs))
    argument.replaceAllUsesWith(input);
  Operation *yield = body.getTerminator();
  SmallVector<Value> results(yield->getOperands());
  yield->erase();
  op->getBlock()->getOperations().splice(op->getIterator(),
                                         body.getOperations());
  op->replaceAllUsesWith(results);
  op->erase();
}

/// What is written of the operator: one term, or those of all ranges of token
/// counts.
FailureOr<TermsByTokens> SlinToONNXPass::termsOf(ApplyOp apply,
                                                 std::string &reason) {
  auto one = [&](int64_t count) -> FailureOr<TermsByTokens> {
    auto term = buildTerm(apply.getLinop(), count, &reason);
    if (failed(term))
      return failure();
    return TermsByTokens{{std::move(*term)}, {}};
  };
  if (dispatch != "if")
    return one(tokens);
  if (std::optional<int64_t> count = staticTokens(apply.getInput()))
    return one(*count);
  int64_t opset = onnx::opsetOf(apply, "");
  auto all = termsByTokens(apply.getLinop(), reason);
  if (failed(all) || all->bounds.empty() || opset == 0 || opset >= 9)
    return all;
  remark::missed(apply.getLoc(),
                 remark::RemarkOpts::name("Dispatch").category("slin-to-onnx"))
      << llvm::formatv("expected opset 9 or later for a choice by token count, "
                       "found {0}; the form for {1} tokens is written",
                       opset, tokens)
             .str();
  return one(tokens);
}

LogicalResult SlinToONNXPass::convertApply(ApplyOp apply, ONNXNames &names) {
  if (apply.hasSource() && !respell) {
    inlineRegion(apply, apply.getSource(), {});
    return success();
  }
  rewritten = true;
  std::string reason;
  FailureOr<TermsByTokens> forms = termsOf(apply, reason);
  StringRef path = apply.getPath().value_or("linear");
  if (failed(forms))
    return apply.emitError()
           << "'" << path << "' cannot be written as ONNX: " << reason;
  if (apply.hasSource()) {
    for (Operation *op : apply.getOuterSources())
      op->setAttr(kReplaced, UnitAttr::get(&getContext()));
    apply.dropSource();
    for (const TermWithLeaves &form : forms->terms)
      for (Value leaf : form.leaves)
        leaf.getDefiningOp()->setAttr(kReplaced, UnitAttr::get(&getContext()));
  }
  const TermWithLeaves &first = forms->terms.front();
  auto name = apply->getAttrOfType<StringAttr>(kOutputName);
  std::string outputName =
      name ? name.str() : names.unique((path + "_output").str());
  ONNXEmitter emitter(apply, path, apply.getLinopType().getElementType(),
                      apply->getAttr(onnx::names::kIndex), first.leaves, names,
                      constants);
  Type type = apply.getResult().getType();
  FailureOr<Value> result =
      forms->bounds.empty()
          ? emitter.emitLinear(first.term, apply.getInput(), apply.getBias(),
                               outputName, type, reason)
          : emitter.emitChoice(forms->terms, forms->bounds, apply.getInput(),
                               apply.getBias(), outputName, type, reason);
  if (failed(result))
    return apply.emitError()
           << "'" << path << "' cannot be written as ONNX: " << reason;
  apply.getResult().replaceAllUsesWith(*result);
  apply.erase();
  return success();
}

void SlinToONNXPass::convertAdd(AddOp add, ONNXNames &names) {
  rewritten = true;
  add.dropSource();
  StringRef path = add.getPath().value_or("sum");
  auto name = add->getAttrOfType<StringAttr>(kOutputName);
  ONNXEmitter emitter(add, path, /*elementType=*/{},
                      add->getAttr(onnx::names::kIndex), /*leaves=*/{}, names,
                      constants);
  Value result = emitter.emitSum(add.getSummands(),
                                 name ? name.str()
                                      : names.unique((path + "_output").str()),
                                 add.getResult().getType());
  add.getResult().replaceAllUsesWith(result);
  add.erase();
}

/// Erases nodes between a weight and a linear that lost their last reader.
static void removeUnreadPath(Operation *node) {
  if (!isa<onnx::IdentityOp, onnx::TransposeOp, onnx::CastOp, onnx::SqueezeOp,
           onnx::UnsqueezeOp>(node))
    return;
  for (Operation *user : llvm::make_early_inc_range(node->getUsers()))
    removeUnreadPath(user);
  if (node->use_empty())
    node->erase();
}

/// Erases operators and new weights, and the old weights that were marked when
/// their linears were replaced, as far as nothing reads them.
void SlinToONNXPass::removeUnused() {
  SmallVector<Operation *> work;
  getOperation().walk([&](Operation *op) {
    if (isa<LinearOperatorInterface, WeightOp>(op) || op->hasAttr(kReplaced))
      work.push_back(op);
  });
  for (Operation *op : llvm::reverse(work))
    if (isa<LinearOperatorInterface, WeightOp>(op) && op->use_empty())
      op->erase();
  SmallVector<Operation *> replaced;
  getOperation().walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (op->hasAttr(kReplaced))
      replaced.push_back(op);
  });
  // Last ones first: what only they read may then go as well. What stands in
  // their graphs comes after them.
  for (Operation *op : llvm::reverse(replaced)) {
    op->removeAttr(kReplaced);
    for (Operation *user : llvm::make_early_inc_range(op->getUsers()))
      removeUnreadPath(user);
    if (op->use_empty())
      op->erase();
  }
}

void SlinToONNXPass::runOnOperation() {
  ModuleOp module = getOperation();
  if (dispatch != "one" && dispatch != "if") {
    emitError(module.getLoc())
        << getArgument() << ": expected a dispatch of one or if, found '"
        << dispatch << "'";
    return signalPassFailure();
  }
  ONNXNames names(module);
  constants.clear();
  rewritten = false;
  SmallVector<FFNOp> networks;
  SmallVector<ActivationOp> activations;
  SmallVector<ApplyOp> applies;
  SmallVector<AddOp> sums;
  module.walk([&](FFNOp op) { networks.push_back(op); });
  for (FFNOp ffn : networks)
    inlineRegion(ffn, ffn.getBody(), ffn.getInputs());
  module.walk([&](Operation *op) {
    if (auto activation = dyn_cast<ActivationOp>(op))
      activations.push_back(activation);
    else if (auto apply = dyn_cast<ApplyOp>(op))
      applies.push_back(apply);
    else if (auto add = dyn_cast<AddOp>(op))
      sums.push_back(add);
  });
  for (ActivationOp activation : activations)
    inlineRegion(activation, activation.getBody(), activation.getInputs());
  // First the sums: linears that only say what a sum's nodes mean then have no
  // reader.
  for (AddOp add : sums) {
    if (add.hasSource() && !respell)
      inlineRegion(add, add.getSource(), {});
    else
      convertAdd(add, names);
  }
  for (ApplyOp apply : applies)
    if (apply.use_empty() && !apply.hasSource())
      apply.erase();
    else if (failed(convertApply(apply, names)))
      return signalPassFailure();
  removeUnused();
  module.walk([&](Operation *op) {
    for (Region &region : op->getRegions())
      for (Block &block : region)
        if (isa<func::FuncOp, onnx::NodeOp>(op) && !block.empty())
          restoreNodeOrder(block);
  });
  if (rewritten)
    module->setAttr(onnx::names::kRewritten, UnitAttr::get(&getContext()));
}
