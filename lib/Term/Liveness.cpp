//===- Liveness.cpp - Features that are read and features that are given --===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A channel mask is a diagonal with zeros, whatever a model writes it as. Where
// one stands beside a matrix, rows or columns of that matrix are never used;
// which ones follows from the term and from the zeros of its vectors alone.
//
//===----------------------------------------------------------------------===//

#include "Liveness.h"

#include "slin/Term/Form.h"

#include "llvm/ADT/STLExtras.h"

using namespace slin::term;
using llvm::BitVector;

/// Bits `[offset, offset + size)`.
static BitVector part(const BitVector &bits, int64_t offset, int64_t size) {
  BitVector result(size);
  for (int64_t i = 0; i < size; ++i)
    result[i] = bits[offset + i];
  return result;
}

static void append(BitVector &bits, const BitVector &more) {
  int64_t offset = bits.size();
  bits.resize(offset + more.size());
  for (unsigned i : more.set_bits())
    bits.set(offset + i);
}

/// Features of a diagonal that are not multiplied by zero.
static BitVector withoutZeros(const Term &term, BitVector features,
                              ZeroEntries zeros) {
  if (std::optional<double> factor = term.factor())
    return *factor == 0.0 ? BitVector(features.size()) : features;
  const Leaf &leaf = *term.leaf();
  features.reset(part(zeros(leaf), leaf.offsets[0], leaf.sizes[0]));
  return features;
}

BitVector slin::term::readOf(const Term &term, const BitVector &needed,
                             ZeroEntries zeros) {
  BitVector result(term.columns());
  if (needed.none())
    return result;
  int64_t offset = 0;
  switch (term.kind()) {
  case NodeKind::Dense:
    result.set();
    return result;
  case NodeKind::BlockDiagonal: {
    const Leaf &leaf = *term.leaf();
    for (unsigned row : needed.set_bits()) {
      int64_t begin = row / leaf.rows() * leaf.columns();
      result.set(begin, begin + leaf.columns());
    }
    return result;
  }
  case NodeKind::Diagonal:
    return withoutZeros(term, needed, zeros);
  case NodeKind::Permutation:
    for (unsigned row : needed.set_bits())
      result.set(term.permutation()->source(row));
    return result;
  case NodeKind::Compose:
    result = needed;
    for (const Term &factor : term.operands())
      result = readOf(factor, result, zeros);
    return result;
  case NodeKind::Sum:
    for (const Term &summand : term.operands())
      result |= readOf(summand, needed, zeros);
    return result;
  case NodeKind::StackRows:
    for (const Term &operand : term.operands()) {
      result |= readOf(operand, part(needed, offset, operand.rows()), zeros);
      offset += operand.rows();
    }
    return result;
  case NodeKind::StackColumns:
    result.clear();
    for (const Term &operand : term.operands())
      append(result, readOf(operand, needed, zeros));
    return result;
  }
  return result;
}

BitVector slin::term::readFeatures(const Term &term, ZeroEntries zeros) {
  return readOf(term, BitVector(term.rows(), true), zeros);
}

BitVector slin::term::givenBy(const Term &term, const BitVector &inputs,
                              ZeroEntries zeros) {
  // What may differ from zero is what the transpose would read.
  return readOf(term.transpose(), inputs, zeros);
}

Term slin::term::selection(const BitVector &features) {
  std::vector<int64_t> order;
  for (bool kept : {true, false})
    for (unsigned i = 0; i < features.size(); ++i)
      if (features[i] == kept)
        order.push_back(i);
  std::string reason;
  auto permutation = Permutation::fromIndices(std::move(order), reason);
  return *Term::permutation(*permutation).sliceRows(0, features.count());
}
