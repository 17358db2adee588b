//===- ConstantView.cpp - Parts of stored tensors -------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every shape node maps a strided box to a strided box, except for a reshape of
// elements that do not lie in order: that one would have to copy.
//
//===----------------------------------------------------------------------===//

#include "slin/Dialect/ONNX/Analysis/ConstantView.h"

#include "slin/Dialect/ONNX/Analysis/Constants.h"
#include "slin/Dialect/ONNX/Analysis/FeatureLayout.h"
#include "slin/Dialect/ONNX/IR/ONNXOps.h"

using namespace mlir;
using namespace slin;
using namespace slin::onnx;

/// Nobody writes a longer way from a weight to the node that reads it.
static constexpr unsigned kMaxNodes = 16;

/// An axis counted from the left.
static std::optional<int64_t> fromLeft(int64_t axis, int64_t rank) {
  axis = axis < 0 ? axis + rank : axis;
  return axis >= 0 && axis < rank ? std::optional(axis) : std::nullopt;
}

/// The strides of elements that lie in order.
static SmallVector<int64_t> stridesOf(ArrayRef<int64_t> sizes) {
  SmallVector<int64_t> strides(sizes.size(), 1);
  for (int64_t axis = int64_t(sizes.size()) - 2; axis >= 0; --axis)
    strides[axis] = strides[axis + 1] * sizes[axis + 1];
  return strides;
}

bool ConstantView::isInOrder() const {
  SmallVector<int64_t> expected = stridesOf(sizes);
  for (int64_t axis = 0; axis < rank(); ++axis)
    if (sizes[axis] != 1 && strides[axis] != expected[axis])
      return false;
  return true;
}

bool ConstantView::isWhole() const {
  auto type = cast<ShapedType>(
      stored.getDefiningOp<weights::WeightOpInterface>().getWeight().getType());
  return offset == 0 && type.getShape() == ArrayRef<int64_t>(sizes) &&
         isInOrder();
}

ConstantView ConstantView::select(int64_t axis, int64_t index) const {
  ConstantView result = *this;
  result.offset += index * strides[axis];
  result.sizes.erase(result.sizes.begin() + axis);
  result.strides.erase(result.strides.begin() + axis);
  return result;
}

ConstantView ConstantView::slice(int64_t axis, int64_t first,
                                 int64_t size) const {
  ConstantView result = *this;
  result.offset += first * strides[axis];
  result.sizes[axis] = size;
  return result;
}

ConstantView ConstantView::transpose(ArrayRef<int64_t> permutation) const {
  ConstantView result = *this;
  for (auto [axis, place] : llvm::enumerate(permutation)) {
    result.sizes[axis] = sizes[place];
    result.strides[axis] = strides[place];
  }
  return result;
}

LogicalResult ConstantView::append(std::vector<char> &bytes,
                                   std::string &reason) const {
  auto weight = stored.getDefiningOp<weights::WeightOpInterface>();
  FailureOr<weights::Elements> elements = weight.getElements(reason);
  if (failed(elements))
    return failure();
  int64_t width = weights::bitsPerElement(elementType) / 8;
  auto count = weights::countOf(sizes);
  if (!count || *count == 0)
    return success();
  // The last axis moves fastest; where it lies in order it is one copy.
  int64_t run = rank() && strides.back() == 1 ? sizes.back() : 1;
  int64_t outer = run > 1 ? rank() - 1 : rank();
  SmallVector<int64_t> index(outer, 0);
  size_t at = bytes.size();
  bytes.resize(at + *count * width);
  for (uint64_t done = 0; done < *count; done += run, at += run * width) {
    int64_t position = offset;
    for (int64_t axis = 0; axis < outer; ++axis)
      position += index[axis] * strides[axis];
    std::memcpy(&bytes[at], elements->bytes.data() + position * width,
                run * width);
    for (int64_t axis = outer - 1; axis >= 0; --axis) {
      if (++index[axis] < sizes[axis])
        break;
      index[axis] = 0;
    }
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Nodes
//===----------------------------------------------------------------------===//

bool ConstantView::reshape(Operation *node) {
  auto target = integersOf(node, "shape", 1);
  if (!isInOrder() || !target || numberAttribute(node, "allowzero", 0) != 0)
    return false;
  int64_t known = 1, open = -1, total = *weights::countOf(sizes);
  for (auto [axis, size] : llvm::enumerate(*target)) {
    if (size == 0)
      size = int64_t(axis) < rank() ? sizes[axis] : 0;
    if (size == -1)
      open = axis;
    else
      known *= size;
  }
  if (known <= 0 || total % known || (open < 0 && known != total))
    return false;
  if (open >= 0)
    (*target)[open] = total / known;
  sizes.assign(target->begin(), target->end());
  strides = stridesOf(sizes);
  return true;
}

bool ConstantView::slice(Operation *node) {
  auto starts = integersOf(node, "starts", 1),
       ends = integersOf(node, "ends", 2);
  auto axes = integersOf(node, "axes", 3), steps = integersOf(node, "steps", 4);
  if (!starts || !ends || starts->size() != ends->size() ||
      (presentInput(node, 3) && !axes) || (presentInput(node, 4) && !steps))
    return false;
  for (size_t i = 0; i < starts->size(); ++i) {
    auto axis = fromLeft(axes && i < axes->size() ? (*axes)[i] : i, rank());
    if (!axis || (steps && i < steps->size() && (*steps)[i] != 1))
      return false;
    int64_t size = sizes[*axis];
    auto clamp = [&](int64_t at) {
      return std::clamp<int64_t>(at < 0 ? at + size : at, 0, size);
    };
    int64_t first = clamp((*starts)[i]), last = clamp((*ends)[i]);
    if (first >= last)
      return false;
    *this = slice(*axis, first, last - first);
  }
  return true;
}

bool ConstantView::split(Operation *node, unsigned result) {
  auto axis = fromLeft(numberAttribute(node, "axis", 0), rank());
  if (!axis)
    return false;
  int64_t first = 0, size = 0;
  if (auto parts = integersOf(node, "split", 1)) {
    if (result >= parts->size())
      return false;
    for (unsigned i = 0; i < result; ++i)
      first += (*parts)[i];
    size = (*parts)[result];
  } else {
    if (presentInput(node, 1))
      return false;
    int64_t count = node->getNumResults();
    int64_t each = (sizes[*axis] + count - 1) / count;
    first = each * result;
    size = std::min(each, sizes[*axis] - first);
  }
  if (first < 0 || size <= 0 || first + size > sizes[*axis])
    return false;
  *this = slice(*axis, first, size);
  return true;
}

bool ConstantView::follow(Operation *node, unsigned result) {
  if (isa<IdentityOp>(node))
    return true;
  if (isa<ReshapeOp>(node))
    return reshape(node);
  if (isa<SliceOp>(node))
    return slice(node);
  if (isa<SplitOp>(node))
    return split(node, result);
  if (auto op = dyn_cast<TransposeOp>(node)) {
    auto permutation = op.getPerm();
    SmallVector<int64_t> order =
        permutation
            ? llvm::to_vector(*permutation)
            : llvm::to_vector(llvm::reverse(llvm::seq<int64_t>(0, rank())));
    if (int64_t(order.size()) != rank() ||
        llvm::any_of(order,
                     [&](int64_t axis) { return axis < 0 || axis >= rank(); }))
      return false;
    *this = transpose(order);
    return true;
  }
  if (isa<GatherOp>(node)) {
    auto axis = fromLeft(numberAttribute(node, "axis", 0), rank());
    auto index = integerConstant(node->getOperand(1));
    auto indices = of(node->getOperand(1));
    if (!axis || !index || index->size() != 1 || !indices)
      return false;
    auto at = fromLeft(index->front(), sizes[*axis]);
    if (!at)
      return false;
    *this = indices->rank() == 0 ? select(*axis, *at) : slice(*axis, *at, 1);
    return true;
  }
  bool inserts = isa<UnsqueezeOp>(node);
  if (!inserts && !isa<SqueezeOp>(node))
    return false;
  auto axes = integersOf(node, "axes", 1);
  if (!axes)
    return false;
  int64_t whole = rank() + (inserts ? int64_t(axes->size()) : 0);
  for (int64_t &axis : *axes) {
    auto at = fromLeft(axis, whole);
    if (!at || (!inserts && sizes[*at] != 1))
      return false;
    axis = *at;
  }
  llvm::sort(*axes);
  if (inserts) {
    for (int64_t axis : *axes) {
      sizes.insert(sizes.begin() + axis, 1);
      strides.insert(strides.begin() + axis, 1);
    }
    return true;
  }
  for (int64_t axis : llvm::reverse(*axes))
    *this = select(axis, 0);
  return true;
}

std::optional<ConstantView> ConstantView::of(Value value) {
  SmallVector<OpResult> way;
  while (way.size() < kMaxNodes) {
    Operation *op = value.getDefiningOp();
    if (!op)
      return std::nullopt;
    if (auto weight = dyn_cast<weights::WeightOpInterface>(op)) {
      ElementsAttr elements = weight.getWeight();
      if (!elements || !weights::countOf(elements.getShapedType().getShape()) ||
          weights::bitsPerElement(elements.getElementType()) % 8)
        return std::nullopt;
      ConstantView view;
      view.stored = op->getResult(0);
      view.elementType = elements.getElementType();
      view.sizes = llvm::to_vector(elements.getShapedType().getShape());
      view.strides = stridesOf(view.sizes);
      for (OpResult result : llvm::reverse(way))
        if (!view.follow(result.getOwner(), result.getResultNumber()))
          return std::nullopt;
      return view;
    }
    if (op->getNumOperands() == 0 || !isa<NodeOpInterface>(op))
      return std::nullopt;
    way.push_back(cast<OpResult>(value));
    value = op->getOperand(0);
  }
  return std::nullopt;
}
