//===- Leaf.cpp - The part of a weight that a term uses -------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Boxes are kept in stored axes, so that cutting and transposing a leaf never
// change what the numbers' owner has to hand out: always the whole tensor.
//
//===----------------------------------------------------------------------===//

#include "slin/Term/Leaf.h"

using namespace slin::term;

Leaf Leaf::whole(unsigned id, llvm::ArrayRef<int64_t> shape, bool transposed) {
  Leaf leaf;
  leaf.id = id;
  leaf.shape = shape.vec();
  leaf.offsets.assign(shape.size(), 0);
  leaf.sizes = leaf.shape;
  leaf.transposed = transposed;
  return leaf;
}

/// The stored axis that counts rows as used.
static unsigned rowAxis(const Leaf &leaf) {
  if (leaf.rank() == 1)
    return 0;
  return leaf.transposed ? leaf.rank() - 1 : leaf.rank() - 2;
}

/// The stored axis that counts columns as used; the leaf is no vector.
static unsigned columnAxis(const Leaf &leaf) {
  return leaf.transposed ? leaf.rank() - 2 : leaf.rank() - 1;
}

static Leaf cut(Leaf leaf, unsigned axis, int64_t offset, int64_t size) {
  leaf.offsets[axis] += offset;
  leaf.sizes[axis] = size;
  return leaf;
}

int64_t Leaf::rows() const { return sizes[rowAxis(*this)]; }

int64_t Leaf::columns() const {
  return rank() == 1 ? 1 : sizes[columnAxis(*this)];
}

int64_t Leaf::elements() const {
  int64_t count = 1;
  for (int64_t size : sizes)
    count *= size;
  return count;
}

Leaf Leaf::transpose() const {
  Leaf result = *this;
  if (rank() > 1)
    result.transposed = !transposed;
  return result;
}

Leaf Leaf::sliceRows(int64_t offset, int64_t size) const {
  return cut(*this, rowAxis(*this), offset, size);
}

Leaf Leaf::sliceColumns(int64_t offset, int64_t size) const {
  return cut(*this, columnAxis(*this), offset, size);
}

Leaf Leaf::sliceBlocks(int64_t offset, int64_t size) const {
  return cut(*this, 0, offset, size);
}

int64_t Leaf::position(int64_t block, int64_t row, int64_t column) const {
  if (rank() == 1)
    return offsets[0] + row;
  if (transposed)
    std::swap(row, column);
  unsigned last = rank() - 1;
  int64_t matrix = rank() == 3 ? (offsets[0] + block) * shape[1] : 0;
  return (matrix + offsets[last - 1] + row) * shape[last] + offsets[last] +
         column;
}
