//===- ShapeProbe.cpp - Values that depend on shapes alone ----------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Evaluates small tensors, with assumed sizes where the model has none.
//
//===----------------------------------------------------------------------===//

#include "ShapeProbe.h"

#include "slin/Dialect/ONNX/Analysis/Constants.h"
#include "slin/Dialect/ONNX/Analysis/Pointwise.h"
#include "slin/Dialect/ONNX/Analysis/ValueShape.h"
#include "slin/Dialect/ONNX/IR/ONNXOps.h"

#include "llvm/ADT/DenseMap.h"

#include <numeric>

using namespace mlir;
using namespace slin;
using namespace slin::onnx;

/// Masks of one probe and vectors of weights have fewer elements.
static constexpr int64_t kMaxElements = 1 << 20;
/// The sizes that probes assume for axes 0, 1, … of values.
static constexpr int64_t kProbes[][4] = {
    {1, 1, 1, 1}, {2, 3, 2, 3}, {3, 2, 5, 2}, {2, 7, 3, 5}};

using Shape = SmallVector<int64_t>;
using Tensor = std::optional<SmallTensor>;

static int64_t countOf(ArrayRef<int64_t> shape) {
  int64_t count = 1;
  for (int64_t size : shape)
    if (size < 0 || __builtin_mul_overflow(count, size, &count) ||
        count > kMaxElements)
      return -1;
  return count;
}

namespace {
class Evaluator {
public:
  /// `sizes` are assumed for axes of unknown size; without them no shape of an
  /// activation is known.
  explicit Evaluator(ArrayRef<int64_t> sizes) : sizes(sizes) {}
  Tensor evaluate(Value value);
  std::optional<Shape> assumedShape(Value value);

private:
  Tensor compute(Operation *node, unsigned result);
  Tensor shape(ShapeOp node);
  Tensor pointwise(Operation *node);
  Tensor gather(Operation *node);
  Tensor slice(Operation *node);
  Tensor reshape(Operation *node);
  Tensor insertAxes(Operation *node);
  Tensor concat(Operation *node);
  Tensor fill(ConstantOfShapeOp node);
  Tensor range(Operation *node);
  Tensor scatter(Operation *node);
  Tensor transpose(TransposeOp node);
  Tensor product(Operation *node);
  Tensor expandTo(const SmallTensor &tensor, ArrayRef<int64_t> target);
  std::optional<Shape> integers(Operation *node, StringRef name,
                                unsigned index);

  ArrayRef<int64_t> sizes;
  llvm::DenseMap<Value, Tensor> known;
  unsigned depth = 0;
};
} // namespace

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

std::optional<Shape> Evaluator::assumedShape(Value value) {
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

Tensor Evaluator::shape(ShapeOp node) {
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

std::optional<Shape> Evaluator::integers(Operation *node, StringRef name,
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

static std::optional<Shape> broadcast(ArrayRef<int64_t> a,
                                      ArrayRef<int64_t> b) {
  if (a.size() < b.size())
    std::swap(a, b);
  Shape result(a);
  size_t offset = a.size() - b.size();
  for (size_t i = 0; i < b.size(); ++i) {
    int64_t &size = result[offset + i];
    if (size != b[i] && size != 1 && b[i] != 1)
      return std::nullopt;
    size = size == 1 ? b[i] : size;
  }
  return result;
}

Tensor Evaluator::expandTo(const SmallTensor &tensor,
                           ArrayRef<int64_t> target) {
  std::optional<Shape> to = broadcast(tensor.shape, target);
  if (!to || countOf(*to) < 0)
    return std::nullopt;
  SmallTensor result{*to, {}, tensor.isInteger};
  for (int64_t i = 0, e = countOf(*to); i < e; ++i)
    result.numbers.push_back(tensor.numbers[sourceOf(i, *to, tensor.shape)]);
  return result;
}

Tensor Evaluator::pointwise(Operation *node) {
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
    result.numbers.push_back(isInteger ? std::trunc(number) : number);
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Operators
//===----------------------------------------------------------------------===//

/// Along axis 0, which is all that computations of shapes need.
Tensor Evaluator::gather(Operation *node) {
  Tensor data = evaluate(node->getOperand(0)),
         indices = evaluate(node->getOperand(1));
  if (!data || !indices || data->shape.size() != 1 ||
      numberAttribute(node, "axis", 0) != 0)
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

Tensor Evaluator::slice(Operation *node) {
  Tensor data = evaluate(node->getOperand(0));
  auto starts = integers(node, "starts", 1), ends = integers(node, "ends", 2);
  auto axes = integers(node, "axes", 3), steps = integers(node, "steps", 4);
  if (!data || !starts || !ends || starts->size() != ends->size())
    return std::nullopt;
  SmallTensor result = std::move(*data);
  for (auto [i, start] : llvm::enumerate(*starts)) {
    int64_t rank = result.shape.size();
    int64_t axis = axes ? (*axes)[i] : int64_t(i);
    axis += axis < 0 ? rank : 0;
    if (axis < 0 || axis >= rank || (steps && (*steps)[i] != 1))
      return std::nullopt;
    int64_t size = result.shape[axis];
    auto clamp = [&](int64_t place) {
      return std::clamp<int64_t>(place < 0 ? place + size : place, 0, size);
    };
    int64_t first = clamp(start), last = std::max(first, clamp((*ends)[i]));
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

Tensor Evaluator::reshape(Operation *node) {
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

Tensor Evaluator::insertAxes(Operation *node) {
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

Tensor Evaluator::concat(Operation *node) {
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

Tensor Evaluator::fill(ConstantOfShapeOp node) {
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

Tensor Evaluator::range(Operation *node) {
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

/// The position that each index names in data of shape `shape`, first elements
/// of the slices that are written.
static std::optional<SmallVector<int64_t>>
positionsOf(const SmallTensor &indices, ArrayRef<int64_t> shape,
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

Tensor Evaluator::scatter(Operation *node) {
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

Tensor Evaluator::transpose(TransposeOp node) {
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
Tensor Evaluator::product(Operation *node) {
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

Tensor Evaluator::compute(Operation *node, unsigned result) {
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
  // In these a size is a size; what compares sizes is not among them, but for
  // the test of a size of -1.
  if (isPointwise(node) &&
      llvm::is_contained({"Add", "Sub", "Mul", "Div", "Neg", "Cast", "Where",
                          "Equal", "Not", "Sqrt", "Reciprocal", "CastLike"},
                         name))
    return pointwise(node);
  return std::nullopt;
}

Tensor Evaluator::evaluate(Value value) {
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
// Questions
//===----------------------------------------------------------------------===//

std::optional<SmallTensor> slin::onnx::evaluateSmallTensor(Value value) {
  return Evaluator({}).evaluate(value);
}

/// What `read` gives for every probe, where that is the same.
template <typename Result>
static std::optional<Result>
sameForAll(llvm::function_ref<std::optional<Result>(Evaluator &)> read) {
  std::optional<Result> common;
  for (const auto &sizes : kProbes) {
    Evaluator evaluator(sizes);
    std::optional<Result> result = read(evaluator);
    if (!result || (common && *common != *result))
      return std::nullopt;
    common = std::move(result);
  }
  return common;
}

std::optional<SmallVector<int64_t>>
slin::onnx::probedIntegers(Operation *node, StringRef name, unsigned index) {
  if (auto constant = integersOf(node, name, index))
    return constant;
  Value operand = presentInput(node, index);
  if (!operand)
    return std::nullopt;
  auto numbers = sameForAll<std::vector<double>>(
      [&](Evaluator &evaluator) -> std::optional<std::vector<double>> {
        Tensor tensor = evaluator.evaluate(operand);
        return tensor ? std::optional(tensor->numbers) : std::nullopt;
      });
  if (!numbers)
    return std::nullopt;
  return SmallVector<int64_t>(numbers->begin(), numbers->end());
}

std::optional<std::vector<double>>
slin::onnx::numbersAlongAxis(ArrayRef<int64_t> shape, ArrayRef<double> numbers,
                             int64_t features, int64_t fromRight) {
  int64_t rank = shape.size();
  if (numbers.size() == 1)
    return std::vector<double>(features, numbers.front());
  if (fromRight > rank || shape[rank - fromRight] != features ||
      numbers.empty())
    return std::nullopt;
  int64_t inner = 1;
  for (int64_t size : shape.take_back(fromRight - 1))
    inner *= size;
  std::vector<double> result(features);
  for (int64_t i = 0, e = numbers.size(); i < e; ++i) {
    double &number = result[i / inner % features];
    if (i < features * inner && i % inner == 0)
      number = numbers[i];
    else if (number != numbers[i])
      return std::nullopt;
  }
  return result;
}

bool slin::onnx::addsNoAxes(ArrayRef<int64_t> shape, ArrayRef<int64_t> data,
                            int64_t fromRight) {
  int64_t rank = shape.size(), dataRank = data.size();
  for (int64_t place = 1; place <= rank; ++place)
    if (int64_t size = shape[rank - place];
        place > dataRank ||
        (place != fromRight && size != 1 && size != data[dataRank - place]))
      return false;
  return true;
}

std::optional<std::vector<double>>
slin::onnx::channelMask(Value mask, int64_t features, Value yes, Value no) {
  return sameForAll<std::vector<double>>(
      [&](Evaluator &evaluator) -> std::optional<std::vector<double>> {
        Tensor tensor = evaluator.evaluate(mask);
        auto fits = [&](Value data) {
          auto shape = evaluator.assumedShape(data);
          return addsNoAxes(tensor->shape, shape ? *shape : Shape{features});
        };
        if (!tensor || !(fits(yes) || fits(no)))
          return std::nullopt;
        return numbersAlongAxis(tensor->shape, tensor->numbers, features,
                                /*fromRight=*/1);
      });
}

/// The value whose elements, in order, are those of `value`: through Reshape,
/// and Expand to the size that it has already.
static Value sameElements(Value value, Evaluator &evaluator) {
  for (int depth = 0; depth < 8; ++depth) {
    Operation *node = value.getDefiningOp();
    if (!node || !isa<ReshapeOp, ExpandOp, IdentityOp>(node))
      return value;
    Value before = node->getOperand(0);
    if (isa<ExpandOp>(node)) {
      auto shape = evaluator.assumedShape(before);
      Tensor target = evaluator.evaluate(node->getOperand(1));
      if (!shape || !target || target->numbers.size() != shape->size() ||
          !llvm::equal(*shape, target->numbers))
        return value;
    }
    value = before;
  }
  return value;
}

std::optional<ScatteredFeatures>
slin::onnx::scatteredFeatures(Operation *scatter) {
  auto reduction = cast<ScatterNDOp>(scatter).getReduction();
  Value data = scatter->getOperand(0), indices = scatter->getOperand(1);
  if (reduction && *reduction != "none")
    return std::nullopt;
  std::optional<ScatteredFeatures> common;
  for (const auto &sizes : kProbes) {
    Evaluator evaluator(sizes);
    auto shape = evaluator.assumedShape(data);
    Tensor places = evaluator.evaluate(indices);
    Value updates = sameElements(scatter->getOperand(2), evaluator);
    auto written = evaluator.assumedShape(updates);
    int64_t slice = 0;
    auto positions =
        shape && places ? positionsOf(*places, *shape, slice) : std::nullopt;
    if (!positions || positions->empty() || !written ||
        shape->size() != written->size())
      return std::nullopt;
    int64_t features = shape->back(), size = written->back();
    int64_t offset = positions->front() % features;
    if (int64_t(positions->size()) * slice != countOf(*written) ||
        countOf(*written) / size != countOf(*shape) / features ||
        offset + size > features || slice > size)
      return std::nullopt;
    // Element j of token t goes to place `offset + j` of that token.
    for (auto [i, position] : llvm::enumerate(*positions)) {
      int64_t first = i * slice;
      if (position != first / size * features + offset + first % size)
        return std::nullopt;
    }
    if (common && (common->offset != offset || common->updates != updates))
      return std::nullopt;
    common = ScatteredFeatures{updates, features, offset, size};
  }
  return common;
}

std::optional<ScatteredRows> slin::onnx::scatteredRows(Operation *scatter) {
  auto reduction = cast<ScatterNDOp>(scatter).getReduction();
  if (reduction && *reduction != "none")
    return std::nullopt;
  auto places = sameForAll<std::vector<double>>(
      [&](Evaluator &evaluator) -> std::optional<std::vector<double>> {
        Tensor tensor = evaluator.evaluate(scatter->getOperand(1));
        if (!tensor || tensor->shape.size() != 2 || tensor->shape[1] != 1)
          return std::nullopt;
        return tensor->numbers;
      });
  if (!places || places->empty() || places->front() < 0)
    return std::nullopt;
  for (auto [i, place] : llvm::enumerate(*places))
    if (place != places->front() + double(i))
      return std::nullopt;
  return ScatteredRows{int64_t(places->front()), int64_t(places->size())};
}
