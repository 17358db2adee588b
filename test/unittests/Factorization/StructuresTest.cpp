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

TEST(Structures, ParametersOfThePapersLargestModel) {
  // -xl: 24 layers, 2048 -> 8192 -> 2048; in millions as its table prints them.
  auto millions = [](int64_t up, int64_t down) {
    return 24 * (up + down) / 1e6;
  };
  auto lowRank = [](Index out, Index in, Index rank) {
    return LowRank{Matrix(out, rank), Matrix(rank, in)}.parameters();
  };
  auto blockDense = [](Index out, Index in, Index rank) {
    std::vector<Matrix> D(4, Matrix(rank / 4, in / 4));
    return BlockDense{Matrix(out, rank), D}.parameters();
  };
  EXPECT_NEAR(millions(lowRank(8192, 2048, 1024), lowRank(2048, 8192, 1024)),
              503.3, 0.05);
  EXPECT_NEAR(
      millions(blockDense(8192, 2048, 1536), blockDense(2048, 8192, 1536)),
      471.9, 0.05);
  EXPECT_NEAR(millions(ShuffleShape::get(8192, 2048, 2).parameters(),
                       ShuffleShape::get(2048, 8192, 2).parameters()),
              503.3, 0.05);
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
