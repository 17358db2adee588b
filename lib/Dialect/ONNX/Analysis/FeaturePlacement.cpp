//===- FeaturePlacement.cpp - Features brought to the last axis -----------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The longest way is tried first: a pair of shape nodes that undo each other
// would otherwise stand between two maps.
//
//===----------------------------------------------------------------------===//

#include "FeaturePlacement.h"
#include "TokenAxes.h"

#include "slin/Dialect/ONNX/Analysis/ValueShape.h"
#include "slin/Dialect/ONNX/IR/ONNXOps.h"

using namespace mlir;
using namespace slin::onnx;

/// More nodes bring no features anywhere.
static constexpr size_t kMaxNodes = 4;

namespace {
/// Where features and tokens lie on the way.
struct Position {
  FeatureLayout layout;
  TokenAxes tokens;

  bool apply(Operation *node) {
    FeatureLayout after = layout;
    std::string reason;
    auto sizes = [](Value value, int64_t axis) -> std::optional<int64_t> {
      if (axis == 1)
        return lastDimensionOf(value);
      auto shape = shapeOf(value);
      if (!shape || axis > int64_t(shape->size()) ||
          ShapedType::isDynamic((*shape)[shape->size() - axis]))
        return std::nullopt;
      return (*shape)[shape->size() - axis];
    };
    if (failed(after.apply(node, sizes, reason)))
      return false;
    tokens.apply(node, layout, after);
    layout = after;
    return true;
  }
};
} // namespace

/// The node that alone reads the value, but for its shape.
static Operation *onlyReader(Value value) {
  Operation *found = nullptr;
  for (Operation *user : value.getUsers()) {
    if (isa<ShapeOp>(user))
      continue;
    if (found && found != user)
      return nullptr;
    found = user;
  }
  return found;
}

static std::optional<FeaturePlacement>
placeFrom(Value source, ArrayRef<Operation *> before, Operation *node,
          int64_t features, int64_t fromRight) {
  if (lastDimensionOf(source) != features)
    return std::nullopt;
  Position position{FeatureLayout(features), TokenAxes(source)};
  for (Operation *shape : before)
    if (!position.apply(shape))
      return std::nullopt;
  auto digits = position.layout.digitsOn(fromRight);
  if (digits.size() != 1 || digits[0].size != features)
    return std::nullopt;
  FeaturePlacement result{source, node->getResult(0), {}, {}};
  result.nodes.assign(before.begin(), before.end());
  result.nodes.push_back(node);
  while (!position.layout.isLastAxis() || !position.tokens.areAsInSource()) {
    Operation *next = onlyReader(result.output);
    if (!next || next->getOperand(0) != result.output ||
        result.nodes.size() > before.size() + kMaxNodes)
      return std::nullopt;
    if (isa<BatchNormalizationOp>(next)) {
      std::optional<int64_t> rank = rankOf(result.output);
      if (!rank || position.layout.digitsOn(*rank - 1).size() != 1 ||
          position.layout.digitsOn(*rank - 1)[0].size != features)
        return std::nullopt;
      result.norms.push_back(next);
    } else if (!isShapeNode(next) || !position.apply(next)) {
      return std::nullopt;
    }
    result.nodes.push_back(next);
    result.output = next->getResult(0);
  }
  return result;
}

std::optional<FeaturePlacement>
slin::onnx::placeOnLastAxis(Operation *node, int64_t features, int64_t axis) {
  Value data = node->getOperand(0);
  std::optional<int64_t> rank = rankOf(data);
  if (!rank || *rank <= axis)
    return std::nullopt;
  SmallVector<Operation *> path;
  for (Value value = data; path.size() < kMaxNodes;) {
    Operation *shape = value.getDefiningOp();
    if (!shape || !isShapeNode(shape) ||
        shape->getBlock() != node->getBlock() || !onlyReader(value))
      break;
    path.insert(path.begin(), shape);
    value = shape->getOperand(0);
  }
  for (ArrayRef<Operation *> rest = path;; rest = rest.drop_front()) {
    Value source = rest.empty() ? data : rest.front()->getOperand(0);
    if (auto placed = placeFrom(source, rest, node, features, *rank - axis))
      return placed;
    if (rest.empty())
      return std::nullopt;
  }
}

Operation *slin::onnx::transposeToAxis(Value value, int64_t axis) {
  auto transpose = value.getDefiningOp<TransposeOp>();
  auto permutation = transpose ? transpose.getPerm() : std::nullopt;
  if (!permutation || axis >= int64_t(permutation->size()) ||
      (*permutation)[axis] != int64_t(permutation->size()) - 1)
    return nullptr;
  return transpose;
}
