//===- Activation.h - The named functions between linears -------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What `gelu`, `silu` and the others are, once. A formula is written over an
// `Arithmetic`, so that the same line gives numbers where a function is
// recognised or checked and operations where it is lowered. A new activation
// is one entry of `activationFormulas`.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_TERM_ACTIVATION_H
#define SLIN_TERM_ACTIVATION_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <optional>

namespace slin::term {

/// The operations that formulas are made of.
template <typename Value>
class Arithmetic {
public:
  virtual ~Arithmetic() = default;

  virtual Value constant(double number) = 0;
  virtual Value add(Value a, Value b) = 0;
  virtual Value multiply(Value a, Value b) = 0;
  virtual Value divide(Value a, Value b) = 0;
  virtual Value maximum(Value a, Value b) = 0;
  virtual Value minimum(Value a, Value b) = 0;
  virtual Value absolute(Value x) = 0;
  virtual Value exp(Value x) = 0;
  virtual Value expm1(Value x) = 0;
  virtual Value log1p(Value x) = 0;
  virtual Value tanh(Value x) = 0;
  /// 1 - erf(x), accurate where that is small.
  virtual Value erfc(Value x) = 0;
  /// `negative` where x < 0, `other` elsewhere.
  virtual Value selectNegative(Value x, Value negative, Value other) = 0;
};

/// A named function of one variable.
template <typename Value>
struct ActivationFormula {
  llvm::StringLiteral name;
  Value (*formula)(Arithmetic<Value> &a, Value x, double parameter);
  /// Whether the function has a parameter: the slope of leaky_relu, the scale
  /// of elu.
  bool hasParameter = false;
};

namespace detail {

template <typename Value>
Value sigmoid(Arithmetic<Value> &a, Value x) {
  Value one = a.constant(1.0);
  return a.divide(one, a.add(one, a.exp(a.multiply(a.constant(-1.0), x))));
}

/// max(x, 0) + log1p(exp(-|x|)): nothing overflows.
template <typename Value>
Value softplus(Arithmetic<Value> &a, Value x) {
  Value decay = a.exp(a.multiply(a.constant(-1.0), a.absolute(x)));
  return a.add(a.maximum(x, a.constant(0.0)), a.log1p(decay));
}

template <typename Value>
Value hardSigmoid(Arithmetic<Value> &a, Value x) {
  Value line = a.add(a.multiply(x, a.constant(1.0 / 6.0)), a.constant(0.5));
  return a.minimum(a.maximum(line, a.constant(0.0)), a.constant(1.0));
}

template <typename Value>
Value geluTanh(Arithmetic<Value> &a, Value x) {
  // sqrt(2 / pi) (x + 0.044715 x^3)
  Value cubic = a.multiply(a.constant(0.044715), a.multiply(x, x));
  Value inner = a.multiply(a.multiply(a.constant(0.7978845608028654), x),
                           a.add(a.constant(1.0), cubic));
  return a.multiply(a.multiply(a.constant(0.5), x),
                    a.add(a.constant(1.0), a.tanh(inner)));
}

template <typename Value>
Value gelu(Arithmetic<Value> &a, Value x) {
  Value tail = a.erfc(a.multiply(a.constant(-0.7071067811865476), x));
  return a.multiply(a.multiply(a.constant(0.5), x), tail);
}

template <typename Value>
Value selu(Arithmetic<Value> &a, Value x) {
  Value negative = a.multiply(a.constant(1.6732632423543772), a.expm1(x));
  return a.multiply(a.constant(1.0507009873554805),
                    a.selectNegative(x, negative, x));
}

template <typename Value>
Value relu(Arithmetic<Value> &a, Value x) {
  return a.maximum(x, a.constant(0.0));
}

} // namespace detail

/// Every function that has a name.
template <typename Value>
llvm::ArrayRef<ActivationFormula<Value>> activationFormulas() {
  using A = Arithmetic<Value> &;
  using namespace detail;
  static const ActivationFormula<Value> formulas[] = {
      {"identity", [](A, Value x, double) { return x; }},
      {"relu", [](A a, Value x, double) { return relu(a, x); }},
      {"gelu", [](A a, Value x, double) { return gelu(a, x); }},
      {"gelu_tanh", [](A a, Value x, double) { return geluTanh(a, x); }},
      {"quick_gelu",
       [](A a, Value x, double) {
         Value steep = a.multiply(a.constant(1.702), x);
         return a.multiply(x, sigmoid(a, steep));
       }},
      {"silu",
       [](A a, Value x, double) { return a.multiply(x, sigmoid(a, x)); }},
      {"relu_squared",
       [](A a, Value x, double) { return a.multiply(relu(a, x), relu(a, x)); }},
      {"relu6", [](A a, Value x,
                   double) { return a.minimum(relu(a, x), a.constant(6.0)); }},
      {"tanh", [](A a, Value x, double) { return a.tanh(x); }},
      {"sigmoid", [](A a, Value x, double) { return sigmoid(a, x); }},
      {"hard_swish",
       [](A a, Value x, double) { return a.multiply(x, hardSigmoid(a, x)); }},
      {"hard_sigmoid", [](A a, Value x, double) { return hardSigmoid(a, x); }},
      {"mish", [](A a, Value x,
                  double) { return a.multiply(x, a.tanh(softplus(a, x))); }},
      {"softplus", [](A a, Value x, double) { return softplus(a, x); }},
      {"softsign",
       [](A a, Value x, double) {
         return a.divide(x, a.add(a.constant(1.0), a.absolute(x)));
       }},
      {"selu", [](A a, Value x, double) { return selu(a, x); }},
      {"square", [](A a, Value x, double) { return a.multiply(x, x); }},
      {"abs", [](A a, Value x, double) { return a.absolute(x); }},
      {"exp", [](A a, Value x, double) { return a.exp(x); }},
      {"leaky_relu",
       [](A a, Value x, double slope) {
         return a.selectNegative(x, a.multiply(a.constant(slope), x), x);
       },
       true},
      {"elu",
       [](A a, Value x, double scale) {
         Value negative = a.multiply(a.constant(scale), a.expm1(x));
         return a.selectNegative(x, negative, x);
       },
       true},
  };
  return formulas;
}

/// The formula called `name`; null if there is none.
template <typename Value>
const ActivationFormula<Value> *findActivation(llvm::StringRef name) {
  for (const ActivationFormula<Value> &known : activationFormulas<Value>())
    if (known.name == name)
      return &known;
  return nullptr;
}

/// The function `name` at x, in f64; nothing if it is not known.
std::optional<double> evaluateActivation(llvm::StringRef name, double parameter,
                                         double x);

/// The arithmetic of numbers.
Arithmetic<double> &numericArithmetic();

} // namespace slin::term

#endif // SLIN_TERM_ACTIVATION_H
