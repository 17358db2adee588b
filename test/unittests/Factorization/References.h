//===- References.h - What the factorisers are compared with ----*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Random inputs and slow, obvious computations. Decompositions here are
// Eigen's, so that nothing of the library under test is used.
//
//===----------------------------------------------------------------------===//
#ifndef SLIN_UNITTESTS_FACTORIZATION_REFERENCES_H
#define SLIN_UNITTESTS_FACTORIZATION_REFERENCES_H

#include "slin/Factorization/Factorize.h"

namespace slin::factorization {

/// Independent normal entries; the same for the same seed.
Matrix normal(Index rows, Index columns, unsigned seed);

/// A random matrix whose singular values are given (the others are 0).
Matrix withSpectrum(Index rows, Index columns, const Vector &values,
                    unsigned seed);

/// Second moment of `samples` strongly correlated inputs, whose scales differ
/// by a factor of 30. Singular if there are fewer samples than inputs.
Matrix correlatedMoment(Index inputs, Index samples, unsigned seed);

/// S with S S = C, negative eigenvalues taken as 0.
Matrix squareRoot(const Matrix &C);

/// All singular values, descending.
Vector singularValues(const Matrix &M);

/// sqrt of the sum of squares from index `rank` on.
double tailNorm(const Vector &values, Index rank);

/// |(W - What) C^1/2|_F.
double weightedError(const Matrix &W, const Matrix &What, const Matrix &C);

/// The definitions of Structures.h as plain loops over single entries.
Matrix densifyByLoops(const LowRank &factors);
Matrix densifyByLoops(const BlockDiagonal &factors);
Matrix densifyByLoops(const BlockDense &factors);
Matrix densifyByLoops(const BlockShuffle &factors);

/// Random factors of a shape.
BlockShuffle randomShuffle(const ShuffleShape &shape, unsigned seed);

} // namespace slin::factorization

#endif // SLIN_UNITTESTS_FACTORIZATION_REFERENCES_H
