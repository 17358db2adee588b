//===- RankRules.h - Which ranks and block counts to take -------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Pure arithmetic on shapes: ranks that GPUs and CPUs like (multiples of 8),
// that never store more than the dense matrix, and that together meet a budget.
// `ratio` is always the fraction of parameters *removed*, and a floor.
//
//===----------------------------------------------------------------------===//
#ifndef SLIN_FACTORIZATION_RANKRULES_H
#define SLIN_FACTORIZATION_RANKRULES_H

#include <cstdint>
#include <optional>
#include <vector>

namespace slin::factorization {

/// Ranks are multiples of this (BlockDense: of this times its blocks).
constexpr int64_t rankAlignment = 8;

/// The greatest multiple of `step` that is not above `rank`.
int64_t alignDown(int64_t rank, int64_t step = rankAlignment);

/// Parameters per unit of rank: out + in / blocks. One block is low rank,
/// several are BlockDense.
int64_t parametersPerRank(int64_t outputs, int64_t inputs, int64_t blocks = 1);

/// The greatest rank whose factors hold no more than the out * in weights of
/// the dense matrix: floor(out in / (out + in / blocks)).
int64_t breakEvenRank(int64_t outputs, int64_t inputs, int64_t blocks = 1);

/// The greatest aligned rank that is not over break-even, nor over what the
/// structure can use (blocks * min(out, in / blocks)). 0 where even one step is
/// over: then the matrix is better left dense.
int64_t greatestRank(int64_t outputs, int64_t inputs, int64_t blocks = 1);

/// The smallest block count, 2 or more, that divides both widths and removes at
/// least `ratio` of the parameters; none where no count does.
std::optional<int64_t> blockDiagonalBlocks(int64_t outputs, int64_t inputs,
                                           double ratio);
std::optional<int64_t> blockShuffleBlocks(int64_t outputs, int64_t inputs,
                                          double ratio);

/// One matrix (or several of one shape that get the same rank) of a budget. A
/// weight that several layers share is one matrix.
struct BudgetEntry {
  int64_t outputs = 0;
  int64_t inputs = 0;
  /// 1: low rank; more: BlockDense. Must divide `inputs`.
  int64_t blocks = 1;
  /// How many separate matrices this entry stands for.
  int64_t matrices = 1;
};

/// Ranks in the order of the entries; 0 means left dense.
struct Allocation {
  std::vector<int64_t> ranks;
  int64_t parametersBefore = 0;
  int64_t parametersAfter = 0;
  /// Whether the floor is met. It is not where the smallest ranks are still
  /// too many parameters; the allocation then holds those.
  bool reached = false;

  double removed() const {
    return parametersBefore == 0
               ? 0
               : 1 - double(parametersAfter) / double(parametersBefore);
  }
};

/// Ranks that remove at least `ratio` of all parameters of the entries and as
/// little more as alignment allows: every entry keeps the same fraction, aligned
/// down; what that leaves over is handed out one step at a time, in the order
/// of the entries, round after round, to every entry that a step still fits.
Allocation allocateRanks(const std::vector<BudgetEntry> &entries, double ratio);

} // namespace slin::factorization

#endif // SLIN_FACTORIZATION_RANKRULES_H
