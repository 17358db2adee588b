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

#include "slin/Term/Parts.h"

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

/// The blocks of a block-diagonal factor, stored together or apart; 0 if it is
/// none.
static int64_t blocksOf(const Term &factor) {
  return factor.kind() == NodeKind::BlockDiagonal
             ? factor.leaf()->blocks()
             : int64_t(equalBlocks(factor).size());
}

NamedStructure slin::term::nameStructure(const Term &term) {
  std::vector<Term> factors = factorsOf(term);
  auto isDense = [&](size_t index) {
    return factors[index].kind() == NodeKind::Dense;
  };
  if (factors.empty() || factors.size() > 2)
    return {"operator", std::nullopt, std::nullopt};
  int64_t blocks = blocksOf(factors.back());
  if (factors.size() == 1 && isDense(0))
    return {"dense", std::nullopt, std::nullopt};
  if (factors.size() == 1 && blocks)
    return {"block_diagonal", std::nullopt, blocks};
  if (factors.size() == 1)
    return {"operator", std::nullopt, std::nullopt};
  if (isDense(0) && isDense(1))
    return {"low_rank", factors[1].rows(), std::nullopt};
  if (isDense(0) && blocks)
    return {"block_dense", factors[1].rows(), blocks};
  if (blocksOf(factors[0]) && blocks)
    return {"block_shuffle", std::nullopt, blocks};
  return {"operator", std::nullopt, std::nullopt};
}
