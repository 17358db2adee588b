//===- BypassSoftmax.cpp - TopK of scores instead of probabilities --------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Softmax keeps the order of its scores, and a router that only asks which are
// largest needs no probabilities.
//
//===----------------------------------------------------------------------===//

#include "NodeWriter.h"

#include "slin/Dialect/ONNX/Analysis/Constants.h"
#include "slin/Dialect/ONNX/Analysis/ValueShape.h"
#include "slin/Dialect/ONNX/Transforms/Passes.h"

#include "mlir/IR/Remarks.h"

namespace slin::onnx {
#define GEN_PASS_DEF_BYPASSSOFTMAX
#include "slin/Dialect/ONNX/Transforms/Passes.h.inc"
} // namespace slin::onnx

using namespace mlir;
using namespace slin::onnx;

static constexpr StringLiteral kCategory = "onnx-bypass-softmax";

namespace {
struct BypassSoftmaxPass final
    : slin::onnx::impl::BypassSoftmaxBase<BypassSoftmaxPass> {
  using BypassSoftmaxBase::BypassSoftmaxBase;
  void runOnOperation() override;
};
} // namespace

/// What reads a value, for messages.
static std::string readerName(Operation *user) {
  return isa<NodeOpInterface>(user) ? "'" + operatorName(user) + "'"
                                    : "an output of the graph";
}

/// The axis counted from the right; nothing if that is not known.
static std::optional<int64_t> axisFromRight(Operation *node,
                                            int64_t otherwise) {
  int64_t axis = numberAttribute(node, "axis", otherwise);
  auto rank = rankOf(node->getOperand(0));
  if (axis < 0)
    return -axis;
  return rank ? std::optional(*rank - axis) : std::nullopt;
}

/// Why the Softmax must stay where a TopK reads it; empty if it may go.
static std::string findObstacle(SoftmaxOp softmax) {
  int64_t opset = opsetOf(softmax, "");
  // Before opset 13 all axes from the given one on are one.
  auto axis = axisFromRight(softmax, opset < 13 ? 1 : -1);
  for (Operation *user : softmax->getUsers()) {
    if (isa<ShapeOp>(user))
      continue;
    if (!isa<TopKOp>(user))
      return "the probabilities are read by " + readerName(user) + " as well";
    if (!axis || (opset < 13 && axis != 1) || axisFromRight(user, -1) != axis)
      return "the TopK chooses along another axis than the Softmax adds along";
    if (user->getNumResults() > 0 && !user->getResult(0).use_empty())
      return "the chosen probabilities are read by " +
             readerName(*user->getResult(0).getUsers().begin()) +
             ", not only their indices";
  }
  return "";
}

void BypassSoftmaxPass::runOnOperation() {
  SmallVector<SoftmaxOp> found;
  getOperation().walk([&](SoftmaxOp softmax) {
    if (softmax->getNumOperands() == 1 && softmax->getNumResults() == 1 &&
        llvm::any_of(softmax->getUsers(),
                     [](Operation *user) { return isa<TopKOp>(user); }))
      found.push_back(softmax);
  });
  for (SoftmaxOp softmax : found) {
    std::string path = pathOf(softmax);
    std::string reason = findObstacle(softmax);
    if (!reason.empty()) {
      remark::missed(
          softmax.getLoc(),
          remark::RemarkOpts::name("SoftmaxKept").category(kCategory))
          << "'" + path + "': " + reason;
      continue;
    }
    remark::passed(
        softmax.getLoc(),
        remark::RemarkOpts::name("SoftmaxBypassed").category(kCategory))
        << "'" + path + "': its order is that of its scores";
    softmax->getResult(0).replaceAllUsesWith(softmax->getOperand(0));
    softmax->erase();
  }
}
