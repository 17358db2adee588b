//===- ColumnBlocks.cpp - Column slices of limited rank -------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// In the Frobenius norm the slices are independent. Under a moment C they are
// not: inputs of one slice can stand in for inputs of another. But with all
// other slices fixed, the best slice S still has a closed form. Let E be W less
// the other slices and F = E C[:, S]. Then the squared error over the slice X
// is
//   |(X - Y) C_SS^1/2|^2 + const  with  Y = F C_SS^+,
// so X is the truncation of Y in the norm of C_SS: with C_SS^+ = H H^T, it is
// X = A B H^T where A B truncates K = F H. The part of a slice that C_SS does
// not see is taken from W.
//
//===----------------------------------------------------------------------===//

#include "ColumnBlocks.h"

#include <cmath>

namespace slin::factorization {

/// Truncation inside a sweep and at its start.
static constexpr double tolerance = 1e-10;

std::optional<SlicedMoment> SlicedMoment::get(const Matrix &C, Index slices) {
  SlicedMoment moment(C);
  moment.sliceWidth = C.rows() / slices;
  for (Index slice = 0; slice < slices; ++slice) {
    std::optional<Matrix> H = whiteningFactor(moment.block(slice));
    if (!H)
      return std::nullopt;
    moment.whitenings.push_back(std::move(*H));
  }
  return moment;
}

/// Truncates M, padding with zeros where M is smaller than the rank.
static std::optional<Truncation> truncatePadded(const View &M, Index rank) {
  Index possible = std::min({rank, M.rows(), M.cols()});
  std::optional<Truncation> found = truncate(M, possible, tolerance);
  if (found && possible < rank) {
    found->left.conservativeResizeLike(Matrix::Zero(M.rows(), rank));
    found->right.conservativeResizeLike(Matrix::Zero(rank, M.cols()));
  }
  return found;
}

namespace {
/// The minimisation of one matrix under a moment.
class Alternation {
public:
  Alternation(const Matrix &W, const SlicedMoment &moment,
              std::vector<Truncation> start)
      : W(W), moment(moment), weighted(multiply(W, moment.matrix())),
        slices(std::move(start)) {
    for (size_t b = 0; b < slices.size(); ++b)
      weightedRight.push_back(weigh(b));
  }

  /// tr((W - What) C (W - What)^T) from the residual itself.
  double squaredError() const {
    Matrix residual = W, residualC = weighted;
    for (size_t b = 0; b < slices.size(); ++b) {
      subtractProduct(residualC, slices[b].left, weightedRight[b]);
      residual.middleCols(b * moment.width(), moment.width()) -=
          multiply(slices[b].left, slices[b].right);
    }
    return std::max(0.0, residual.cwiseProduct(residualC).sum());
  }

  /// Improves every slice once, in order. The squared error it gained, or none
  /// if LAPACK did not converge.
  std::optional<double> sweep() {
    double gained = 0;
    for (size_t b = 0; b < slices.size(); ++b) {
      std::optional<double> gain = improve(b);
      if (!gain)
        return std::nullopt;
      gained += *gain;
    }
    return gained;
  }

  const std::vector<Truncation> &current() const { return slices; }

private:
  /// The right factor of a slice times the moment's rows, [rank, in].
  Matrix weigh(Index b) const {
    return multiply(slices[b].right, moment.matrix().middleRows(
                                         b * moment.width(), moment.width()));
  }

  /// F = (W - other slices) C[:, S].
  Matrix target(Index b) const {
    Index width = moment.width();
    Matrix F = weighted.middleCols(b * width, width);
    for (Index c = 0; c < Index(slices.size()); ++c)
      if (c != b && slices[c].left.cols() != 0)
        subtractProduct(F, slices[c].left,
                        weightedRight[c].middleCols(b * width, width));
    return F;
  }

  /// How much less the squared error is with the slice's present factors than
  /// with none: 2 <F, X> - tr(X C_SS X^T).
  double worth(Index b, const Matrix &F) const {
    const Truncation &slice = slices[b];
    Matrix rightC =
        weightedRight[b].middleCols(b * moment.width(), moment.width());
    Matrix square = multiplyByTranspose(rightC, slice.right);
    return 2 * multiplyTransposed(slice.left, F)
                   .cwiseProduct(slice.right)
                   .sum() -
           columnGram(slice.left).cwiseProduct(square).sum();
  }

  std::optional<double> improve(Index b);
  bool addUnseen(Index b, Truncation &slice) const;

  const Matrix &W;
  const SlicedMoment &moment;
  /// W C.
  Matrix weighted;
  std::vector<Truncation> slices;
  std::vector<Matrix> weightedRight;
};
} // namespace

/// Adds what W says about the directions of slice b that C_SS does not see,
/// which costs nothing under C: within the columns that `slice` has, and in the
/// columns that it leaves zero because C_SS sees too little to fill them. False
/// if LAPACK did not converge.
bool Alternation::addUnseen(Index b, Truncation &slice) const {
  const Matrix &H = moment.whitening(b);
  Matrix unseen = W.middleCols(b * moment.width(), moment.width());
  Matrix seen = multiply(multiply(unseen, moment.block(b)), H);
  unseen -= multiplyByTranspose(seen, H);
  Matrix caught = multiplyTransposed(slice.left, unseen);
  slice.right += caught;
  Index rank = slice.left.cols(), filled = std::min(rank, H.cols());
  if (filled == rank)
    return true;
  subtractProduct(unseen, slice.left, caught);
  std::optional<Truncation> rest = truncatePadded(unseen, rank - filled);
  if (!rest)
    return false;
  slice.left.rightCols(rank - filled) = rest->left;
  slice.right.bottomRows(rank - filled) = rest->right;
  return true;
}

/// Replaces slice b by its exact minimiser, if that is better by more than
/// rounding. The squared error gained.
std::optional<double> Alternation::improve(Index b) {
  Index rank = slices[b].left.cols(), width = moment.width();
  const Matrix &H = moment.whitening(b);
  if (rank == 0 || H.cols() == 0)
    return 0.0;
  Matrix F = target(b);
  std::optional<Truncation> found = truncatePadded(multiply(F, H), rank);
  if (!found)
    return std::nullopt;
  // The left factor is orthonormal, so this is what the new slice is worth.
  double gain = found->right.squaredNorm() - worth(b, F);
  if (gain <= 0)
    return 0.0;
  found->right = multiplyByTranspose(found->right, H);
  if (H.cols() < width && !addUnseen(b, *found))
    return std::nullopt;
  slices[b] = std::move(*found);
  weightedRight[b] = weigh(b);
  return gain;
}

std::optional<ColumnBlocks> fitColumnBlocks(const Matrix &W,
                                            const std::vector<Index> &ranks,
                                            const SlicedMoment *moment,
                                            const SweepLimits &limits) {
  ColumnBlocks result;
  Index width = W.cols() / Index(ranks.size());
  for (size_t b = 0; b < ranks.size(); ++b) {
    std::optional<Truncation> slice =
        truncatePadded(W.middleCols(b * width, width), ranks[b]);
    if (!slice)
      return std::nullopt;
    result.slices.push_back(std::move(*slice));
  }
  if (!moment)
    return result;
  Alternation alternation(W, *moment, result.slices);
  double start = alternation.squaredError(), error = start;
  while (result.sweeps < limits.sweeps && error > 0) {
    std::optional<double> gained = alternation.sweep();
    if (!gained)
      return std::nullopt;
    ++result.sweeps;
    bool last = *gained <= limits.improvement * error;
    error -= *gained;
    if (last)
      break;
  }
  // Rounding can undo a gain where the start is already (nearly) exact.
  if (alternation.squaredError() < start)
    result.slices = alternation.current();
  return result;
}

} // namespace slin::factorization
