//===- Problem.h - A weight that is fit to be factorised --------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What every factoriser asks of its input: shapes that fit, finite entries, and
// magnitudes whose fourth powers (W C W^T squared) neither vanish nor overflow.
// Weights outside that range are multiplied by a power of two, which is exact.
//
//===----------------------------------------------------------------------===//
#ifndef SLIN_LIB_FACTORIZATION_PROBLEM_H
#define SLIN_LIB_FACTORIZATION_PROBLEM_H

#include "slin/Factorization/ErrorFigures.h"

#include <string>

namespace slin::factorization {

class Problem {
public:
  /// Keeps references to the matrices where they need no scaling.
  Problem(const Matrix &W, const Matrix *moment);

  /// Why the weight cannot be factorised; empty if it can.
  const std::string &reason() const { return refusal; }
  const Matrix &weight() const {
    return scaledWeight.size() ? scaledWeight : W;
  }
  /// Null without a moment.
  const Matrix *moment() const {
    return scaledMoment.size() ? &scaledMoment : C;
  }
  /// What factors of weight() are multiplied by, both of a pair alike, to
  /// become factors of the original weight.
  double factorScale() const;

private:
  const Matrix &W;
  const Matrix *C;
  Matrix scaledWeight, scaledMoment;
  /// weight() = W 2^(-2 halfExponent).
  int halfExponent = 0;
  std::string refusal;
};

/// Both figures of a factorisation from the matrix it stands for; the
/// activation's is NaN without a moment.
ErrorFigures errorsOf(const Matrix &W, const Matrix &What,
                      const Matrix *moment);

/// "expected <expected>, found <found>", the form of every reason.
std::string mismatch(const std::string &expected, const std::string &found);

} // namespace slin::factorization

#endif // SLIN_LIB_FACTORIZATION_PROBLEM_H
