//===- BlockProducts.cpp - Operators as products of blocks ----------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Factors are read in the order in which they act. A permutation or diagonal
// belongs to the product before it, as the order and scale of its rows; before
// the first product, to the columns of that.
//
//===----------------------------------------------------------------------===//

#include "BlockProducts.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLExtras.h"

#include <numeric>

using namespace slin;
using term::LeafNumbers;
using term::Matrix;
using term::NodeKind;
using term::Term;

namespace {
/// A product whose results have places that are not yet in runs.
struct OpenProduct {
  BlockProduct product;
  /// The feature that row `b rows + r` becomes.
  std::vector<int64_t> places;
};
} // namespace

static std::vector<int64_t> inOrder(int64_t count) {
  std::vector<int64_t> result(count);
  std::iota(result.begin(), result.end(), 0);
  return result;
}

/// The matrix of `term`; a product by one block.
static OpenProduct openDense(Matrix matrix) {
  OpenProduct open;
  open.product.rows = matrix.rows();
  open.product.columns = matrix.cols();
  open.places = inOrder(matrix.rows());
  open.product.weights.push_back(std::move(matrix));
  return open;
}

static OpenProduct openBlocks(const Term &term, LeafNumbers numbers) {
  OpenProduct open;
  BlockProduct &product = open.product;
  product.blocks = term.leaf()->blocks();
  product.rows = term.rows() / product.blocks;
  product.columns = term.columns() / product.blocks;
  for (int64_t block = 0; block < product.blocks; ++block) {
    Term rows = *term.sliceRows(block * product.rows, product.rows);
    product.weights.push_back(term::densify(
        *rows.sliceColumns(block * product.columns, product.columns), numbers));
  }
  open.places = inOrder(term.rows());
  return open;
}

/// Brings the rows of each block into the order of their places and finds the
/// longest runs that these are. False where they are none.
static bool close(OpenProduct &open) {
  BlockProduct &product = open.product;
  int64_t rows = product.rows, blocks = product.blocks;
  std::vector<std::vector<int64_t>> order(blocks);
  for (int64_t block = 0; block < blocks; ++block) {
    order[block] = inOrder(rows);
    llvm::sort(order[block], [&](int64_t a, int64_t b) {
      return open.places[block * rows + a] < open.places[block * rows + b];
    });
  }
  for (int64_t run = rows; run >= 1; --run) {
    if (rows % run != 0)
      continue;
    product.run = run;
    bool fits = true;
    for (int64_t block = 0; block < blocks && fits; ++block)
      for (int64_t row = 0; row < rows && fits; ++row)
        fits = product.placeOf(block, row) ==
               open.places[block * rows + order[block][row]];
    if (!fits)
      continue;
    for (int64_t block = 0; block < blocks; ++block) {
      Matrix sorted(rows, product.columns);
      for (int64_t row = 0; row < rows; ++row)
        sorted.row(row) = product.weights[block].row(order[block][row]);
      product.weights[block] = std::move(sorted);
    }
    return true;
  }
  return false;
}

/// The numbers of a diagonal, one for each feature.
static std::vector<double> diagonalOf(const Term &term, LeafNumbers numbers) {
  Matrix ones = Matrix::Ones(1, term.columns());
  Matrix row = term::apply(term, ones, numbers);
  return std::vector<double>(row.data(), row.data() + row.size());
}

/// Feature `order[i]` times `scale[i]` becomes feature i.
struct Reordering {
  std::vector<int64_t> order;
  std::vector<double> scale;
};

static Reordering reorderingOf(const Term &factor, LeafNumbers numbers) {
  if (const term::Permutation *permutation = factor.permutation())
    return {permutation->indices(), std::vector<double>(factor.rows(), 1.0)};
  return {inOrder(factor.rows()), diagonalOf(factor, numbers)};
}

/// What comes after the product goes into its rows.
static void applyToRows(OpenProduct &open, const Reordering &after) {
  std::vector<int64_t> place(after.order.size());
  for (auto [to, from] : llvm::enumerate(after.order))
    place[from] = to;
  BlockProduct &product = open.product;
  for (int64_t block = 0; block < product.blocks; ++block)
    for (int64_t row = 0; row < product.rows; ++row) {
      int64_t &own = open.places[block * product.rows + row];
      own = place[own];
      product.weights[block].row(row) *= after.scale[own];
    }
}

/// What comes before the product goes into its columns. False where a block
/// would read another one's features.
static bool applyToColumns(OpenProduct &open, const Reordering &before) {
  BlockProduct &product = open.product;
  int64_t columns = product.columns;
  for (int64_t block = 0; block < product.blocks; ++block) {
    Matrix moved = Matrix::Zero(product.rows, columns);
    for (int64_t column = 0; column < columns; ++column) {
      int64_t from = before.order[block * columns + column];
      if (from / columns != block)
        return false;
      moved.col(from % columns) = product.weights[block].col(column) *
                                  before.scale[block * columns + column];
    }
    product.weights[block] = std::move(moved);
  }
  return true;
}

BlockProduct slin::denseProduct(const Term &term, LeafNumbers numbers) {
  OpenProduct open = openDense(term::densify(term, numbers));
  open.product.run = open.product.rows;
  return std::move(open.product);
}

std::optional<std::vector<BlockProduct>>
slin::findBlockProducts(const Term &term, LeafNumbers numbers) {
  llvm::ArrayRef<Term> factors =
      term.kind() == NodeKind::Compose ? term.operands() : llvm::ArrayRef(term);
  std::vector<BlockProduct> products;
  std::optional<OpenProduct> open;
  std::vector<Reordering> before;
  for (const Term &factor : llvm::reverse(factors)) {
    if (factor.kind() == NodeKind::Permutation ||
        factor.kind() == NodeKind::Diagonal) {
      Reordering reordering = reorderingOf(factor, numbers);
      if (open)
        applyToRows(*open, reordering);
      else
        before.push_back(std::move(reordering));
      continue;
    }
    if (open) {
      if (!close(*open))
        return std::nullopt;
      products.push_back(std::move(open->product));
    }
    open = factor.kind() == NodeKind::BlockDiagonal
               ? openBlocks(factor, numbers)
               : openDense(term::densify(factor, numbers));
    // The last one acts on the product first.
    for (const Reordering &reordering : llvm::reverse(before))
      if (!applyToColumns(*open, reordering))
        return std::nullopt;
    before.clear();
  }
  if (!open || !close(*open))
    return std::nullopt;
  products.push_back(std::move(open->product));
  return products;
}
