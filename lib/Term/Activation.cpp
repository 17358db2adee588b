//===- Activation.cpp - Activations as numbers ----------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The arithmetic in which recognition and checks evaluate the formulas.
//
//===----------------------------------------------------------------------===//

#include "slin/Term/Activation.h"

#include <algorithm>
#include <cmath>

using namespace slin::term;

namespace {
class Numbers final : public Arithmetic<double> {
public:
  double constant(double number) override { return number; }
  double add(double a, double b) override { return a + b; }
  double multiply(double a, double b) override { return a * b; }
  double divide(double a, double b) override { return a / b; }
  double maximum(double a, double b) override { return std::max(a, b); }
  double minimum(double a, double b) override { return std::min(a, b); }
  double absolute(double x) override { return std::fabs(x); }
  double exp(double x) override { return std::exp(x); }
  double expm1(double x) override { return std::expm1(x); }
  double log1p(double x) override { return std::log1p(x); }
  double tanh(double x) override { return std::tanh(x); }
  double erfc(double x) override { return std::erfc(x); }
  double selectNegative(double x, double negative, double other) override {
    return x < 0.0 ? negative : other;
  }
};
} // namespace

Arithmetic<double> &slin::term::numericArithmetic() {
  static Numbers numbers;
  return numbers;
}

std::optional<double> slin::term::evaluateActivation(llvm::StringRef name,
                                                     double parameter,
                                                     double x) {
  const ActivationFormula<double> *known = findActivation<double>(name);
  if (!known)
    return std::nullopt;
  return known->formula(numericArithmetic(), x, parameter);
}
