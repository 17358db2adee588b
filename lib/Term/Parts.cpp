//===- Parts.cpp - Terms that read some of the features -------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Structural: nothing is computed.
//
//===----------------------------------------------------------------------===//

#include "slin/Term/Parts.h"

#include "llvm/ADT/STLExtras.h"

using namespace slin::term;

namespace {
/// A term and where the features begin that it reads.
struct Part {
  int64_t offset;
  Term term;
};
} // namespace

TermOrReason slin::term::onPart(const Term &term, int64_t offset,
                                int64_t columns) {
  int64_t after = columns - offset - term.columns();
  if (offset < 0 || after < 0)
    return TermOrReason::failure(
        "expected a part of " + std::to_string(columns) + " features, found " +
        std::to_string(term.columns()) + " at " + std::to_string(offset));
  std::vector<Term> parts;
  if (offset > 0)
    parts.push_back(Term::zero(term.rows(), offset));
  parts.push_back(term);
  if (after > 0)
    parts.push_back(Term::zero(term.rows(), after));
  return Term::stackColumns(parts);
}

/// The parts of `term` that are not zero: its own, or itself as one.
static std::vector<Part> partsOf(const Term &term) {
  if (term.kind() != NodeKind::StackColumns)
    return {{0, term}};
  std::vector<Part> parts;
  int64_t offset = 0;
  for (const Term &part : term.operands()) {
    if (!part.isZero())
      parts.push_back({offset, part});
    offset += part.columns();
  }
  return parts;
}

TermOrReason slin::term::sumOfParts(llvm::ArrayRef<Term> summands) {
  TermOrReason sum = Term::sum(summands);
  if (!sum)
    return sum;
  std::vector<Part> parts;
  for (const Term &summand : summands)
    llvm::append_range(parts, partsOf(summand));
  llvm::sort(parts,
             [](const Part &a, const Part &b) { return a.offset < b.offset; });
  std::vector<Term> columns;
  int64_t end = 0;
  auto fill = [&](int64_t until) {
    if (until > end)
      columns.push_back(Term::zero(sum->rows(), until - end));
    end = until;
  };
  for (const Part &part : parts) {
    if (part.offset < end)
      return sum; // two of them read one feature
    fill(part.offset);
    columns.push_back(part.term);
    end += part.term.columns();
  }
  fill(sum->columns());
  return Term::stackColumns(columns);
}

std::vector<Leaf> slin::term::equalBlocks(const Term &term) {
  if (term.kind() != NodeKind::StackRows)
    return {};
  std::vector<Leaf> blocks;
  for (const Term &row : term.operands()) {
    std::vector<Part> parts = partsOf(row);
    const Leaf *leaf =
        parts.size() == 1 && parts[0].term.kind() == NodeKind::Dense
            ? parts[0].term.leaf()
            : nullptr;
    if (!leaf || leaf->rank() != 2 || !leaf->isWhole() ||
        parts[0].offset != int64_t(blocks.size()) * leaf->columns())
      return {};
    for (const Leaf &other : blocks)
      if (other.id == leaf->id || other.shape != leaf->shape ||
          other.transposed != leaf->transposed)
        return {};
    blocks.push_back(*leaf);
  }
  if (int64_t(blocks.size()) * blocks[0].columns() != term.columns())
    return {};
  return blocks;
}

/// A term of the same kind as `term`.
static TermOrReason rebuild(const Term &term, llvm::ArrayRef<Term> operands) {
  switch (term.kind()) {
  case NodeKind::Compose:
    return Term::compose(operands);
  case NodeKind::Sum:
    return Term::sum(operands);
  case NodeKind::StackRows:
    return Term::stackRows(operands);
  case NodeKind::StackColumns:
    return Term::stackColumns(operands);
  default:
    return term;
  }
}

Term slin::term::joinBlocks(
    const Term &term,
    llvm::function_ref<std::optional<Leaf>(llvm::ArrayRef<Leaf>)> join) {
  if (term.operands().empty())
    return term;
  if (std::vector<Leaf> blocks = equalBlocks(term); !blocks.empty()) {
    std::optional<Leaf> joined = join(blocks);
    auto diagonal = joined ? Term::blockDiagonal(*joined) : term;
    return diagonal ? *diagonal : term;
  }
  std::vector<Term> operands;
  for (const Term &operand : term.operands())
    operands.push_back(joinBlocks(operand, join));
  auto result = rebuild(term, operands);
  return result ? *result : term;
}
