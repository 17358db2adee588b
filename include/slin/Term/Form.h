//===- Form.h - The cheapest way to compute a term --------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An expression of operators can be computed factor by factor, or with some of
// its factors multiplied beforehand. This chooses, by multiply-accumulates per
// token, for the whole expression at once: products are grouped as a chain
// problem, permutations, diagonals and selections vanish into a neighbour,
// summands become one matrix where that costs no more, and features that a
// factor before never gives, or a factor after never reads, are left out.
//
// Nothing is computed here: a form names its weights by recipes, terms over the
// old leaves, so that choosing costs nothing and numbers are read once, for
// what was chosen.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_TERM_FORM_H
#define SLIN_TERM_FORM_H

#include "slin/Term/Evaluate.h"

#include "llvm/ADT/BitVector.h"

namespace slin::term {

/// Which entries of the stored vector of a leaf of rank 1 are exactly zero, for
/// the whole tensor.
using ZeroEntries = llvm::function_ref<llvm::BitVector(const Leaf &leaf)>;

/// The input features that `term` reads: all others meet zeros alone.
llvm::BitVector readFeatures(const Term &term, ZeroEntries zeros);

/// Rows `features` of the identity, in increasing order: keeps these features.
/// At least one.
Term selection(const llvm::BitVector &features);

struct FormOptions {
  /// Whether the identity of a sum may go into a matrix beside it, which rounds
  /// 1 + w where `x + W x` rounds the sum.
  bool mergeIdentities = true;
};

/// A way to compute a term.
struct Form {
  /// A weight of the form and how it follows from the old leaves.
  struct Weight {
    Term recipe;
    /// The old leaf that it is, as it is stored; null where it is computed.
    const Leaf *stored() const;
  };
  /// Over leaves `0, …, weights.size() - 1`; computed matrices are stored
  /// `[columns, rows]`, which is how products read them.
  Term term;
  std::vector<Weight> weights;
  /// Multiply-accumulates per token; features of permutations and sums count as
  /// one each, selections as nothing.
  int64_t cost = 0;

  /// Whether every weight is stored already.
  bool isStored() const;
};

/// The form of `term` with the fewest multiply-accumulates per token; factors
/// stay apart where merging them gains nothing.
Form cheapestForm(const Term &term, ZeroEntries zeros,
                  FormOptions options = {});

/// What `term` costs as it stands, counted as `Form::cost`.
int64_t costAsItStands(const Term &term);

/// The row-major numbers of weight `index`, of the shape of its leaf.
std::vector<double> evaluateWeight(const Form &form, unsigned index,
                                   LeafNumbers numbers);

} // namespace slin::term

#endif // SLIN_TERM_FORM_H
