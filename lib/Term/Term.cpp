//===- Term.cpp - The language of linear operators ------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Nodes and their constructors. Constructors normalise what is never wanted
// (products inside products, identities, permutations side by side) and nothing
// that costs or saves arithmetic: that is for whoever knows the token counts.
//
//===----------------------------------------------------------------------===//

#include "llvm/ADT/STLExtras.h"

#include "Node.h"
#include <algorithm>

using namespace slin::term;

static std::string shapeText(int64_t rows, int64_t columns) {
  return "[" + std::to_string(rows) + ", " + std::to_string(columns) + "]";
}

static std::string shapeText(const Term &term) {
  return shapeText(term.rows(), term.columns());
}

Term Term::make(Node node) {
  for (const Term &operand : node.operands) {
    node.nodes += operand.node->nodes;
    node.depth = std::max(node.depth, operand.node->depth + 1);
  }
  return Term(std::make_shared<const Node>(std::move(node)));
}

TermOrReason Term::makeBounded(NodeKind kind, int64_t rows, int64_t columns,
                               std::vector<Term> operands) {
  Term term = make({kind, rows, columns, {}, {}, {}, std::move(operands)});
  if (term.node->nodes > maximumNodes)
    return TermOrReason::failure(
        "expected an operator of at most " + std::to_string(maximumNodes) +
        " nodes, found " + std::to_string(term.node->nodes));
  if (term.node->depth > maximumDepth)
    return TermOrReason::failure("expected operators nested at most " +
                                 std::to_string(maximumDepth) +
                                 " deep, found more");
  return term;
}

//===----------------------------------------------------------------------===//
// Leaf nodes
//===----------------------------------------------------------------------===//

/// The reason why `leaf` is no well-formed leaf of rank `low` to `high`, or "".
static std::string checkLeaf(const Leaf &leaf, unsigned low, unsigned high) {
  if (leaf.rank() < low || leaf.rank() > high)
    return "expected a stored tensor of rank " + std::to_string(low) +
           (high == low ? "" : " or " + std::to_string(high)) +
           ", found rank " + std::to_string(leaf.rank());
  if (leaf.offsets.size() != leaf.rank() || leaf.sizes.size() != leaf.rank())
    return "expected an offset and a size for each of the " +
           std::to_string(leaf.rank()) + " axes, found " +
           std::to_string(leaf.offsets.size()) + " and " +
           std::to_string(leaf.sizes.size());
  int64_t elements = 1;
  for (unsigned axis = 0; axis < leaf.rank(); ++axis) {
    int64_t offset = leaf.offsets[axis], size = leaf.sizes[axis];
    if (offset < 0 || size < 1 || leaf.shape[axis] < size ||
        offset > leaf.shape[axis] - size)
      return "expected a non-empty part of the " +
             std::to_string(leaf.shape[axis]) + " entries of axis " +
             std::to_string(axis) + ", found " + std::to_string(size) + " at " +
             std::to_string(offset);
    if (__builtin_mul_overflow(elements, leaf.shape[axis], &elements))
      return "expected fewer than 2^63 elements, found more";
  }
  return "";
}

TermOrReason Term::dense(Leaf leaf) {
  if (std::string reason = checkLeaf(leaf, 2, 3); !reason.empty())
    return TermOrReason::failure(reason);
  if (leaf.blocks() != 1)
    return TermOrReason::failure("expected one matrix, found " +
                                 std::to_string(leaf.blocks()));
  int64_t rows = leaf.rows(), columns = leaf.columns();
  return make({NodeKind::Dense, rows, columns, std::move(leaf), {}, {}, {}});
}

TermOrReason Term::blockDiagonal(Leaf leaf) {
  if (std::string reason = checkLeaf(leaf, 3, 3); !reason.empty())
    return TermOrReason::failure(reason);
  if (leaf.blocks() == 1)
    return dense(std::move(leaf));
  int64_t rows = leaf.blocks() * leaf.rows();
  int64_t columns = leaf.blocks() * leaf.columns();
  return make(
      {NodeKind::BlockDiagonal, rows, columns, std::move(leaf), {}, {}, {}});
}

TermOrReason Term::diagonal(Leaf leaf) {
  if (std::string reason = checkLeaf(leaf, 1, 1); !reason.empty())
    return TermOrReason::failure(reason);
  int64_t size = leaf.rows();
  return make({NodeKind::Diagonal, size, size, std::move(leaf), {}, {}, {}});
}

Term Term::splat(int64_t size, double factor) {
  return make({NodeKind::Diagonal, size, size, {}, factor, {}, {}});
}

Term Term::permutation(Permutation permutation) {
  int64_t size = permutation.size();
  return make(
      {NodeKind::Permutation, size, size, {}, {}, std::move(permutation), {}});
}

Term Term::identity(int64_t size) {
  return permutation(Permutation::identity(size));
}

Term Term::zero(int64_t rows, int64_t columns) {
  return make({NodeKind::Sum, rows, columns, {}, {}, {}, {}});
}

//===----------------------------------------------------------------------===//
// Products, sums and stacks
//===----------------------------------------------------------------------===//

/// Appends `factor`, opened, to `list`, whose last element acts first.
static void appendFactor(const Term &factor, std::vector<Term> &list) {
  if (factor.kind() == NodeKind::Compose) {
    for (const Term &inner : factor.operands())
      appendFactor(inner, list);
    return;
  }
  if (factor.isIdentity())
    return;
  if (const Permutation *first = factor.permutation(); first && !list.empty())
    if (const Permutation *second = list.back().permutation())
      if (auto both = second->after(*first)) {
        list.pop_back();
        return appendFactor(Term::permutation(*both), list);
      }
  list.push_back(factor);
}

TermOrReason Term::compose(llvm::ArrayRef<Term> factors) {
  if (factors.empty())
    return TermOrReason::failure("expected at least one factor, found none");
  for (size_t i = 0; i + 1 < factors.size(); ++i)
    if (factors[i].columns() != factors[i + 1].rows())
      return TermOrReason::failure(
          "expected factor " + std::to_string(i + 1) + " to have " +
          std::to_string(factors[i].columns()) + " rows, found " +
          std::to_string(factors[i + 1].rows()));
  int64_t rows = factors.front().rows(), columns = factors.back().columns();
  if (llvm::any_of(factors, [](const Term &term) { return term.isZero(); }))
    return zero(rows, columns);
  std::vector<Term> list;
  for (const Term &factor : factors)
    appendFactor(factor, list);
  if (list.empty())
    return identity(rows);
  if (list.size() == 1)
    return list.front();
  return makeBounded(NodeKind::Compose, rows, columns, std::move(list));
}

TermOrReason Term::sum(llvm::ArrayRef<Term> summands) {
  if (summands.empty())
    return TermOrReason::failure("expected at least one summand, found none");
  int64_t rows = summands.front().rows();
  int64_t columns = summands.front().columns();
  std::vector<Term> list;
  for (auto [index, summand] : llvm::enumerate(summands)) {
    if (summand.rows() != rows || summand.columns() != columns)
      return TermOrReason::failure("expected summand " + std::to_string(index) +
                                   " to be " + shapeText(rows, columns) +
                                   ", found " + shapeText(summand));
    if (summand.kind() == NodeKind::Sum)
      llvm::append_range(list, summand.operands());
    else
      list.push_back(summand);
  }
  if (list.size() == 1)
    return list.front();
  if (list.empty())
    return zero(rows, columns);
  return makeBounded(NodeKind::Sum, rows, columns, std::move(list));
}

TermOrReason Term::stack(NodeKind kind, llvm::ArrayRef<Term> parts) {
  if (parts.empty())
    return TermOrReason::failure("expected at least one part, found none");
  bool rowwise = kind == NodeKind::StackRows;
  auto common = [&](const Term &part) {
    return rowwise ? part.columns() : part.rows();
  };
  int64_t stacked = 0;
  std::vector<Term> list;
  for (auto [index, part] : llvm::enumerate(parts)) {
    if (common(part) != common(parts.front()))
      return TermOrReason::failure("expected part " + std::to_string(index) +
                                   " to have " +
                                   std::to_string(common(parts.front())) +
                                   (rowwise ? " columns" : " rows") +
                                   ", found " + std::to_string(common(part)));
    if (__builtin_add_overflow(stacked, rowwise ? part.rows() : part.columns(),
                               &stacked))
      return TermOrReason::failure("expected fewer than 2^63 features, found "
                                   "more");
    if (part.kind() == kind)
      llvm::append_range(list, part.operands());
    else
      list.push_back(part);
  }
  if (list.size() == 1)
    return list.front();
  int64_t rows = rowwise ? stacked : parts.front().rows();
  int64_t columns = rowwise ? parts.front().columns() : stacked;
  if (llvm::all_of(list, [](const Term &term) { return term.isZero(); }))
    return zero(rows, columns);
  return makeBounded(kind, rows, columns, std::move(list));
}

TermOrReason Term::stackRows(llvm::ArrayRef<Term> parts) {
  return stack(NodeKind::StackRows, parts);
}

TermOrReason Term::stackColumns(llvm::ArrayRef<Term> parts) {
  return stack(NodeKind::StackColumns, parts);
}

//===----------------------------------------------------------------------===//
// Accessors
//===----------------------------------------------------------------------===//

NodeKind Term::kind() const { return node->kind; }
int64_t Term::rows() const { return node->rows; }
int64_t Term::columns() const { return node->columns; }

bool Term::isIdentity() const {
  return (node->permutation && node->permutation->isIdentity()) ||
         (node->factor && *node->factor == 1.0);
}

bool Term::isZero() const {
  return node->kind == NodeKind::Sum && node->operands.empty();
}

const Leaf *Term::leaf() const { return node->leaf ? &*node->leaf : nullptr; }

std::optional<double> Term::factor() const { return node->factor; }

const Permutation *Term::permutation() const {
  return node->permutation ? &*node->permutation : nullptr;
}

llvm::ArrayRef<Term> Term::operands() const { return node->operands; }

static void collectLeaves(const Term &term, std::vector<Leaf> &leaves) {
  if (const Leaf *leaf = term.leaf())
    if (!llvm::is_contained(leaves, *leaf))
      leaves.push_back(*leaf);
  for (const Term &operand : term.operands())
    collectLeaves(operand, leaves);
}

std::vector<Leaf> Term::leaves() const {
  std::vector<Leaf> result;
  collectLeaves(*this, result);
  return result;
}

namespace slin::term {
bool operator==(const Term &a, const Term &b) {
  if (a.node == b.node)
    return true;
  return a.node->kind == b.node->kind && a.node->rows == b.node->rows &&
         a.node->columns == b.node->columns && a.node->leaf == b.node->leaf &&
         a.node->factor == b.node->factor &&
         a.node->permutation == b.node->permutation &&
         a.operands() == b.operands();
}
} // namespace slin::term
