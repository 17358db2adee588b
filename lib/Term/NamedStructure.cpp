//===- NamedStructure.cpp - The structures that have a name ---------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Permutations change where numbers stand, not what a structure is called.
//
//===----------------------------------------------------------------------===//

#include "slin/Term/NamedStructure.h"

using namespace slin::term;

/// The factors of a product that hold numbers, the last one acting first.
static std::vector<Term> factorsOf(const Term &term) {
  std::vector<Term> result;
  if (term.kind() != NodeKind::Compose) {
    result.push_back(term);
    return result;
  }
  for (const Term &factor : term.operands())
    if (factor.kind() != NodeKind::Permutation)
      result.push_back(factor);
  return result;
}

NamedStructure slin::term::nameStructure(const Term &term) {
  std::vector<Term> factors = factorsOf(term);
  auto is = [&](size_t index, NodeKind kind) {
    return factors[index].kind() == kind;
  };
  if (factors.size() == 1 && is(0, NodeKind::Dense))
    return {"dense", std::nullopt, std::nullopt};
  if (factors.size() == 1 && is(0, NodeKind::BlockDiagonal))
    return {"block_diagonal", std::nullopt, factors[0].leaf()->blocks()};
  if (factors.size() != 2)
    return {"operator", std::nullopt, std::nullopt};
  if (is(0, NodeKind::Dense) && is(1, NodeKind::Dense))
    return {"low_rank", factors[1].rows(), std::nullopt};
  if (is(0, NodeKind::Dense) && is(1, NodeKind::BlockDiagonal))
    return {"block_dense", factors[1].rows(), factors[1].leaf()->blocks()};
  if (is(0, NodeKind::BlockDiagonal) && is(1, NodeKind::BlockDiagonal))
    return {"block_shuffle", std::nullopt, factors[1].leaf()->blocks()};
  return {"operator", std::nullopt, std::nullopt};
}
