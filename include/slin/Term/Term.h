//===- Term.h - The language of linear operators ----------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every linear operator of slin, whatever its name, is one term over eight
// nodes:
//
// - Dense: one stored matrix, or a box of one.
// - BlockDiagonal: blkdiag(D_0, …, D_{b-1}) of equal blocks.
// - Diagonal: diag(d), or a constant times the identity.
// - Permutation: y[i] = x[source(i)].
// - Compose: A · B · …, the last one acts first; without factors the identity.
// - Sum: A + B + …; without summands zero.
// - StackRows: [A; B; …], several operators on one input.
// - StackColumns: [A, B, …], the input is cut and the results are added.
//
// The structures as terms, as matrices [rows, columns] = [out, in]:
//
// - low_rank U, V: Compose[Dense U, Dense V].
// - block_dense L, D: Compose[Dense L, BlockDiagonal D].
// - block_shuffle D1, D2: Compose[Permutation, BlockDiagonal D2, Permutation,
//   BlockDiagonal D1].
// - identity: a Permutation without digits.
// - scale a, A: Compose[Diagonal a, A].
//
// Transposition and slicing are structural: they return another term over boxes
// of the same stored tensors and compute nothing. Whoever needs to do something
// with operators writes one visitor over these nodes and covers every
// structure, today's and later ones. (google/heir's lib/Kernel is the model for
// this: one definition, evaluated, materialised and costed.)
//
// Terms are immutable values that share their nodes. Constructors check
// dimensions and hand back a reason instead of a term where they do not fit, or
// where the term as a tree would pass 2^14 nodes or a depth of 256.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_TERM_TERM_H
#define SLIN_TERM_TERM_H

#include "slin/Term/Leaf.h"
#include "slin/Term/Permutation.h"

#include "llvm/ADT/ArrayRef.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace slin::term {

enum class NodeKind {
  Dense,
  BlockDiagonal,
  Diagonal,
  Permutation,
  Compose,
  Sum,
  StackRows,
  StackColumns
};

class TermOrReason;

/// A linear operator from `columns()` features to `rows()` features.
class Term {
public:
  // Constructors. Each fails, with expected and found, where dimensions differ.

  /// A matrix: `leaf` has rank 2, or rank 3 with one matrix in the box.
  static TermOrReason dense(Leaf leaf);
  /// `leaf` has rank 3. One block gives a Dense.
  static TermOrReason blockDiagonal(Leaf leaf);
  /// `leaf` has rank 1.
  static TermOrReason diagonal(Leaf leaf);
  /// `factor` times the identity of `size` features.
  static Term splat(int64_t size, double factor);
  static Term permutation(Permutation permutation);
  static Term identity(int64_t size);
  static Term zero(int64_t rows, int64_t columns);
  /// The product of `factors`, the last one acting first. Nested products are
  /// opened, identities dropped, neighbouring permutations made one where their
  /// digits allow it. At least one factor.
  static TermOrReason compose(llvm::ArrayRef<Term> factors);
  /// At least one summand. Nested sums are opened and zeros dropped.
  static TermOrReason sum(llvm::ArrayRef<Term> summands);
  static TermOrReason stackRows(llvm::ArrayRef<Term> parts);
  static TermOrReason stackColumns(llvm::ArrayRef<Term> parts);

  // What it is.

  NodeKind kind() const;
  int64_t rows() const;
  int64_t columns() const;
  bool isIdentity() const;
  bool isZero() const;

  /// The stored box of a Dense, BlockDiagonal or Diagonal; null for others and
  /// for a splat.
  const Leaf *leaf() const;
  /// The constant of a splat Diagonal; nothing for every other node.
  std::optional<double> factor() const;
  /// The permutation of a Permutation node; null for others.
  const Permutation *permutation() const;
  /// Factors, summands or parts; empty for the four leaf nodes.
  llvm::ArrayRef<Term> operands() const;

  // Structural operations: they compute nothing.

  Term transpose() const;
  /// Rows `[offset, offset + size)`; fails if they are out of bounds.
  TermOrReason sliceRows(int64_t offset, int64_t size) const;
  TermOrReason sliceColumns(int64_t offset, int64_t size) const;

  /// Leaf `i` becomes leaf `i + offset`: joins the terms of two operators into
  /// one list of operands.
  Term shiftLeaves(unsigned offset) const;

  /// Every distinct leaf, in the order of a walk from the left.
  std::vector<Leaf> leaves() const;

  /// `Compose[Dense #0 [8, 2], Dense #1 [2, 8]]`, for messages and tests.
  std::string print() const;

  /// Whether both are the same tree over the same leaves.
  friend bool operator==(const Term &a, const Term &b);
  friend bool operator!=(const Term &a, const Term &b) { return !(a == b); }

private:
  struct Node;
  explicit Term(std::shared_ptr<const Node> node) : node(std::move(node)) {}
  static Term make(Node node);
  static TermOrReason makeBounded(NodeKind kind, int64_t rows, int64_t columns,
                                  std::vector<Term> operands);
  static TermOrReason stack(NodeKind kind, llvm::ArrayRef<Term> parts);
  std::shared_ptr<const Node> node;
};

/// A term, or the reason why there is none. Tested like an optional.
class TermOrReason {
public:
  TermOrReason(Term term) : term(std::move(term)) {}
  static TermOrReason failure(std::string reason) {
    return TermOrReason(std::move(reason));
  }
  explicit operator bool() const { return term.has_value(); }
  const Term &operator*() const { return *term; }
  const Term *operator->() const { return &*term; }
  /// Lower case, without period, with expected and found; empty on success.
  const std::string &reason() const { return text; }

private:
  explicit TermOrReason(std::string reason) : text(std::move(reason)) {}
  std::optional<Term> term;
  std::string text;
};

} // namespace slin::term

#endif // SLIN_TERM_TERM_H
