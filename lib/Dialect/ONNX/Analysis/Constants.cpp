//===- Constants.cpp - Constant values of a graph -------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Expressions of constants are followed over few nodes: exporters write
// `Sqrt(CastLike(Div(2, π)))`, nobody writes twenty nodes.
//
//===----------------------------------------------------------------------===//

#include "slin/Dialect/ONNX/Analysis/Constants.h"

#include "slin/Dialect/ONNX/Analysis/FeatureLayout.h"
#include "slin/Dialect/ONNX/Analysis/Pointwise.h"
#include "slin/Dialect/ONNX/IR/ONNXOps.h"

#include "llvm/ADT/SmallPtrSet.h"

#include <cmath>
#include <limits>

using namespace mlir;
using namespace slin;
using namespace slin::onnx;

/// An expression of constants has fewer nodes.
static constexpr size_t kMaxNodes = 64;
/// Constants with more elements are weights, not parameters of an activation.
static constexpr uint64_t kMaxElements = 1 << 18;

/// The operands that decide whether `op` is constant; nothing if it never is.
static std::optional<SmallVector<Value>> constantOperands(Operation *op) {
  if (isa<weights::WeightOpInterface, NoneOp, ConstantOfShapeOp>(op))
    return SmallVector<Value>();
  if (isPointwise(op))
    return pointwiseOperands(op);
  if (op->getNumOperands() && (isShapeNode(op) || isa<ExpandOp>(op)))
    return SmallVector<Value>{op->getOperand(0)};
  if (isa<DequantizeLinearOp, ConcatOp, MatMulOp, GemmOp, SliceOp, GatherOp,
          SplitOp>(op))
    return SmallVector<Value>(op->getOperands());
  return std::nullopt;
}

bool slin::onnx::isConstant(Value value) {
  llvm::SmallPtrSet<Operation *, 8> seen;
  SmallVector<Value> work{value};
  while (!work.empty()) {
    Operation *op = work.pop_back_val().getDefiningOp();
    if (!op)
      return false;
    if (!seen.insert(op).second)
      continue;
    std::optional<SmallVector<Value>> operands = constantOperands(op);
    if (!operands || seen.size() > kMaxNodes)
      return false;
    work.append(*operands);
  }
  return true;
}

static std::optional<ScalarConstant> firstElement(ElementsAttr attribute,
                                                  Operation *op) {
  auto count = attribute
                   ? weights::countOf(attribute.getShapedType().getShape())
                   : std::nullopt;
  if (!count || *count == 0 || *count > kMaxElements)
    return std::nullopt;
  std::string reason;
  FailureOr<weights::Elements> elements =
      weights::loadElements(attribute, op, reason);
  std::vector<double> values(*count);
  if (failed(elements) || failed(weights::toDoubles(*elements, values, reason)))
    return std::nullopt;
  return ScalarConstant{values.front(), llvm::all_equal(values)};
}

using KnownScalars = llvm::DenseMap<Value, std::optional<ScalarConstant>>;

static std::optional<ScalarConstant> scalarOf(Value value, KnownScalars &known);

static std::optional<ScalarConstant> evaluateScalar(Operation *op,
                                                    KnownScalars &known) {
  if (auto weight = dyn_cast<weights::WeightOpInterface>(op))
    return firstElement(weight.getWeight(), op);
  if (auto fill = dyn_cast<ConstantOfShapeOp>(op)) {
    if (!fill.getValue())
      return ScalarConstant{};
    return firstElement(elementsOf(*fill.getValue()), op);
  }
  if (isShapeNode(op) || isa<ExpandOp>(op))
    return scalarOf(op->getOperand(0), known);
  if (!isPointwise(op))
    return std::nullopt;
  ScalarConstant result;
  SmallVector<double> arguments;
  for (Value operand : pointwiseOperands(op)) {
    if (operand.getDefiningOp<NoneOp>()) {
      arguments.push_back(std::numeric_limits<double>::quiet_NaN());
      continue;
    }
    std::optional<ScalarConstant> argument = scalarOf(operand, known);
    if (!argument)
      return std::nullopt;
    arguments.push_back(argument->value);
    result.uniform &= argument->uniform;
  }
  result.value = evaluatePointwise(op, arguments);
  return result;
}

/// Only called for constants, so that the recursion is short.
static std::optional<ScalarConstant> scalarOf(Value value,
                                              KnownScalars &known) {
  if (auto it = known.find(value); it != known.end())
    return it->second;
  std::optional<ScalarConstant> result =
      evaluateScalar(value.getDefiningOp(), known);
  known[value] = result;
  return result;
}

std::optional<ScalarConstant> slin::onnx::scalarConstant(Value value) {
  KnownScalars known;
  return isConstant(value) ? scalarOf(value, known) : std::nullopt;
}

std::optional<SmallVector<int64_t>> slin::onnx::integerConstant(Value value,
                                                                int64_t most) {
  Operation *op = value.getDefiningOp();
  for (int depth = 0;
       op && depth < 8 && isa<CastOp, IdentityOp, ReshapeOp>(op) &&
       op->getNumOperands();
       ++depth)
    op = op->getOperand(0).getDefiningOp();
  auto weight = dyn_cast_or_null<weights::WeightOpInterface>(op);
  ElementsAttr attribute = weight ? weight.getWeight() : nullptr;
  if (!attribute || attribute.getShapedType().getRank() > 1 ||
      attribute.getNumElements() > most)
    return std::nullopt;
  std::string reason;
  FailureOr<weights::Elements> elements = weight.getElements(reason);
  std::vector<double> values(attribute.getNumElements());
  if (failed(elements) || failed(weights::toDoubles(*elements, values, reason)))
    return std::nullopt;
  SmallVector<int64_t> result;
  for (double number : values)
    result.push_back(number >= 9.2e18    ? std::numeric_limits<int64_t>::max()
                     : number <= -9.2e18 ? std::numeric_limits<int64_t>::min()
                                         : int64_t(number));
  return result;
}

static std::optional<SmallVector<int64_t>> evaluateIntegers(Value value,
                                                            unsigned depth) {
  if (auto constant = integerConstant(value))
    return constant;
  Operation *op = value.getDefiningOp();
  if (!op || depth == 0 || op->getNumResults() != 1)
    return std::nullopt;
  if (auto fill = dyn_cast<ConstantOfShapeOp>(op)) {
    auto count = evaluateIntegers(op->getOperand(0), depth - 1);
    auto number = scalarConstant(value);
    if (!count || count->size() != 1 || !number || count->front() < 0 ||
        count->front() > 64)
      return std::nullopt;
    return SmallVector<int64_t>(count->front(), int64_t(number->value));
  }
  if (!isPointwise(op))
    return std::nullopt;
  SmallVector<SmallVector<int64_t>> arguments;
  size_t size = 1;
  for (Value operand : pointwiseOperands(op)) {
    auto numbers = evaluateIntegers(operand, depth - 1);
    if (!numbers || numbers->empty())
      return std::nullopt;
    size = std::max(size, numbers->size());
    arguments.push_back(std::move(*numbers));
  }
  SmallVector<int64_t> result;
  for (size_t i = 0; i < size; ++i) {
    SmallVector<double> numbers;
    for (const auto &argument : arguments) {
      if (argument.size() != 1 && argument.size() != size)
        return std::nullopt;
      numbers.push_back(argument[argument.size() == 1 ? 0 : i]);
    }
    double number = evaluatePointwise(op, numbers);
    if (!(std::fabs(number) < 9.0e15) || number != std::floor(number))
      return std::nullopt;
    result.push_back(int64_t(number));
  }
  return result;
}

std::optional<SmallVector<int64_t>> slin::onnx::integerExpression(Value value) {
  return evaluateIntegers(value, /*depth=*/8);
}

std::optional<SmallVector<int64_t>>
slin::onnx::integersOf(Operation *node, StringRef name, unsigned index) {
  auto interface = dyn_cast<NodeOpInterface>(node);
  if (!interface)
    return std::nullopt;
  if (auto list = interface.getNodeAttributes().getAs<DenseI64ArrayAttr>(name))
    return SmallVector<int64_t>(list.asArrayRef());
  Value operand = presentInput(node, index);
  return operand ? integerConstant(operand) : std::nullopt;
}

double slin::onnx::numberAttribute(Operation *node, StringRef name,
                                   double otherwise) {
  auto interface = dyn_cast<NodeOpInterface>(node);
  Attribute value =
      interface ? interface.getNodeAttributes().get(name) : Attribute();
  if (auto number = dyn_cast_or_null<FloatAttr>(value))
    return number.getValueAsDouble();
  if (auto number = dyn_cast_or_null<IntegerAttr>(value))
    return number.getValue().getSExtValue();
  return otherwise;
}

std::string slin::onnx::operatorName(Operation *op) {
  auto node = dyn_cast_or_null<NodeOpInterface>(op);
  if (!node)
    return "";
  StringRef domain = node.getDomain();
  if (domain == "com.microsoft")
    return ("ms." + node.getOpType()).str();
  return domain.empty() ? node.getOpType().str()
                        : (domain + "::" + node.getOpType()).str();
}

std::string slin::onnx::pathOf(Operation *node) {
  if (auto interface = dyn_cast<NodeOpInterface>(node))
    if (!interface.getNodeName().empty())
      return interface.getNodeName().str();
  return node->getNumResults() ? nameOf(node->getResult(0)) : std::string();
}
