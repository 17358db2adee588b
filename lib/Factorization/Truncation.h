//===- Truncation.h - The nearest matrix of a given rank --------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The one computation behind low rank, BlockDense and BlockShuffle.
//
//===----------------------------------------------------------------------===//
#ifndef SLIN_LIB_FACTORIZATION_TRUNCATION_H
#define SLIN_LIB_FACTORIZATION_TRUNCATION_H

#include "DenseAlgebra.h"

namespace slin::factorization {

/// M is nearest left * right among matrices of the rank asked for; the columns
/// of `left` [m, r] are orthonormal or zero.
struct Truncation {
  Matrix left;
  Matrix right;
};

/// Truncates M to rank <= min(m, n). The error |M - left right|_F exceeds the
/// optimum by no more than `tolerance` relative to it, down to rounding. None
/// if LAPACK did not converge.
std::optional<Truncation> truncate(const View &M, Index rank, double tolerance);

/// Whether eigenvectors of a product that carries the rounding error `noise`
/// (Frobenius norm) are good enough. `tail` is the sum of the discarded
/// eigenvalues, the squared error of the optimum: a perturbation E of the
/// product costs at most 2 tr(U^T E U) <= 2 sqrt(rank) |E|_F of it, and the
/// error may grow by the factor 1 + tolerance.
bool isResolved(double tail, double noise, Index rank, double tolerance);

/// Gives each column of `left` and its row of `right` the same norm, and makes
/// the column's entry of largest magnitude (the first such) positive.
void balance(Matrix &left, Matrix &right);

} // namespace slin::factorization

#endif // SLIN_LIB_FACTORIZATION_TRUNCATION_H
