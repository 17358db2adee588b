//===- TokenAxes.cpp - The axes of a value that hold tokens ---------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Tokens are never reordered among themselves by what is followed here, so
// their axes are known by their numbers.
//
//===----------------------------------------------------------------------===//

#include "TokenAxes.h"

#include "slin/Dialect/ONNX/Analysis/Constants.h"
#include "slin/Dialect/ONNX/Analysis/ValueShape.h"
#include "slin/Dialect/ONNX/IR/ONNXOps.h"

#include "llvm/ADT/Sequence.h"

using namespace mlir;
using namespace slin::onnx;

TokenAxes::TokenAxes(Value source) : source(source) {
  std::optional<int64_t> rank = rankOf(source);
  if (!rank || *rank < 1) {
    axes = original = {Leading};
    return;
  }
  if (*rank == 2) {
    axes = original = {All};
    return;
  }
  for (int64_t axis = 0; axis + 1 < *rank; ++axis)
    original.push_back(First + axis);
  axes = original;
}

/// All axes of a source whose rank becomes known.
void TokenAxes::expand(int64_t count) {
  auto *whole = llvm::find(axes, int(Leading));
  if (whole == axes.end())
    return;
  original.clear();
  if (count == 1)
    original.push_back(All);
  else
    for (int64_t axis = 0; axis < count; ++axis)
      original.push_back(First + axis);
  whole = axes.erase(whole);
  axes.insert(whole, original.begin(), original.end());
}

void TokenAxes::transpose(ArrayRef<int64_t> permutation,
                          const FeatureLayout &before) {
  int64_t rank = permutation.size();
  SmallVector<int> contents(rank, Unknown);
  int64_t tokens = 0;
  for (int64_t axis = 0; axis < rank; ++axis)
    tokens += before.digitsOn(rank - axis).empty();
  expand(tokens - llvm::count(axes, int(One)));
  if (tokens != int64_t(axes.size())) {
    axes.assign(1, Unknown);
    return;
  }
  for (int64_t axis = 0, next = 0; axis < rank; ++axis)
    if (before.digitsOn(rank - axis).empty())
      contents[axis] = axes[next++];
  axes.clear();
  for (int64_t place : permutation)
    if (before.digitsOn(rank - place).empty())
      axes.push_back(contents[place]);
}

/// The shape of `source` but its last axis: `Shape` with an end of -1, or a
/// Slice of one.
static bool isLeadingShape(Value value, Value source) {
  Operation *op = value.getDefiningOp();
  if (auto shape = dyn_cast_or_null<ShapeOp>(op))
    return shape->getOperand(0) == source &&
           shape.getStart().value_or(0) == 0 && shape.getEnd() == -1;
  auto slice = dyn_cast_or_null<SliceOp>(op);
  auto shape =
      slice ? slice->getOperand(0).getDefiningOp<ShapeOp>() : ShapeOp();
  if (!shape || shape->getOperand(0) != source || shape.getStart() ||
      shape.getEnd())
    return false;
  return integersOf(op, "starts", 1) == SmallVector<int64_t>{0} &&
         integersOf(op, "ends", 2) == SmallVector<int64_t>{-1};
}

/// Axis `axis` of the shape of `source`, as a vector of one.
static bool isAxisOfShape(Value value, Value source, int64_t axis) {
  Operation *op = value.getDefiningOp();
  for (int depth = 0;
       op && depth < 4 &&
       isa<UnsqueezeOp, SqueezeOp, CastOp, IdentityOp, ReshapeOp>(op);
       ++depth)
    op = op->getOperand(0).getDefiningOp();
  if (auto shape = dyn_cast_or_null<ShapeOp>(op))
    return shape->getOperand(0) == source &&
           int64_t(shape.getStart().value_or(0)) == axis &&
           shape.getEnd() == axis + 1;
  auto gather = dyn_cast_or_null<GatherOp>(op);
  auto shape =
      gather ? gather->getOperand(0).getDefiningOp<ShapeOp>() : ShapeOp();
  if (!shape || shape->getOperand(0) != source)
    return false;
  Value index = presentInput(op, 1);
  auto place = index ? integerConstant(index) : std::nullopt;
  return place && place->size() == 1 && place->front() == axis;
}

/// Whether the first `count` axes that a Reshape asks for are the source's.
bool TokenAxes::asksForLeading(Operation *reshape, int64_t count) const {
  auto from = shapeOf(source), to = shapeOf(reshape->getResult(0));
  if (from && to && count > 0 && int64_t(from->size()) == count + 1 &&
      int64_t(to->size()) > count) {
    // Of several sizes one may be left to be found.
    int64_t equal =
        llvm::count_if(llvm::seq<int64_t>(0, count), [&](int64_t i) {
          return !ShapedType::isDynamic((*from)[i]) && (*from)[i] == (*to)[i];
        });
    if (equal == count || (equal == count - 1 && count > 1))
      return true;
    auto dimsOf = [](Value value) {
      auto type = dyn_cast<RankedTensorType>(value.getType());
      return type ? dyn_cast_or_null<DimsAttr>(type.getEncoding()) : DimsAttr();
    };
    DimsAttr fromDims = dimsOf(source), toDims = dimsOf(reshape->getResult(0));
    if (fromDims && toDims && int64_t(fromDims.getDims().size()) > count &&
        int64_t(toDims.getDims().size()) > count &&
        fromDims.getDims().take_front(count) ==
            toDims.getDims().take_front(count))
      return true;
  }
  Value shape = presentInput(reshape, 1);
  auto concat = shape ? shape.getDefiningOp<ConcatOp>() : ConcatOp();
  if (!concat || concat->getNumOperands() == 0)
    return false;
  if (isLeadingShape(concat->getOperand(0), source))
    return true;
  if (count == 0 || int64_t(concat->getNumOperands()) < count)
    return false;
  return llvm::all_of(llvm::seq<int64_t>(0, count), [&](int64_t axis) {
    return isAxisOfShape(concat->getOperand(axis), source, axis);
  });
}

static int64_t countTokensBetween(const FeatureLayout &layout) {
  return llvm::count_if(layout.getAxes(), [](const FeatureLayout::Axis &axis) {
    return axis.empty();
  });
}

void TokenAxes::reshape(Operation *node, const FeatureLayout &before,
                        const FeatureLayout &after) {
  // All tokens on one axis between the features stay there.
  if (axes.size() == 1 && axes[0] != One && countTokensBetween(before) == 1 &&
      countTokensBetween(after) == 1)
    return;
  SmallVector<int> tokens;
  llvm::copy_if(axes, std::back_inserter(tokens),
                [](int content) { return content != One; });
  bool ordered = llvm::is_sorted(tokens) && !llvm::is_contained(axes, Unknown);
  if (!ordered) {
    axes.assign(1, Unknown);
    return;
  }
  // Axes between features can only be of size one.
  int64_t features = after.getAxes().size();
  int64_t between = countTokensBetween(after);
  std::optional<int64_t> rank = rankOf(node->getResult(0));
  if (rank && *rank == features + 1) {
    axes.assign(1, All);
  } else {
    // Without a rank only a piece of the source's shape can tell.
    int64_t count = rank ? *rank - features : 0;
    if (count >= 0 && asksForLeading(node, count))
      axes = original;
    else
      axes.assign(1, Unknown);
  }
  axes.append(between, One);
}

/// The places, counted from the right, that an Unsqueeze or Squeeze names in a
/// value of this rank.
static std::optional<SmallVector<int64_t>>
placesOf(Operation *node, std::optional<int64_t> rank) {
  auto list = integersOf(node, "axes", 1);
  if (!list)
    return std::nullopt;
  SmallVector<int64_t> places;
  for (int64_t axis : *list) {
    if (axis >= 0 && !rank)
      return std::nullopt;
    places.push_back(axis < 0 ? -axis : *rank - axis);
  }
  llvm::sort(places);
  return places;
}

/// The number of token axes to the right of a place.
static int64_t tokensRightOf(int64_t place, const FeatureLayout &layout) {
  int64_t count = 0;
  for (int64_t axis = 1; axis < place; ++axis)
    count += layout.digitsOn(axis).empty();
  return count;
}

void TokenAxes::insertAxes(Operation *node, const FeatureLayout &after) {
  auto places = placesOf(node, rankOf(node->getResult(0)));
  if (!places) {
    axes.assign(1, Unknown);
    return;
  }
  // From the right, so that places already count those that are new.
  for (int64_t place : *places) {
    int64_t right = tokensRightOf(place, after);
    bool inWhole =
        llvm::is_contained(axes, Leading) && right >= int64_t(axes.size());
    if (right > int64_t(axes.size()) || inWhole) {
      axes.assign(1, Unknown);
      return;
    }
    axes.insert(axes.end() - right, One);
  }
}

void TokenAxes::removeAxes(Operation *node, const FeatureLayout &before) {
  auto places = placesOf(node, rankOf(node->getOperand(0)));
  if (!places) {
    axes.assign(1, Unknown);
    return;
  }
  for (int64_t place : llvm::reverse(*places)) {
    int64_t right = tokensRightOf(place, before);
    if (right >= int64_t(axes.size()) || axes[axes.size() - 1 - right] != One) {
      axes.assign(1, Unknown);
      return;
    }
    axes.erase(axes.end() - 1 - right);
  }
}

void TokenAxes::apply(Operation *node, const FeatureLayout &before,
                      const FeatureLayout &after) {
  if (auto op = dyn_cast<TransposeOp>(node)) {
    if (auto permutation = op.getPerm())
      return transpose(*permutation, before);
    if (auto rank = rankOf(node->getOperand(0)))
      return transpose(
          llvm::to_vector(llvm::reverse(llvm::seq<int64_t>(0, *rank))), before);
  }
  if (isa<ReshapeOp>(node))
    return reshape(node, before, after);
  if (isa<UnsqueezeOp>(node))
    return insertAxes(node, after);
  if (isa<SqueezeOp>(node))
    return removeAxes(node, before);
  axes.assign(1, Unknown);
}
