//===- RankRulesTest.cpp - Ranks, block counts and budgets ----------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Numbers worked out by hand, and the promises of allocateRanks over many
// ratios and lists.
//
//===----------------------------------------------------------------------===//

#include "slin/Factorization/RankRules.h"

#include <gtest/gtest.h>
#include <random>

using namespace slin::factorization;

TEST(RankRules, BreakEven) {
  EXPECT_EQ(breakEvenRank(3072, 768), 614); // 614.4
  EXPECT_EQ(breakEvenRank(768, 3072), 614);
  EXPECT_EQ(breakEvenRank(1024, 1024), 512);
  EXPECT_EQ(breakEvenRank(2048, 8192, 4), 4096);
  EXPECT_EQ(breakEvenRank(1, 1), 0);
}

TEST(RankRules, GreatestRankIsAlignedAndUsable) {
  EXPECT_EQ(alignDown(614), 608);
  EXPECT_EQ(alignDown(7), 0);
  EXPECT_EQ(alignDown(47, 16), 32);
  EXPECT_EQ(greatestRank(3072, 768), 608);
  EXPECT_EQ(greatestRank(2048, 8192, 4), 4096);
  EXPECT_EQ(greatestRank(12, 12), 0);
  // Break-even would be 24, but two slices of 4 columns have no more than 8.
  EXPECT_EQ(breakEvenRank(100, 8, 2), 7);
  EXPECT_EQ(greatestRank(1000, 64, 2), 48);
}

TEST(RankRules, SmallestBlockCounts) {
  EXPECT_EQ(blockDiagonalBlocks(384, 1536, 0.3), 2);
  EXPECT_EQ(blockDiagonalBlocks(384, 1536, 0.5), 2);
  EXPECT_EQ(blockDiagonalBlocks(384, 1536, 0.51), 3);
  EXPECT_EQ(blockDiagonalBlocks(35, 25, 0.5), 5);
  EXPECT_EQ(blockDiagonalBlocks(35, 25, 0.81), std::nullopt);
  EXPECT_EQ(blockDiagonalBlocks(7, 12, 0.1), std::nullopt);
  // f = 4h keeps 1.25 / blocks.
  EXPECT_EQ(blockShuffleBlocks(3072, 768, 0.3), 2);
  EXPECT_EQ(blockShuffleBlocks(3072, 768, 0.375), 2);
  EXPECT_EQ(blockShuffleBlocks(3072, 768, 0.376), 3);
  EXPECT_EQ(blockShuffleBlocks(3072, 768, 0.6875), 4);
  // Square: two blocks keep everything.
  EXPECT_EQ(blockShuffleBlocks(1024, 1024, 0.1), 4);
}

TEST(RankRules, MiniLMBudget) {
  // Six layers of 384 -> 1536 -> 384: 7,077,888 weights.
  std::vector<BudgetEntry> entries;
  for (int layer = 0; layer < 6; ++layer) {
    entries.push_back({1536, 384});
    entries.push_back({384, 1536});
  }
  Allocation allocation = allocateRanks(entries, 0.3);
  EXPECT_EQ(allocation.parametersBefore, 7077888);
  EXPECT_TRUE(allocation.reached);
  EXPECT_GE(allocation.removed(), 0.3);
  int64_t step = 8 * (384 + 1536);
  EXPECT_GT(allocation.parametersAfter + step, int64_t(0.7 * 7077888));
  // 0.7 * 384 * 1536 / 1920 = 215.04: 208, and ten steps to hand out.
  for (size_t i = 0; i < entries.size(); ++i)
    EXPECT_EQ(allocation.ranks[i], i < 10 ? 216 : 208) << i;
}

/// What every allocation promises.
static void expectPromises(const std::vector<BudgetEntry> &entries,
                           double ratio) {
  Allocation allocation = allocateRanks(entries, ratio);
  ASSERT_EQ(allocation.ranks.size(), entries.size());
  int64_t before = 0, after = 0, smallestOpenStep = INT64_MAX;
  bool onlyFirstSteps = true;
  for (size_t i = 0; i < entries.size(); ++i) {
    const BudgetEntry &entry = entries[i];
    int64_t rank = allocation.ranks[i], step = 8 * entry.blocks;
    int64_t dense = entry.matrices * entry.outputs * entry.inputs;
    int64_t perRank =
        entry.matrices * (entry.outputs + entry.inputs / entry.blocks);
    before += dense;
    after += rank ? rank * perRank : dense;
    EXPECT_EQ(rank % step, 0);
    EXPECT_LE(rank, greatestRank(entry.outputs, entry.inputs, entry.blocks));
    EXPECT_LE(rank * perRank, dense);
    onlyFirstSteps &= rank <= step;
    if (rank &&
        rank + step <= greatestRank(entry.outputs, entry.inputs, entry.blocks))
      smallestOpenStep = std::min(smallestOpenStep, step * perRank);
  }
  EXPECT_EQ(allocation.parametersBefore, before);
  EXPECT_EQ(allocation.parametersAfter, after);
  double kept = (1 - ratio) * double(before);
  if (allocation.reached) {
    EXPECT_LE(double(after), kept + 1e-3);
    if (smallestOpenStep != INT64_MAX)
      EXPECT_GT(double(after + smallestOpenStep), kept - 1);
  } else {
    EXPECT_GT(double(after), kept - 1);
    EXPECT_TRUE(onlyFirstSteps);
  }
}

TEST(RankRules, AllocationKeepsItsPromises) {
  std::mt19937 generator(1);
  auto draw = [&](int low, int high) {
    return std::uniform_int_distribution<int>(low, high)(generator);
  };
  for (int trial = 0; trial < 2000; ++trial) {
    std::vector<BudgetEntry> entries(draw(1, 8));
    for (BudgetEntry &entry : entries) {
      entry.blocks = 1 << draw(0, 2);
      entry.outputs = draw(1, trial % 2 ? 40 : 2000);
      entry.inputs = entry.blocks * draw(1, trial % 2 ? 40 : 500);
      entry.matrices = draw(1, 3);
    }
    expectPromises(entries, draw(0, 100) / 100.0);
  }
}

TEST(RankRules, UnreachableAndTrivialBudgets) {
  EXPECT_FALSE(allocateRanks({{384, 1536}}, 0.999).reached);
  EXPECT_EQ(allocateRanks({{384, 1536}}, 0.999).ranks[0], 8);
  // Too small to gain anything: left dense, the others pay.
  Allocation mixed = allocateRanks({{10, 10}, {1024, 1024}}, 0.5);
  EXPECT_EQ(mixed.ranks[0], 0);
  EXPECT_TRUE(mixed.reached);
  EXPECT_EQ(mixed.ranks[1], 248);
  EXPECT_EQ(allocateRanks({{3072, 768}}, 0).ranks[0], 608);
  EXPECT_TRUE(allocateRanks({}, 0.3).reached);
}
