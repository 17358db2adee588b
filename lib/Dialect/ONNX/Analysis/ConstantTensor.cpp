//===- ConstantTensor.cpp - Constants that a graph computes ---------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Pointwise operators are evaluated by the table that fingerprints use.
//
//===----------------------------------------------------------------------===//

#include "StoredWeight.h"

#include "slin/Dialect/ONNX/Analysis/ConstantTensor.h"
#include "slin/Dialect/ONNX/Analysis/Constants.h"
#include "slin/Dialect/ONNX/Analysis/Pointwise.h"
#include "slin/Dialect/ONNX/Analysis/ValueShape.h"
#include "slin/Dialect/ONNX/IR/ONNXOps.h"

#include "llvm/ADT/Sequence.h"

#include <limits>
#include <map>

using namespace mlir;
using namespace slin;
using namespace slin::onnx;

/// 1 GiB of f64.
static constexpr int64_t kMostElements = int64_t(1) << 27;

static bool isReshaping(Operation *op) {
  return isa<ReshapeOp, SqueezeOp, UnsqueezeOp, FlattenOp>(op) &&
         op->getNumOperands() > 0;
}

static bool hasPermutation(Operation *op) {
  return isa<TransposeOp>(op) && op->getNumOperands() == 1;
}

bool slin::onnx::isEvaluable(Value value) {
  SmallVector<Value> work{value};
  llvm::SmallPtrSet<Operation *, 8> seen;
  while (!work.empty()) {
    Operation *op = work.pop_back_val().getDefiningOp();
    if (!op)
      return false;
    if (!seen.insert(op).second || isa<NoneOp>(op))
      continue;
    if (auto weight = dyn_cast<weights::WeightOpInterface>(op)) {
      if (!weight.getWeight())
        return false;
    } else if (isReshaping(op) || hasPermutation(op)) {
      work.push_back(op->getOperand(0));
    } else if (isPointwise(op) && op->getNumResults() == 1) {
      work.append(pointwiseOperands(op));
    } else {
      return false;
    }
  }
  auto shape = shapeOf(value);
  return shape && !ShapedType::isDynamicShape(*shape);
}

using KnownTypes = llvm::DenseMap<Value, FloatType>;

static FloatType findFloatType(Value value, KnownTypes &known) {
  Operation *op = value.getDefiningOp();
  if (!op)
    return {};
  if (auto it = known.find(value); it != known.end())
    return it->second;
  if (auto weight = dyn_cast<weights::WeightOpInterface>(op)) {
    ElementsAttr elements = weight.getWeight();
    return elements
               ? dyn_cast<FloatType>(elements.getShapedType().getElementType())
               : FloatType();
  }
  // A first operand's type decides where the others are shapes.
  bool first = isReshaping(op) || hasPermutation(op) || isa<CastOp>(op);
  FloatType common;
  for (Value operand : op->getOperands()) {
    FloatType type = findFloatType(operand, known);
    if (type && common && type != common)
      return known[value] = FloatType();
    common = common ? common : type;
    if (first)
      break;
  }
  if (auto cast = dyn_cast<CastOp>(op)) {
    auto to = dyn_cast_or_null<FloatType>(
        typeOfCode(op->getContext(), cast.getTo().value_or(0)));
    bool narrows =
        common && to && common.getFPMantissaWidth() > to.getFPMantissaWidth();
    common = narrows ? FloatType() : to;
  }
  known[value] = common;
  return common;
}

FloatType slin::onnx::floatTypeOf(Value value) {
  KnownTypes known;
  return findFloatType(value, known);
}

namespace {
class Evaluator {
public:
  explicit Evaluator(std::string &reason) : reason(reason) {}
  const ConstantTensor *evaluate(Value value);

private:
  std::optional<ConstantTensor> compute(Operation *op);
  std::optional<ConstantTensor> load(weights::WeightOpInterface weight);
  std::optional<ConstantTensor> transpose(TransposeOp op);
  std::optional<ConstantTensor> pointwise(Operation *op);

  std::string &reason;
  /// Tensors stay where they are while others are added.
  std::map<void *, ConstantTensor> known;
};
} // namespace

static int64_t countOf(ArrayRef<int64_t> shape) {
  auto count = weights::countOf(shape);
  return count && *count <= uint64_t(kMostElements) ? int64_t(*count) : -1;
}

/// What one step along each axis of `shape` means in `inner`, aligned at the
/// right; 0 where it is broadcast.
static SmallVector<int64_t> stridesIn(ArrayRef<int64_t> inner,
                                      ArrayRef<int64_t> shape) {
  SmallVector<int64_t> strides(shape.size(), 0);
  int64_t stride = 1;
  for (size_t i = 0; i < inner.size(); ++i) {
    int64_t size = inner[inner.size() - 1 - i];
    strides[shape.size() - 1 - i] = size == 1 ? 0 : stride;
    stride *= size;
  }
  return strides;
}

/// Calls `visit` for every element of `shape` in order with its positions by
/// each list of strides.
static void forEachElement(ArrayRef<int64_t> shape,
                           ArrayRef<SmallVector<int64_t>> strides,
                           llvm::function_ref<void(ArrayRef<int64_t>)> visit) {
  SmallVector<int64_t> index(shape.size(), 0), positions(strides.size(), 0);
  for (int64_t count = countOf(shape); count > 0; --count) {
    visit(positions);
    for (size_t axis = shape.size(); axis-- > 0;) {
      bool carries = ++index[axis] == shape[axis];
      int64_t step = carries ? 1 - shape[axis] : 1;
      for (auto [position, list] : llvm::zip(positions, strides))
        position += step * list[axis];
      if (!carries)
        break;
      index[axis] = 0;
    }
  }
}

std::optional<ConstantTensor>
Evaluator::load(weights::WeightOpInterface weight) {
  FailureOr<weights::Elements> elements = weight.getElements(reason);
  if (failed(elements))
    return std::nullopt;
  ConstantTensor result;
  result.shape = llvm::to_vector(elements->type.getShape());
  int64_t count = countOf(result.shape);
  if (count < 0) {
    reason = ("expected at most " + Twine(kMostElements) + " elements in '" +
              weight.getWeightName() + "'")
                 .str();
    return std::nullopt;
  }
  result.values.resize(count);
  if (failed(weights::toDoubles(*elements, result.values, reason)))
    return std::nullopt;
  return result;
}

std::optional<ConstantTensor> Evaluator::transpose(TransposeOp op) {
  const ConstantTensor *operand = evaluate(op->getOperand(0));
  if (!operand)
    return std::nullopt;
  int64_t rank = operand->shape.size();
  SmallVector<int64_t> order =
      llvm::to_vector(llvm::reverse(llvm::seq<int64_t>(0, rank)));
  if (auto permutation = op.getPerm())
    order = llvm::to_vector(*permutation);
  SmallVector<int64_t> own = stridesIn(operand->shape, operand->shape), moved;
  ConstantTensor result;
  for (int64_t axis : order) {
    if (axis < 0 || axis >= rank || int64_t(order.size()) != rank) {
      reason = "'" + pathOf(op) + "' has a permutation that does not fit";
      return std::nullopt;
    }
    result.shape.push_back(operand->shape[axis]);
    moved.push_back(own[axis]);
  }
  result.values.reserve(operand->values.size());
  forEachElement(result.shape, {moved}, [&](ArrayRef<int64_t> positions) {
    result.values.push_back(operand->values[positions[0]]);
  });
  return result;
}

std::optional<ConstantTensor> Evaluator::pointwise(Operation *op) {
  SmallVector<const ConstantTensor *> operands;
  ConstantTensor absent{{}, {std::numeric_limits<double>::quiet_NaN()}}, result;
  for (Value operand : pointwiseOperands(op)) {
    operands.push_back(operand.getDefiningOp<NoneOp>() ? &absent
                                                       : evaluate(operand));
    if (!operands.back())
      return std::nullopt;
    ArrayRef<int64_t> shape = operands.back()->shape;
    size_t missing = shape.size() - std::min(shape.size(), result.shape.size());
    result.shape.insert(result.shape.begin(), missing, 1);
    for (auto [own, other] :
         llvm::zip(llvm::reverse(result.shape), llvm::reverse(shape))) {
      if (own != other && own != 1 && other != 1) {
        reason = "'" + pathOf(op) + "' has operands that do not broadcast";
        return std::nullopt;
      }
      own = own == 1 ? other : own;
    }
  }
  int64_t count = countOf(result.shape);
  if (count < 0) {
    reason = "'" + pathOf(op) + "' gives too many elements";
    return std::nullopt;
  }
  SmallVector<SmallVector<int64_t>> strides;
  for (const ConstantTensor *operand : operands)
    strides.push_back(stridesIn(operand->shape, result.shape));
  result.values.reserve(count);
  SmallVector<double> arguments(operands.size());
  forEachElement(result.shape, strides, [&](ArrayRef<int64_t> positions) {
    for (size_t i = 0; i < operands.size(); ++i)
      arguments[i] = operands[i]->values[positions[i]];
    result.values.push_back(evaluatePointwise(op, arguments));
  });
  return result;
}

std::optional<ConstantTensor> Evaluator::compute(Operation *op) {
  if (auto weight = dyn_cast<weights::WeightOpInterface>(op))
    return load(weight);
  if (hasPermutation(op))
    return transpose(cast<TransposeOp>(op));
  if (isPointwise(op))
    return pointwise(op);
  const ConstantTensor *operand =
      isReshaping(op) ? evaluate(op->getOperand(0)) : nullptr;
  auto shape = shapeOf(op->getResult(0));
  if (!operand || !shape ||
      countOf(*shape) != int64_t(operand->values.size())) {
    if (reason.empty())
      reason = "'" + pathOf(op) + "' cannot be evaluated";
    return std::nullopt;
  }
  return ConstantTensor{*shape, operand->values};
}

const ConstantTensor *Evaluator::evaluate(Value value) {
  Operation *op = value.getDefiningOp();
  auto it = known.find(value.getAsOpaquePointer());
  if (it != known.end())
    return &it->second;
  std::optional<ConstantTensor> result =
      op ? compute(op) : std::optional<ConstantTensor>();
  if (!result)
    return nullptr;
  return &known.emplace(value.getAsOpaquePointer(), std::move(*result))
              .first->second;
}

FailureOr<ConstantTensor> slin::onnx::evaluateConstant(Value value,
                                                       std::string &reason) {
  Evaluator evaluator(reason);
  const ConstantTensor *result = evaluator.evaluate(value);
  if (!result)
    return failure();
  return *result;
}
