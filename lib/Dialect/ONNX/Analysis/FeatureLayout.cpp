//===- FeatureLayout.cpp - Where features lie in a tensor -----------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The sizes of token axes are never needed: a shape node that would need them
// mixes tokens with features.
//
//===----------------------------------------------------------------------===//

#include "slin/Dialect/ONNX/Analysis/FeatureLayout.h"

#include "slin/Dialect/ONNX/Analysis/Constants.h"
#include "slin/Dialect/ONNX/Analysis/ValueShape.h"
#include "slin/Dialect/ONNX/IR/ONNXOps.h"

using namespace mlir;
using namespace slin::onnx;

bool slin::onnx::isShapeNode(Operation *node) {
  return isa<ReshapeOp, TransposeOp, SqueezeOp, UnsqueezeOp, FlattenOp>(node) &&
         node->getNumOperands() > 0 && node->getNumResults() == 1;
}

namespace {
/// A piece of the shape of `value`: axes `first` to `first + count`, negative
/// if counted from the right.
struct ShapePiece {
  Value value;
  int64_t first = 0, count = 0;
};
} // namespace

/// `value` seen through nodes that keep a dimension's number.
static Operation *dimensionOf(Value value) {
  Operation *op = value.getDefiningOp();
  for (int depth = 0;
       op && depth < 8 && isa<CastOp, IdentityOp, UnsqueezeOp, SqueezeOp>(op) &&
       op->getNumOperands();
       ++depth)
    op = op->getOperand(0).getDefiningOp();
  return op;
}

/// Reads Gather, Slice and Shape's own attributes, as exporters write them.
static std::optional<ShapePiece> shapePieceOf(Value value) {
  Operation *op = dimensionOf(value);
  if (!op || op->getNumOperands() == 0)
    return std::nullopt;
  auto shape = dyn_cast<ShapeOp>(op);
  if (shape) {
    int64_t first = shape.getStart().value_or(0),
            last = shape.getEnd().value_or(0);
    if (last <= first || (first < 0) != (last < 0) || last - first > 16)
      return std::nullopt;
    return ShapePiece{shape->getOperand(0), first, last - first};
  }
  if (!isa<GatherOp, SliceOp>(op) ||
      !(shape = op->getOperand(0).getDefiningOp<ShapeOp>()) ||
      shape.getStart().value_or(0) != 0 || shape.getEnd())
    return std::nullopt;
  if (isa<GatherOp>(op)) {
    Value operand = presentInput(op, 1);
    auto index = operand ? integerConstant(operand) : std::nullopt;
    if (!index || index->size() != 1)
      return std::nullopt;
    return ShapePiece{shape->getOperand(0), index->front(), 1};
  }
  auto starts = integersOf(op, "starts", 1), ends = integersOf(op, "ends", 2);
  if (!starts || !ends || starts->size() != 1 || ends->size() != 1 ||
      presentInput(op, 4))
    return std::nullopt;
  int64_t first = starts->front(), last = ends->front();
  if (first < 0 && last >= INT32_MAX)
    last = 0;
  else if ((first < 0) != (last < 0))
    return std::nullopt;
  if (last <= first || last - first > 16)
    return std::nullopt;
  return ShapePiece{shape->getOperand(0), first, last - first};
}

static int64_t sizeOf(const ShapePiece &piece, int64_t index, AxisSizes sizes) {
  int64_t axis = piece.first + index;
  std::optional<int64_t> rank = rankOf(piece.value);
  if (axis >= 0 && !rank)
    return ShapedType::kDynamic;
  return sizes(piece.value, axis < 0 ? -axis : *rank - axis)
      .value_or(ShapedType::kDynamic);
}

TargetShape slin::onnx::readTargetShape(Value shape, AxisSizes sizes) {
  TargetShape target;
  Operation *op = shape.getDefiningOp();
  if (op && isa<CastOp, IdentityOp>(op) && op->getNumOperands())
    return readTargetShape(op->getOperand(0), sizes);
  SmallVector<Value> pieces{shape};
  if (op && isa<ConcatOp>(op))
    pieces.assign(op->operand_begin(), op->operand_end());
  for (Value value : llvm::reverse(pieces)) {
    SmallVector<int64_t> dims;
    if (auto constant = integerConstant(value)) {
      dims = *constant;
    } else if (auto piece = shapePieceOf(value)) {
      for (int64_t i = 0; i < piece->count; ++i)
        dims.push_back(sizeOf(*piece, i, sizes));
    } else {
      auto type = dyn_cast<RankedTensorType>(value.getType());
      bool single = isa_and_nonnull<UnsqueezeOp>(value.getDefiningOp());
      if (!single && !(type && type.getRank() == 1 && type.hasStaticShape()))
        return target;
      dims.assign(single ? 1 : type.getDimSize(0), ShapedType::kDynamic);
    }
    target.dims.insert(target.dims.begin(), dims.begin(), dims.end());
  }
  target.complete = true;
  return target;
}

FeatureLayout::FeatureLayout(int64_t features)
    : features(features), axes{Axis{Digit{features, 1}}} {}

FeatureLayout::FeatureLayout(int64_t features, ArrayRef<Axis> axes)
    : features(features), axes(axes.begin(), axes.end()) {
  normalise();
}

ArrayRef<FeatureLayout::Digit>
FeatureLayout::digitsOn(int64_t fromRight) const {
  if (fromRight < 1 || fromRight > int64_t(axes.size()))
    return {};
  return axes[axes.size() - fromRight];
}

bool FeatureLayout::isLastAxis() const {
  return axes.size() == 1 && axes[0].size() == 1;
}

bool FeatureLayout::isPermuted() const {
  return axes.size() == 1 && axes[0].size() > 1;
}

/// Joins digits that lie in sequence, and drops those that are always 0.
static FeatureLayout::Axis joined(const FeatureLayout::Axis &digits) {
  FeatureLayout::Axis result;
  for (FeatureLayout::Digit digit : digits) {
    if (digit.size == 1)
      continue;
    if (!result.empty() && result.back().stride == digit.stride * digit.size)
      result.back() = {result.back().size * digit.size, digit.stride};
    else
      result.push_back(digit);
  }
  return result;
}

/// Drops token axes on the left.
void FeatureLayout::normalise() {
  while (axes.size() > 1 && axes.front().empty())
    axes.erase(axes.begin());
  if (features == 1)
    return;
  for (Axis &axis : axes)
    axis = joined(axis);
}

/// Moves the last of `digits` to an axis of `size`, which is divided by what
/// was moved: 1 where the digits fill it. Fails where it would cut a digit.
static LogicalResult take(FeatureLayout::Axis &digits, int64_t &size,
                          FeatureLayout::Axis &axis) {
  while (size > 1 && !digits.empty()) {
    FeatureLayout::Digit &digit = digits.back();
    int64_t taken = std::min(size, digit.size);
    if (size % taken || digit.size % taken)
      return failure();
    axis.insert(axis.begin(), {taken, digit.stride});
    size /= taken;
    digit = {digit.size / taken, digit.stride * taken};
    if (digit.size == 1)
      digits.pop_back();
  }
  return success();
}

/// `digits` on axes of these sizes, where they fill them.
static std::optional<SmallVector<FeatureLayout::Axis>>
cut(FeatureLayout::Axis digits, ArrayRef<int64_t> sizes) {
  SmallVector<FeatureLayout::Axis> result(sizes.size());
  for (size_t i = sizes.size(); i-- > 0;) {
    int64_t size = sizes[i];
    if (failed(take(digits, size, result[i])) || size != 1)
      return std::nullopt;
  }
  return digits.empty() ? std::optional(result) : std::nullopt;
}

/// A Reshape of `[features, tokens, features]` that leaves the tokens between:
/// the one size that is left to be found is theirs.
static std::optional<SmallVector<FeatureLayout::Axis>>
cutAroundTokens(ArrayRef<FeatureLayout::Axis> axes, size_t tokens,
                const TargetShape &target) {
  auto place = llvm::find(target.dims, -1);
  if (!target.complete || place == target.dims.end())
    return std::nullopt;
  auto digitsOf = [](ArrayRef<FeatureLayout::Axis> part) {
    FeatureLayout::Axis digits;
    for (const FeatureLayout::Axis &axis : part)
      digits.append(axis.begin(), axis.end());
    return joined(digits);
  };
  size_t index = place - target.dims.begin();
  ArrayRef<int64_t> sizes(target.dims);
  auto left = cut(digitsOf(axes.take_front(tokens)), sizes.take_front(index));
  auto right =
      cut(digitsOf(axes.drop_front(tokens + 1)), sizes.drop_front(index + 1));
  if (!left || !right)
    return std::nullopt;
  left->emplace_back();
  left->append(*right);
  return left;
}

LogicalResult FeatureLayout::reshape(
    const TargetShape &target,
    llvm::function_ref<std::optional<int64_t>(int64_t)> sizeOf,
    std::string &reason) {
  Axis rest;
  for (auto [index, axis] : llvm::enumerate(axes)) {
    if (axis.empty() && sizeOf(axes.size() - index) == 1)
      continue; // one token, or an axis that was put in
    if (axis.empty()) {
      if (auto around = cutAroundTokens(axes, index, target)) {
        axes = std::move(*around);
        return success();
      }
      reason = "reshapes features together with tokens";
      return failure();
    }
    rest.append(axis.begin(), axis.end());
  }
  // Digits on neighbouring axes may be cut anywhere once they are one number.
  if (features != 1)
    rest = joined(rest);
  SmallVector<Axis> result;
  for (size_t i = target.dims.size(); !rest.empty(); --i) {
    int64_t size = i == 0 ? ShapedType::kDynamic : target.dims[i - 1];
    if (size <= 0) {
      reason = "reshapes features to a shape that is not known";
      return failure();
    }
    Axis axis;
    if (failed(take(rest, size, axis))) {
      reason = "reshapes features across their blocks";
      return failure();
    }
    if (size != 1) {
      reason = "reshapes features together with tokens";
      return failure();
    }
    if (features == 1)
      rest.clear();
    result.insert(result.begin(), axis);
  }
  axes = std::move(result);
  if (features == 1)
    axes = {Axis{Digit{1, 1}}};
  return success();
}

LogicalResult FeatureLayout::transpose(ArrayRef<int64_t> permutation,
                                       std::string &reason) {
  if (permutation.size() < axes.size()) {
    reason = "has a permutation shorter than its operand's rank";
    return failure();
  }
  SmallVector<Axis> padded(permutation.size() - axes.size());
  padded.append(axes.begin(), axes.end());
  SmallVector<Axis> result;
  for (int64_t source : permutation) {
    if (source < 0 || source >= int64_t(padded.size())) {
      reason = "has a permutation out of range";
      return failure();
    }
    result.push_back(padded[source]);
  }
  axes = std::move(result);
  return success();
}

/// `axis` counted from the right: 1 is the last one. Needs the rank where
/// `axis` counts from the left.
static std::optional<int64_t> fromRight(int64_t axis,
                                        std::optional<int64_t> rank) {
  if (axis < 0)
    return -axis;
  if (!rank || axis >= *rank)
    return std::nullopt;
  return *rank - axis;
}

LogicalResult FeatureLayout::unsqueeze(Operation *node, std::string &reason) {
  auto list = integersOf(node, "axes", 1);
  reason = "inserts axes at places that are not known";
  if (!list)
    return failure();
  std::optional<int64_t> rank = rankOf(node->getResult(0));
  if (!rank)
    if (std::optional<int64_t> before = rankOf(node->getOperand(0)))
      rank = *before + int64_t(list->size());
  SmallVector<int64_t> places;
  for (int64_t axis : *list) {
    std::optional<int64_t> place = fromRight(axis, rank);
    if (!place || *place > 64)
      return failure();
    places.push_back(*place);
  }
  llvm::sort(places);
  for (int64_t place : places)
    if (place <= int64_t(axes.size()))
      axes.insert(axes.end() - (place - 1), Axis());
  return success();
}

LogicalResult FeatureLayout::squeeze(Operation *node, std::string &reason) {
  auto list = integersOf(node, "axes", 1);
  reason = "removes axes at places that are not known";
  if (!list)
    return failure();
  std::optional<int64_t> rank = rankOf(node->getOperand(0));
  if (!rank)
    if (std::optional<int64_t> after = rankOf(node->getResult(0)))
      rank = *after + int64_t(list->size());
  SmallVector<int64_t> places;
  for (int64_t axis : *list) {
    std::optional<int64_t> place = fromRight(axis, rank);
    if (!place)
      return failure();
    places.push_back(*place);
  }
  llvm::sort(places, std::greater<int64_t>());
  for (int64_t place : places) {
    if (place > int64_t(axes.size()))
      continue;
    Axis &axis = axes[axes.size() - place];
    if (!axis.empty()) {
      reason = "removes the feature axis";
      return failure();
    }
    axes.erase(&axis);
  }
  return success();
}

LogicalResult FeatureLayout::apply(Operation *node, AxisSizes sizes,
                                   std::string &reason) {
  LogicalResult result = failure();
  if (isa<ReshapeOp>(node)) {
    TargetShape target;
    if (auto type = dyn_cast<RankedTensorType>(node->getResult(0).getType()))
      target = {llvm::to_vector(type.getShape()), true};
    bool unknown =
        target.dims.empty() || ShapedType::isDynamic(target.dims.back());
    if (Value shape = presentInput(node, 1); shape && unknown)
      target = readTargetShape(shape, sizes);
    else if (auto list = integersOf(node, "shape", 1); list && unknown)
      target = {*list, true};
    auto size = [&](int64_t axis) { return sizes(node->getOperand(0), axis); };
    result = reshape(target, size, reason);
  } else if (auto op = dyn_cast<TransposeOp>(node)) {
    if (auto permutation = op.getPerm()) {
      result = transpose(*permutation, reason);
    } else if (auto rank = rankOf(node->getOperand(0))) {
      result = transpose(
          llvm::to_vector(llvm::reverse(llvm::seq<int64_t>(0, *rank))), reason);
    } else {
      reason = "reverses axes whose number is not known";
    }
  } else if (isa<UnsqueezeOp>(node)) {
    result = unsqueeze(node, reason);
  } else if (isa<SqueezeOp>(node)) {
    result = squeeze(node, reason);
  } else if (isa<FlattenOp>(node)) {
    auto place = fromRight(numberAttribute(node, "axis", 1),
                           rankOf(node->getOperand(0)));
    result = success(isLastAxis() && place == 1);
    reason = "flattens features together with tokens";
  } else {
    reason = "is no shape node";
  }
  if (succeeded(result))
    normalise();
  return result;
}
