//===- Pointwise.cpp - Operators that act on each element -----------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Functions as the ONNX operators define them, without the rounding of the
// model's element type: a fingerprint compares functions, not implementations.
// Attributes are floats in ONNX, those that are left out as well.
//
//===----------------------------------------------------------------------===//

#include "slin/Dialect/ONNX/Analysis/Pointwise.h"

#include "slin/Dialect/ONNX/Analysis/Constants.h"
#include "slin/Dialect/ONNX/IR/ONNXOps.h"

#include "llvm/ADT/StringMap.h"

#include <cmath>
#include <numeric>

using namespace mlir;
using namespace slin::onnx;

namespace {
/// What an entry computes with: the arguments and the node's attributes.
struct Call {
  Operation *node;
  ArrayRef<double> arguments;
  double operator[](size_t index) const { return arguments[index]; }
  bool has(size_t index) const {
    return index < arguments.size() && !std::isnan(arguments[index]);
  }
  double attribute(StringRef name, double otherwise) const {
    return numberAttribute(node, name, otherwise);
  }
};
using Function = double (*)(const Call &);
} // namespace

static double sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }
static double softplus(double x) {
  return std::max(x, 0.0) + std::log1p(std::exp(-std::fabs(x)));
}
static double gelu(double x) { return 0.5 * x * std::erfc(-x * M_SQRT1_2); }
static double geluTanh(double x) {
  return 0.5 * x *
         (1.0 + std::tanh(std::sqrt(2.0 / M_PI) * (x + 0.044715 * x * x * x)));
}

static double clip(const Call &call) {
  double x = call[0];
  double low = call.has(1) ? call[1] : call.attribute("min", -HUGE_VAL);
  double high = call.has(2) ? call[2] : call.attribute("max", HUGE_VAL);
  return std::min(std::max(x, low), high);
}

static double geluOf(const Call &call) {
  auto approximate =
      cast<NodeOpInterface>(call.node).getNodeAttributes().getAs<StringAttr>(
          "approximate");
  return approximate && approximate.getValue() == "tanh" ? geluTanh(call[0])
                                                         : gelu(call[0]);
}

static void addArithmetic(llvm::StringMap<Function> &table) {
  table["Add"] = [](const Call &c) { return c[0] + c[1]; };
  table["Sub"] = [](const Call &c) { return c[0] - c[1]; };
  table["Mul"] = [](const Call &c) { return c[0] * c[1]; };
  table["Div"] = [](const Call &c) { return c[0] / c[1]; };
  table["Pow"] = [](const Call &c) { return std::pow(c[0], c[1]); };
  table["Neg"] = [](const Call &c) { return -c[0]; };
  table["Abs"] = [](const Call &c) { return std::fabs(c[0]); };
  table["Exp"] = [](const Call &c) { return std::exp(c[0]); };
  table["Log"] = [](const Call &c) { return std::log(c[0]); };
  table["Sqrt"] = [](const Call &c) { return std::sqrt(c[0]); };
  table["Reciprocal"] = [](const Call &c) { return 1.0 / c[0]; };
  table["Erf"] = [](const Call &c) { return std::erf(c[0]); };
  table["Tanh"] = [](const Call &c) { return std::tanh(c[0]); };
  table["Max"] = [](const Call &c) { return *llvm::max_element(c.arguments); };
  table["Min"] = [](const Call &c) { return *llvm::min_element(c.arguments); };
  table["Sum"] = [](const Call &c) {
    return std::accumulate(c.arguments.begin(), c.arguments.end(), 0.0);
  };
  table["Clip"] = clip;
  for (StringRef name : {"Identity", "Cast", "CastLike", "Dropout"})
    table[name] = [](const Call &c) { return c[0]; };
}

static void addLogic(llvm::StringMap<Function> &table) {
  table["Where"] = [](const Call &c) { return c[0] != 0.0 ? c[1] : c[2]; };
  table["Less"] = [](const Call &c) { return double(c[0] < c[1]); };
  table["LessOrEqual"] = [](const Call &c) { return double(c[0] <= c[1]); };
  table["Greater"] = [](const Call &c) { return double(c[0] > c[1]); };
  table["GreaterOrEqual"] = [](const Call &c) { return double(c[0] >= c[1]); };
  table["Equal"] = [](const Call &c) { return double(c[0] == c[1]); };
  table["Not"] = [](const Call &c) { return double(c[0] == 0.0); };
  table["And"] = [](const Call &c) {
    return double(c[0] != 0.0 && c[1] != 0.0);
  };
  table["Or"] = [](const Call &c) {
    return double(c[0] != 0.0 || c[1] != 0.0);
  };
  table["IsInf"] = [](const Call &c) { return double(std::isinf(c[0])); };
  table["IsNaN"] = [](const Call &c) { return double(std::isnan(c[0])); };
  table["Sign"] = [](const Call &c) {
    return double((c[0] > 0.0) - (c[0] < 0.0));
  };
}

static void addActivations(llvm::StringMap<Function> &table) {
  table["Relu"] = [](const Call &c) { return std::max(c[0], 0.0); };
  table["Sigmoid"] = [](const Call &c) { return sigmoid(c[0]); };
  table["Gelu"] = geluOf;
  table["Softplus"] = [](const Call &c) { return softplus(c[0]); };
  table["Softsign"] = [](const Call &c) {
    return c[0] / (1.0 + std::fabs(c[0]));
  };
  table["Mish"] = [](const Call &c) {
    return c[0] * std::tanh(softplus(c[0]));
  };
  table["HardSwish"] = [](const Call &c) {
    return c[0] * std::min(std::max(c[0] / 6.0 + 0.5, 0.0), 1.0);
  };
  table["HardSigmoid"] = [](const Call &c) {
    return std::min(
        std::max(c.attribute("alpha", 0.2f) * c[0] + c.attribute("beta", 0.5),
                 0.0),
        1.0);
  };
  table["LeakyRelu"] = [](const Call &c) {
    return c[0] < 0.0 ? c.attribute("alpha", 0.01f) * c[0] : c[0];
  };
  table["PRelu"] = [](const Call &c) {
    return c[0] < 0.0 ? c[1] * c[0] : c[0];
  };
  table["ThresholdedRelu"] = [](const Call &c) {
    return c[0] > c.attribute("alpha", 1.0) ? c[0] : 0.0;
  };
  table["Elu"] = [](const Call &c) {
    return c[0] < 0.0 ? c.attribute("alpha", 1.0) * std::expm1(c[0]) : c[0];
  };
  table["Celu"] = [](const Call &c) {
    double alpha = c.attribute("alpha", 1.0);
    return c[0] < 0.0 ? alpha * std::expm1(c[0] / alpha) : c[0];
  };
  table["Selu"] = [](const Call &c) {
    double scaled =
        c[0] < 0.0
            ? c.attribute("alpha", 1.67326319217681884765625) * std::expm1(c[0])
            : c[0];
    return c.attribute("gamma", 1.05070102214813232421875) * scaled;
  };
  table["Swish"] = [](const Call &c) {
    return c[0] * sigmoid(c.attribute("alpha", 1.0) * c[0]);
  };
  table["ms.Gelu"] = [](const Call &c) { return gelu(c[0]); };
  table["ms.BiasGelu"] = [](const Call &c) { return gelu(c[0] + c[1]); };
  table["ms.FastGelu"] = [](const Call &c) {
    return geluTanh(c[0] + (c.has(1) ? c[1] : 0.0));
  };
  table["ms.QuickGelu"] = [](const Call &c) {
    return c[0] * sigmoid(c.attribute("alpha", 1.702f) * c[0]);
  };
}

static Function lookUp(Operation *node) {
  static const llvm::StringMap<Function> table = [] {
    llvm::StringMap<Function> entries;
    addArithmetic(entries);
    addLogic(entries);
    addActivations(entries);
    return entries;
  }();
  return table.lookup(operatorName(node));
}

/// The least number of operands each entry reads.
static size_t requiredArguments(Operation *node) {
  if (isa<WhereOp>(node))
    return 3;
  static const StringRef binary[] = {
      "Add",   "Sub",  "Mul",         "Div",        "Pow",
      "PRelu", "Less", "LessOrEqual", "Greater",    "GreaterOrEqual",
      "Equal", "And",  "Or",          "ms.BiasGelu"};
  return llvm::is_contained(binary, StringRef(operatorName(node))) ? 2 : 1;
}

bool slin::onnx::isPointwise(Operation *node) {
  return node->getNumRegions() == 0 && node->getNumResults() > 0 &&
         lookUp(node) && node->getNumOperands() >= requiredArguments(node);
}

SmallVector<Value> slin::onnx::pointwiseOperands(Operation *node) {
  if (isa<CastOp, CastLikeOp, DropoutOp, IdentityOp>(node))
    return {node->getOperand(0)};
  return SmallVector<Value>(node->getOperands());
}

std::optional<SmallVector<int64_t>> slin::onnx::broadcast(ArrayRef<int64_t> a,
                                                          ArrayRef<int64_t> b) {
  if (a.size() < b.size())
    std::swap(a, b);
  SmallVector<int64_t> result(a);
  size_t offset = a.size() - b.size();
  for (size_t i = 0; i < b.size(); ++i) {
    int64_t &size = result[offset + i];
    if (size != b[i] && size != 1 && b[i] != 1)
      return std::nullopt;
    size = size == 1 ? b[i] : size;
  }
  return result;
}

double slin::onnx::evaluatePointwise(Operation *node,
                                     ArrayRef<double> arguments) {
  Function function = lookUp(node);
  if (!function || arguments.size() < requiredArguments(node))
    return std::nan("");
  return function(Call{node, arguments});
}

std::function<double(ArrayRef<double>)>
slin::onnx::pointwiseFunction(Operation *node) {
  Function function = lookUp(node);
  if (!function || node->getNumOperands() < requiredArguments(node))
    return nullptr;
  return [node, function](ArrayRef<double> arguments) {
    return function(Call{node, arguments});
  };
}
