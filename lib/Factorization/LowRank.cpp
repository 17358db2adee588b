//===- LowRank.cpp - The best low-rank factors of a weight ----------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Without a moment this is the truncated singular value decomposition. With
// one, What = U_r U_r^T W is optimal for any C, U_r the leading left singular
// vectors of W C^1/2, and no square root of C is needed to find them:
//  - out <= in: they are the eigenvectors of W C W^T;
//  - out > in: with C = R R^T (Cholesky) they are W R Z, Z the eigenvectors of
//    the smaller R^T W^T W R.
// Either product squares the singular values. Where that would cost accuracy
// (the rank asked for reaches the rank of W C^1/2), W R is decomposed itself.
//
//===----------------------------------------------------------------------===//

#include "Problem.h"
#include "Truncation.h"

#include "slin/Factorization/Factorize.h"

#include <cmath>
#include <limits>

namespace slin::factorization {

/// How far from the optimum, relatively, a factorisation may end.
static constexpr double plainTolerance = 1e-10;
static constexpr double momentTolerance = 1e-6;

namespace {
/// Factors of the leading subspace before balancing, and what their computation
/// tells about the squared error in the norm of the moment.
struct Weighted {
  Truncation truncation;
  double total = 0;
  double tail = 0;
};
} // namespace

/// out <= in, through the eigenvectors of W C W^T.
static std::optional<Weighted> wideLowRank(const Matrix &W, const Matrix &C,
                                           Index rank) {
  Matrix WC = multiply(W, C);
  double noise = WC.norm() * W.norm();
  Matrix product = multiplyByTranspose(WC, W);
  double total = product.trace();
  std::optional<Eigenpairs> pairs = leadingEigenpairs(std::move(product), rank);
  if (!pairs)
    return std::nullopt;
  double tail = total - pairs->values.sum();
  if (!isResolved(tail, noise, rank, momentTolerance))
    return std::nullopt;
  return Weighted{
      {pairs->rows.transpose(), multiply(pairs->rows, W)}, total, tail};
}

/// out > in, through the eigenvectors of R^T W^T W R with C = R R^T.
static std::optional<Weighted> tallLowRank(const Matrix &W, const Matrix &C,
                                           Index rank) {
  std::optional<Matrix> R = choleskyFactor(C);
  if (!R)
    return std::nullopt;
  Matrix gram = columnGram(W);
  double noise = gram.norm() * C.norm();
  Matrix product = congruence(std::move(gram), *R);
  double total = product.trace();
  std::optional<Eigenpairs> pairs = leadingEigenpairs(std::move(product), rank);
  if (!pairs)
    return std::nullopt;
  double tail = total - pairs->values.sum();
  if (!isResolved(tail, noise, rank, momentTolerance))
    return std::nullopt;
  // U = W R Z / sigma and U^T W = sigma Z^T R^-1, as R^T W^T W R Z = Z sigma^2.
  Vector sigma = pairs->values.cwiseSqrt();
  Matrix right = sigma.asDiagonal() * divideByLower(pairs->rows, *R);
  Matrix directions = sigma.cwiseInverse().asDiagonal() *
                      multiplyByLowerTranspose(std::move(pairs->rows), *R);
  return Weighted{
      {multiplyByTranspose(W, directions), std::move(right)}, total, tail};
}

/// Columns for the directions that the moment says nothing about: the leading
/// ones of what `left` has not caught of W. The others stay zero.
static bool complement(const Matrix &W, Index known, Matrix &left) {
  Index missing = left.cols() - known;
  Matrix rest = W;
  auto found = left.leftCols(known);
  subtractProduct(rest, found, multiplyTransposed(found, W));
  std::optional<SingularTriplets> exact = singularTriplets(rest);
  if (!exact)
    return false;
  double threshold = 1e-14 * W.norm();
  for (Index i = 0; i < missing; ++i)
    if (exact->values(i) > threshold)
      left.col(known + i) = exact->U.col(i);
  return true;
}

/// Any shape and any moment, through the decomposition of W R.
static std::optional<Weighted> exactLowRank(const Matrix &W, const Matrix &C,
                                            Index rank) {
  std::optional<SingularTriplets> exact =
      singularTriplets(multiply(W, halfFactor(C)));
  if (!exact)
    return std::nullopt;
  double greatest = exact->values.size() ? exact->values(0) : 0;
  double threshold = std::numeric_limits<double>::epsilon() *
                     std::max(W.rows(), W.cols()) * greatest;
  Index known = 0;
  while (known < std::min(rank, exact->values.size()) &&
         exact->values(known) > threshold)
    ++known;
  Matrix left = Matrix::Zero(W.rows(), rank);
  left.leftCols(known) = exact->U.leftCols(known);
  if (known < rank && !complement(W, known, left))
    return std::nullopt;
  Matrix right = multiplyTransposed(left, W);
  return Weighted{{std::move(left), std::move(right)}, 0, 0};
}

static std::optional<Weighted> weightedLowRank(const Matrix &W, const Matrix &C,
                                               Index rank) {
  if (rank < std::min(W.rows(), W.cols())) {
    std::optional<Weighted> quick = W.rows() <= W.cols()
                                        ? wideLowRank(W, C, rank)
                                        : tallLowRank(W, C, rank);
    if (quick)
      return quick;
  }
  return exactLowRank(W, C, rank);
}

/// sqrt(part / whole) of squared norms, if the difference that gave `part` left
/// it enough digits.
static std::optional<double> relative(double part, double whole) {
  if (whole <= 0 || part < 1e-4 * whole)
    return std::nullopt;
  return std::sqrt(part / whole);
}

/// The errors of What = U U^T W, which follow from norms unless they are so
/// small that only the difference of the matrices shows them.
static ErrorFigures errorsOf(const Matrix &W, const Matrix *C,
                             const Weighted &found) {
  double total = W.squaredNorm();
  std::optional<double> frobenius =
      relative(total - found.truncation.right.squaredNorm(), total);
  std::optional<double> activation = relative(found.tail, found.total);
  ErrorFigures errors{frobenius.value_or(0), activation.value_or(NAN)};
  if (frobenius && (activation || !C))
    return errors;
  Matrix What = multiply(found.truncation.left, found.truncation.right);
  if (!frobenius)
    errors.frobenius = relativeFrobenius(W, What);
  if (C && !activation)
    errors.activation = relativeActivation(W, What, *C);
  return errors;
}

Outcome<LowRank> factorizeLowRank(const Matrix &W, Index rank,
                                  const Matrix *moment) {
  Problem problem(W, moment);
  if (!problem.reason().empty())
    return Outcome<LowRank>::declined(problem.reason());
  Index greatest = std::min(W.rows(), W.cols());
  if (rank < 1 || rank > greatest)
    return Outcome<LowRank>::declined(mismatch(
        "a rank from 1 to " + std::to_string(greatest), std::to_string(rank)));
  std::optional<Weighted> found;
  if (problem.moment())
    found = weightedLowRank(problem.weight(), *problem.moment(), rank);
  else if (std::optional<Truncation> plain =
               truncate(problem.weight(), rank, plainTolerance))
    found = Weighted{std::move(*plain), 0, 0};
  if (!found)
    return Outcome<LowRank>::declined(
        "the singular value decomposition did not converge");
  Outcome<LowRank> outcome;
  outcome.errors = errorsOf(problem.weight(), problem.moment(), *found);
  Truncation &truncation = found->truncation;
  balance(truncation.left, truncation.right);
  if (double scale = problem.factorScale(); scale != 1) {
    truncation.left *= scale;
    truncation.right *= scale;
  }
  outcome.factors =
      LowRank{std::move(truncation.left), std::move(truncation.right)};
  return outcome;
}

} // namespace slin::factorization
