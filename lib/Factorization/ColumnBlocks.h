//===- ColumnBlocks.h - Column slices of limited rank -----------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A matrix whose columns are cut into slices of equal width, each of limited
// rank: BlockDense is one such matrix, BlockShuffle is one per group of rows.
//
//===----------------------------------------------------------------------===//
#ifndef SLIN_LIB_FACTORIZATION_COLUMNBLOCKS_H
#define SLIN_LIB_FACTORIZATION_COLUMNBLOCKS_H

#include "Truncation.h"

#include "slin/Factorization/Factorize.h"

namespace slin::factorization {

/// The moment with what the slices need of it, computed once.
class SlicedMoment {
public:
  /// None if LAPACK did not converge. Keeps a reference to C.
  static std::optional<SlicedMoment> get(const Matrix &C, Index slices);

  const Matrix &matrix() const { return *C; }
  Index width() const { return sliceWidth; }
  /// H with H H^T = C_SS^+ for slice S.
  const Matrix &whitening(Index slice) const { return whitenings[slice]; }
  /// C[:, S].
  auto columns(Index slice) const {
    return C->middleCols(slice * sliceWidth, sliceWidth);
  }
  /// C_SS.
  auto block(Index slice) const {
    return columns(slice).middleRows(slice * sliceWidth, sliceWidth);
  }

private:
  explicit SlicedMoment(const Matrix &C) : C(&C) {}
  const Matrix *C;
  Index sliceWidth = 0;
  std::vector<Matrix> whitenings;
};

/// One truncation per slice, of exactly the rank asked for: where the slice
/// cannot have that rank, the rest is zero.
struct ColumnBlocks {
  std::vector<Truncation> slices;
  int sweeps = 0;
};

/// The best ranks[b] approximation of every slice of W; with a moment, improved
/// from there by exact minimisation over one slice at a time until `limits`
/// stop it. None if LAPACK did not converge.
std::optional<ColumnBlocks> fitColumnBlocks(const Matrix &W,
                                            const std::vector<Index> &ranks,
                                            const SlicedMoment *moment,
                                            const SweepLimits &limits);

} // namespace slin::factorization

#endif // SLIN_LIB_FACTORIZATION_COLUMNBLOCKS_H
