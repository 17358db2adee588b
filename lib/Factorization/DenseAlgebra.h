//===- DenseAlgebra.h - BLAS and LAPACK on row-major matrices ---*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The few products and decompositions this room needs, as functions on
// row-major matrices. Eigen has its own of each, but single-threaded and
// several times slower than OpenBLAS at these sizes; its BLAS backend would
// have to be on in every file that includes Eigen, or the one-definition rule
// breaks.
//
//===----------------------------------------------------------------------===//
#ifndef SLIN_LIB_FACTORIZATION_DENSEALGEBRA_H
#define SLIN_LIB_FACTORIZATION_DENSEALGEBRA_H

#include "slin/Factorization/Structures.h"

#include <optional>

namespace slin::factorization {

/// A matrix or a block of one; rows are contiguous.
using View = Eigen::Ref<const Matrix, 0, Eigen::OuterStride<>>;

/// A B.
Matrix multiply(const View &A, const View &B);
/// A B^T.
Matrix multiplyByTranspose(const View &A, const View &B);
/// A^T B.
Matrix multiplyTransposed(const View &A, const View &B);
/// C -= A B.
void subtractProduct(Matrix &C, const View &A, const View &B);
/// A A^T, both triangles filled.
Matrix rowGram(const View &A);
/// A^T A, both triangles filled.
Matrix columnGram(const View &A);
/// A L^T for lower triangular L.
Matrix multiplyByLowerTranspose(Matrix A, const View &lower);
/// A L^-1 for lower triangular L.
Matrix divideByLower(Matrix A, const View &lower);
/// The lower triangle of L^T A L for symmetric A and lower triangular L; what
/// is above it means nothing.
Matrix congruence(Matrix A, const Matrix &lower);

/// The greatest eigenvalues, descending, and their vectors as *rows* [r, n].
struct Eigenpairs {
  Vector values;
  Matrix rows;
};
/// Of a symmetric matrix, of which the lower triangle is read. Only the vectors
/// asked for are transformed back. None if LAPACK did not converge.
std::optional<Eigenpairs> leadingEigenpairs(Matrix A, Index count);

/// M = U diag(values) V with k = min(m, n): U [m, k], V [k, n].
struct SingularTriplets {
  Matrix U;
  Vector values;
  Matrix V;
};
/// None if LAPACK did not converge.
std::optional<SingularTriplets> singularTriplets(const View &M);
/// The values alone, descending, min(m, n) of them.
std::optional<Vector> singularValues(const View &M);

/// Lower L with L L^T = C; none if C is not positive definite in f64.
std::optional<Matrix> choleskyFactor(Matrix C);

/// R [n, q] with R R^T = C for any positive semidefinite C, where q is the
/// numerical rank: pivoted Cholesky of C scaled to a unit diagonal, so that
/// inputs of very different scale count alike.
Matrix halfFactor(const View &C);

/// H [n, q] such that H H^T is a generalised inverse of the positive
/// semidefinite C, q its numerical rank after scaling to a unit diagonal.
/// None if LAPACK did not converge.
std::optional<Matrix> whiteningFactor(const View &C);

} // namespace slin::factorization

#endif // SLIN_LIB_FACTORIZATION_DENSEALGEBRA_H
