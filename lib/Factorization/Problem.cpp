//===- Problem.cpp - A weight that is fit to be factorised ----------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The checks name the first offending entry, because that is what a person
// looks for in a file of a million weights.
//
//===----------------------------------------------------------------------===//

#include "Problem.h"

#include <cmath>

namespace slin::factorization {

std::string mismatch(const std::string &expected, const std::string &found) {
  return "expected " + expected + ", found " + found;
}

ErrorFigures errorsOf(const Matrix &W, const Matrix &What,
                      const Matrix *moment) {
  return {relativeFrobenius(W, What),
          moment ? relativeActivation(W, What, *moment) : NAN};
}

static std::string shapeOf(const Matrix &M) {
  return std::to_string(M.rows()) + "x" + std::to_string(M.cols());
}

/// The greatest magnitude of an entry; not finite if any entry is not. One fast
/// pass: Eigen's allFinite costs as much as a tenth of a factorisation.
static double greatestMagnitude(const Matrix &M) {
  return M.cwiseAbs().maxCoeff<Eigen::PropagateNaN>();
}

/// The reason why M is not finite, or nothing.
static std::string checkFinite(const Matrix &M, const char *name) {
  if (std::isfinite(greatestMagnitude(M)))
    return {};
  for (Index i = 0; i < M.rows(); ++i)
    for (Index j = 0; j < M.cols(); ++j)
      if (!std::isfinite(M(i, j))) {
        const char *value = std::isnan(M(i, j)) ? "nan"
                            : M(i, j) > 0       ? "inf"
                                                : "-inf";
        return mismatch(std::string("finite entries of the ") + name,
                        std::string(value) + " at [" + std::to_string(i) +
                            ", " + std::to_string(j) + "]");
      }
  return {};
}

static std::string check(const Matrix &W, const Matrix *C) {
  if (W.size() == 0)
    return mismatch("a weight with rows and columns", shapeOf(W));
  if (C && (C->rows() != W.cols() || C->cols() != W.cols()))
    return mismatch("a moment of " + std::to_string(W.cols()) + "x" +
                        std::to_string(W.cols()),
                    shapeOf(*C));
  std::string reason = checkFinite(W, "weight");
  return reason.empty() && C ? checkFinite(*C, "moment") : reason;
}

/// Half the binary exponent by which M must be scaled down; 0 in the wide range
/// where products of four entries are harmless.
static int excessExponent(const Matrix &M) {
  double greatest = greatestMagnitude(M);
  if (greatest == 0)
    return 0;
  int exponent = std::ilogb(greatest);
  return std::abs(exponent) > 100 ? exponent / 2 : 0;
}

static Matrix scaleDown(const Matrix &M, int halfExponent) {
  // Two steps, because the whole power may itself overflow.
  double half = std::ldexp(1.0, -halfExponent);
  return (M * half) * half;
}

Problem::Problem(const Matrix &W, const Matrix *moment)
    : W(W), C(moment), refusal(check(W, moment)) {
  if (!refusal.empty())
    return;
  if ((halfExponent = excessExponent(W)))
    scaledWeight = scaleDown(W, halfExponent);
  if (C)
    if (int half = excessExponent(*C))
      scaledMoment = scaleDown(*C, half);
}

double Problem::factorScale() const { return std::ldexp(1.0, halfExponent); }

} // namespace slin::factorization
