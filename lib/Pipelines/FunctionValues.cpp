//===- FunctionValues.cpp - What a function computes ----------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A name gives the same numbers in every graph that has it.
//
//===----------------------------------------------------------------------===//

#include "FunctionValues.h"

#include "slin/Conversion/NodeOrder.h"
#include "slin/Dialect/ONNX/IR/ONNXOps.h"
#include "slin/Dialect/Slin/IR/SlinOps.h"
#include "slin/Evaluation/RandomNumbers.h"

#include "llvm/Support/xxhash.h"

#include <cmath>

using namespace mlir;
using namespace slin;
using evaluation::Tensor;

//===----------------------------------------------------------------------===//
// Inputs
//===----------------------------------------------------------------------===//

/// Sizes are given out in the order in which dimensions are met, different ones
/// for different names, so that no two axes are taken for each other.
int64_t RandomTensors::sizeOf(RankedTensorType type, unsigned axis) {
  if (!type.isDynamicDim(axis))
    return type.getDimSize(axis);
  std::string name = "?" + std::to_string(axis);
  auto dims = dyn_cast_or_null<onnx::DimsAttr>(type.getEncoding());
  if (dims && axis < dims.getDims().size())
    if (auto symbol = dyn_cast<StringAttr>(dims.getDims()[axis]))
      if (!symbol.empty() && symbol.getValue() != "?")
        name = symbol.str();
  return sizes.try_emplace(name, 2 + int64_t(sizes.size())).first->second;
}

FailureOr<Tensor> RandomTensors::make(StringRef name, Type type,
                                      std::string &reason) {
  if (auto it = made.find(name); it != made.end())
    return it->second;
  auto ranked = dyn_cast<RankedTensorType>(type);
  if (!ranked || !evaluation::isNumeric(ranked.getElementType())) {
    reason = "expected a tensor of numbers with known rank";
    return failure();
  }
  SmallVector<int64_t> shape;
  for (unsigned axis = 0; axis < ranked.getRank(); ++axis)
    shape.push_back(sizeOf(ranked, axis));
  auto count = weights::countOf(shape);
  if (!count || *count > uint64_t(1) << 24) {
    reason = "expected fewer elements";
    return failure();
  }
  evaluation::RandomNumbers random(llvm::xxh3_64bits(name));
  bool isReal = isa<FloatType>(ranked.getElementType());
  int64_t last = shape.empty() ? 1 : std::max<int64_t>(shape.back(), 1);
  evaluation::Reals numbers(*count);
  for (auto [i, number] : llvm::enumerate(numbers)) {
    number = random.normal();
    // Integers are indices or flags; a mask leaves something of each row.
    if (!isReal)
      number = number > 0.0 || int64_t(i) % last == 0;
  }
  Tensor tensor = evaluation::makeTensor(ranked.getElementType(), shape,
                                         std::move(numbers));
  made[name] = tensor;
  return tensor;
}

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

/// The name of a value in the model, also where slin ops took its node's place.
static std::string nameOf(Value value) {
  Operation *op = value.getDefiningOp();
  if (isa_and_nonnull<ApplyOp, AddOp>(op)) {
    for (StringRef key : {StringRef(kOutputName), StringRef("path")})
      if (auto name = op->getAttrOfType<StringAttr>(key))
        return name.str();
    return "";
  }
  if (op && !isa<onnx::NodeOpInterface>(op))
    return "";
  std::string name = onnx::nameOf(value);
  if (auto argument = dyn_cast<BlockArgument>(value); argument && name.empty())
    name = "argument " + std::to_string(argument.getArgNumber());
  return name;
}

/// What messages call an op.
static std::string pathOf(Operation *op) {
  if (auto path = op->getAttrOfType<StringAttr>("path"))
    return path.str();
  auto node = dyn_cast<onnx::NodeOpInterface>(op);
  if (node && !node.getNodeName().empty())
    return node.getNodeName().str();
  if (auto weight = dyn_cast<weights::WeightOpInterface>(op))
    return weight.getWeightName().str();
  std::string name = op->getNumResults() ? nameOf(op->getResult(0)) : "";
  return name.empty() ? op->getName().getStringRef().str() : name;
}

//===----------------------------------------------------------------------===//
// Evaluation
//===----------------------------------------------------------------------===//

namespace {
class FunctionEvaluation {
public:
  FunctionEvaluation(func::FuncOp function, int64_t tokens,
                     RandomTensors &inputs, evaluation::WeightCache &weights)
      : function(function), inputs(inputs),
        evaluation(weights, optionsFor(tokens)) {}
  FunctionValues run();

private:
  evaluation::EvaluationOptions optionsFor(int64_t tokens);
  void addObstacle(const Twine &text) {
    values.obstacles.insert(StringAttr::get(function.getContext(), text));
  }
  void addEnd(const Twine &name, Value value);

  func::FuncOp function;
  RandomTensors &inputs;
  FunctionValues values;
  /// Values that were not evaluated: they are equal whatever becomes of them.
  llvm::DenseSet<Value> random;
  evaluation::Evaluation evaluation;
};
} // namespace

evaluation::EvaluationOptions FunctionEvaluation::optionsFor(int64_t tokens) {
  evaluation::EvaluationOptions options;
  options.tokens = tokens;
  options.prefersNodes = true;
  options.substitute =
      [this](Value value,
             const evaluation::Obstacle &) -> std::optional<Tensor> {
    std::string name = nameOf(value), reason;
    if (name.empty())
      return std::nullopt;
    auto tensor = inputs.make(name, value.getType(), reason);
    return succeeded(tensor) ? std::optional<Tensor>(*tensor) : std::nullopt;
  };
  return options;
}

/// A value whose change would be seen outside.
void FunctionEvaluation::addEnd(const Twine &name, Value value) {
  auto key = StringAttr::get(function.getContext(), name);
  std::optional<Tensor> tensor = evaluation.find(value);
  if (tensor && !random.contains(value)) {
    if (tensor->isReal() && llvm::any_of(tensor->reals(), [](double number) {
          return std::isnan(number);
        }))
      values.notFinite.insert(key);
    values.ends[key] = std::move(*tensor);
    return;
  }
  evaluation::Obstacle obstacle = evaluation.obstacleOf(value);
  std::string cause = obstacle.op ? pathOf(obstacle.op) : "";
  addObstacle(name + " is not verified: '" + cause +
              "' cannot be evaluated: " + obstacle.reason);
}

FunctionValues FunctionEvaluation::run() {
  for (BlockArgument argument : function.getArguments()) {
    std::string reason, name = nameOf(argument);
    auto tensor = inputs.make(name, argument.getType(), reason);
    if (succeeded(tensor))
      evaluation.set(argument, *tensor);
    else
      addObstacle("'" + name + "' has no numbers: " + reason);
  }
  evaluation.run(function.front());
  random.insert_range(evaluation.getSubstituted());
  llvm::DenseSet<Attribute> twice;
  auto add = [&](Value value) {
    std::string name = nameOf(value);
    if (name.empty())
      return;
    std::optional<Tensor> tensor = evaluation.find(value);
    auto key = StringAttr::get(function.getContext(), name);
    if (!tensor || twice.contains(key) || random.contains(value))
      return;
    if (values.values.insert({key, {*tensor, value.getLoc()}}).second)
      return;
    // Which of two values is meant cannot be said.
    values.values.erase(key);
    twice.insert(key);
  };
  function.walk<WalkOrder::PreOrder>(
      [&](Operation *op) { llvm::for_each(op->getResults(), add); });
  for (Value value : evaluation.getSubstituted()) {
    evaluation::Obstacle obstacle = evaluation.obstacleOf(value);
    addObstacle("'" + nameOf(value) + "' is taken as random: '" +
                (obstacle.op ? pathOf(obstacle.op) : "") +
                "' cannot be evaluated: " + obstacle.reason);
  }
  for (Operation *op : evaluation.getDeclined())
    for (OpOperand &operand : op->getOpOperands())
      if (evaluation.find(operand.get()) && !random.contains(operand.get()))
        addEnd("operand " + Twine(operand.getOperandNumber()) + " of '" +
                   pathOf(op) + "'",
               operand.get());
  Operation *end = function.front().getTerminator();
  for (OpOperand &result : end->getOpOperands())
    addEnd("result " + Twine(result.getOperandNumber()), result.get());
  return std::move(values);
}

FunctionValues slin::evaluateFunction(func::FuncOp function, int64_t tokens,
                                      RandomTensors &inputs,
                                      evaluation::WeightCache &weights) {
  return FunctionEvaluation(function, tokens, inputs, weights).run();
}

double slin::differenceOf(const Tensor &expected, const Tensor &found) {
  if (expected.getShape() != found.getShape() ||
      expected.isReal() != found.isReal())
    return HUGE_VAL;
  double magnitude = 1e-300, largest = 0.0;
  for (int64_t i = 0; i < expected.size(); ++i) {
    double a = expected.realAt(i), b = found.realAt(i);
    if (std::isfinite(a))
      magnitude = std::max(magnitude, std::fabs(a));
    // Equal infinities have no difference, nor has what is NaN in both.
    if (a == b || (std::isnan(a) && std::isnan(b)))
      continue;
    double difference = std::fabs(a - b);
    largest = std::max(largest, std::isnan(difference) ? HUGE_VAL : difference);
  }
  return largest / magnitude;
}
