//===- Cost.h - What a term costs -------------------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The visitor that counts. Nothing here is measured; times are another layer's.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_TERM_COST_H
#define SLIN_TERM_COST_H

#include "slin/Term/Term.h"

namespace slin::term {

/// Counts of one term.
struct Cost {
  /// Stored numbers; a box that is used twice counts once.
  int64_t parameters = 0;
  /// Multiply-accumulates per token, factors applied one after the other.
  int64_t macsPerToken = 0;
  /// Features read and written per token by products, scalings, permutations
  /// and sums, the operator's own input and output included.
  int64_t featuresPerToken = 0;

  /// Bytes moved for `tokens` tokens: each weight once, each activation once
  /// per read or write. Element sizes in bytes.
  double bytes(int64_t tokens, double weightElementSize,
               double activationElementSize) const {
    return double(parameters) * weightElementSize +
           double(tokens) * double(featuresPerToken) * activationElementSize;
  }
};

/// The cost of `term` as it stands.
Cost cost(const Term &term);

/// How the factors of a product are best grouped.
struct Association {
  /// Factors `[begin, end)` that become one dense matrix; a single factor stays
  /// what it is.
  struct Group {
    size_t begin;
    size_t end;
  };
  std::vector<Group> groups;
  /// Of the regrouped product; `parameters` and MACs of a merged group are
  /// those of its dense matrix.
  int64_t parameters = 0;
  int64_t macsPerToken = 0;
};

/// The grouping of `term`'s factors with the fewest MACs per token when
/// neighbours may be multiplied beforehand: for `[8, 2] · [2, 8] · [8, 1]` that
/// is one `[8, 1]`. Ties keep factors apart. A term that is no product is one
/// group.
Association cheapestAssociation(const Term &term);

} // namespace slin::term

#endif // SLIN_TERM_COST_H
