//===- Truncation.cpp - The nearest matrix of a given rank ----------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The eigenvectors of the smaller Gram matrix are several times cheaper than a
// singular value decomposition, but squaring loses every singular value below
// 1e-8 of the greatest. So the Gram matrix is tried first, and its result taken
// only if the discarded part stands clear of that noise; LAPACK's dgesdd does
// the rest, which are matrices that (nearly) have the rank asked for.
//
//===----------------------------------------------------------------------===//

#include "Truncation.h"

#include <cmath>
#include <limits>

namespace slin::factorization {

bool isResolved(double tail, double noise, Index rank, double tolerance) {
  constexpr double epsilon = std::numeric_limits<double>::epsilon();
  return tail > 0 &&
         std::sqrt(double(rank)) * epsilon * noise <= tolerance * tail;
}

static std::optional<Truncation> truncateByGram(const View &M, Index rank,
                                                double tolerance) {
  bool wide = M.rows() <= M.cols();
  Matrix gram = wide ? rowGram(M) : columnGram(M);
  double trace = gram.trace();
  std::optional<Eigenpairs> pairs = leadingEigenpairs(std::move(gram), rank);
  if (!pairs ||
      !isResolved(trace - pairs->values.sum(), trace, rank, tolerance))
    return std::nullopt;
  if (wide)
    return Truncation{pairs->rows.transpose(), multiply(pairs->rows, M)};
  Vector sigma = pairs->values.cwiseMax(0).cwiseSqrt();
  Matrix left = multiplyByTranspose(M, pairs->rows);
  return Truncation{left * sigma.cwiseInverse().asDiagonal(),
                    sigma.asDiagonal() * pairs->rows};
}

std::optional<Truncation> truncate(const View &M, Index rank,
                                   double tolerance) {
  if (rank == 0)
    return Truncation{Matrix(M.rows(), 0), Matrix(0, M.cols())};
  if (rank < std::min(M.rows(), M.cols()))
    if (std::optional<Truncation> quick = truncateByGram(M, rank, tolerance))
      return quick;
  std::optional<SingularTriplets> exact = singularTriplets(M);
  if (!exact)
    return std::nullopt;
  return Truncation{exact->U.leftCols(rank),
                    exact->values.head(rank).asDiagonal() *
                        exact->V.topRows(rank)};
}

void balance(Matrix &left, Matrix &right) {
  // Row by row, which is how the entries lie: norms of the columns, and each
  // column's first entry of largest magnitude.
  Eigen::ArrayXd squares = Eigen::ArrayXd::Zero(left.cols());
  Eigen::ArrayXd largest = squares;
  for (Index i = 0; i < left.rows(); ++i) {
    Eigen::ArrayXd row = left.row(i).transpose().array();
    squares += row.square();
    largest = (row.abs() > largest.abs()).select(row, largest);
  }
  Vector columnNorms = squares.sqrt();
  Vector rowNorms = right.rowwise().norm();
  Vector leftScale(left.cols()), rightScale(left.cols());
  for (Index i = 0; i < left.cols(); ++i) {
    bool empty = columnNorms(i) == 0 || rowNorms(i) == 0;
    double scale = empty ? 0 : std::sqrt(rowNorms(i) / columnNorms(i));
    leftScale(i) = largest(i) < 0 ? -scale : scale;
    rightScale(i) = empty ? 0 : 1 / leftScale(i);
  }
  left *= leftScale.asDiagonal();
  right = rightScale.asDiagonal() * right;
}

} // namespace slin::factorization
