//===- TokenFlow.cpp - Which values are not per token ---------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A value is pooled if all of its operands are: adding a pooled vector to every
// token leaves tokens.
//
//===----------------------------------------------------------------------===//

#include "TokenFlow.h"

#include "slin/Dialect/ONNX/Analysis/Constants.h"
#include "slin/Dialect/ONNX/Analysis/FeatureLayout.h"
#include "slin/Dialect/ONNX/Analysis/Pointwise.h"
#include "slin/Dialect/ONNX/Analysis/ValueShape.h"
#include "slin/Dialect/ONNX/IR/ONNXOps.h"

#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace slin::onnx;

/// Whether `axis` of `value` is its last one, as far as is known.
static bool isLast(int64_t axis, Value value) {
  std::optional<int64_t> rank = rankOf(value);
  return axis == -1 || (rank && axis == *rank - 1);
}

static bool picksOne(GatherOp gather) {
  Value data = presentInput(gather, 0), indices = presentInput(gather, 1);
  if (!data || !indices || isConstant(data) ||
      isLast(numberAttribute(gather, "axis", 0), data))
    return false;
  auto constant = integerConstant(indices);
  return rankOf(indices) == 0 || (constant && constant->size() == 1);
}

static bool slicesOne(SliceOp slice) {
  Value data = presentInput(slice, 0);
  auto starts = integersOf(slice, "starts", 1),
       ends = integersOf(slice, "ends", 2);
  if (!data || isConstant(data) || !starts || !ends ||
      starts->size() != ends->size())
    return false;
  auto axes = integersOf(slice, "axes", 3);
  for (size_t i = 0; i < starts->size(); ++i) {
    int64_t start = (*starts)[i], end = (*ends)[i];
    int64_t axis = axes && i < axes->size() ? (*axes)[i] : int64_t(i);
    bool one = end - 1 == start || (start == -1 && end >= INT32_MAX);
    if (one && !isLast(axis, data))
      return true;
  }
  return false;
}

static bool reducesTokens(Operation *node) {
  Value data = presentInput(node, 0);
  auto axes = integersOf(node, "axes", 1);
  if (!data || isConstant(data) || !axes || axes->empty())
    return false;
  // Without a rank, axis 1 is taken for the tokens and -1 for the features.
  return llvm::all_of(*axes, [&](int64_t axis) {
    return !isLast(axis, data) && (axis < 0 || axis == 1 || rankOf(data));
  });
}

/// Whether a GatherND takes the tokens that a NonZero finds: as many as there
/// are, each as it was.
static bool takesFoundTokens(Operation *node) {
  Value places = presentInput(node, 1);
  while (places) {
    Operation *from = places.getDefiningOp();
    if (isa_and_nonnull<NonZeroOp>(from))
      return true;
    // Of the places in [tokens, choices] only those among tokens are taken.
    if (!isa_and_nonnull<TransposeOp, GatherOp>(from))
      return false;
    places = presentInput(from, 0);
  }
  return false;
}

/// Whether the node makes one vector of many tokens, or of a time step.
static bool isOrigin(Operation *node) {
  if (auto gather = dyn_cast<GatherOp>(node))
    return picksOne(gather);
  if (auto slice = dyn_cast<SliceOp>(node))
    return slicesOne(slice);
  if (isa<GatherNDOp>(node) && takesFoundTokens(node))
    return false;
  std::string name = operatorName(node);
  if (StringRef(name).starts_with("Reduce"))
    return reducesTokens(node);
  return llvm::StringSwitch<bool>(name)
      .Cases({"GlobalAveragePool", "GlobalMaxPool", "GatherND", "Sin", "Cos"},
             true)
      .Default(false);
}

std::string TokenFlow::describe(Operation *origin) {
  std::string name = operatorName(origin);
  StringRef what =
      llvm::StringSwitch<StringRef>(name)
          .Cases({"Gather", "Slice"}, "picks one token")
          .Case("GatherND", "picks tokens")
          .Cases({"Sin", "Cos"}, "makes an embedding of time or place")
          .Default("pools tokens");
  return ("'" + name + "' " + what).str();
}

/// Whether the result describes the same tokens as the operands.
static bool passesTokens(Operation *node) {
  if (isPointwise(node) || isShapeNode(node))
    return true;
  return llvm::StringSwitch<bool>(operatorName(node))
      .Cases({"MatMul", "Gemm", "ms.FusedMatMul", "Conv", "Concat",
              "LayerNormalization"},
             true)
      .Cases({"ms.SkipLayerNormalization", "RMSNormalization",
              "BatchNormalization", "Slice"},
             true)
      .Cases({"SimplifiedLayerNormalization", "ms.FusedGemm", "Split",
              "LpNormalization"},
             true)
      .Default(false);
}

void TokenFlow::visit(Operation *node) {
  if (!isa<NodeOpInterface>(node))
    return;
  Operation *origin = isOrigin(node) ? node : nullptr;
  if (!origin && passesTokens(node)) {
    SmallVector<Value> operands(node->getOperands());
    if (isPointwise(node))
      operands = pointwiseOperands(node);
    else if (isShapeNode(node))
      operands.truncate(1);
    for (Value operand : operands) {
      if (isConstant(operand))
        continue;
      origin = origins.lookup(operand);
      if (!origin)
        return;
    }
  }
  if (!origin)
    return;
  for (Value result : node->getResults())
    origins[result] = origin;
}

TokenFlow::TokenFlow(Operation *root) {
  root->walk<WalkOrder::PreOrder>([&](Operation *node) { visit(node); });
}
