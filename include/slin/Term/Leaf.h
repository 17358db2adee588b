//===- Leaf.h - The part of a weight that a term uses -----------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A term holds no numbers. Its leaves say which stored tensor they belong to
// and which box of it they use, so that one term serves evaluation (somebody
// gives the numbers), emission (somebody gives a value of an IR) and cost
// (nobody gives anything).
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_TERM_LEAF_H
#define SLIN_TERM_LEAF_H

#include "llvm/ADT/ArrayRef.h"

#include <cstdint>
#include <vector>

namespace slin::term {

/// A box of one stored tensor, and how it is read.
///
/// The stored tensor `id` has rank 1 (`[size]`), 2 (`[rows, columns]`) or 3
/// (`[blocks, rows, columns]`). The box is `offsets[a], …, offsets[a] +
/// sizes[a]` along each stored axis `a`. With `transposed` the last two axes
/// are swapped after the box was taken: each matrix is then `sizes[last] ×
/// sizes[last - 1]`.
struct Leaf {
  unsigned id = 0;
  std::vector<int64_t> shape;
  std::vector<int64_t> offsets;
  std::vector<int64_t> sizes;
  bool transposed = false;

  /// The whole tensor `id` of shape `shape`.
  static Leaf whole(unsigned id, llvm::ArrayRef<int64_t> shape,
                    bool transposed = false);

  unsigned rank() const { return shape.size(); }

  /// Whether the box is the whole tensor.
  bool isWhole() const { return sizes == shape; }

  /// The number of matrices: 1 unless the tensor has rank 3.
  int64_t blocks() const { return rank() == 3 ? sizes[0] : 1; }

  /// Rows and columns of each matrix as it is used (after `transposed`). A
  /// vector has one column.
  int64_t rows() const;
  int64_t columns() const;

  /// The number of elements in the box.
  int64_t elements() const;

  /// The same box read the other way round.
  Leaf transpose() const;

  /// The part with rows `[offset, offset + size)` as used; a vector's entries.
  Leaf sliceRows(int64_t offset, int64_t size) const;
  Leaf sliceColumns(int64_t offset, int64_t size) const;

  /// The part with matrices `[offset, offset + size)` of a tensor of rank 3.
  Leaf sliceBlocks(int64_t offset, int64_t size) const;

  /// Row-major position in the stored tensor of entry (`row`, `column`), as
  /// used, of matrix `block` of the box.
  int64_t position(int64_t block, int64_t row, int64_t column) const;

  friend bool operator==(const Leaf &a, const Leaf &b) {
    return a.id == b.id && a.shape == b.shape && a.offsets == b.offsets &&
           a.sizes == b.sizes && a.transposed == b.transposed;
  }
  friend bool operator!=(const Leaf &a, const Leaf &b) { return !(a == b); }
};

} // namespace slin::term

#endif // SLIN_TERM_LEAF_H
