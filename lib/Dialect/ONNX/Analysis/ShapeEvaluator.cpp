//===- ShapeEvaluator.cpp - Values of assumed sizes -----------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Shapes are few and masks are small: numbers are f64, and whatever is not
// known ends the evaluation.
//
//===----------------------------------------------------------------------===//

#include "ShapeEvaluator.h"

#include "slin/Dialect/ONNX/Analysis/Constants.h"
#include "slin/Dialect/ONNX/Analysis/Pointwise.h"
#include "slin/Dialect/ONNX/Analysis/ValueShape.h"

#include "llvm/ADT/SmallBitVector.h"

#include <cmath>

using namespace mlir;
using namespace slin;
using namespace slin::onnx;

/// Masks of one probe and vectors of weights have fewer elements.
static constexpr int64_t kMaxElements = 1 << 20;

using Shape = SmallVector<int64_t>;
using Tensor = std::optional<SmallTensor>;

int64_t slin::onnx::countOf(ArrayRef<int64_t> shape) {
  int64_t count = 1;
  for (int64_t size : shape)
    if (size < 0 || __builtin_mul_overflow(count, size, &count) ||
        count > kMaxElements)
      return -1;
  return count;
}

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

std::optional<Shape> ShapeEvaluator::assumedShape(Value value) {
  std::optional<SmallVector<int64_t>> shape = shapeOf(value);
  if (sizes.empty() || !shape || shape->empty() ||
      shape->size() > sizes.size() + 1)
    return std::nullopt;
  if (ShapedType::isDynamic(shape->back()))
    if (auto last = storedLastDimensionOf(value))
      shape->back() = *last;
  for (auto [axis, size] : llvm::enumerate(*shape))
    if (ShapedType::isDynamic(size)) {
      if (axis + 1 == shape->size())
        return std::nullopt;
      size = sizes[axis];
    }
  return Shape(*shape);
}

Tensor ShapeEvaluator::shape(ShapeOp node) {
  Value value = node->getOperand(0);
  Tensor computed = evaluate(value);
  std::optional<Shape> of =
      computed ? std::optional<Shape>(computed->shape) : assumedShape(value);
  if (!of)
    return std::nullopt;
  int64_t rank = of->size();
  auto clamp = [&](int64_t place) {
    return std::clamp<int64_t>(place < 0 ? place + rank : place, 0, rank);
  };
  int64_t first = clamp(node.getStart().value_or(0)),
          last = clamp(node.getEnd().value_or(rank));
  SmallTensor result{{std::max<int64_t>(last - first, 0)}, {}, true};
  for (int64_t axis = first; axis < last; ++axis)
    result.numbers.push_back((*of)[axis]);
  return result;
}

std::optional<Shape> ShapeEvaluator::integers(Operation *node, StringRef name,
                                              unsigned index) {
  auto attributes = cast<NodeOpInterface>(node).getNodeAttributes();
  if (auto list = attributes.getAs<DenseI64ArrayAttr>(name))
    return Shape(list.asArrayRef());
  Value operand = presentInput(node, index);
  Tensor tensor = operand ? evaluate(operand) : std::nullopt;
  if (!tensor || tensor->shape.size() > 1)
    return std::nullopt;
  Shape result;
  for (double number : tensor->numbers)
    result.push_back(number >= 9.2e18    ? INT64_MAX
                     : number <= -9.2e18 ? INT64_MIN
                                         : int64_t(number));
  return result;
}

//===----------------------------------------------------------------------===//
// Elements
//===----------------------------------------------------------------------===//

/// Where element `index` of a tensor of shape `to` comes from in one of shape
/// `from` that is broadcast to it.
static int64_t sourceOf(int64_t index, ArrayRef<int64_t> to,
                        ArrayRef<int64_t> from) {
  int64_t result = 0, stride = 1;
  for (size_t i = 0; i < from.size(); ++i) {
    int64_t size = to[to.size() - 1 - i], own = from[from.size() - 1 - i];
    result += (own == 1 ? 0 : index % size) * stride;
    stride *= own;
    index /= size;
  }
  return result;
}

Tensor ShapeEvaluator::expandTo(const SmallTensor &tensor,
                                ArrayRef<int64_t> target) {
  std::optional<Shape> to = broadcast(tensor.shape, target);
  if (!to || countOf(*to) < 0)
    return std::nullopt;
  SmallTensor result{*to, {}, tensor.isInteger};
  for (int64_t i = 0, e = countOf(*to); i < e; ++i)
    result.numbers.push_back(tensor.numbers[sourceOf(i, *to, tensor.shape)]);
  return result;
}

/// Whether `node` acts on all sizes as it does on those that are tried.
bool ShapeEvaluator::isPredictable(Operation *node) {
  if (!probes)
    return true;
  std::string name = operatorName(node);
  if (name == "Equal")
    return probes->compareAlike(node->getOperand(0), node->getOperand(1));
  if (name == "Where")
    return isSettled(node->getOperand(0));
  if (name == "Not" || name == "CastLike")
    return llvm::all_of(node->getOperands(),
                        [&](Value operand) { return isSettled(operand); });
  if (name == "Div")
    return isSettled(node->getOperand(1));
  if (!isa<CastOp>(node) || isSettled(node->getOperand(0)))
    return true;
  // ONNX's 9 is bool; 1, 10, 11 and 16 are floating point.
  int64_t type = int64_t(numberAttribute(node, "to", 0));
  Tensor tensor = evaluate(node->getOperand(0));
  return type != 9 && ((tensor && tensor->isInteger) ||
                       llvm::is_contained({1, 10, 11, 16}, type));
}

Tensor ShapeEvaluator::pointwise(Operation *node) {
  if (!isPredictable(node))
    return std::nullopt;
  std::vector<SmallTensor> operands;
  Shape to;
  for (Value operand : pointwiseOperands(node)) {
    Tensor tensor = evaluate(operand);
    if (!tensor)
      return std::nullopt;
    std::optional<Shape> both = broadcast(to, tensor->shape);
    if (!both || countOf(*both) < 0)
      return std::nullopt;
    to = *both;
    operands.push_back(std::move(*tensor));
  }
  // ONNX's 6 and 7 are int32 and int64.
  double type = numberAttribute(node, "to", 0);
  bool isInteger = isa<CastOp>(node)
                       ? type == 6 || type == 7
                       : llvm::all_of(operands, [](const auto &operand) {
                           return operand.isInteger;
                         });
  SmallTensor result{to, {}, isInteger};
  SmallVector<double> arguments(operands.size());
  for (int64_t i = 0, e = countOf(to); i < e; ++i) {
    for (auto [argument, operand] : llvm::zip(arguments, operands))
      argument = operand.numbers[sourceOf(i, to, operand.shape)];
    double number = evaluatePointwise(node, arguments);
    // What is cut off of sizes changes from one to the next.
    if (isInteger && number != std::trunc(number) &&
        !llvm::all_of(node->getOperands(),
                      [&](Value operand) { return isSettled(operand); }))
      return std::nullopt;
    result.numbers.push_back(isInteger ? std::trunc(number) : number);
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Operators
//===----------------------------------------------------------------------===//

/// Along axis 0, which is all that computations of shapes need.
Tensor ShapeEvaluator::gather(Operation *node) {
  Tensor data = evaluate(node->getOperand(0)),
         indices = evaluate(node->getOperand(1));
  if (!data || !indices || data->shape.size() != 1 ||
      numberAttribute(node, "axis", 0) != 0 || !isSettled(node->getOperand(1)))
    return std::nullopt;
  SmallTensor result{indices->shape, {}, data->isInteger};
  int64_t size = data->shape[0];
  for (double number : indices->numbers) {
    int64_t index = int64_t(number) + (number < 0 ? size : 0);
    if (index < 0 || index >= size)
      return std::nullopt;
    result.numbers.push_back(data->numbers[index]);
  }
  return result;
}

Tensor ShapeEvaluator::slice(Operation *node) {
  Tensor data = evaluate(node->getOperand(0));
  auto starts = integers(node, "starts", 1), ends = integers(node, "ends", 2);
  auto axes = integers(node, "axes", 3), steps = integers(node, "steps", 4);
  if (!data || !starts || !ends || starts->size() != ends->size())
    return std::nullopt;
  auto isFixed = [&](unsigned index) {
    Value operand = presentInput(node, index);
    return !operand || isSettled(operand);
  };
  SmallTensor result = std::move(*data);
  for (auto [i, start] : llvm::enumerate(*starts)) {
    int64_t rank = result.shape.size();
    int64_t axis = axes ? (*axes)[i] : int64_t(i);
    axis += axis < 0 ? rank : 0;
    if (axis < 0 || axis >= rank || (steps && (*steps)[i] != 1))
      return std::nullopt;
    int64_t size = result.shape[axis], end = (*ends)[i];
    // Bounds are clamped, so that only a whole axis may have any size.
    bool isWhole = start == 0 && (end == size || end >= INT32_MAX);
    if (!isWhole && probes &&
        !(isFixed(1) && isFixed(2) &&
          probes->isAxisSettled(node->getOperand(0), axis)))
      return std::nullopt;
    auto clamp = [&](int64_t place) {
      return std::clamp<int64_t>(place < 0 ? place + size : place, 0, size);
    };
    int64_t first = clamp(start), last = std::max(first, clamp(end));
    int64_t inner = countOf(ArrayRef(result.shape).drop_front(axis + 1));
    std::vector<double> kept;
    for (int64_t j = 0, e = result.numbers.size(); j < e; ++j)
      if (int64_t place = j / inner % size; place >= first && place < last)
        kept.push_back(result.numbers[j]);
    result.shape[axis] = last - first;
    result.numbers = std::move(kept);
  }
  return result;
}

Tensor ShapeEvaluator::reshape(Operation *node) {
  Tensor data = evaluate(node->getOperand(0));
  auto target = integers(node, "shape", 1);
  if (!data || !target)
    return std::nullopt;
  int64_t count = data->numbers.size(), rest = 1, *open = nullptr;
  for (auto [axis, size] : llvm::enumerate(*target)) {
    if (size == 0 && axis < data->shape.size())
      size = data->shape[axis];
    if (size < 0)
      open = &size;
    else
      rest *= size;
  }
  if (open)
    *open = rest ? count / rest : 0;
  if (countOf(*target) != count)
    return std::nullopt;
  data->shape = *target;
  return data;
}

Tensor ShapeEvaluator::insertAxes(Operation *node) {
  Tensor data = evaluate(node->getOperand(0));
  auto axes = integers(node, "axes", 1);
  if (!data || !axes)
    return std::nullopt;
  int64_t rank = data->shape.size() + axes->size();
  for (int64_t &axis : *axes)
    axis += axis < 0 ? rank : 0;
  llvm::sort(*axes);
  for (int64_t axis : *axes) {
    if (axis < 0 || axis > int64_t(data->shape.size()))
      return std::nullopt;
    data->shape.insert(data->shape.begin() + axis, 1);
  }
  return data;
}

Tensor ShapeEvaluator::concat(Operation *node) {
  std::optional<SmallTensor> result;
  int64_t axis = int64_t(numberAttribute(node, "axis", 0));
  std::vector<SmallTensor> parts;
  for (Value operand : node->getOperands()) {
    Tensor part = evaluate(operand);
    if (!part || part->shape.empty() ||
        (!parts.empty() && part->shape.size() != parts[0].shape.size()))
      return std::nullopt;
    parts.push_back(std::move(*part));
  }
  if (parts.empty())
    return std::nullopt;
  int64_t rank = parts[0].shape.size();
  axis += axis < 0 ? rank : 0;
  if (axis < 0 || axis >= rank)
    return std::nullopt;
  result = SmallTensor{parts[0].shape, {}, parts[0].isInteger};
  int64_t outer = countOf(ArrayRef(parts[0].shape).take_front(axis));
  int64_t along = 0;
  for (const SmallTensor &part : parts)
    along += part.shape[axis];
  result->shape[axis] = along;
  if (outer < 0 || countOf(result->shape) < 0)
    return std::nullopt;
  for (int64_t i = 0; i < outer; ++i)
    for (const SmallTensor &part : parts) {
      int64_t each = part.numbers.size() / outer;
      result->numbers.insert(result->numbers.end(),
                             part.numbers.begin() + i * each,
                             part.numbers.begin() + (i + 1) * each);
    }
  return result;
}

Tensor ShapeEvaluator::fill(ConstantOfShapeOp node) {
  auto target = integers(node, "", 0);
  double number = 0.0;
  bool isInteger = false;
  if (node.getValue()) {
    ElementsAttr elements = elementsOf(*node.getValue());
    isInteger = elements && elements.getElementType().isInteger();
    std::string reason;
    std::vector<double> values(1);
    auto loaded = elements && elements.getNumElements() == 1
                      ? weights::loadElements(elements, node, reason)
                      : FailureOr<weights::Elements>();
    if (failed(loaded) || failed(weights::toDoubles(*loaded, values, reason)))
      return std::nullopt;
    number = values[0];
  }
  if (!target || countOf(*target) < 0)
    return std::nullopt;
  return SmallTensor{*target, std::vector<double>(countOf(*target), number),
                     isInteger};
}

Tensor ShapeEvaluator::range(Operation *node) {
  double bounds[3];
  for (unsigned i = 0; i < 3; ++i) {
    Tensor bound = node->getNumOperands() == 3 ? evaluate(node->getOperand(i))
                                               : std::nullopt;
    if (!bound || bound->numbers.size() != 1)
      return std::nullopt;
    bounds[i] = bound->numbers[0];
  }
  SmallTensor result{{}, {}, true};
  if (!(bounds[2] > 0) || (bounds[1] - bounds[0]) / bounds[2] > kMaxElements)
    return std::nullopt;
  for (double x = bounds[0]; x < bounds[1]; x += bounds[2])
    result.numbers.push_back(x);
  result.shape.push_back(result.numbers.size());
  return result;
}

std::optional<SmallVector<int64_t>>
slin::onnx::positionsOf(const SmallTensor &indices, ArrayRef<int64_t> shape,
                        int64_t &slice) {
  if (indices.shape.empty() || indices.shape.back() < 1 ||
      indices.shape.back() > int64_t(shape.size()))
    return std::nullopt;
  int64_t depth = indices.shape.back();
  slice = countOf(shape.drop_front(depth));
  SmallVector<int64_t> result;
  for (size_t i = 0; i < indices.numbers.size(); i += depth) {
    int64_t position = 0;
    for (int64_t axis = 0; axis < depth; ++axis) {
      int64_t place = int64_t(indices.numbers[i + axis]);
      place += place < 0 ? shape[axis] : 0;
      if (place < 0 || place >= shape[axis])
        return std::nullopt;
      position = position * shape[axis] + place;
    }
    result.push_back(position * slice);
  }
  return result;
}

Tensor ShapeEvaluator::scatter(Operation *node) {
  Tensor data = evaluate(node->getOperand(0)),
         indices = evaluate(node->getOperand(1)),
         updates = evaluate(node->getOperand(2));
  auto reduction = cast<ScatterNDOp>(node).getReduction();
  if (!data || !indices || !updates || (reduction && *reduction != "none"))
    return std::nullopt;
  int64_t slice = 0;
  auto positions = positionsOf(*indices, data->shape, slice);
  if (!positions ||
      int64_t(positions->size()) * slice != int64_t(updates->numbers.size()))
    return std::nullopt;
  for (auto [i, position] : llvm::enumerate(*positions))
    std::copy_n(updates->numbers.begin() + i * slice, slice,
                data->numbers.begin() + position);
  return data;
}

Tensor ShapeEvaluator::transpose(TransposeOp node) {
  Tensor data = evaluate(node->getOperand(0));
  auto permutation = node.getPerm();
  if (!data || !permutation || permutation->size() != data->shape.size())
    return std::nullopt;
  SmallTensor result{{}, {}, data->isInteger};
  SmallVector<int64_t> strides(data->shape.size(), 1);
  for (int64_t axis = strides.size() - 1; axis > 0; --axis)
    strides[axis - 1] = strides[axis] * data->shape[axis];
  for (int64_t place : *permutation)
    result.shape.push_back(data->shape[place]);
  for (int64_t i = 0, e = data->numbers.size(); i < e; ++i) {
    int64_t rest = i, source = 0;
    for (int64_t axis = result.shape.size(); axis-- > 0;) {
      source += rest % result.shape[axis] * strides[(*permutation)[axis]];
      rest /= result.shape[axis];
    }
    result.numbers.push_back(data->numbers[source]);
  }
  return result;
}

/// A product of vectors and matrices: a query that is computed from constants.
Tensor ShapeEvaluator::product(Operation *node) {
  Tensor a = evaluate(node->getOperand(0)), b = evaluate(node->getOperand(1));
  if (!a || !b || a->shape.empty() || b->shape.empty() || a->shape.size() > 2 ||
      b->shape.size() > 2)
    return std::nullopt;
  int64_t inner = a->shape.back(),
          rows = a->shape.size() == 2 ? a->shape[0] : 1,
          columns = b->shape.size() == 2 ? b->shape[1] : 1;
  if (b->shape[0] != inner)
    return std::nullopt;
  SmallTensor result;
  if (a->shape.size() == 2)
    result.shape.push_back(rows);
  if (b->shape.size() == 2)
    result.shape.push_back(columns);
  result.numbers.resize(rows * columns);
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t k = 0; k < inner; ++k)
      for (int64_t j = 0; j < columns; ++j)
        result.numbers[i * columns + j] +=
            a->numbers[i * inner + k] * b->numbers[k * columns + j];
  return result;
}

Tensor ShapeEvaluator::compute(Operation *node, unsigned result) {
  if (auto weight = dyn_cast<weights::WeightOpInterface>(node)) {
    ElementsAttr attribute = weight.getWeight();
    std::string reason;
    if (!attribute || countOf(attribute.getShapedType().getShape()) < 0)
      return std::nullopt;
    FailureOr<weights::Elements> elements = weight.getElements(reason);
    SmallTensor tensor{Shape(attribute.getShapedType().getShape()),
                       std::vector<double>(attribute.getNumElements()),
                       attribute.getElementType().isInteger()};
    if (failed(elements) ||
        failed(weights::toDoubles(*elements, tensor.numbers, reason)))
      return std::nullopt;
    return tensor;
  }
  if (result != 0 || node->getNumOperands() == 0)
    return std::nullopt;
  if (auto op = dyn_cast<ShapeOp>(node))
    return shape(op);
  if (auto op = dyn_cast<ConstantOfShapeOp>(node))
    return fill(op);
  if (isa<IdentityOp>(node))
    return evaluate(node->getOperand(0));
  if (isa<GatherOp>(node))
    return gather(node);
  if (isa<SliceOp>(node))
    return slice(node);
  if (isa<ReshapeOp>(node))
    return reshape(node);
  if (isa<UnsqueezeOp>(node))
    return insertAxes(node);
  if (isa<ConcatOp>(node))
    return concat(node);
  if (isa<MatMulOp>(node) && node->getNumOperands() == 2)
    return product(node);
  if (isa<ScatterNDOp>(node))
    return scatter(node);
  if (auto op = dyn_cast<TransposeOp>(node))
    return transpose(op);
  if (isa<ExpandOp>(node)) {
    Tensor data = evaluate(node->getOperand(0));
    auto target = integers(node, "shape", 1);
    return data && target ? expandTo(*data, *target) : std::nullopt;
  }
  std::string name = operatorName(node);
  if (name == "Range")
    return range(node);
  // Others would need words of their own in isPredictable.
  if (isPointwise(node) &&
      llvm::is_contained({"Add", "Sub", "Mul", "Div", "Neg", "Cast", "Where",
                          "Equal", "Not", "Sqrt", "Reciprocal", "CastLike"},
                         name))
    return pointwise(node);
  return std::nullopt;
}

Tensor ShapeEvaluator::evaluate(Value value) {
  if (auto it = known.find(value); it != known.end())
    return it->second;
  auto result = dyn_cast<OpResult>(value);
  if (!result || depth > 64)
    return std::nullopt;
  ++depth;
  Tensor tensor = compute(result.getOwner(), result.getResultNumber());
  --depth;
  known[value] = tensor;
  return tensor;
}

//===----------------------------------------------------------------------===//
// Several sizes
//===----------------------------------------------------------------------===//

/// The sizes that probes assume for axes 0, 1, … of values.
static constexpr int64_t kProbes[][4] = {
    {1, 1, 1, 1}, {2, 3, 2, 3}, {3, 2, 5, 2}, {2, 7, 3, 5}};

ShapeProbes::ShapeProbes() {
  for (const auto &sizes : kProbes)
    evaluators.emplace_back(sizes, this);
}

bool ShapeEvaluator::isSettled(Value value) const {
  return !probes || probes->isSettled(value);
}

/// The numbers at the beginning of the axes that `varies`, if they are the same
/// all along these.
static std::optional<std::vector<double>>
reduceAlong(const SmallTensor &tensor, const llvm::SmallBitVector &varies) {
  Shape reduced(tensor.shape);
  for (unsigned axis : varies.set_bits())
    reduced[axis] = 1;
  int64_t count = countOf(reduced);
  if (tensor.numbers.empty() || count <= 0)
    return std::nullopt;
  std::vector<double> result(count);
  std::vector<bool> seen(count);
  for (int64_t i = 0, e = tensor.numbers.size(); i < e; ++i) {
    int64_t place = sourceOf(i, tensor.shape, reduced);
    if (seen[place] && result[place] != tensor.numbers[i])
      return std::nullopt;
    result[place] = tensor.numbers[i];
    seen[place] = true;
  }
  return result;
}

bool ShapeProbes::isSettled(Value value) {
  if (auto it = settled.find(value); it != settled.end())
    return it->second;
  SmallVector<SmallTensor> tensors;
  for (ShapeEvaluator &evaluator : evaluators) {
    Tensor tensor = evaluator.evaluate(value);
    if (!tensor ||
        (!tensors.empty() && tensor->shape.size() != tensors[0].shape.size()))
      return settled[value] = false;
    tensors.push_back(std::move(*tensor));
  }
  llvm::SmallBitVector varies(tensors[0].shape.size());
  for (const SmallTensor &tensor : tensors)
    for (auto [axis, size] : llvm::enumerate(tensor.shape))
      if (size != tensors[0].shape[axis])
        varies.set(axis);
  auto first = reduceAlong(tensors[0], varies);
  return settled[value] =
             first && llvm::all_of(tensors, [&](const SmallTensor &tensor) {
               return reduceAlong(tensor, varies) == first;
             });
}

bool ShapeProbes::isAxisSettled(Value value, int64_t axis) {
  std::optional<int64_t> common;
  for (ShapeEvaluator &evaluator : evaluators) {
    Tensor tensor = evaluator.evaluate(value);
    if (!tensor || axis >= int64_t(tensor->shape.size()) ||
        tensor->shape[axis] != common.value_or(tensor->shape[axis]))
      return false;
    common = tensor->shape[axis];
  }
  return common.has_value();
}

/// Whether every number of `value` that varies is a size, or a sum or product
/// of sizes and of numbers that are not negative: positive for all sizes.
static bool holdsSizes(Value value, ShapeEvaluator &evaluator, bool inside) {
  Operation *node = value.getDefiningOp();
  if (!node)
    return false;
  if (isa<weights::WeightOpInterface, ConstantOfShapeOp>(node)) {
    Tensor tensor = evaluator.evaluate(value);
    return tensor &&
           (!inside || llvm::all_of(tensor->numbers,
                                    [](double number) { return number >= 0; }));
  }
  if (isa<ShapeOp>(node))
    return true;
  if (isa<GatherOp, UnsqueezeOp, ReshapeOp, IdentityOp, CastOp, SliceOp>(node))
    return holdsSizes(node->getOperand(0), evaluator, inside);
  std::string name = operatorName(node);
  bool computes = name == "Add" || name == "Mul";
  return (computes || isa<ConcatOp>(node)) &&
         llvm::all_of(node->getOperands(), [&](Value operand) {
           return holdsSizes(operand, evaluator, inside || computes);
         });
}

bool ShapeProbes::compareAlike(Value a, Value b) {
  if (isSettled(a) && isSettled(b))
    return true;
  ShapeEvaluator &any = evaluators.front();
  SmallVector<std::pair<SmallTensor, SmallTensor>> pairs;
  for (ShapeEvaluator &evaluator : evaluators) {
    Tensor left = evaluator.evaluate(a), right = evaluator.evaluate(b);
    if (!left || !right ||
        (!pairs.empty() && (left->shape != pairs[0].first.shape ||
                            right->shape != pairs[0].second.shape)))
      return false;
    pairs.emplace_back(std::move(*left), std::move(*right));
  }
  std::optional<Shape> to =
      broadcast(pairs[0].first.shape, pairs[0].second.shape);
  // Numbers of a place in all probes: whether they are one, and the least.
  auto range = [&](auto member, int64_t i) {
    double least = INFINITY, most = -INFINITY;
    for (const auto &pair : pairs) {
      const SmallTensor &tensor = pair.*member;
      double number = tensor.numbers[sourceOf(i, *to, tensor.shape)];
      least = std::min(least, number);
      most = std::max(most, number);
    }
    return std::pair(least, most);
  };
  using Pair = std::pair<SmallTensor, SmallTensor>;
  for (int64_t i = 0, e = to ? countOf(*to) : 0; i < e; ++i) {
    auto [leastA, mostA] = range(&Pair::first, i);
    auto [leastB, mostB] = range(&Pair::second, i);
    bool fixedA = leastA == mostA, fixedB = leastB == mostB;
    if ((fixedA && fixedB) ||
        (fixedA && mostA < 0 && leastB > 0 && holdsSizes(b, any, false)) ||
        (fixedB && mostB < 0 && leastA > 0 && holdsSizes(a, any, false)))
      continue;
    return false;
  }
  return to.has_value();
}
