//===- Elementwise.cpp - Operators on single elements ---------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Reals by the table that recognition has for pointwise nodes, and by one of
// further functions that never stand between linears; integers by a table of
// their own, with quotients cut and results wrapped to their type.
//
//===----------------------------------------------------------------------===//

#include "NodeCall.h"
#include "Places.h"

#include "slin/Dialect/ONNX/Analysis/Constants.h"
#include "slin/Dialect/ONNX/Analysis/Pointwise.h"

#include <cmath>
#include <limits>
#include <numeric>

using namespace mlir;
using namespace slin;
using namespace slin::evaluation;

namespace {
using RealFunction = std::function<double(ArrayRef<double>)>;
/// `isUnsigned` decides about order and quotients.
using IntegerFunction = int64_t (*)(ArrayRef<int64_t>, bool isUnsigned);
} // namespace

/// The functions of reals beyond those of recognition.
static RealFunction furtherFunction(const NodeCall &call, StringRef name) {
  static const llvm::StringMap<double (*)(double)> unary = {
      {"Sin", std::sin},     {"Cos", std::cos},        {"Tan", std::tan},
      {"Asin", std::asin},   {"Acos", std::acos},      {"Atan", std::atan},
      {"Sinh", std::sinh},   {"Cosh", std::cosh},      {"Asinh", std::asinh},
      {"Acosh", std::acosh}, {"Atanh", std::atanh},    {"Floor", std::floor},
      {"Ceil", std::ceil},   {"Round", std::nearbyint}};
  if (auto function = unary.lookup(name))
    return [function](ArrayRef<double> x) { return function(x[0]); };
  if (name == "Mod")
    return call.integer("fmod", 0)
               ? [](ArrayRef<double> x) { return std::fmod(x[0], x[1]); }
               : [](ArrayRef<double> x) {
                   double rest = std::fmod(x[0], x[1]);
                   bool moves = rest != 0.0 && (rest < 0.0) != (x[1] < 0.0);
                   return moves ? rest + x[1] : rest;
                 };
  if (name == "Mean")
    return [](ArrayRef<double> x) {
      return std::accumulate(x.begin(), x.end(), 0.0) / double(x.size());
    };
  if (name == "Shrink")
    return [bias = call.number("bias", 0.0),
            lambda = call.number("lambd", 0.5)](ArrayRef<double> x) {
      return x[0] < -lambda ? x[0] + bias : x[0] > lambda ? x[0] - bias : 0.0;
    };
  if (name == "IsInf")
    return [positive = call.integer("detect_positive", 1),
            negative = call.integer("detect_negative", 1)](ArrayRef<double> x) {
      return double(std::isinf(x[0]) && (x[0] > 0 ? positive : negative));
    };
  return nullptr;
}

static bool less(int64_t a, int64_t b, bool isUnsigned) {
  return isUnsigned ? uint64_t(a) < uint64_t(b) : a < b;
}

/// Sums and products as those of the bits: no overflow is undefined.
static int64_t multiply(int64_t a, int64_t b) {
  return int64_t(uint64_t(a) * uint64_t(b));
}

static int64_t divide(int64_t a, int64_t b, bool isUnsigned) {
  if (isUnsigned)
    return int64_t(uint64_t(a) / uint64_t(b));
  return b == -1 ? multiply(a, -1) : a / b;
}

static int64_t remainder(int64_t a, int64_t b, bool isUnsigned) {
  return isUnsigned ? int64_t(uint64_t(a) % uint64_t(b)) : b == -1 ? 0 : a % b;
}

static int64_t power(int64_t base, int64_t exponent) {
  if (exponent < 0)
    return base == 1 ? 1 : base == -1 ? (exponent % 2 ? -1 : 1) : 0;
  int64_t result = 1;
  for (; exponent; exponent /= 2, base = multiply(base, base))
    if (exponent % 2)
      result = multiply(result, base);
  return result;
}

static int64_t extremeOf(ArrayRef<int64_t> x, bool isUnsigned, bool largest) {
  int64_t result = x.front();
  for (int64_t other : x.drop_front())
    if (less(result, other, isUnsigned) == largest && result != other)
      result = other;
  return result;
}

static IntegerFunction integerFunction(StringRef name) {
  using X = ArrayRef<int64_t>;
  static const llvm::StringMap<IntegerFunction> table = {
      {"Add", [](X x, bool) { return int64_t(uint64_t(x[0]) + x[1]); }},
      {"Sub", [](X x, bool) { return int64_t(uint64_t(x[0]) - x[1]); }},
      {"Mul", [](X x, bool) { return multiply(x[0], x[1]); }},
      {"Div", [](X x, bool u) { return divide(x[0], x[1], u); }},
      {"Pow", [](X x, bool) { return power(x[0], x[1]); }},
      {"Neg", [](X x, bool) { return multiply(x[0], -1); }},
      {"Abs",
       [](X x, bool u) { return x[0] < 0 && !u ? multiply(x[0], -1) : x[0]; }},
      {"Sign",
       [](X x, bool u) {
         return x[0] == 0 ? int64_t(0) : x[0] < 0 && !u ? -1 : 1;
       }},
      {"Relu", [](X x, bool u) { return x[0] < 0 && !u ? 0 : x[0]; }},
      {"Max", [](X x, bool u) { return extremeOf(x, u, true); }},
      {"Min", [](X x, bool u) { return extremeOf(x, u, false); }},
      {"Sum",
       [](X x, bool) {
         uint64_t sum = 0;
         for (int64_t one : x)
           sum += one;
         return int64_t(sum);
       }},
      {"Less", [](X x, bool u) { return int64_t(less(x[0], x[1], u)); }},
      {"LessOrEqual",
       [](X x, bool u) { return int64_t(!less(x[1], x[0], u)); }},
      {"Greater", [](X x, bool u) { return int64_t(less(x[1], x[0], u)); }},
      {"GreaterOrEqual",
       [](X x, bool u) { return int64_t(!less(x[0], x[1], u)); }},
      {"Equal", [](X x, bool) { return int64_t(x[0] == x[1]); }},
      {"Not", [](X x, bool) { return int64_t(x[0] == 0); }},
      {"And", [](X x, bool) { return int64_t(x[0] && x[1]); }},
      {"Or", [](X x, bool) { return int64_t(x[0] || x[1]); }},
      {"Xor", [](X x, bool) { return int64_t(!x[0] != !x[1]); }},
      {"BitwiseAnd", [](X x, bool) { return x[0] & x[1]; }},
      {"BitwiseOr", [](X x, bool) { return x[0] | x[1]; }},
      {"BitwiseXor", [](X x, bool) { return x[0] ^ x[1]; }},
      {"BitwiseNot", [](X x, bool) { return ~x[0]; }}};
  return table.lookup(name);
}

/// The shape that the inputs broadcast to.
static std::optional<Shape> commonShape(NodeCall &call) {
  Shape shape;
  for (unsigned i = 0; i < call.getNumInputs(); ++i) {
    const Tensor *input = call.find(i);
    if (!input)
      continue;
    auto both = broadcast(shape, input->getShape());
    if (!both) {
      (void)call.fail("expected shapes that broadcast, found " +
                      shapeText(shape) + " and " +
                      shapeText(input->getShape()));
      return std::nullopt;
    }
    shape = *both;
  }
  if (call.count(shape) < 0)
    return std::nullopt;
  return shape;
}

/// Calls `function` on the elements of all inputs at each place of `shape`;
/// `absent` stands for an input that is left out.
template <typename T, typename GetElements, typename F>
static std::vector<T> map(NodeCall &call, ArrayRef<int64_t> shape, T absent,
                          GetElements elementsOf, F function) {
  size_t count = call.getNumInputs();
  std::vector<std::vector<T>> inputs(count);
  for (size_t i = 0; i < count; ++i)
    if (const Tensor *input = call.find(i))
      inputs[i] = elementsOf(expanded(*input, shape));
  std::vector<T> result(countOf(shape));
  SmallVector<T> arguments(count, absent);
  for (size_t place = 0; place < result.size(); ++place) {
    for (size_t i = 0; i < count; ++i)
      if (!inputs[i].empty())
        arguments[i] = inputs[i][place];
    result[place] = function(ArrayRef<T>(arguments));
  }
  return result;
}

/// Whether the result says something about numbers instead of being one.
static bool isPredicate(StringRef name) {
  return llvm::is_contained({"Less", "LessOrEqual", "Greater", "GreaterOrEqual",
                             "Equal", "Not", "And", "Or", "Xor", "IsInf",
                             "IsNaN"},
                            name);
}

/// Before opset 7 an attribute says at which axis of the first operand the
/// second one starts: as if it had axes of size 1 behind.
static LogicalResult alignByAxis(NodeCall &call, Tensor &second) {
  // Slopes are those of channels.
  bool isSlope = call.getNode().getOpType() == "PRelu" &&
                 call.getNumInputs() == 2 && call[1].getRank() == 1 &&
                 call[1].size() != 1;
  if (call.getOpset() >= 7 || !(call.has("axis") || isSlope) ||
      call.getNumInputs() != 2)
    return success();
  int64_t rank = call[0].getRank();
  int64_t axis = call.axis(call.integer("axis", isSlope), rank);
  int64_t behind = rank - axis - call[1].getRank();
  if (axis < 0)
    return failure();
  if (behind < 0)
    return call.fail("expected an operand of at most " + Twine(rank - axis) +
                     " axes, found " + Twine(call[1].getRank()));
  Shape shape(call[1].getShape());
  shape.append(behind, 1);
  second = call[1].reshaped(shape);
  call.replace(1, second);
  return success();
}

static LogicalResult mapIntegers(NodeCall &call, StringRef name,
                                 ArrayRef<int64_t> shape) {
  Type type = call[0].getElementType();
  IntegerFunction function = integerFunction(name);
  if (name == "Mod")
    function = call.integer("fmod", 0)
                   ? +[](ArrayRef<int64_t> x,
                         bool u) { return remainder(x[0], x[1], u); }
                   : +[](ArrayRef<int64_t> x, bool u) {
                       int64_t rest = remainder(x[0], x[1], u);
                       bool moves = !u && rest && (rest < 0) != (x[1] < 0);
                       return moves ? rest + x[1] : rest;
                     };
  if (!function)
    return call.fail("integers are not evaluated");
  if (name == "Div" || name == "Mod")
    for (int64_t i = 0; i < call[1].size(); ++i)
      if (call[1].integerAt(i) == 0)
        return call.fail("expected no integer division by zero");
  bool isUnsigned = type.isUnsignedInteger() || type.isInteger(1);
  auto result = map<int64_t>(
      call, shape, 0,
      [](const Tensor &tensor) {
        return Integers(tensor.integers().begin(), tensor.integers().end());
      },
      [&](ArrayRef<int64_t> x) { return function(x, isUnsigned); });
  Type resultType =
      isPredicate(name) ? IntegerType::get(type.getContext(), 1) : type;
  for (int64_t &number : result)
    number = wrap(number, resultType);
  return call.give(Tensor(resultType, shape, std::move(result)));
}

static LogicalResult elementwise(NodeCall &call) {
  Operation *node = call.getNode();
  std::string name = onnx::operatorName(node);
  Tensor aligned;
  if (failed(alignByAxis(call, aligned)))
    return failure();
  auto shape = commonShape(call);
  if (!shape)
    return failure();
  bool allIntegers = true;
  for (unsigned i = 0; i < call.getNumInputs(); ++i)
    allIntegers &= !call.find(i) || !call.find(i)->isReal();
  if (allIntegers)
    return mapIntegers(call, name, *shape);
  RealFunction function = furtherFunction(call, name);
  if (!function)
    function = onnx::pointwiseFunction(node);
  if (!function)
    return call.fail("reals are not evaluated");
  Type type = call[0].getElementType();
  Reals result = map<double>(
      call, *shape, std::numeric_limits<double>::quiet_NaN(),
      [](const Tensor &tensor) { return tensor.toReals(); }, function);
  if (isPredicate(name))
    type = IntegerType::get(type.getContext(), 1);
  return call.give(makeTensor(type, *shape, std::move(result)));
}

static LogicalResult where(NodeCall &call) {
  auto shape = commonShape(call);
  if (!shape)
    return failure();
  Tensor chosen = expanded(call[0], *shape), yes = expanded(call[1], *shape),
         no = expanded(call[2], *shape);
  if (yes.isReal() != no.isReal())
    return call.fail("expected a choice between tensors of one type");
  auto choose = [&](auto a, auto b) {
    auto result = a.vec();
    for (size_t i = 0; i < result.size(); ++i)
      if (!chosen.integerAt(i))
        result[i] = b[i];
    return Tensor(yes.getElementType(), *shape, std::move(result));
  };
  return call.give(yes.isReal() ? choose(yes.reals(), no.reals())
                                : choose(yes.integers(), no.integers()));
}

/// Bounds that are left out bound nothing, of integers as well.
static LogicalResult clip(NodeCall &call) {
  if (call[0].isReal())
    return elementwise(call);
  Integers result = call[0].integers().vec();
  for (unsigned i : {1u, 2u})
    if (const Tensor *bound = call.find(i)) {
      if (bound->size() != 1)
        return call.fail("expected bounds of one element");
      for (int64_t &number : result)
        number = i == 1 ? std::max(number, bound->integerAt(0))
                        : std::min(number, bound->integerAt(0));
    }
  return call.give(
      Tensor(call[0].getElementType(), call[0].getShape(), std::move(result)));
}

static LogicalResult shiftBits(NodeCall &call) {
  auto shape = commonShape(call);
  if (!shape || call[0].isReal() || call[1].isReal())
    return call.fail("expected integers of shapes that broadcast");
  bool left = call.text("direction") == "LEFT";
  Type type = call[0].getElementType();
  Tensor values = expanded(call[0], *shape), by = expanded(call[1], *shape);
  Integers result = values.integers().vec();
  for (auto [number, bits] : llvm::zip(result, by.integers())) {
    // Shifts of all bits and more leave the sign.
    bool allOut = bits < 0 || bits > 63;
    number = left ? (allOut ? 0 : int64_t(uint64_t(number) << bits))
             : type.isUnsignedInteger()
                 ? (allOut ? 0 : int64_t(uint64_t(number) >> bits))
                 : number >> (allOut ? 63 : bits);
    number = wrap(number, type);
  }
  return call.give(Tensor(type, *shape, std::move(result)));
}

void evaluation::addElementwise(NodeTable &table) {
  for (StringRef name :
       {"Add", "Sub", "Mul", "Div", "Pow", "PRelu", "Less", "Greater",
        "LessOrEqual", "GreaterOrEqual", "Equal", "And", "Or", "Xor", "Mod",
        "BitwiseOr", "ms.BiasGelu", "BitwiseAnd", "BitwiseXor"})
    table.add(name, 2, elementwise);
  for (StringRef name : {"Neg",
                         "Abs",
                         "Exp",
                         "Log",
                         "Sqrt",
                         "Reciprocal",
                         "Erf",
                         "Tanh",
                         "Max",
                         "Min",
                         "Sum",
                         "Not",
                         "IsInf",
                         "IsNaN",
                         "Sign",
                         "Relu",
                         "Sigmoid",
                         "Gelu",
                         "Softplus",
                         "Softsign",
                         "Mish",
                         "HardSwish",
                         "HardSigmoid",
                         "LeakyRelu",
                         "ThresholdedRelu",
                         "Elu",
                         "Celu",
                         "Selu",
                         "Swish",
                         "ms.Gelu",
                         "ms.FastGelu",
                         "ms.QuickGelu",
                         "Sin",
                         "Cos",
                         "Tan",
                         "Asin",
                         "Acos",
                         "Atan",
                         "Sinh",
                         "Cosh",
                         "Asinh",
                         "Acosh",
                         "Atanh",
                         "Floor",
                         "Ceil",
                         "Round",
                         "Mean",
                         "Shrink",
                         "BitwiseNot"})
    table.add(name, 1, elementwise);
  table.add("Where", 3, where);
  table.add("Clip", 1, clip);
  table.add("BitShift", 2, shiftBits);
}
