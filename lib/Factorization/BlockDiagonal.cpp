//===- BlockDiagonal.cpp - The best block-diagonal matrix -----------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A row w of block S minimises (w - m) C (w - m)^T over m on S alone, which is
// m_S = C_SS^+ (C w)_S. It is computed as w_S + C_SS^+ C_ST w_T with T the
// other inputs: equal, but w_S is kept to the last digit where C does not
// couple the blocks, and also in the directions a singular C_SS says nothing
// about.
//
//===----------------------------------------------------------------------===//

#include "DenseAlgebra.h"
#include "Problem.h"

#include "slin/Factorization/Factorize.h"

namespace slin::factorization {

/// What block k gains from standing in for the other inputs of its rows; none
/// if LAPACK did not converge.
static std::optional<Matrix> regression(const Matrix &W, const Matrix &C,
                                        Index k, Index height, Index width) {
  Matrix others = W.middleRows(k * height, height);
  others.middleCols(k * width, width).setZero();
  auto columns = C.middleCols(k * width, width);
  std::optional<Matrix> H =
      whiteningFactor(columns.middleRows(k * width, width));
  if (!H)
    return std::nullopt;
  return multiplyByTranspose(multiply(multiply(others, columns), *H), *H);
}

Outcome<BlockDiagonal> factorizeBlockDiagonal(const Matrix &W, Index blocks,
                                              const Matrix *moment) {
  using Result = Outcome<BlockDiagonal>;
  Problem problem(W, moment);
  if (!problem.reason().empty())
    return Result::declined(problem.reason());
  if (blocks < 1 || W.rows() % blocks || W.cols() % blocks)
    return Result::declined(mismatch("a block count that divides " +
                                         std::to_string(W.rows()) + " and " +
                                         std::to_string(W.cols()),
                                     std::to_string(blocks)));
  Index height = W.rows() / blocks, width = W.cols() / blocks;
  BlockDiagonal factors;
  for (Index k = 0; k < blocks; ++k) {
    factors.D.push_back(
        problem.weight().block(k * height, k * width, height, width));
    if (!moment)
      continue;
    std::optional<Matrix> gained =
        regression(problem.weight(), *problem.moment(), k, height, width);
    if (!gained)
      return Result::declined("the eigenvalues of the moment did not converge");
    factors.D.back() += *gained;
  }
  Result outcome;
  outcome.errors =
      errorsOf(problem.weight(), factors.densify(), problem.moment());
  for (Matrix &block : factors.D)
    block *= problem.factorScale() * problem.factorScale();
  outcome.factors = std::move(factors);
  return outcome;
}

} // namespace slin::factorization
