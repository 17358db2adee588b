//===- BlockFactors.cpp - The best BlockDense and BlockShuffle ------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Both structures limit the ranks of disjoint sub-matrices, so both come down
// to ColumnBlocks: BlockDense slices all rows at once, BlockShuffle slices each
// group of rows W[l_i::l]. With m = k_i q + q_i and l_i = m mod l, the
// sub-matrix of (k_i, l_i) has as many rank-one terms as there are such q_i,
// and the t-th term goes to the t-th of them.
//
//===----------------------------------------------------------------------===//

#include "ColumnBlocks.h"
#include "Problem.h"

#include <cmath>

namespace slin::factorization {

static const char notConverged[] =
    "the singular value decomposition did not converge";

/// Sets `sliced` if there is a moment; false if LAPACK did not converge.
static bool slice(const Problem &problem, Index slices,
                  std::optional<SlicedMoment> &sliced) {
  if (!problem.moment())
    return true;
  sliced = SlicedMoment::get(*problem.moment(), slices);
  return sliced.has_value();
}

/// Fills in the errors of factors of problem.weight() and scales them back.
template <typename Factors>
static void finish(const Problem &problem, Factors factors,
                   std::vector<Matrix> Factors::*scaled,
                   Outcome<Factors> &outcome) {
  outcome.errors =
      errorsOf(problem.weight(), factors.densify(), problem.moment());
  double scale = problem.factorScale();
  for (Matrix &block : factors.*scaled)
    block *= scale * scale;
  outcome.factors = std::move(factors);
}

//===----------------------------------------------------------------------===//
// BlockDense
//===----------------------------------------------------------------------===//

static std::string checkBlockDense(const Matrix &W, Index blocks, Index rank) {
  if (blocks < 1 || W.cols() % blocks)
    return mismatch("a block count that divides " + std::to_string(W.cols()),
                    std::to_string(blocks));
  if (rank % blocks)
    return mismatch("a rank that is a multiple of " + std::to_string(blocks) +
                        " blocks",
                    std::to_string(rank));
  Index greatest = blocks * std::min(W.rows(), W.cols() / blocks);
  if (rank < blocks || rank > greatest)
    return mismatch("a rank from " + std::to_string(blocks) + " to " +
                        std::to_string(greatest),
                    std::to_string(rank));
  return {};
}

Outcome<BlockDense> factorizeBlockDense(const Matrix &W, Index blocks,
                                        Index rank, const Matrix *moment,
                                        const SweepLimits &limits) {
  using Result = Outcome<BlockDense>;
  Problem problem(W, moment);
  if (!problem.reason().empty())
    return Result::declined(problem.reason());
  if (std::string reason = checkBlockDense(W, blocks, rank); !reason.empty())
    return Result::declined(reason);
  std::optional<SlicedMoment> sliced;
  if (!slice(problem, blocks, sliced))
    return Result::declined(notConverged);
  Index sliceRank = rank / blocks;
  std::optional<ColumnBlocks> fit =
      fitColumnBlocks(problem.weight(), std::vector<Index>(blocks, sliceRank),
                      sliced ? &*sliced : nullptr, limits);
  if (!fit)
    return Result::declined(notConverged);
  BlockDense factors;
  factors.L.resize(W.rows(), rank);
  for (Index b = 0; b < blocks; ++b) {
    Truncation &part = fit->slices[b];
    balance(part.left, part.right);
    factors.L.middleCols(b * sliceRank, sliceRank) = part.left;
    factors.D.push_back(std::move(part.right));
  }
  Result outcome;
  outcome.sweeps = fit->sweeps;
  finish(problem, std::move(factors), &BlockDense::D, outcome);
  return outcome;
}

//===----------------------------------------------------------------------===//
// BlockShuffle
//===----------------------------------------------------------------------===//

static std::string describe(const ShuffleShape &shape) {
  auto block = [](Index count, Index rows, Index columns) {
    return std::to_string(count) + "x" + std::to_string(rows) + "x" +
           std::to_string(columns);
  };
  return "factors " + block(shape.k, shape.q, shape.p) + " and " +
         block(shape.l, shape.s, shape.r);
}

static std::string checkBlockShuffle(const Matrix &W,
                                     const ShuffleShape &shape) {
  if (!shape.isConsistent())
    return mismatch("factors k x q x p and l x s x r with k q = l r",
                    describe(shape));
  if (shape.inputs() != W.cols() || shape.outputs() != W.rows())
    return mismatch("factors of a weight of " + std::to_string(W.rows()) + "x" +
                        std::to_string(W.cols()),
                    describe(shape));
  return {};
}

/// The rows q_i of block k_i whose middle index belongs to group l_i.
static std::vector<Index> termsOf(const ShuffleShape &shape, Index ki,
                                  Index li) {
  std::vector<Index> terms;
  for (Index qi = 0; qi < shape.q; ++qi)
    if ((ki * shape.q + qi) % shape.l == li)
      terms.push_back(qi);
  return terms;
}

/// Fits the rows W[li::l] and stores the terms; the number of sweeps, or none
/// if LAPACK did not converge.
static std::optional<int> fitGroup(const Matrix &W, const ShuffleShape &shape,
                                   Index li, const SlicedMoment *moment,
                                   const SweepLimits &limits,
                                   BlockShuffle &factors) {
  Matrix group(shape.s, W.cols());
  for (Index si = 0; si < shape.s; ++si)
    group.row(si) = W.row(si * shape.l + li);
  std::vector<Index> ranks;
  for (Index ki = 0; ki < shape.k; ++ki)
    ranks.push_back(termsOf(shape, ki, li).size());
  std::optional<ColumnBlocks> fit =
      fitColumnBlocks(group, ranks, moment, limits);
  if (!fit)
    return std::nullopt;
  for (Index ki = 0; ki < shape.k; ++ki) {
    Truncation &part = fit->slices[ki];
    balance(part.left, part.right);
    std::vector<Index> terms = termsOf(shape, ki, li);
    for (size_t t = 0; t < terms.size(); ++t) {
      Index middle = ki * shape.q + terms[t];
      factors.D1[ki].row(terms[t]) = part.right.row(t);
      factors.D2[li].col(middle / shape.l) = part.left.col(t);
    }
  }
  return fit->sweeps;
}

Outcome<BlockShuffle> factorizeBlockShuffle(const Matrix &W,
                                            const ShuffleShape &shape,
                                            const Matrix *moment,
                                            const SweepLimits &limits) {
  using Result = Outcome<BlockShuffle>;
  Problem problem(W, moment);
  if (!problem.reason().empty())
    return Result::declined(problem.reason());
  if (std::string reason = checkBlockShuffle(W, shape); !reason.empty())
    return Result::declined(reason);
  std::optional<SlicedMoment> sliced;
  if (!slice(problem, shape.k, sliced))
    return Result::declined(notConverged);
  BlockShuffle factors;
  factors.D1.assign(shape.k, Matrix::Zero(shape.q, shape.p));
  factors.D2.assign(shape.l, Matrix::Zero(shape.s, shape.r));
  Result outcome;
  for (Index li = 0; li < shape.l; ++li) {
    std::optional<int> sweeps =
        fitGroup(problem.weight(), shape, li, sliced ? &*sliced : nullptr,
                 limits, factors);
    if (!sweeps)
      return Result::declined(notConverged);
    outcome.sweeps = std::max(outcome.sweeps, *sweeps);
  }
  finish(problem, std::move(factors), &BlockShuffle::D2, outcome);
  return outcome;
}

Outcome<BlockShuffle> factorizeBlockShuffle(const Matrix &W, Index blocks,
                                            const Matrix *moment,
                                            const SweepLimits &limits) {
  ShuffleShape shape = ShuffleShape::get(W.rows(), W.cols(), blocks);
  if (W.size() != 0 && !shape.isConsistent())
    return Outcome<BlockShuffle>::declined(
        mismatch("a block count that divides " + std::to_string(W.rows()) +
                     " and " + std::to_string(W.cols()),
                 std::to_string(blocks)));
  return factorizeBlockShuffle(W, shape, moment, limits);
}

} // namespace slin::factorization
