//===- Structure.cpp - Transposes and slices of terms ---------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Both return terms over boxes of the same stored tensors. A slice that a node
// cannot take into itself (a permutation, say) becomes a selection, which is a
// stack of zeros, an identity and zeros.
//
//===----------------------------------------------------------------------===//

#include "Node.h"

#include "slin/Term/Parts.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>

using namespace slin::term;

//===----------------------------------------------------------------------===//
// Transposition
//===----------------------------------------------------------------------===//

Term Term::transpose() const {
  std::vector<Term> operands;
  for (const Term &operand : node->operands)
    operands.push_back(operand.transpose());
  switch (node->kind) {
  case NodeKind::Dense:
    return *dense(node->leaf->transpose());
  case NodeKind::BlockDiagonal:
    return *blockDiagonal(node->leaf->transpose());
  case NodeKind::Diagonal:
    return *this;
  case NodeKind::Permutation:
    return permutation(node->permutation->inverse());
  case NodeKind::Compose:
    std::reverse(operands.begin(), operands.end());
    return *compose(operands);
  case NodeKind::Sum:
    return isZero() ? zero(columns(), rows()) : *sum(operands);
  case NodeKind::StackRows:
    return *stackColumns(operands);
  case NodeKind::StackColumns:
    return *stackRows(operands);
  }
  return *this;
}

//===----------------------------------------------------------------------===//
// Slicing
//===----------------------------------------------------------------------===//

/// Rows of a diagonal: its part, with zeros on both sides.
static TermOrReason sliceDiagonal(const Term &term, int64_t offset,
                                  int64_t size) {
  Term part = term.factor() ? Term::splat(size, *term.factor())
              : term.leaf()
                  ? *Term::diagonal(term.leaf()->sliceRows(offset, size))
                  : Term::identity(size);
  return onPart(part, offset, term.columns());
}

/// Rows of a block diagonal: the whole blocks among them, with a cut block on
/// either side where the bounds do not fall between blocks.
static TermOrReason sliceBlockDiagonal(const Leaf &leaf, int64_t offset,
                                       int64_t size) {
  int64_t height = leaf.rows(), width = leaf.columns();
  int64_t columns = leaf.blocks() * width;
  std::vector<Term> parts;
  for (int64_t row = offset, end = offset + size; row < end;) {
    int64_t block = row / height, within = row % height;
    int64_t blocks = within == 0 ? (end - row) / height : 0;
    int64_t taken =
        blocks > 0 ? blocks * height : std::min(height - within, end - row);
    blocks = std::max<int64_t>(blocks, 1);
    Leaf piece = leaf.sliceBlocks(block, blocks);
    if (taken < blocks * height)
      piece = piece.sliceRows(within, taken);
    TermOrReason padded =
        onPart(*Term::blockDiagonal(piece), block * width, columns);
    if (!padded)
      return padded;
    parts.push_back(*padded);
    row += taken;
  }
  return Term::stackRows(parts);
}

/// The parts of a row stack that meet the rows, cut.
static TermOrReason sliceStackRows(const Term &term, int64_t offset,
                                   int64_t size) {
  std::vector<Term> parts;
  int64_t begin = 0;
  for (const Term &part : term.operands()) {
    int64_t from = std::max<int64_t>(offset - begin, 0);
    int64_t to = std::min(offset + size - begin, part.rows());
    begin += part.rows();
    if (from >= to)
      continue;
    TermOrReason piece = part.sliceRows(from, to - from);
    if (!piece)
      return piece;
    parts.push_back(*piece);
  }
  return Term::stackRows(parts);
}

/// The same rows of every operand, put together again by `join`.
static TermOrReason sliceEach(llvm::ArrayRef<Term> operands, int64_t offset,
                              int64_t size,
                              TermOrReason (*join)(llvm::ArrayRef<Term>)) {
  std::vector<Term> parts;
  for (const Term &operand : operands) {
    TermOrReason piece = operand.sliceRows(offset, size);
    if (!piece)
      return piece;
    parts.push_back(*piece);
  }
  return join(parts);
}

TermOrReason Term::sliceRows(int64_t offset, int64_t size) const {
  if (offset < 0 || size < 1 || rows() < size || offset > rows() - size)
    return TermOrReason::failure("expected a non-empty part of " +
                                 std::to_string(rows()) + " features, found " +
                                 std::to_string(size) + " at " +
                                 std::to_string(offset));
  if (size == rows())
    return *this;
  switch (node->kind) {
  case NodeKind::Dense:
    return dense(node->leaf->sliceRows(offset, size));
  case NodeKind::BlockDiagonal:
    return sliceBlockDiagonal(*node->leaf, offset, size);
  case NodeKind::Diagonal:
    return sliceDiagonal(*this, offset, size);
  case NodeKind::Permutation: {
    TermOrReason selection = sliceDiagonal(identity(rows()), offset, size);
    return compose({*selection, *this});
  }
  case NodeKind::Compose: {
    TermOrReason first = node->operands.front().sliceRows(offset, size);
    if (!first)
      return first;
    std::vector<Term> factors{*first};
    llvm::append_range(factors, operands().drop_front());
    return compose(factors);
  }
  case NodeKind::Sum:
    return isZero() ? zero(size, columns())
                    : sliceEach(operands(), offset, size, sum);
  case NodeKind::StackRows:
    return sliceStackRows(*this, offset, size);
  case NodeKind::StackColumns:
    return sliceEach(operands(), offset, size, stackColumns);
  }
  return *this;
}

TermOrReason Term::sliceColumns(int64_t offset, int64_t size) const {
  TermOrReason sliced = transpose().sliceRows(offset, size);
  if (!sliced)
    return sliced;
  return sliced->transpose();
}

//===----------------------------------------------------------------------===//
// Renumbering
//===----------------------------------------------------------------------===//

Term Term::shiftLeaves(unsigned offset) const {
  Node copy = *node;
  if (copy.leaf)
    copy.leaf->id += offset;
  for (Term &operand : copy.operands)
    operand = operand.shiftLeaves(offset);
  return Term(std::make_shared<const Node>(std::move(copy)));
}
