//===- FeaturePlace.cpp - Where a linear's features went ------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Sizes of axes come from the digits on them where the value is the one that is
// followed, else from shapes.
//
//===----------------------------------------------------------------------===//

#include "FeaturePlace.h"

#include "slin/Dialect/ONNX/Analysis/Constants.h"
#include "slin/Dialect/ONNX/Analysis/ValueShape.h"
#include "slin/Dialect/ONNX/IR/ONNXOps.h"

#include "llvm/ADT/SmallBitVector.h"

using namespace mlir;
using namespace slin::onnx;
using slin::term::Permutation;

int64_t slin::onnx::sizeOf(ArrayRef<FeatureLayout::Digit> digits) {
  int64_t result = 1;
  for (FeatureLayout::Digit digit : digits)
    result *= digit.size;
  return result;
}

std::optional<Permutation>
slin::onnx::orderOf(ArrayRef<FeatureLayout::Digit> digits) {
  SmallVector<FeatureLayout::Digit> own(digits);
  llvm::sort(own, [](auto a, auto b) { return a.stride > b.stride; });
  std::vector<int64_t> radices, order;
  for (FeatureLayout::Digit digit : own)
    radices.push_back(digit.size);
  for (FeatureLayout::Digit digit : digits)
    order.push_back(llvm::find(own, digit) - own.begin());
  std::string reason;
  return Permutation::fromDigits(radices, order, reason);
}

LogicalResult FeaturePlace::apply(Operation *node, std::string &reason) {
  auto sizes = [&](Value other, int64_t axis) -> std::optional<int64_t> {
    if (other == value)
      if (auto digits = layout.digitsOn(axis); !digits.empty())
        return sizeOf(digits);
    std::optional<SmallVector<int64_t>> shape = shapeOf(other);
    if (!shape || axis < 1 || axis > int64_t(shape->size()) ||
        ShapedType::isDynamic((*shape)[shape->size() - axis]))
      return std::nullopt;
    return (*shape)[shape->size() - axis];
  };
  FeatureLayout after = layout;
  if (failed(after.apply(node, sizes, reason)))
    return failure();
  tokens.apply(node, layout, after);
  layout = after;
  value = node->getResult(0);
  return success();
}

std::optional<Permutation> FeaturePlace::getOrder() const {
  auto digits = layout.digitsOn(1);
  if (sizeOf(digits) != layout.size() || !tokens.areAsInSource())
    return std::nullopt;
  return orderOf(digits);
}

Operation *slin::onnx::soleReaderOf(Value value) {
  Operation *found = nullptr;
  for (Operation *user : value.getUsers()) {
    if (isa<ShapeOp>(user))
      continue;
    if (found && found != user)
      return nullptr;
    found = user;
  }
  return found && found->getBlock() == value.getParentBlock() ? found : nullptr;
}

//===----------------------------------------------------------------------===//
// Pieces
//===----------------------------------------------------------------------===//

/// Whether `axis` is the last one of `value`.
static bool isLastAxis(int64_t axis, Value value) {
  if (axis < 0)
    return axis == -1;
  std::optional<int64_t> rank = rankOf(value);
  return rank && axis == *rank - 1;
}

/// The sizes of a Split of `width` features: given, or as equal as can be.
static std::optional<SmallVector<int64_t>> sizesOf(SplitOp split,
                                                   int64_t width) {
  if (auto sizes = integersOf(split, "split", 1))
    return sizes;
  int64_t count = split->getNumResults();
  if (presentInput(split, 1) || count == 0)
    return std::nullopt;
  int64_t most = (width + count - 1) / count;
  SmallVector<int64_t> sizes(count, most);
  sizes.back() = width - most * (count - 1);
  return sizes;
}

static std::optional<FeaturePiece> pieceOf(SplitOp split, unsigned index) {
  Value source = split->getOperand(0);
  std::optional<int64_t> width = lastDimensionOf(source);
  if (!isLastAxis(numberAttribute(split, "axis", 0), source) || !width)
    return std::nullopt;
  auto sizes = sizesOf(split, *width);
  if (!sizes || sizes->size() != split->getNumResults())
    return std::nullopt;
  int64_t offset = 0;
  for (int64_t size : ArrayRef<int64_t>(*sizes).take_front(index))
    offset += size;
  return FeaturePiece{source, offset, (*sizes)[index], *width};
}

static std::optional<FeaturePiece> pieceOf(SliceOp slice) {
  Value source = slice->getOperand(0);
  std::optional<int64_t> width = lastDimensionOf(source);
  auto starts = integersOf(slice, "starts", 1),
       ends = integersOf(slice, "ends", 2), axes = integersOf(slice, "axes", 3);
  if (!width || !starts || !ends || !axes || starts->size() != 1 ||
      ends->size() != 1 || axes->size() != 1 ||
      !isLastAxis(axes->front(), source))
    return std::nullopt;
  if (presentInput(slice, 4) &&
      integersOf(slice, "steps", 4) != SmallVector<int64_t>{1})
    return std::nullopt;
  auto place = [&](int64_t index) {
    return std::clamp<int64_t>(index < 0 ? index + *width : index, 0, *width);
  };
  int64_t first = place(starts->front()), last = place(ends->front());
  return FeaturePiece{source, first, last - first, *width};
}

std::optional<FeaturePiece> slin::onnx::findPiece(Value value) {
  std::optional<FeaturePiece> piece;
  if (auto split = value.getDefiningOp<SplitOp>())
    piece = pieceOf(split, cast<OpResult>(value).getResultNumber());
  else if (auto slice = value.getDefiningOp<SliceOp>())
    piece = pieceOf(slice);
  if (!piece || piece->size < 1 || piece->offset < 0 ||
      piece->offset + piece->size > piece->width)
    return std::nullopt;
  return piece;
}

std::optional<SmallVector<int64_t>> slin::onnx::findSelection(Operation *node,
                                                              int64_t width) {
  if (!isa<GatherOp>(node) || node->getNumOperands() != 2 ||
      !isLastAxis(numberAttribute(node, "axis", 0), node->getOperand(0)))
    return std::nullopt;
  auto indices = integerConstant(node->getOperand(1), /*most=*/width);
  // One index without an axis would take the features' axis away.
  auto shape = shapeOf(node->getOperand(1));
  if (!indices || !shape || shape->size() != 1 || indices->empty())
    return std::nullopt;
  llvm::SmallBitVector picked(width);
  for (int64_t &index : *indices) {
    index += index < 0 ? width : 0;
    if (index < 0 || index >= width || picked.test(index))
      return std::nullopt;
    picked.set(index);
  }
  return indices;
}
