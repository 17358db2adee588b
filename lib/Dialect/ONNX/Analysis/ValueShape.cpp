//===- ValueShape.cpp - Shapes of values without recorded types -----------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Upstream a few nodes only: what is asked for lies near, and a model may be
// thousands of nodes deep.
//
//===----------------------------------------------------------------------===//

#include "ShapeProbe.h"

#include "slin/Dialect/ONNX/Analysis/Constants.h"
#include "slin/Dialect/ONNX/Analysis/Pointwise.h"
#include "slin/Dialect/ONNX/Analysis/ValueShape.h"
#include "slin/Dialect/ONNX/IR/ONNXOps.h"

#include "llvm/ADT/Sequence.h"

using namespace mlir;
using namespace slin::onnx;

using Shape = SmallVector<int64_t>;
static constexpr int64_t kDynamic = ShapedType::kDynamic;

namespace {
class ShapeReader {
public:
  std::optional<Shape> read(Value value, unsigned depth);

private:
  std::optional<Shape> derive(Operation *node, unsigned depth);
  std::optional<Shape> reshape(Operation *node, unsigned depth);
  std::optional<Shape> transpose(TransposeOp node, unsigned depth);
  std::optional<Shape> insertAxes(Operation *node, unsigned depth);
  std::optional<Shape> removeAxes(Operation *node, unsigned depth);
  std::optional<Shape> multiply(Operation *node, unsigned depth);
  std::optional<Shape> broadcast(ArrayRef<Value> operands, unsigned depth);
  std::optional<Shape> target(Value shape, unsigned depth);
  std::optional<Shape> pick(Operation *node, unsigned depth);
  std::optional<Shape> cut(Operation *node, unsigned depth);
  std::optional<Shape> split(Operation *node, unsigned depth);
  std::optional<Shape> reduce(Operation *node, unsigned depth);
  std::optional<Shape> stack(Operation *node, unsigned depth);
  std::optional<Shape> channels(Operation *node, unsigned depth);

  llvm::DenseMap<Value, std::optional<Shape>> known;
};
} // namespace

/// One size out of two that are broadcast.
static int64_t meet(int64_t a, int64_t b) {
  if (a == 1)
    return b;
  if (b == 1 || a == b)
    return a;
  return a == kDynamic ? b : b == kDynamic ? a : kDynamic;
}

static Shape meet(ArrayRef<int64_t> a, ArrayRef<int64_t> b) {
  if (a.size() < b.size())
    std::swap(a, b);
  Shape result(a);
  size_t offset = a.size() - b.size();
  for (size_t i = 0; i < b.size(); ++i)
    result[offset + i] = meet(a[offset + i], b[i]);
  return result;
}

std::optional<Shape> ShapeReader::broadcast(ArrayRef<Value> operands,
                                            unsigned depth) {
  std::optional<Shape> result;
  for (Value operand : operands) {
    if (isa_and_nonnull<NoneOp>(operand.getDefiningOp()))
      continue;
    std::optional<Shape> shape = read(operand, depth);
    if (!shape)
      return std::nullopt;
    result = result ? meet(*result, *shape) : *shape;
  }
  return result;
}

/// How many sizes a piece of a shape holds, and which, where they are constant.
static std::optional<Shape> pieceOfShape(Value value) {
  if (auto constant = integerConstant(value))
    return Shape(*constant);
  if (auto type = dyn_cast<RankedTensorType>(value.getType());
      type && type.getRank() == 1 && type.hasStaticShape())
    return Shape(type.getDimSize(0), kDynamic);
  Operation *op = value.getDefiningOp();
  if (isa_and_nonnull<UnsqueezeOp>(op))
    return Shape(1, kDynamic);
  if (auto shape = dyn_cast_or_null<ShapeOp>(op)) {
    int64_t first = shape.getStart().value_or(0),
            last = shape.getEnd().value_or(0);
    if (last > first && (first < 0) == (last < 0) && last - first < 16)
      return Shape(last - first, kDynamic);
  }
  return std::nullopt;
}

std::optional<Shape> ShapeReader::reshape(Operation *node, unsigned depth) {
  Shape target;
  Value shape = presentInput(node, 1);
  if (!shape) {
    auto list = integersOf(node, "shape", 1);
    if (!list)
      return std::nullopt;
    target = *list;
  } else {
    SmallVector<Value> pieces{shape};
    if (auto concat = shape.getDefiningOp<ConcatOp>())
      pieces.assign(concat->operand_begin(), concat->operand_end());
    for (Value piece : pieces) {
      std::optional<Shape> sizes = pieceOfShape(piece);
      if (!sizes)
        return std::nullopt;
      target.append(*sizes);
    }
  }
  std::optional<Shape> before;
  for (auto [axis, size] : llvm::enumerate(target)) {
    if (size > 0)
      continue;
    if (size == 0 && !before)
      before = read(node->getOperand(0), depth);
    size = size == 0 && before && axis < before->size() ? (*before)[axis]
                                                        : kDynamic;
  }
  return target;
}

std::optional<Shape> ShapeReader::transpose(TransposeOp node, unsigned depth) {
  std::optional<Shape> before = read(node->getOperand(0), depth);
  auto permutation = node.getPerm();
  if (!permutation) {
    if (before)
      std::reverse(before->begin(), before->end());
    return before;
  }
  Shape result(permutation->size(), kDynamic);
  if (before && before->size() == permutation->size())
    for (auto [axis, place] : llvm::enumerate(*permutation))
      if (place >= 0 && place < int64_t(before->size()))
        result[axis] = (*before)[place];
  return result;
}

/// Counts all of `axes` from the left of `rank`, and puts them in order.
static void sortFromLeft(SmallVectorImpl<int64_t> &axes, int64_t rank) {
  for (int64_t &axis : axes)
    axis = axis < 0 ? axis + rank : axis;
  llvm::sort(axes);
}

std::optional<Shape> ShapeReader::insertAxes(Operation *node, unsigned depth) {
  std::optional<Shape> result = read(node->getOperand(0), depth);
  auto axes = integersOf(node, "axes", 1);
  if (!result || !axes)
    return std::nullopt;
  sortFromLeft(*axes, result->size() + axes->size());
  for (int64_t axis : *axes) {
    if (axis < 0 || axis > int64_t(result->size()))
      return std::nullopt;
    result->insert(result->begin() + axis, 1);
  }
  return result;
}

std::optional<Shape> ShapeReader::removeAxes(Operation *node, unsigned depth) {
  std::optional<Shape> result = read(node->getOperand(0), depth);
  auto axes = integersOf(node, "axes", 1);
  if (!result || !axes)
    return std::nullopt;
  sortFromLeft(*axes, result->size());
  for (int64_t axis : llvm::reverse(*axes)) {
    if (axis < 0 || axis >= int64_t(result->size()))
      return std::nullopt;
    result->erase(result->begin() + axis);
  }
  return result;
}

std::optional<Shape> ShapeReader::multiply(Operation *node, unsigned depth) {
  std::optional<Shape> a = read(node->getOperand(0), depth),
                       b = read(node->getOperand(1), depth);
  if (!a || !b || a->size() < 2 || b->size() < 2)
    return std::nullopt;
  auto batch = [](const Shape &shape) {
    return ArrayRef<int64_t>(shape).drop_back(2);
  };
  Shape result = meet(batch(*a), batch(*b));
  result.push_back((*a)[a->size() - 2]);
  result.push_back(b->back());
  return result;
}

/// The shape that a value of sizes asks for: that of another value, or pieces.
std::optional<Shape> ShapeReader::target(Value shape, unsigned depth) {
  auto of = shape.getDefiningOp<ShapeOp>();
  if (of && of->getNumOperands() && !of.getStart().value_or(0) && !of.getEnd())
    return read(of->getOperand(0), depth);
  if (auto sizes = pieceOfShape(shape))
    return sizes;
  // How many sizes there are is the rank.
  std::optional<Shape> count = read(shape, depth);
  if (!count || count->size() != 1 || count->front() < 0)
    return std::nullopt;
  return Shape(count->front(), kDynamic);
}

/// An axis counted from the left, if it is one of `rank`.
static std::optional<size_t> axisOf(Operation *node, int64_t otherwise,
                                    size_t rank) {
  int64_t axis = numberAttribute(node, "axis", otherwise);
  axis = axis < 0 ? axis + rank : axis;
  return axis >= 0 && axis < int64_t(rank) ? std::optional<size_t>(axis)
                                           : std::nullopt;
}

/// TopK, and Gather with the shape of its indices in the place of an axis.
std::optional<Shape> ShapeReader::pick(Operation *node, unsigned depth) {
  std::optional<Shape> result = read(node->getOperand(0), depth);
  bool best = isa<TopKOp>(node);
  auto axis =
      result ? axisOf(node, best ? -1 : 0, result->size()) : std::nullopt;
  if (!axis)
    return std::nullopt;
  if (best) {
    auto k = integersOf(node, "k", 1);
    (*result)[*axis] = k && k->size() == 1 ? k->front() : kDynamic;
    return result;
  }
  std::optional<Shape> indices = read(node->getOperand(1), depth);
  if (!indices)
    return std::nullopt;
  result->erase(result->begin() + *axis);
  result->insert(result->begin() + *axis, indices->begin(), indices->end());
  return result;
}

std::optional<Shape> ShapeReader::cut(Operation *node, unsigned depth) {
  std::optional<Shape> result = read(node->getOperand(0), depth);
  auto starts = integersOf(node, "starts", 1),
       ends = integersOf(node, "ends", 2), axes = integersOf(node, "axes", 3),
       steps = integersOf(node, "steps", 4);
  if (!result)
    return std::nullopt;
  bool anyAxis = presentInput(node, 3) && !axes;
  if (anyAxis || !starts || !ends || starts->size() != ends->size()) {
    // Which sizes it leaves is not known; the rank stays.
    for (auto [axis, size] : llvm::enumerate(*result))
      if (anyAxis || !axes || llvm::is_contained(*axes, int64_t(axis)) ||
          llvm::is_contained(*axes, int64_t(axis) - int64_t(result->size())))
        size = kDynamic;
    return result;
  }
  for (size_t i = 0; i < starts->size(); ++i) {
    int64_t axis = axes && i < axes->size() ? (*axes)[i] : int64_t(i);
    axis = axis < 0 ? axis + result->size() : axis;
    if (axis < 0 || axis >= int64_t(result->size()))
      return std::nullopt;
    int64_t &size = (*result)[axis];
    bool whole = !presentInput(node, 4) ||
                 (steps && i < steps->size() && (*steps)[i] == 1);
    auto clamp = [&](int64_t at) {
      return std::clamp<int64_t>(at < 0 ? at + size : at, 0, size);
    };
    if (size != kDynamic && whole)
      size = std::max<int64_t>(clamp((*ends)[i]) - clamp((*starts)[i]), 0);
    else
      size = (*starts)[i] == -1 && (*ends)[i] > 0 && whole ? 1 : kDynamic;
  }
  return result;
}

/// The shape of every part, where all are of one size.
std::optional<Shape> ShapeReader::split(Operation *node, unsigned depth) {
  std::optional<Shape> result = read(node->getOperand(0), depth);
  auto axis = result ? axisOf(node, 0, result->size()) : std::nullopt;
  if (!axis)
    return std::nullopt;
  int64_t &size = (*result)[*axis], count = node->getNumResults();
  auto sizes = integersOf(node, "split", 1);
  if (sizes && !sizes->empty() && llvm::all_equal(*sizes))
    size = sizes->front();
  else if (!sizes && !presentInput(node, 1) && size != kDynamic &&
           size % count == 0)
    size /= count;
  else
    size = kDynamic;
  return result;
}

std::optional<Shape> ShapeReader::reduce(Operation *node, unsigned depth) {
  std::optional<Shape> result = read(node->getOperand(0), depth);
  auto axes = integersOf(node, "axes", 1);
  if (!result || !axes || axes->empty())
    return std::nullopt;
  sortFromLeft(*axes, result->size());
  for (int64_t axis : llvm::reverse(*axes)) {
    if (axis < 0 || axis >= int64_t(result->size()))
      return std::nullopt;
    if (numberAttribute(node, "keepdims", 1) != 0)
      (*result)[axis] = 1;
    else
      result->erase(result->begin() + axis);
  }
  return result;
}

std::optional<Shape> ShapeReader::stack(Operation *node, unsigned depth) {
  std::optional<Shape> result = read(node->getOperand(0), depth);
  auto axis = result ? axisOf(node, 0, result->size()) : std::nullopt;
  if (!axis)
    return std::nullopt;
  int64_t size = 0;
  for (Value operand : node->getOperands()) {
    std::optional<Shape> part = read(operand, depth);
    bool known = part && part->size() == result->size() &&
                 (*part)[*axis] != kDynamic && size != kDynamic;
    size = known ? size + (*part)[*axis] : kDynamic;
  }
  (*result)[*axis] = size;
  return result;
}

/// Of nodes that have channels on axis 1: what their parameters say, also where
/// nothing is known of what they read.
std::optional<Shape> ShapeReader::channels(Operation *node, unsigned depth) {
  bool isConv = isa<ConvOp>(node), isNorm = isa<BatchNormalizationOp>(node);
  std::optional<Shape> parameter;
  if ((isConv || isNorm) && node->getNumOperands() >= 2)
    parameter = read(node->getOperand(1), depth);
  if (isConv) {
    if (!parameter || parameter->size() < 3)
      return std::nullopt;
    Shape result(parameter->size(), kDynamic);
    result[1] = parameter->front();
    return result;
  }
  std::optional<Shape> result = read(node->getOperand(0), depth);
  if (!result || result->size() < 2)
    return result;
  if (isNorm && parameter && parameter->size() == 1)
    (*result)[1] = parameter->front();
  if (!isNorm) // a pooling
    std::fill(result->begin() + 2, result->end(), kDynamic);
  return result;
}

std::optional<Shape> ShapeReader::derive(Operation *node, unsigned depth) {
  if (!node || depth == 0 || node->getNumOperands() == 0)
    return std::nullopt;
  if (isa<ReshapeOp>(node))
    return reshape(node, depth - 1);
  if (auto op = dyn_cast<TransposeOp>(node))
    return transpose(op, depth - 1);
  if (isa<UnsqueezeOp>(node))
    return insertAxes(node, depth - 1);
  if (isa<SqueezeOp>(node))
    return removeAxes(node, depth - 1);
  if (isa<MatMulOp>(node) && node->getNumOperands() == 2)
    return multiply(node, depth - 1);
  if (isa<GemmOp>(node) && node->getNumOperands() >= 2) {
    std::optional<Shape> weight = read(node->getOperand(1), depth - 1);
    bool transposed = numberAttribute(node, "transB", 0) != 0;
    return Shape{kDynamic, weight && weight->size() == 2
                               ? (*weight)[transposed ? 0 : 1]
                               : kDynamic};
  }
  std::string name = operatorName(node);
  if (isa<ConvOp, BatchNormalizationOp>(node) || name == "AveragePool" ||
      name == "MaxPool" || name == "GlobalAveragePool")
    return channels(node, depth - 1);
  if (isa<LayerNormalizationOp, SoftmaxOp, ScatterElementsOp, ScatterNDOp>(
          node))
    return read(node->getOperand(0), depth - 1);
  if (isa<ConstantOfShapeOp>(node))
    return target(node->getOperand(0), depth - 1);
  if (isa<TopKOp, GatherOp>(node) && node->getNumOperands() == 2)
    return pick(node, depth - 1);
  if (isa<SliceOp>(node))
    return cut(node, depth - 1);
  if (isa<SplitOp>(node))
    return split(node, depth - 1);
  if (isa<ReduceSumOp>(node))
    return reduce(node, depth - 1);
  if (isa<ConcatOp>(node))
    return stack(node, depth - 1);
  if (isa<ExpandOp>(node) && node->getNumOperands() == 2) {
    std::optional<Shape> shape = read(node->getOperand(0), depth - 1),
                         wanted = target(node->getOperand(1), depth - 1);
    return shape && wanted ? std::optional(meet(*shape, *wanted))
                           : std::nullopt;
  }
  if (name == "OneHot" && numberAttribute(node, "axis", -1) == -1) {
    std::optional<Shape> result = read(node->getOperand(0), depth - 1);
    auto size = integerConstant(node->getOperand(1));
    if (result)
      result->push_back(size && size->size() == 1 ? size->front() : kDynamic);
    return result;
  }
  if (isPointwise(node))
    return broadcast(pointwiseOperands(node), depth - 1);
  return std::nullopt;
}

std::optional<Shape> ShapeReader::read(Value value, unsigned depth) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (type && type.hasStaticShape())
    return llvm::to_vector(type.getShape());
  if (auto weight = value.getDefiningOp<slin::weights::WeightOpInterface>())
    if (ElementsAttr elements = weight.getWeight())
      return llvm::to_vector(elements.getShapedType().getShape());
  if (auto it = known.find(value); it != known.end())
    return it->second;
  auto result = dyn_cast<OpResult>(value);
  std::optional<Shape> shape;
  if (result && (result.getResultNumber() == 0 ||
                 isa_and_nonnull<TopKOp, SplitOp>(value.getDefiningOp())))
    shape = derive(value.getDefiningOp(), depth);
  if (type && (!shape || int64_t(shape->size()) != type.getRank()))
    shape = llvm::to_vector(type.getShape());
  else if (type)
    for (auto [axis, size] : llvm::enumerate(*shape))
      if (!type.isDynamicDim(axis))
        size = type.getDimSize(axis);
  known[value] = shape;
  return shape;
}

std::optional<Shape> slin::onnx::shapeOf(Value value) {
  return ShapeReader().read(value, /*depth=*/24);
}

std::optional<int64_t> slin::onnx::rankOf(Value value) {
  if (auto type = dyn_cast<RankedTensorType>(value.getType()))
    return type.getRank();
  std::optional<Shape> shape = shapeOf(value);
  return shape ? std::optional<int64_t>(shape->size()) : std::nullopt;
}

//===----------------------------------------------------------------------===//
// The last axis alone
//===----------------------------------------------------------------------===//

/// The last size of a constant of some rank at least.
static std::optional<int64_t> lastOfConstant(Value value, int64_t rank) {
  auto weight =
      value ? value.getDefiningOp<slin::weights::WeightOpInterface>() : nullptr;
  ElementsAttr elements = weight ? weight.getWeight() : ElementsAttr();
  if (!elements || elements.getShapedType().getRank() < rank)
    return std::nullopt;
  return elements.getShapedType().getShape().back();
}

/// The last size that a shape asks for.
static std::optional<int64_t> lastOfTarget(Value shape) {
  if (auto concat = shape ? shape.getDefiningOp<ConcatOp>() : ConcatOp();
      concat && concat->getNumOperands())
    shape = concat->getOperands().back();
  auto sizes = shape ? integerConstant(shape) : std::nullopt;
  if (!sizes || sizes->empty() || sizes->back() <= 0)
    return std::nullopt;
  return sizes->back();
}

namespace {
/// Follows the size of the last axis.
class LastAxis {
public:
  explicit LastAxis(bool probe) : probe(probe) {}
  std::optional<int64_t> read(Value value, unsigned depth) const;

private:
  std::optional<int64_t> derive(OpResult value, unsigned depth) const;
  std::optional<int64_t> slice(Operation *node, unsigned depth) const;
  std::optional<int64_t> split(OpResult value, unsigned depth) const;
  std::optional<int64_t> concat(Operation *node, unsigned depth) const;
  std::optional<int64_t> sequencePart(Operation *node, unsigned depth) const;
  std::optional<int64_t> pointwise(Operation *node, unsigned depth) const;
  std::optional<SmallVector<int64_t>> integers(Operation *node, StringRef name,
                                               unsigned index) const {
    return probe ? probedIntegers(node, name, index)
                 : integersOf(node, name, index);
  }
  /// Whether sizes that are computed may be evaluated.
  bool probe;
};
} // namespace

/// Whether `axis` of `value` is the last one; nothing if that is not known.
static std::optional<bool> isLast(int64_t axis, Value value) {
  if (axis == -1)
    return true;
  std::optional<int64_t> rank = rankOf(value);
  if (!rank)
    return std::nullopt;
  return axis == *rank - 1;
}

std::optional<int64_t> LastAxis::slice(Operation *node, unsigned depth) const {
  auto size = read(node->getOperand(0), depth);
  auto axes = integers(node, "axes", 3), starts = integers(node, "starts", 1),
       ends = integers(node, "ends", 2), steps = integers(node, "steps", 4);
  if (!size || !axes)
    return std::nullopt;
  for (auto [i, axis] : llvm::enumerate(*axes)) {
    std::optional<bool> last = isLast(axis, node->getOperand(0));
    if (!last)
      return std::nullopt;
    if (!*last)
      continue;
    if (!starts || !ends || i >= starts->size() || i >= ends->size() ||
        (steps && (*steps)[i] != 1))
      return std::nullopt;
    auto clamp = [&](int64_t place) {
      return std::clamp<int64_t>(place < 0 ? place + *size : place, 0, *size);
    };
    size = std::max<int64_t>(clamp((*ends)[i]) - clamp((*starts)[i]), 0);
  }
  return size;
}

std::optional<int64_t> LastAxis::split(OpResult value, unsigned depth) const {
  Operation *node = value.getOwner();
  auto size = read(node->getOperand(0), depth);
  auto last =
      isLast(int64_t(numberAttribute(node, "axis", 0)), node->getOperand(0));
  if (!size || !last || !*last)
    return last ? size : std::nullopt;
  int64_t index = value.getResultNumber(), count = node->getNumResults();
  if (auto sizes = integers(node, "split", 1))
    return index < int64_t(sizes->size()) ? std::optional((*sizes)[index])
                                          : std::nullopt;
  int64_t each = llvm::divideCeil(*size, count);
  return presentInput(node, 1)
             ? std::nullopt
             : std::optional(std::min(each, *size - index * each));
}

/// A part of a value that SplitToSequence cut along its last axis.
std::optional<int64_t> LastAxis::sequencePart(Operation *node,
                                              unsigned depth) const {
  Operation *split = node->getOperand(0).getDefiningOp();
  if (operatorName(split) != "SplitToSequence" || split->getNumOperands() != 2)
    return std::nullopt;
  auto size = read(split->getOperand(0), depth);
  auto sizes = integers(split, "", 1), index = integers(node, "", 1);
  auto last =
      isLast(int64_t(numberAttribute(split, "axis", 0)), split->getOperand(0));
  if (!size || !sizes || !index || index->size() != 1 || !last || !*last)
    return last && !*last ? size : std::nullopt;
  int64_t place = index->front();
  if (sizes->size() == 1 && place >= 0)
    return std::min(sizes->front(), *size - place * sizes->front());
  if (place < 0 || place >= int64_t(sizes->size()))
    return std::nullopt;
  return (*sizes)[place];
}

std::optional<int64_t> LastAxis::concat(Operation *node, unsigned depth) const {
  auto last =
      isLast(int64_t(numberAttribute(node, "axis", 0)), node->getOperand(0));
  if (!last || !*last)
    return last ? read(node->getOperand(0), depth) : std::nullopt;
  int64_t total = 0;
  for (Value operand : node->getOperands()) {
    auto size = read(operand, depth);
    if (!size)
      return std::nullopt;
    total += *size;
  }
  return total;
}

std::optional<int64_t> LastAxis::pointwise(Operation *node,
                                           unsigned depth) const {
  std::optional<int64_t> found;
  for (Value operand : pointwiseOperands(node)) {
    std::optional<int64_t> size = read(operand, depth);
    if (!size || *size == 1)
      continue;
    if (found && *found != *size)
      return std::nullopt;
    found = size;
  }
  return found;
}

std::optional<int64_t> LastAxis::derive(OpResult value, unsigned depth) const {
  Operation *node = value.getOwner();
  std::string name = operatorName(node);
  if (isa<MatMulOp>(node))
    return lastOfConstant(presentInput(node, 1), 2);
  if (StringRef(name).ends_with("LayerNormalization") ||
      name == "RMSNormalization") {
    if (auto scale = lastOfConstant(
            presentInput(node, StringRef(name).contains("Skip") ? 2 : 1), 1))
      return scale;
    return read(node->getOperand(0), depth);
  }
  if (isa<GatherOp>(node)) {
    int64_t axis = int64_t(numberAttribute(node, "axis", 0));
    if (axis == 0)
      return lastOfConstant(node->getOperand(0), 2);
    auto last = isLast(axis, node->getOperand(0));
    if (!last)
      return std::nullopt;
    return *last ? lastOfConstant(node->getOperand(1), 1)
                 : read(node->getOperand(0), depth);
  }
  if (isa<ReshapeOp>(node))
    return lastOfTarget(presentInput(node, 1));
  if (isa<BatchNormalizationOp, ScatterNDOp>(node))
    return read(node->getOperand(0), depth);
  if (isa<SliceOp>(node))
    return slice(node, depth);
  if (isa<SplitOp>(node))
    return split(value, depth);
  if (isa<ConcatOp>(node))
    return concat(node, depth);
  if (name == "SequenceAt" && node->getNumOperands() == 2)
    return sequencePart(node, depth);
  return isPointwise(node) ? pointwise(node, depth) : std::nullopt;
}

std::optional<int64_t> LastAxis::read(Value value, unsigned depth) const {
  std::optional<Shape> shape = shapeOf(value);
  if (shape && !shape->empty() && !ShapedType::isDynamic(shape->back()))
    return shape->back();
  auto result = dyn_cast<OpResult>(value);
  if (!result || depth == 0 || result.getOwner()->getNumOperands() == 0)
    return std::nullopt;
  return derive(result, depth - 1);
}

std::optional<int64_t> slin::onnx::lastDimensionOf(Value value) {
  return LastAxis(/*probe=*/true).read(value, /*depth=*/12);
}

std::optional<int64_t> slin::onnx::storedLastDimensionOf(Value value) {
  return LastAxis(/*probe=*/false).read(value, /*depth=*/12);
}
