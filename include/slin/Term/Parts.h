//===- Parts.h - Terms that read some of the features -----------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Models cut features into parts, give each part a matrix of its own and join
// the results. As terms: a part is a StackColumns in which only the part is not
// zero, results that are joined are StackRows, results that are added are one
// StackColumns again, and a block diagonal whose blocks are stored apart is a
// StackRows of parts that follow each other.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_TERM_PARTS_H
#define SLIN_TERM_PARTS_H

#include "slin/Term/Term.h"

#include "llvm/ADT/STLFunctionalExtras.h"

namespace slin::term {

/// `term` on features `[offset, offset + term.columns())` of `columns`.
TermOrReason onPart(const Term &term, int64_t offset, int64_t columns);

/// The sum of terms, as one StackColumns where they read separate features.
TermOrReason sumOfParts(llvm::ArrayRef<Term> summands);

/// The blocks of a StackRows whose part i reads range i of as many equal ranges
/// of features by a whole stored matrix: each another tensor, all of one shape
/// and orientation. Empty for every other term.
std::vector<Leaf> equalBlocks(const Term &term);

/// `term` with a BlockDiagonal in the place of each stack of equal blocks: of
/// the stored tensor `[blocks, …]` that `join` makes of them, if it does.
Term joinBlocks(
    const Term &term,
    llvm::function_ref<std::optional<Leaf>(llvm::ArrayRef<Leaf>)> join);

} // namespace slin::term

#endif // SLIN_TERM_PARTS_H
