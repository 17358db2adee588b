//===- Recover.h - Structure that a matrix has already ----------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Somebody multiplied the factors of a structured weight and kept the product.
// Its blocks still have the ranks that the factors left them, within the
// rounding of the product, so that the factors can be found again. Nothing is
// approximated: what has no such ranks is left alone.
//
//===----------------------------------------------------------------------===//
#ifndef SLIN_FACTORIZATION_RECOVER_H
#define SLIN_FACTORIZATION_RECOVER_H

#include "slin/Factorization/ErrorFigures.h"

#include <string>
#include <variant>

namespace slin::factorization {

/// What is looked for, and how closely it must be there.
struct RecoverOptions {
  /// A block has rank r where its singular values have σ_{r+1} <= tolerance
  /// σ_1; blocks off the diagonal are zero where their norm is at most
  /// tolerance |W|_F.
  double tolerance = 1e-5;
  bool lowRank = true;
  bool blockDiagonal = true;
  bool blockDense = true;
  bool blockShuffle = true;
  /// Numbers of blocks above are not tried.
  Index greatestBlocks = 64;
};

/// The structure of a matrix, or the reason why none was found.
struct Recovery {
  std::variant<std::monostate, LowRank, BlockDiagonal, BlockDense, BlockShuffle>
      factors;
  ErrorFigures errors;
  /// The greatest σ_{r+1} / σ_1 of the blocks; of block diagonals the norm off
  /// the diagonal by |W|_F.
  double tail = 0;
  int64_t parameters = 0;
  /// Lower case, with what was expected and found; empty on success.
  std::string reason;

  explicit operator bool() const { return reason.empty(); }
};

/// The structure with the fewest parameters that W has, if these are fewer than
/// the entries of W. Of block counts from 2 on that divide the sides they cut:
/// BlockDense cuts the columns, BlockShuffle columns and rows (not necessarily
/// into as many blocks), with the smallest middle width that leaves each
/// sub-matrix its rank. With equally many parameters the simpler structure.
Recovery recoverStructure(const Matrix &W, const RecoverOptions &options = {});

} // namespace slin::factorization

#endif // SLIN_FACTORIZATION_RECOVER_H
