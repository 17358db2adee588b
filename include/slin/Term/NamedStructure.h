//===- NamedStructure.h - The structures that have a name -------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What people call a term: for reports, and for messages about models whose
// operators were found rather than made.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_TERM_NAMEDSTRUCTURE_H
#define SLIN_TERM_NAMEDSTRUCTURE_H

#include "slin/Term/Term.h"

#include <optional>
#include <string>

namespace slin::term {

struct NamedStructure {
  /// `dense`, `low_rank`, `block_diagonal`, `block_dense`, `block_shuffle`, or
  /// `operator` for every other term.
  std::string kind;
  /// The width between two factors of which the outer one is a matrix.
  std::optional<int64_t> rank;
  /// The blocks of the factor that acts first, where it has any.
  std::optional<int64_t> blocks;
};

/// The structure of `term`, whatever permutations stand around its factors.
NamedStructure nameStructure(const Term &term);

} // namespace slin::term

#endif // SLIN_TERM_NAMEDSTRUCTURE_H
