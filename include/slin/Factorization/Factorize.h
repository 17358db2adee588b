//===- Factorize.h - The best factors of a weight ---------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// From a dense weight W [out, in] to the factors of one of the four structures
// that minimise |W - What|_F, or |(W - What) C^1/2|_F under a moment C [in, in]
// of the layer's inputs (second moment or covariance: symmetric, positive
// semidefinite, may be singular).
//
// A weight that cannot be factorised is no error of the program: the outcome
// then holds a reason instead of factors. Results are the same for the same
// input, machine and number of threads. Threads are OpenBLAS's own and are left
// to whoever calls.
//
//===----------------------------------------------------------------------===//
#ifndef SLIN_FACTORIZATION_FACTORIZE_H
#define SLIN_FACTORIZATION_FACTORIZE_H

#include "slin/Factorization/ErrorFigures.h"
#include "slin/Factorization/Structures.h"
#include <optional>
#include <string>

namespace slin::factorization {

/// Factors and their errors, or the reason why there are none.
template <typename Factors>
struct Outcome {
  std::optional<Factors> factors;
  ErrorFigures errors;
  /// Sweeps of the alternating minimisation; 0 where a closed form is used.
  int sweeps = 0;
  /// Lower case, with what was expected and found; empty on success.
  std::string reason;

  explicit operator bool() const { return factors.has_value(); }
  const Factors &operator*() const { return *factors; }
  const Factors *operator->() const { return &*factors; }

  static Outcome declined(std::string reason) {
    Outcome outcome;
    outcome.reason = std::move(reason);
    return outcome;
  }
};

/// When the alternating minimisation of the block structures stops.
struct SweepLimits {
  /// A sweep that lowers the squared error by less than this fraction is the
  /// last one.
  double improvement = 1e-4;
  int sweeps = 30;
};

/// What = U V of the given rank, 1 <= rank <= min(out, in). Without a moment
/// the truncated singular value decomposition; with one What = U_r U_r^T W,
/// U_r the leading eigenvectors of W C W^T. Each column of U and its row of V
/// have the same norm, and the column's largest entry is positive.
/// Exact: the optimum to 1e-10 without a moment and 1e-6 with one, relative.
Outcome<LowRank> factorizeLowRank(const Matrix &W, Index rank,
                                  const Matrix *moment = nullptr);

/// The diagonal blocks of W; with a moment, row by row the regression
/// C_SS^+ (C w)_S on the block's own inputs S.
Outcome<BlockDiagonal> factorizeBlockDiagonal(const Matrix &W, Index blocks,
                                              const Matrix *moment = nullptr);

/// What = L blkdiag(D) with `blocks` column slices of rank `rank / blocks`
/// each. Without a moment every slice has its own truncated decomposition,
/// which is the optimum. With one the slices are coupled: starting from that
/// closed form, one slice after the other is replaced by its exact minimiser
/// while the others stand still. Never worse than the start.
Outcome<BlockDense> factorizeBlockDense(const Matrix &W, Index blocks,
                                        Index rank,
                                        const Matrix *moment = nullptr,
                                        const SweepLimits &limits = {});

/// Every sub-matrix W[l_i::l, block k_i] to the rank that the shuffle leaves
/// it. With a moment the l groups of rows are independent, and each is solved
/// as for factorizeBlockDense.
Outcome<BlockShuffle> factorizeBlockShuffle(const Matrix &W,
                                            const ShuffleShape &shape,
                                            const Matrix *moment = nullptr,
                                            const SweepLimits &limits = {});

/// The same with the shape ShuffleShape::get(out, in, blocks).
Outcome<BlockShuffle> factorizeBlockShuffle(const Matrix &W, Index blocks,
                                            const Matrix *moment = nullptr,
                                            const SweepLimits &limits = {});

} // namespace slin::factorization

#endif // SLIN_FACTORIZATION_FACTORIZE_H
