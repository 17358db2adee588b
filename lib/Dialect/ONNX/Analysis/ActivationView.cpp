//===- ActivationView.cpp - What the nodes between linears compute --------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The tolerance lies between two numbers: constants rounded to bf16 move
// gelu_tanh by 3.4e-4 (to f16 by 1.4e-5), while gelu and gelu_tanh are 4.7e-4
// apart. The nearest known function within it is the name.
//
//===----------------------------------------------------------------------===//

#include "slin/Dialect/ONNX/Analysis/ActivationView.h"

#include "slin/Dialect/ONNX/Analysis/Constants.h"
#include "slin/Dialect/ONNX/Analysis/FeatureLayout.h"
#include "slin/Dialect/ONNX/Analysis/Pointwise.h"
#include "slin/Dialect/ONNX/IR/ONNXOps.h"

#include "llvm/ADT/DenseMap.h"

#include <cmath>
#include <vector>

using namespace mlir;
using namespace slin::onnx;

/// Of functions that differ by less we cannot say which one it is.
static constexpr double kTolerance = 4e-4;

namespace {
struct KnownFunction {
  llvm::StringLiteral name;
  double (*value)(double);
};

/// Evaluates the nodes at one point.
class Evaluation {
public:
  Evaluation(ArrayRef<Operation *> nodes, Value output)
      : nodes(nodes), output(output) {
    readConstants();
  }
  double operator()(ArrayRef<Value> inputs, ArrayRef<double> values) const;
  /// Whether every constant is one number.
  bool isUniform() const { return uniform; }

private:
  void readConstants();
  ArrayRef<Operation *> nodes;
  Value output;
  llvm::DenseMap<Value, double> constants;
  bool uniform = true;
};
} // namespace

void Evaluation::readConstants() {
  for (Operation *node : nodes) {
    if (!isPointwise(node))
      continue;
    for (Value operand : pointwiseOperands(node)) {
      if (!isConstant(operand) || constants.count(operand))
        continue;
      auto constant = scalarConstant(operand);
      constants[operand] = constant ? constant->value : std::nan("");
      // An operand that is left out has no value, but is no unknown constant.
      bool absent = isa_and_nonnull<NoneOp>(operand.getDefiningOp());
      uniform &= absent || (constant && constant->uniform);
    }
  }
}

double Evaluation::operator()(ArrayRef<Value> inputs,
                              ArrayRef<double> values) const {
  llvm::DenseMap<Value, double> known(constants);
  for (auto [input, value] : llvm::zip(inputs, values))
    known[input] = value;
  for (Operation *node : nodes) {
    SmallVector<double> arguments;
    if (!isPointwise(node)) {
      known[node->getResult(0)] = known.lookup(node->getOperand(0));
      continue;
    }
    for (Value operand : pointwiseOperands(node))
      arguments.push_back(known.lookup(operand));
    known[node->getResult(0)] = evaluatePointwise(node, arguments);
  }
  return known.lookup(output);
}

static double sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }
static double softplus(double x) {
  return std::max(x, 0.0) + std::log1p(std::exp(-std::fabs(x)));
}
static double clamp(double x, double low, double high) {
  return std::min(std::max(x, low), high);
}

static constexpr KnownFunction kFunctions[] = {
    {"relu", [](double x) { return std::max(x, 0.0); }},
    {"gelu", [](double x) { return 0.5 * x * std::erfc(-x * M_SQRT1_2); }},
    {"gelu_tanh",
     [](double x) {
       return 0.5 * x *
              (1.0 +
               std::tanh(std::sqrt(2.0 / M_PI) * (x + 0.044715 * x * x * x)));
     }},
    {"quick_gelu", [](double x) { return x * sigmoid(1.702 * x); }},
    {"silu", [](double x) { return x * sigmoid(x); }},
    {"relu_squared",
     [](double x) { return std::max(x, 0.0) * std::max(x, 0.0); }},
    {"relu6", [](double x) { return clamp(x, 0.0, 6.0); }},
    {"tanh", [](double x) { return std::tanh(x); }},
    {"sigmoid", [](double x) { return sigmoid(x); }},
    {"hard_swish", [](double x) { return x * clamp(x / 6.0 + 0.5, 0.0, 1.0); }},
    {"hard_sigmoid", [](double x) { return clamp(x / 6.0 + 0.5, 0.0, 1.0); }},
    {"mish", [](double x) { return x * std::tanh(softplus(x)); }},
    {"softplus", [](double x) { return softplus(x); }},
    {"softsign", [](double x) { return x / (1.0 + std::fabs(x)); }},
    {"selu",
     [](double x) {
       return 1.0507009873554805 *
              (x < 0.0 ? 1.6732632423543772 * std::expm1(x) : x);
     }},
    {"square", [](double x) { return x * x; }},
    {"abs", [](double x) { return std::fabs(x); }},
    {"exp", [](double x) { return std::exp(x); }},
};

/// The points at which functions are compared: dense where activations bend,
/// and a few far out.
static ArrayRef<double> grid() {
  static const std::vector<double> points = [] {
    std::vector<double> result;
    for (int i = -64; i <= 64; ++i)
      result.push_back(i / 8.0 + 0.03125);
    for (double far : {-20.0, -12.0, 12.0, 20.0})
      result.push_back(far);
    return result;
  }();
  return points;
}

/// The largest difference, relative where values are large; infinite where one
/// is no number.
static double distance(ArrayRef<double> values,
                       llvm::function_ref<double(double)> function) {
  double largest = 0.0;
  for (auto [x, value] : llvm::zip(grid(), values)) {
    double expected = function(x);
    double difference =
        std::fabs(value - expected) / std::max(1.0, std::fabs(expected));
    if (!(difference <= largest))
      largest = std::isnan(difference) ? HUGE_VAL : difference;
  }
  return largest;
}

void ActivationView::identify(Function function) {
  std::vector<double> values;
  for (double x : grid())
    values.push_back(function(x));
  double offset = function(0.0), slope = function(1.0) - offset;
  if (distance(values, [&](double x) { return slope * x + offset; }) <=
      kTolerance) {
    name = "identity";
    return;
  }
  double best = kTolerance;
  for (const KnownFunction &known : kFunctions) {
    double difference = distance(values, known.value);
    if (difference > best)
      continue;
    best = difference;
    name = known.name.str();
  }
  if (name != "pointwise")
    return;
  double negative = -function(-1.0);
  double scale = function(-1.0) / std::expm1(-1.0);
  if (distance(values, [&](double x) { return x < 0.0 ? negative * x : x; }) <=
      kTolerance) {
    name = "leaky_relu";
    parameter = negative;
  } else if (distance(values, [&](double x) {
               return x < 0.0 ? scale * std::expm1(x) : x;
             }) <= kTolerance) {
    name = "elu";
    parameter = scale;
  }
}

/// Whether `values(up)` is proportional to `up` at every point of the grid.
static bool isLinearIn(llvm::function_ref<double(double, double)> function) {
  for (double x : grid()) {
    double one = function(x, 1.0);
    for (double factor : {2.0, -1.5}) {
      double difference = std::fabs(function(x, factor) - factor * one);
      if (!(difference <= 1e-9 * std::max(1.0, std::fabs(one))))
        return false;
    }
  }
  return true;
}

ActivationView::ActivationView(ArrayRef<Operation *> nodes,
                               ArrayRef<Value> inputs, Value output) {
  Evaluation evaluation(nodes, output);
  if (inputs.size() == 1) {
    identify([&](double x) { return evaluation(inputs, {x}); });
  } else if (inputs.size() == 2) {
    auto first = [&](double g, double u) { return evaluation(inputs, {g, u}); };
    auto second = [&](double g, double u) {
      return evaluation(inputs, {u, g});
    };
    if (isLinearIn(first)) {
      product = true;
      identify([&](double x) { return first(x, 1.0); });
    }
    // A product of two linears: the one with a function of its own is the gate.
    if ((!product || name == "identity") && isLinearIn(second)) {
      product = true;
      gate = 1;
      name = "pointwise";
      identify([&](double x) { return second(x, 1.0); });
      if (name == "identity")
        gate = 0;
    }
  }
  if (!evaluation.isUniform() && name != "identity") {
    name = "pointwise";
    parameter = 0.0;
  }
}
