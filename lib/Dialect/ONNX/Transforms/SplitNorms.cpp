//===- SplitNorms.cpp - Scales and shifts of norms as nodes ---------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A normalisation divides by what each token gives, which nothing can fold; its
// scale and shift are constants, which the linears behind it can take. As nodes
// of their own they are an affine map like any other. (Of LayerNormalization
// folds no more than that: RePaViT, 2505.21847, where the norm is not a batch
// norm.)
//
//===----------------------------------------------------------------------===//

#include "NodeWriter.h"

#include "slin/Dialect/ONNX/Analysis/Constants.h"
#include "slin/Dialect/ONNX/Analysis/FeatureMap.h"
#include "slin/Dialect/ONNX/Analysis/ValueShape.h"
#include "slin/Dialect/ONNX/Transforms/Passes.h"

#include "mlir/IR/Remarks.h"

#include "llvm/ADT/SetVector.h"

namespace slin::onnx {
#define GEN_PASS_DEF_SPLITNORMS
#include "slin/Dialect/ONNX/Transforms/Passes.h.inc"
} // namespace slin::onnx

using namespace mlir;
using namespace slin;
using namespace slin::onnx;

namespace {
struct SplitNormsPass final : slin::onnx::impl::SplitNormsBase<SplitNormsPass> {
  using SplitNormsBase::SplitNormsBase;
  void runOnOperation() override;
};

/// Scale and shift of a normalisation of the last axis; null where there is
/// none.
struct Norm {
  Operation *node = nullptr;
  Value scale, shift;
  RankedTensorType type;
};
} // namespace

/// `x / f(x) * scale + shift` with operands x, scale, shift.
static bool isNorm(Operation *node) {
  return llvm::is_contained({"LayerNormalization", "RMSNormalization",
                             "SimplifiedLayerNormalization"},
                            operatorName(node));
}

/// The numbers of a stored vector; nothing for what is none.
static std::optional<std::vector<double>> vectorOf(Value value) {
  auto weight = value.getDefiningOp<weights::WeightOpInterface>();
  ElementsAttr elements = weight ? weight.getWeight() : ElementsAttr();
  std::string reason;
  if (!elements || elements.getShapedType().getRank() != 1 ||
      !isa<FloatType>(elements.getElementType()))
    return std::nullopt;
  std::vector<double> numbers(elements.getNumElements());
  FailureOr<weights::Elements> loaded = weight.getElements(reason);
  if (failed(loaded) || failed(weights::toDoubles(*loaded, numbers, reason)))
    return std::nullopt;
  return numbers;
}

/// Fails, with a reason where there is something to fold.
static std::optional<Norm> match(Operation *node, std::string &reason) {
  Norm norm;
  norm.node = node;
  Value scale = presentInput(node, 1), shift = presentInput(node, 2);
  std::optional<std::vector<double>> factors, summands;
  if (scale)
    factors = vectorOf(scale);
  if (shift)
    summands = vectorOf(shift);
  if (!factors || (shift && !summands)) {
    reason = "expected a scale and a shift that are stored vectors";
    return std::nullopt;
  }
  double axis = numberAttribute(node, "axis", -1);
  std::optional<int64_t> rank = rankOf(presentInput(node, 0));
  if (axis != -1 && (!rank || axis != double(*rank - 1))) {
    reason = "expected a normalisation of the last axis";
    return std::nullopt;
  }
  if (llvm::any_of(*factors, [](double factor) { return factor != 1; }))
    norm.scale = scale;
  if (summands &&
      llvm::any_of(*summands, [](double summand) { return summand != 0; }))
    norm.shift = shift;
  norm.type =
      RankedTensorType::get({int64_t(factors->size())},
                            cast<ShapedType>(scale.getType()).getElementType());
  return norm.scale || norm.shift ? std::optional(norm) : std::nullopt;
}

/// Whether nothing but linears reads what a norm gives.
static bool feedsLinears(Operation *node, ArrayRef<Linear> linears,
                         std::string &reason) {
  for (OpResult result : llvm::drop_begin(node->getResults()))
    if (!result.use_empty()) {
      reason = "its other results are read";
      return false;
    }
  Value result = node->getResult(0);
  for (Operation *user : result.getUsers()) {
    if (llvm::any_of(linears, [&](const Linear &linear) {
          return linear.input == result &&
                 llvm::is_contained(linear.nodes, user);
        }))
      continue;
    reason = "'" + pathOf(user) + "' reads it, which is no linear";
    return false;
  }
  return !result.use_empty();
}

static void split(const Norm &norm, NodeWriter &writer) {
  writer.setPlace(norm.node, pathOf(norm.node));
  auto constant = [&](StringRef name, double number) {
    std::vector<double> numbers(norm.type.getNumElements(), number);
    return writer.weight(
        name, norm.type,
        weights::fromDoubles(cast<FloatType>(norm.type.getElementType()),
                             numbers));
  };
  IRMapping mapping;
  if (norm.scale)
    mapping.map(norm.scale, constant("slin_ones", 1));
  if (norm.shift)
    mapping.map(norm.shift, constant("slin_zeros", 0));
  Value result =
      writer.copy(norm.node, mapping, "slin_normalised")->getResult(0);
  if (norm.scale)
    result = writer.node<MulOp>("slin_scale", {result, norm.scale});
  if (norm.shift)
    result = writer.node<AddOp>("slin_shift", {result, norm.shift});
  replaceNode(norm.node, result);
}

void SplitNormsPass::runOnOperation() {
  NodeWriter writer(getOperation());
  llvm::SetVector<Block *> blocks;
  getOperation().walk([&](Operation *node) {
    if (isa<NodeOpInterface>(node) && isNorm(node))
      blocks.insert(node->getBlock());
  });
  for (Block *block : blocks) {
    // Found before anything changes: linears are lists of nodes.
    std::vector<Linear> linears = findLinears(*block);
    SmallVector<Norm> norms;
    for (Operation &node : *block) {
      if (!isa<NodeOpInterface>(node) || !isNorm(&node))
        continue;
      std::string reason;
      std::optional<Norm> norm = match(&node, reason);
      if (norm && feedsLinears(&node, linears, reason))
        norms.push_back(*norm);
      else if (!reason.empty())
        remark::missed(
            node.getLoc(),
            remark::RemarkOpts::name("NotSplit").category("onnx-split-norms"))
            << "'" + pathOf(&node) + "' keeps its scale: " + reason;
    }
    for (const Norm &norm : norms) {
      remark::passed(
          norm.node->getLoc(),
          remark::RemarkOpts::name("Split").category("onnx-split-norms"))
          << "scale and shift of '" + pathOf(norm.node) +
                 "' are nodes of their own";
      split(norm, writer);
    }
  }
}
