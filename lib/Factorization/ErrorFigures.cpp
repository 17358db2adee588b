//===- ErrorFigures.cpp - How far the factors are from W ------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The trace of D C D^T is a sum over rows d of d C d^T, so bands of rows are
// enough; where W has more rows than columns, tr(D^T D C) halves the work.
//
//===----------------------------------------------------------------------===//

#include "DenseAlgebra.h"

#include "slin/Factorization/ErrorFigures.h"

#include <cmath>
#include <limits>

namespace slin::factorization {

Matrix InputStatistics::covariance() const {
  return secondMoment - mean * mean.transpose();
}

/// error / norm with the two limits that ErrorFigures.h promises.
static double quotient(double error, double norm) {
  if (error == 0)
    return 0;
  return norm == 0 ? std::numeric_limits<double>::infinity() : error / norm;
}

double relativeFrobenius(const Matrix &W, const Matrix &What) {
  return quotient((W - What).stableNorm(), W.stableNorm());
}

/// tr(D C D^T), at least 0.
static double weightedSquare(const Matrix &D, const Matrix &C) {
  if (D.rows() >= D.cols())
    return std::max(0.0, columnGram(D).cwiseProduct(C).sum());
  constexpr Index band = 256;
  double sum = 0;
  for (Index row = 0; row < D.rows(); row += band) {
    auto rows = D.middleRows(row, std::min(band, D.rows() - row));
    sum += multiply(rows, C).cwiseProduct(rows).sum();
  }
  return std::max(0.0, sum);
}

double relativeActivation(const Matrix &W, const Matrix &What,
                          const Matrix &C) {
  return quotient(std::sqrt(weightedSquare(W - What, C)),
                  std::sqrt(weightedSquare(W, C)));
}

} // namespace slin::factorization
