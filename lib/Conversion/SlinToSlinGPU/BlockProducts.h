//===- BlockProducts.h - Operators as products of blocks --------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a GPU computes is a sequence of block-diagonal products, each of which
// stores its results in runs (slingpu.block_gemm). Permutations and diagonals
// between them are work that is done once, on the weights.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_CONVERSION_SLINTOSLINGPU_BLOCKPRODUCTS_H
#define SLIN_LIB_CONVERSION_SLINTOSLINGPU_BLOCKPRODUCTS_H

#include "slin/Term/Evaluate.h"

#include <optional>
#include <vector>

namespace slin {

/// Block b maps features `b columns, …` to row r, which is stored as feature
/// `(r / run) blocks run + b run + r mod run`.
struct BlockProduct {
  int64_t blocks = 1;
  int64_t rows = 0, columns = 0;
  int64_t run = 0;
  /// One matrix [rows, columns] for each block.
  std::vector<term::Matrix> weights;

  /// The feature that row `row` of block `block` becomes.
  int64_t placeOf(int64_t block, int64_t row) const {
    return row / run * blocks * run + block * run + row % run;
  }
};

/// The products that compute `term`, the first one first. Nothing where its
/// permutations do not fit between blocks.
std::optional<std::vector<BlockProduct>>
findBlockProducts(const term::Term &term, term::LeafNumbers numbers);

/// `term` as one product by one block.
BlockProduct denseProduct(const term::Term &term, term::LeafNumbers numbers);

} // namespace slin

#endif // SLIN_LIB_CONVERSION_SLINTOSLINGPU_BLOCKPRODUCTS_H
