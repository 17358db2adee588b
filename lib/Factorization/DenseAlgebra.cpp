//===- DenseAlgebra.cpp - BLAS and LAPACK on row-major matrices -----------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A row-major [m, n] matrix is LAPACK's column-major [n, m] matrix, so that no
// function here copies just to transpose.
//
// Eigenpairs go through dsytrd, dstedc and dormtr instead of dsyevr: for a
// range of eigenvalues dsyevr takes bisection and inverse iteration, which is
// more than twice as slow as divide and conquer on the whole tridiagonal matrix
// (768: 146 ms against 59 ms), and only dormtr's share shrinks with the range.
//
//===----------------------------------------------------------------------===//

#include "DenseAlgebra.h"

#include <cblas.h>
#include <cmath>
#include <lapacke.h>
#include <limits>

namespace slin::factorization {

static constexpr double epsilon = std::numeric_limits<double>::epsilon();

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

/// C = scale op(A) op(B) + keep C. BLAS refuses leading dimensions of zero,
/// which empty blocks have.
static void product(const View &A, bool transposeA, const View &B,
                    bool transposeB, double scale, double keep, Matrix &C) {
  Index inner = transposeA ? A.rows() : A.cols();
  if (C.size() == 0)
    return;
  if (inner == 0) {
    C *= keep;
    return;
  }
  cblas_dgemm(CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans,
              transposeB ? CblasTrans : CblasNoTrans, C.rows(), C.cols(), inner,
              scale, A.data(), A.outerStride(), B.data(), B.outerStride(), keep,
              C.data(), C.cols());
}

Matrix multiply(const View &A, const View &B) {
  Matrix C = Matrix::Zero(A.rows(), B.cols());
  product(A, false, B, false, 1, 0, C);
  return C;
}

Matrix multiplyByTranspose(const View &A, const View &B) {
  Matrix C = Matrix::Zero(A.rows(), B.rows());
  product(A, false, B, true, 1, 0, C);
  return C;
}

Matrix multiplyTransposed(const View &A, const View &B) {
  Matrix C = Matrix::Zero(A.cols(), B.cols());
  product(A, true, B, false, 1, 0, C);
  return C;
}

void subtractProduct(Matrix &C, const View &A, const View &B) {
  product(A, false, B, false, -1, 1, C);
}

/// Copies the lower triangle onto the upper one, tile by tile for the cache.
static void mirrorLower(Matrix &A) {
  constexpr Index tile = 64;
  for (Index i = 0; i < A.rows(); i += tile)
    for (Index j = 0; j <= i; j += tile)
      for (Index row = i; row < std::min(i + tile, A.rows()); ++row)
        for (Index column = j; column < std::min(j + tile, row); ++column)
          A(column, row) = A(row, column);
}

static Matrix gram(const View &A, bool transpose) {
  Index size = transpose ? A.cols() : A.rows();
  Index inner = transpose ? A.rows() : A.cols();
  Matrix C = Matrix::Zero(size, size);
  if (size == 0 || inner == 0)
    return C;
  cblas_dsyrk(CblasRowMajor, CblasLower, transpose ? CblasTrans : CblasNoTrans,
              size, inner, 1, A.data(), A.outerStride(), 0, C.data(), size);
  mirrorLower(C);
  return C;
}

Matrix rowGram(const View &A) { return gram(A, false); }

Matrix columnGram(const View &A) { return gram(A, true); }

Matrix multiplyByLowerTranspose(Matrix A, const View &lower) {
  cblas_dtrmm(CblasRowMajor, CblasRight, CblasLower, CblasTrans, CblasNonUnit,
              A.rows(), A.cols(), 1, lower.data(), lower.outerStride(),
              A.data(), A.cols());
  return A;
}

Matrix divideByLower(Matrix A, const View &lower) {
  cblas_dtrsm(CblasRowMajor, CblasRight, CblasLower, CblasNoTrans, CblasNonUnit,
              A.rows(), A.cols(), 1, lower.data(), lower.outerStride(),
              A.data(), A.cols());
  return A;
}

Matrix congruence(Matrix A, const Matrix &lower) {
  // LAPACK sees the transpose of `lower`, and computes U A U^T.
  LAPACKE_dsygst(LAPACK_COL_MAJOR, 2, 'U', A.rows(), A.data(), A.cols(),
                 lower.data(), lower.cols());
  return A;
}

//===----------------------------------------------------------------------===//
// Decompositions
//===----------------------------------------------------------------------===//

std::optional<Eigenpairs> leadingEigenpairs(Matrix A, Index count) {
  lapack_int n = A.rows();
  Vector diagonal(n), beside(n), reflectors(n);
  if (LAPACKE_dsytrd(LAPACK_COL_MAJOR, 'U', n, A.data(), n, diagonal.data(),
                     beside.data(), reflectors.data()) != 0)
    return std::nullopt;
  // Rows of a row-major matrix are LAPACK's columns, and its lower triangle is
  // LAPACK's upper one.
  Matrix rows(n, n);
  if (LAPACKE_dstedc(LAPACK_COL_MAJOR, 'I', n, diagonal.data(), beside.data(),
                     rows.data(), n) != 0)
    return std::nullopt;
  double *wanted = rows.data() + (n - count) * Index(n);
  if (LAPACKE_dormtr(LAPACK_COL_MAJOR, 'L', 'U', 'N', n, count, A.data(), n,
                     reflectors.data(), wanted, n) != 0)
    return std::nullopt;
  return Eigenpairs{diagonal.tail(count).reverse(),
                    rows.bottomRows(count).colwise().reverse()};
}

std::optional<SingularTriplets> singularTriplets(const View &M) {
  Index k = std::min(M.rows(), M.cols());
  SingularTriplets triplets{Matrix(M.rows(), k), Vector(k),
                            Matrix(k, M.cols())};
  if (k == 0)
    return triplets;
  // Column-major LAPACK sees M^T = V^T diag U^T.
  Matrix copy = M;
  if (LAPACKE_dgesdd(LAPACK_COL_MAJOR, 'S', M.cols(), M.rows(), copy.data(),
                     M.cols(), triplets.values.data(), triplets.V.data(),
                     M.cols(), triplets.U.data(), k) == 0)
    return triplets;
  // Divide and conquer fails on a few matrices that QR iteration manages.
  copy = M;
  Vector unconverged(k);
  if (LAPACKE_dgesvd(LAPACK_COL_MAJOR, 'S', 'S', M.cols(), M.rows(),
                     copy.data(), M.cols(), triplets.values.data(),
                     triplets.V.data(), M.cols(), triplets.U.data(), k,
                     unconverged.data()) == 0)
    return triplets;
  return std::nullopt;
}

std::optional<Vector> singularValues(const View &M) {
  Vector values(std::min(M.rows(), M.cols()));
  Matrix copy = M;
  double unused;
  if (values.size() != 0 &&
      LAPACKE_dgesdd(LAPACK_COL_MAJOR, 'N', M.cols(), M.rows(), copy.data(),
                     M.cols(), values.data(), &unused, 1, &unused, 1) != 0)
    return std::nullopt;
  return values;
}

std::optional<Matrix> choleskyFactor(Matrix C) {
  // Row-major lower is column-major upper, and LAPACK's U^T U is our L L^T.
  if (LAPACKE_dpotrf(LAPACK_COL_MAJOR, 'U', C.rows(), C.data(), C.rows()) != 0)
    return std::nullopt;
  C.triangularView<Eigen::StrictlyUpper>().setZero();
  return C;
}

/// 1 / sqrt(C_ii), and 0 for inputs that are always zero.
static Vector unitDiagonalScale(const View &C) {
  Vector scale(C.rows());
  for (Index i = 0; i < C.rows(); ++i)
    scale(i) = C(i, i) > 0 ? 1 / std::sqrt(C(i, i)) : 0;
  return scale;
}

Matrix halfFactor(const View &C) {
  lapack_int n = C.rows(), rank = 0;
  Vector scale = unitDiagonalScale(C);
  Matrix scaled = scale.asDiagonal() * C * scale.asDiagonal();
  std::vector<lapack_int> pivots(n);
  // A positive result only says that the matrix has not full rank.
  LAPACKE_dpstrf(LAPACK_COL_MAJOR, 'U', n, scaled.data(), n, pivots.data(),
                 &rank, n * epsilon);
  Matrix R = Matrix::Zero(n, rank);
  for (Index i = 0; i < n; ++i) {
    Index row = pivots[i] - 1;
    double back = scale(row) > 0 ? 1 / scale(row) : 0;
    for (Index j = 0; j <= std::min<Index>(i, rank - 1); ++j)
      R(row, j) = back * scaled(i, j);
  }
  return R;
}

/// The inverse transpose of a well conditioned Cholesky factor of C.
static std::optional<Matrix> invertedCholesky(const Matrix &C) {
  lapack_int n = C.rows();
  double norm = C.cwiseAbs().rowwise().sum().maxCoeff(), reciprocal = 0;
  std::optional<Matrix> L = choleskyFactor(C);
  if (!L)
    return std::nullopt;
  if (LAPACKE_dpocon(LAPACK_COL_MAJOR, 'U', n, L->data(), n, norm,
                     &reciprocal) != 0 ||
      reciprocal < 1e-10)
    return std::nullopt;
  if (LAPACKE_dtrtri(LAPACK_COL_MAJOR, 'U', 'N', n, L->data(), n) != 0)
    return std::nullopt;
  return Matrix(L->transpose());
}

std::optional<Matrix> whiteningFactor(const View &C) {
  Index n = C.rows();
  Vector scale = unitDiagonalScale(C);
  Matrix scaled = scale.asDiagonal() * C * scale.asDiagonal();
  if (std::optional<Matrix> inverted = invertedCholesky(scaled))
    return Matrix(scale.asDiagonal() * *inverted);
  std::optional<Eigenpairs> pairs = leadingEigenpairs(std::move(scaled), n);
  if (!pairs)
    return std::nullopt;
  Index rank = 0;
  double threshold = n * epsilon * std::max(pairs->values(0), 0.0);
  while (rank < n && pairs->values(rank) > threshold)
    ++rank;
  Vector inverted = pairs->values.head(rank).cwiseSqrt().cwiseInverse();
  return Matrix(scale.asDiagonal() * pairs->rows.topRows(rank).transpose() *
                inverted.asDiagonal());
}

} // namespace slin::factorization
