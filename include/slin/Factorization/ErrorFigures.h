//===- ErrorFigures.h - How far the factors are from W ----------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The two relative errors that reports show, what is known about a layer's
// inputs, and the bias correction that follows from their mean.
//
//===----------------------------------------------------------------------===//
#ifndef SLIN_FACTORIZATION_ERRORFIGURES_H
#define SLIN_FACTORIZATION_ERRORFIGURES_H

#include "slin/Factorization/Structures.h"

namespace slin::factorization {

/// Mean [in] and second moment E[x x^T] [in, in] of a layer's inputs.
struct InputStatistics {
  Vector mean;
  Matrix secondMoment;

  /// secondMoment - mean mean^T: the moment to factorise under where the bias
  /// can be corrected, since b += (W - What) mean then removes the error of
  /// the mean itself.
  Matrix covariance() const;
};

/// Relative errors of one factorisation.
struct ErrorFigures {
  /// |W - What|_F / |W|_F.
  double frobenius = 0;
  /// sqrt(tr(D C D^T)) / sqrt(tr(W C W^T)) with D = W - What: the relative
  /// error of the layer's outputs. Only with a moment; NaN otherwise.
  double activation = 0;
};

/// |W - What|_F / |W|_F; 0 for two zero matrices, infinite if only W is zero.
double relativeFrobenius(const Matrix &W, const Matrix &What);

/// sqrt(tr(D C D^T)) / sqrt(tr(W C W^T)) with D = W - What and C [in, in]
/// symmetric. 0 where both traces vanish. Works through bands of rows, so that
/// at most a few hundred rows of a product exist at a time.
double relativeActivation(const Matrix &W, const Matrix &What, const Matrix &C);

/// (W - What) mean, which added to the bias corrects the mean of the outputs.
template <typename Factors>
Vector biasCorrection(const Matrix &W, const Factors &factors,
                      const Vector &mean) {
  return W * mean - factors.apply(mean);
}

} // namespace slin::factorization

#endif // SLIN_FACTORIZATION_ERRORFIGURES_H
