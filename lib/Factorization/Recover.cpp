//===- Recover.cpp - Structure that a matrix has already ------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each structure bounds the ranks of disjoint blocks, so candidates are settled
// by singular values of blocks, and a block whose rank alone would take more
// parameters than the best form so far ends its candidate: a matrix without
// structure costs one decomposition of one block per candidate.
//
//===----------------------------------------------------------------------===//

#include "DenseAlgebra.h"
#include "Problem.h"
#include "slin/Factorization/Recover.h"

#include "slin/Factorization/Factorize.h"

#include <cmath>
#include <functional>
#include <numeric>

namespace slin::factorization {

namespace {
class Search {
public:
  Search(const Matrix &W, const RecoverOptions &options)
      : W(W), options(options), rows(W.rows()), columns(W.cols()),
        norm(W.norm()), fewest(W.size()) {}

  void tryBlockDiagonal();
  void tryLowRank();
  void tryBlockDense();
  void tryBlockShuffle();

  /// The factors of `original` (W, maybe not scaled) in the best form, or the
  /// reason why there is none.
  Recovery finish(const Matrix &original) const;

private:
  /// A form that fits: how its factors are computed.
  using Factorization = std::function<Recovery(const Matrix &)>;

  Index rankOf(const View &block, double &tail);
  void tryBlockDense(Index blocks);
  void tryBlockShuffle(Index first, Index second);
  std::vector<Index> blockCounts(Index side) const;
  void keepIfFewer(int64_t parameters, double tail, Factorization factorize);

  const Matrix &W;
  const RecoverOptions &options;
  Index rows, columns;
  double norm;
  /// Of the best form so far, at first of W itself.
  int64_t fewest;
  double bestTail = 0;
  Factorization best;
  Index wholeRank = -1;
  bool converged = true;
};
} // namespace

/// The rank of a block within the tolerance; `tail` grows to what is below it.
/// A block that is small by the norm of the whole matrix counts as zero.
Index Search::rankOf(const View &block, double &tail) {
  std::optional<Vector> values = singularValues(block);
  if (!values) {
    converged = false;
    return std::min(block.rows(), block.cols());
  }
  double mean = norm * std::sqrt(double(block.size()) / double(W.size()));
  double greatest = (*values)(0);
  if (greatest <= options.tolerance * mean) {
    tail = std::max(tail, mean == 0 ? 0 : greatest / mean);
    return 0;
  }
  Index rank = 1;
  while (rank < values->size() &&
         (*values)(rank) > options.tolerance * greatest)
    ++rank;
  if (rank < values->size())
    tail = std::max(tail, (*values)(rank) / greatest);
  return rank;
}

std::vector<Index> Search::blockCounts(Index side) const {
  std::vector<Index> counts;
  for (Index count = 2; count <= std::min(side, options.greatestBlocks);
       ++count)
    if (side % count == 0)
      counts.push_back(count);
  return counts;
}

void Search::keepIfFewer(int64_t parameters, double tail,
                         Factorization factorize) {
  if (parameters >= fewest)
    return;
  fewest = parameters;
  bestTail = tail;
  best = std::move(factorize);
}

/// What a factoriser found, as a recovery.
template <typename Factors>
static Recovery toRecovery(Outcome<Factors> outcome) {
  Recovery recovery;
  recovery.reason = outcome.reason;
  recovery.errors = outcome.errors;
  if (outcome) {
    recovery.parameters = outcome->parameters();
    recovery.factors = std::move(*outcome.factors);
  }
  return recovery;
}

//===----------------------------------------------------------------------===//
// One structure each
//===----------------------------------------------------------------------===//

void Search::tryBlockDiagonal() {
  for (Index blocks : blockCounts(std::gcd(rows, columns))) {
    Index height = rows / blocks, width = columns / blocks;
    Matrix rest = W;
    for (Index k = 0; k < blocks; ++k)
      rest.block(k * height, k * width, height, width).setZero();
    double tail = norm == 0 ? 0 : rest.norm() / norm;
    if (tail <= options.tolerance)
      keepIfFewer(W.size() / blocks, tail, [=](const Matrix &W) {
        return toRecovery(factorizeBlockDiagonal(W, blocks));
      });
  }
}

void Search::tryLowRank() {
  double tail = 0;
  wholeRank = rankOf(W, tail);
  Index rank = std::max<Index>(wholeRank, 1);
  keepIfFewer(rank * (rows + columns), tail, [=](const Matrix &W) {
    return toRecovery(factorizeLowRank(W, rank));
  });
}

void Search::tryBlockDense(Index blocks) {
  Index width = columns / blocks, rank = 1;
  double tail = 0;
  for (Index b = 0; b < blocks; ++b) {
    rank = std::max(rank, rankOf(W.middleCols(b * width, width), tail));
    if (blocks * rank * (rows + width) >= fewest)
      return;
  }
  keepIfFewer(blocks * rank * (rows + width), tail, [=](const Matrix &W) {
    return toRecovery(factorizeBlockDense(W, blocks, blocks * rank));
  });
}

void Search::tryBlockDense() {
  for (Index blocks : blockCounts(columns))
    tryBlockDense(blocks);
}

/// How many of the middle indices of block `ki` belong to group `li`: the rank
/// that a shuffle leaves the sub-matrix.
static Index rankLeft(const ShuffleShape &shape, Index ki, Index li) {
  auto countBelow = [&](Index end) {
    return end / shape.l + (end % shape.l > li ? 1 : 0);
  };
  return countBelow((ki + 1) * shape.q) - countBelow(ki * shape.q);
}

void Search::tryBlockShuffle(Index first, Index second) {
  ShuffleShape shape{first, 0, columns / first, second, rows / second, 0};
  // Rows per block of the first factor must make the second one's columns
  // whole.
  Index step = second / std::gcd(first, second);
  auto setWidth = [&](Index q) {
    shape.q = q;
    shape.r = first * q / second;
    return shape.parameters();
  };
  auto smallestWidth = [&](Index rank) {
    Index q = std::max<Index>((rank - 1) * second + 1, 1);
    return (q + step - 1) / step * step;
  };
  Eigen::Matrix<Index, Eigen::Dynamic, Eigen::Dynamic> ranks(first, second);
  Index greatest = 0;
  double tail = 0;
  Matrix part(shape.s, shape.p);
  for (Index ki = 0; ki < first; ++ki)
    for (Index li = 0; li < second; ++li) {
      for (Index si = 0; si < shape.s; ++si)
        part.row(si) = W.row(si * second + li).segment(ki * shape.p, shape.p);
      ranks(ki, li) = rankOf(part, tail);
      greatest = std::max(greatest, ranks(ki, li));
      if (setWidth(smallestWidth(greatest)) >= fewest)
        return;
    }
  auto fits = [&] {
    for (Index ki = 0; ki < first; ++ki)
      for (Index li = 0; li < second; ++li)
        if (rankLeft(shape, ki, li) < ranks(ki, li))
          return false;
    return true;
  };
  // A width of which every group gets its full share fits in any case.
  for (Index q = smallestWidth(greatest); q <= second * greatest + step;
       q += step) {
    int64_t parameters = setWidth(q);
    if (parameters >= fewest)
      return;
    if (fits())
      return keepIfFewer(parameters, tail, [=](const Matrix &W) {
        return toRecovery(factorizeBlockShuffle(W, shape));
      });
  }
}

void Search::tryBlockShuffle() {
  for (Index first : blockCounts(columns))
    for (Index second : blockCounts(rows))
      tryBlockShuffle(first, second);
}

//===----------------------------------------------------------------------===//
// The best of them
//===----------------------------------------------------------------------===//

Recovery Search::finish(const Matrix &original) const {
  if (!best) {
    Recovery none;
    none.reason = mismatch("a structure of fewer than " +
                               std::to_string(W.size()) + " parameters",
                           "none");
    if (wholeRank >= 0)
      none.reason += " (the rank is " + std::to_string(wholeRank) + ")";
    if (!converged)
      none.reason = "the singular value decomposition did not converge";
    return none;
  }
  Recovery recovery = best(original);
  recovery.tail = bestTail;
  return recovery;
}

Recovery recoverStructure(const Matrix &W, const RecoverOptions &options) {
  Problem problem(W, nullptr);
  if (!problem.reason().empty()) {
    Recovery none;
    none.reason = problem.reason();
    return none;
  }
  Search search(problem.weight(), options);
  if (options.blockDiagonal)
    search.tryBlockDiagonal();
  if (options.lowRank)
    search.tryLowRank();
  if (options.blockDense)
    search.tryBlockDense();
  if (options.blockShuffle)
    search.tryBlockShuffle();
  return search.finish(W);
}

} // namespace slin::factorization
