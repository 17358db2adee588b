//===- StructuresTest.cpp - Factors against naive loops -------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// densify, apply and parameters of the four structures, and that projecting
// what has the structure already returns it.
//
//===----------------------------------------------------------------------===//

#include "References.h"

#include <gtest/gtest.h>

using namespace slin::factorization;

template <typename Factors>
static void expectDefinition(const Factors &factors) {
  Matrix W = densifyByLoops(factors);
  EXPECT_EQ(factors.outputs(), W.rows());
  EXPECT_EQ(factors.inputs(), W.cols());
  EXPECT_LE((factors.densify() - W).norm(), 1e-13 * W.norm());
  Vector x = normal(W.cols(), 1, 99);
  EXPECT_LE((factors.apply(x) - W * x).norm(), 1e-13 * (W * x).norm());
}

/// Tall, wide and square, equal and different block counts, and l not dividing
/// q.
static const ShuffleShape shuffleShapes[] = {
    {4, 3, 3, 4, 6, 3},  {3, 4, 8, 3, 4, 4},  {2, 6, 6, 3, 5, 4},
    {5, 4, 3, 2, 7, 10}, {4, 1, 6, 4, 2, 1},  {1, 6, 7, 2, 4, 3},
    {2, 3, 4, 1, 5, 6},  {4, 5, 6, 10, 3, 2},
};

TEST(Structures, LowRankFollowsItsDefinition) {
  LowRank factors{normal(9, 4, 1), normal(4, 13, 2)};
  expectDefinition(factors);
  EXPECT_EQ(factors.parameters(), 4 * (9 + 13));
}

TEST(Structures, BlockDiagonalFollowsItsDefinition) {
  BlockDiagonal factors{{normal(3, 5, 1), normal(3, 5, 2)}};
  expectDefinition(factors);
  EXPECT_EQ(factors.parameters(), 6 * 10 / 2);
}

TEST(Structures, BlockDenseFollowsItsDefinition) {
  BlockDense factors{normal(7, 6, 1),
                     {normal(2, 4, 2), normal(2, 4, 3), normal(2, 4, 4)}};
  expectDefinition(factors);
  EXPECT_EQ(factors.parameters(), 6 * (7 + 12 / 3));
}

TEST(Structures, BlockShuffleFollowsItsDefinition) {
  for (const ShuffleShape &shape : shuffleShapes) {
    ASSERT_TRUE(shape.isConsistent());
    BlockShuffle factors = randomShuffle(shape, 7);
    expectDefinition(factors);
    EXPECT_EQ(factors.parameters(), shape.parameters());
  }
}

TEST(Structures, ShuffleShapeIsThePapers) {
  // N = 12 < M = 24, 4 blocks: q = r = 3, which 4 does not divide.
  ShuffleShape up = ShuffleShape::get(24, 12, 4);
  EXPECT_TRUE(up.isConsistent());
  EXPECT_EQ(up.q, 3);
  EXPECT_EQ(up.p, 3);
  EXPECT_EQ(up.s, 6);
  EXPECT_EQ(up.r, 3);
  // gpt2's second projection at "32 %".
  ShuffleShape down = ShuffleShape::get(768, 3072, 4);
  EXPECT_EQ(down.parameters(), 768 * (768 + 3072) / 4);
  EXPECT_FALSE(ShuffleShape::get(24, 12, 5).isConsistent());
  EXPECT_FALSE(ShuffleShape::get(24, 12, 0).isConsistent());
}

/// Both projections of an FFN of the paper's -xl model, 2048 -> 8192 -> 2048.
template <typename Count>
static int64_t parametersOfLargest(Count count) {
  return count(8192, 2048) + count(2048, 8192);
}

/// Its 24 layers, of which the first stays dense, in units of 100 000: as its
/// table prints them, to one decimal of a million.
static int64_t totalOfLargest(int64_t perLayer) {
  return (2 * 8192 * 2048 + 23 * perLayer + 50000) / 100000;
}

TEST(Structures, ParametersOfThePapersLargestModel) {
  auto lowRank = [](Index rank) {
    return parametersOfLargest([=](Index out, Index in) {
      return LowRank{Matrix(out, rank), Matrix(rank, in)}.parameters();
    });
  };
  auto blockDense = [](Index blocks, Index rank) {
    return parametersOfLargest([=](Index out, Index in) {
      std::vector<Matrix> D(blocks, Matrix(rank / blocks, in / blocks));
      return BlockDense{Matrix(out, rank), D}.parameters();
    });
  };
  auto blockShuffle = [](Index blocks) {
    return parametersOfLargest([=](Index out, Index in) {
      ShuffleShape shape = ShuffleShape::get(out, in, blocks);
      BlockShuffle factors{
          std::vector<Matrix>(shape.k, Matrix(shape.q, shape.p)),
          std::vector<Matrix>(shape.l, Matrix(shape.s, shape.r))};
      EXPECT_EQ(factors.parameters(), shape.parameters());
      return factors.parameters();
    });
  };
  // To the unit, by the formulas: R (N + M) twice, R (M + N/B) + R (N + M/B),
  // min(N, M) (N + M) / B twice.
  EXPECT_EQ(lowRank(1024), 2 * 1024 * 10240);
  EXPECT_EQ(lowRank(512), 2 * 512 * 10240);
  EXPECT_EQ(blockDense(4, 1536), 1536 * (8192 + 512) + 1536 * (2048 + 2048));
  EXPECT_EQ(blockDense(4, 768), 768 * (8192 + 512) + 768 * (2048 + 2048));
  EXPECT_EQ(blockShuffle(2), 2 * 2048 * 10240 / 2);
  EXPECT_EQ(blockShuffle(4), 2 * 2048 * 10240 / 4);
  EXPECT_EQ(totalOfLargest(2 * 8192 * 2048), 8053);
  EXPECT_EQ(totalOfLargest(lowRank(1024)), 5159);
  EXPECT_EQ(totalOfLargest(blockShuffle(2)), 5159);
  EXPECT_EQ(totalOfLargest(blockDense(4, 1536)), 4858);
  EXPECT_EQ(totalOfLargest(lowRank(512)), 2747);
  EXPECT_EQ(totalOfLargest(blockShuffle(4)), 2747);
  EXPECT_EQ(totalOfLargest(blockDense(4, 768)), 2597);
}

TEST(Structures, ProjectingLowRankReturnsIt) {
  for (auto [out, in] : {std::pair<Index, Index>{9, 17}, {17, 9}, {12, 12}}) {
    Matrix W = LowRank{normal(out, 5, 1), normal(5, in, 2)}.densify();
    auto found = factorizeLowRank(W, 5);
    ASSERT_TRUE(found) << found.reason;
    EXPECT_LE((found->densify() - W).norm(), 1e-14 * W.norm());
  }
}

TEST(Structures, ProjectingBlockDenseReturnsIt) {
  Matrix W = BlockDense{normal(11, 6, 1), {normal(3, 8, 2), normal(3, 8, 3)}}
                 .densify();
  auto found = factorizeBlockDense(W, 2, 6);
  ASSERT_TRUE(found) << found.reason;
  EXPECT_LE((found->densify() - W).norm(), 1e-14 * W.norm());
}

TEST(Structures, ProjectingBlockDiagonalReturnsIt) {
  Matrix W = BlockDiagonal{{normal(3, 5, 1), normal(3, 5, 2)}}.densify();
  auto found = factorizeBlockDiagonal(W, 2);
  ASSERT_TRUE(found) << found.reason;
  EXPECT_EQ(found->densify(), W);
}

TEST(Structures, ProjectingBlockShuffleReturnsIt) {
  for (const ShuffleShape &shape : shuffleShapes) {
    Matrix W = randomShuffle(shape, 3).densify();
    auto found = factorizeBlockShuffle(W, shape);
    ASSERT_TRUE(found) << found.reason;
    EXPECT_LE((found->densify() - W).norm(), 1e-14 * W.norm());
  }
}

TEST(Structures, ProjectingUnderAMomentReturnsIt) {
  for (const ShuffleShape &shape : shuffleShapes) {
    Matrix W = randomShuffle(shape, 3).densify();
    Matrix C = correlatedMoment(W.cols(), 4 * W.cols(), 8);
    auto found = factorizeBlockShuffle(W, shape, &C);
    ASSERT_TRUE(found) << found.reason;
    EXPECT_LE((found->densify() - W).norm(), 1e-13 * W.norm());
  }
}
