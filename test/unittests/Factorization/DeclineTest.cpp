//===- DeclineTest.cpp - Weights that cannot be factorised ----------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each refusal with its whole text.
//
//===----------------------------------------------------------------------===//

#include "References.h"

#include <gtest/gtest.h>
#include <limits>

using namespace slin::factorization;

TEST(Decline, NonFiniteWeightsAreNamed) {
  Matrix W = normal(6, 8, 1), C = Matrix::Identity(8, 8);
  W(3, 5) = std::numeric_limits<double>::quiet_NaN();
  W(4, 1) = std::numeric_limits<double>::infinity();
  const char *expected =
      "expected finite entries of the weight, found nan at [3, 5]";
  EXPECT_EQ(factorizeLowRank(W, 2).reason, expected);
  EXPECT_EQ(factorizeLowRank(W, 2, &C).reason, expected);
  EXPECT_EQ(factorizeBlockDiagonal(W, 2).reason, expected);
  EXPECT_EQ(factorizeBlockDense(W, 2, 4).reason, expected);
  EXPECT_EQ(factorizeBlockShuffle(W, 2).reason, expected);
  W(3, 5) = 0;
  EXPECT_EQ(factorizeLowRank(W, 2).reason,
            "expected finite entries of the weight, found inf at [4, 1]");
  W(4, 1) = -W(4, 1);
  auto found = factorizeLowRank(W, 2);
  EXPECT_EQ(found.reason,
            "expected finite entries of the weight, found -inf at [4, 1]");
  EXPECT_FALSE(found);
}

TEST(Decline, MomentsMustFit) {
  Matrix W = normal(6, 8, 1), C = Matrix::Identity(6, 6);
  EXPECT_EQ(factorizeLowRank(W, 2, &C).reason,
            "expected a moment of 8x8, found 6x6");
  C = Matrix::Identity(8, 8);
  C(0, 7) = std::numeric_limits<double>::infinity();
  EXPECT_EQ(factorizeBlockDense(W, 2, 2, &C).reason,
            "expected finite entries of the moment, found inf at [0, 7]");
}

TEST(Decline, EmptyWeights) {
  EXPECT_EQ(factorizeLowRank(Matrix(0, 8), 1).reason,
            "expected a weight with rows and columns, found 0x8");
  EXPECT_EQ(factorizeBlockShuffle(Matrix(0, 8), 2).reason,
            "expected a weight with rows and columns, found 0x8");
}

TEST(Decline, RanksMustFit) {
  Matrix W = normal(6, 8, 1);
  EXPECT_EQ(factorizeLowRank(W, 0).reason,
            "expected a rank from 1 to 6, found 0");
  EXPECT_EQ(factorizeLowRank(W, 7).reason,
            "expected a rank from 1 to 6, found 7");
  EXPECT_EQ(factorizeBlockDense(W, 2, 3).reason,
            "expected a rank that is a multiple of 2 blocks, found 3");
  EXPECT_EQ(factorizeBlockDense(W, 2, 10).reason,
            "expected a rank from 2 to 8, found 10");
  EXPECT_EQ(factorizeBlockDense(W, 2, 0).reason,
            "expected a rank from 2 to 8, found 0");
}

TEST(Decline, BlocksMustDivide) {
  Matrix W = normal(6, 8, 1);
  EXPECT_EQ(factorizeBlockDiagonal(W, 4).reason,
            "expected a block count that divides 6 and 8, found 4");
  EXPECT_EQ(factorizeBlockDiagonal(W, 0).reason,
            "expected a block count that divides 6 and 8, found 0");
  EXPECT_EQ(factorizeBlockShuffle(W, 3).reason,
            "expected a block count that divides 6 and 8, found 3");
  EXPECT_EQ(factorizeBlockDense(W, 3, 3).reason,
            "expected a block count that divides 8, found 3");
  EXPECT_EQ(factorizeBlockShuffle(W, ShuffleShape{2, 3, 4, 2, 3, 4}).reason,
            "expected factors k x q x p and l x s x r with k q = l r, found "
            "factors 2x3x4 and 2x3x4");
  EXPECT_EQ(factorizeBlockShuffle(W, ShuffleShape{2, 3, 5, 2, 3, 3}).reason,
            "expected factors of a weight of 6x8, found factors 2x3x5 and "
            "2x3x3");
}
