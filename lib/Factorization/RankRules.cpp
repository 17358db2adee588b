//===- RankRules.cpp - Which ranks and block counts to take ---------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Integer arithmetic wherever it decides: a ratio is turned into a number of
// parameters once, rounded so that the floor holds.
//
//===----------------------------------------------------------------------===//

#include "slin/Factorization/RankRules.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace slin::factorization {

int64_t alignDown(int64_t rank, int64_t step) { return rank / step * step; }

int64_t parametersPerRank(int64_t outputs, int64_t inputs, int64_t blocks) {
  return outputs + inputs / blocks;
}

int64_t breakEvenRank(int64_t outputs, int64_t inputs, int64_t blocks) {
  return outputs * inputs / parametersPerRank(outputs, inputs, blocks);
}

int64_t greatestRank(int64_t outputs, int64_t inputs, int64_t blocks) {
  int64_t usable = blocks * std::min(outputs, inputs / blocks);
  return alignDown(std::min(breakEvenRank(outputs, inputs, blocks), usable),
                   rankAlignment * blocks);
}

/// The most parameters that may be kept of `total` so that `ratio` is removed.
/// The sliver keeps a ratio like 0.3 from asking for one parameter more than
/// three tenths because of its binary rounding.
static int64_t keptParameters(int64_t total, double ratio) {
  double removed = std::ceil(double(total) * (ratio - 1e-12));
  return total - std::clamp<int64_t>(int64_t(removed), 0, total);
}

/// The smallest common divisor from 2 on whose `parameters` fit the ratio.
template <typename Count>
static std::optional<int64_t> smallestBlocks(int64_t outputs, int64_t inputs,
                                             double ratio, Count parameters) {
  int64_t common = std::gcd(outputs, inputs);
  int64_t kept = keptParameters(outputs * inputs, ratio);
  for (int64_t blocks = 2; blocks <= common; ++blocks)
    if (common % blocks == 0 && parameters(blocks) <= kept)
      return blocks;
  return std::nullopt;
}

std::optional<int64_t> blockDiagonalBlocks(int64_t outputs, int64_t inputs,
                                           double ratio) {
  return smallestBlocks(outputs, inputs, ratio, [&](int64_t blocks) {
    return outputs * inputs / blocks;
  });
}

std::optional<int64_t> blockShuffleBlocks(int64_t outputs, int64_t inputs,
                                          double ratio) {
  return smallestBlocks(outputs, inputs, ratio, [&](int64_t blocks) {
    return std::min(outputs, inputs) / blocks * (outputs + inputs);
  });
}

namespace {
/// One entry with the numbers that the allocation needs again and again.
struct Share {
  int64_t dense, perRank, step, greatest;

  explicit Share(const BudgetEntry &entry)
      : dense(entry.matrices * entry.outputs * entry.inputs),
        perRank(entry.matrices *
                parametersPerRank(entry.outputs, entry.inputs, entry.blocks)),
        step(rankAlignment * entry.blocks),
        greatest(greatestRank(entry.outputs, entry.inputs, entry.blocks)) {}

  /// The aligned rank that keeps a fraction of this entry, at least one step.
  int64_t rankFor(double fraction) const {
    if (greatest == 0)
      return 0;
    int64_t rank = int64_t(std::floor(fraction * double(dense) / perRank));
    return std::clamp(alignDown(rank, step), step, greatest);
  }
  int64_t parameters(int64_t rank) const {
    return rank == 0 ? dense : rank * perRank;
  }
};
} // namespace

/// Gives one step to each entry in turn while any step fits into `left`.
static void handOut(const std::vector<Share> &shares, int64_t left,
                    Allocation &allocation) {
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t i = 0; i < shares.size(); ++i) {
      int64_t cost = shares[i].step * shares[i].perRank;
      int64_t raised = allocation.ranks[i] + shares[i].step;
      if (allocation.ranks[i] == 0 || raised > shares[i].greatest ||
          cost > left)
        continue;
      allocation.ranks[i] = raised;
      allocation.parametersAfter += cost;
      left -= cost;
      changed = true;
    }
  }
}

/// Takes single steps back, last entry first, until at most `kept` parameters
/// are left: needed where small entries were raised to their first step.
static void takeBack(const std::vector<Share> &shares, int64_t kept,
                     Allocation &allocation) {
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t i = shares.size(); i-- > 0;) {
      if (allocation.parametersAfter <= kept)
        return;
      if (allocation.ranks[i] <= shares[i].step)
        continue;
      allocation.ranks[i] -= shares[i].step;
      allocation.parametersAfter -= shares[i].step * shares[i].perRank;
      changed = true;
    }
  }
}

Allocation allocateRanks(const std::vector<BudgetEntry> &entries,
                         double ratio) {
  std::vector<Share> shares(entries.begin(), entries.end());
  Allocation allocation;
  int64_t fixed = 0;
  for (const Share &share : shares) {
    allocation.parametersBefore += share.dense;
    fixed += share.greatest == 0 ? share.dense : 0;
  }
  int64_t kept = keptParameters(allocation.parametersBefore, ratio);
  int64_t free = allocation.parametersBefore - fixed;
  double fraction =
      free == 0 ? 0 : std::max(0.0, double(kept - fixed) / double(free));
  for (const Share &share : shares) {
    allocation.ranks.push_back(share.rankFor(fraction));
    allocation.parametersAfter += share.parameters(allocation.ranks.back());
  }
  takeBack(shares, kept, allocation);
  handOut(shares, kept - allocation.parametersAfter, allocation);
  allocation.reached = allocation.parametersAfter <= kept;
  return allocation;
}

} // namespace slin::factorization
