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
#include "slin/Term/Activation.h"

#include "llvm/ADT/DenseMap.h"

#include <cmath>
#include <vector>

using namespace mlir;
using namespace slin;
using namespace slin::onnx;

/// Of functions that differ by less we cannot say which one it is.
static constexpr double kTolerance = 4e-4;

namespace {
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
  auto distanceTo = [&](StringRef known, double parameter) {
    return distance(values, [&](double x) {
      return *term::evaluateActivation(known, parameter, x);
    });
  };
  double offset = function(0.0), slope = function(1.0) - offset;
  if (distance(values, [&](double x) { return slope * x + offset; }) <=
      kTolerance) {
    name = "identity";
    exactIdentity = distanceTo("identity", 0.0) <= kTolerance;
    return;
  }
  double best = kTolerance;
  for (const auto &known : term::activationFormulas<double>()) {
    if (known.hasParameter)
      continue;
    double difference = distanceTo(known.name, 0.0);
    if (difference > best)
      continue;
    best = difference;
    name = known.name.str();
  }
  if (name != "pointwise")
    return;
  // Functions with a parameter, which their value at -1 tells.
  double negative = -function(-1.0);
  double scale = function(-1.0) / std::expm1(-1.0);
  if (distanceTo("leaky_relu", negative) <= kTolerance) {
    name = "leaky_relu";
    parameter = negative;
  } else if (distanceTo("elu", scale) <= kTolerance) {
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
