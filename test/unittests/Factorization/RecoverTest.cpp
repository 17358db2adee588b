//===- RecoverTest.cpp - Structure found in products of factors -----------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A product of factors, rounded as a model would store it, gives its factors
// back; a matrix without structure is refused.
//
//===----------------------------------------------------------------------===//

#include "References.h"

#include "slin/Factorization/Recover.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

using namespace slin::factorization;

/// W with `bits` bits of significand, as a narrow element type stores it.
static Matrix rounded(Matrix W, int bits) {
  for (double &value : W.reshaped()) {
    int exponent;
    double fraction = std::frexp(value, &exponent);
    value =
        std::ldexp(std::nearbyint(std::ldexp(fraction, bits)), exponent - bits);
  }
  return W;
}

/// Significands and tolerances of f32, bf16 and f16.
static const std::pair<int, double> precisions[] = {
    {24, 1e-5}, {8, 1e-2}, {11, 1.25e-3}};

template <typename Factors>
static void expectRecovered(const Factors &factors) {
  Matrix W = factors.densify();
  for (auto [bits, tolerance] : precisions) {
    RecoverOptions options;
    options.tolerance = tolerance;
    Recovery found = recoverStructure(rounded(W, bits), options);
    ASSERT_TRUE(found) << found.reason;
    const auto *same = std::get_if<Factors>(&found.factors);
    ASSERT_TRUE(same) << "another structure, of " << found.parameters
                      << " parameters";
    EXPECT_EQ(found.parameters, same->parameters());
    EXPECT_EQ(found.parameters, factors.parameters());
    EXPECT_LE(found.tail, tolerance);
    EXPECT_LE((same->densify() - W).norm(), tolerance * W.norm());
    EXPECT_LE(found.errors.frobenius, tolerance);
  }
}

TEST(Recover, LowRank) {
  for (auto [out, in] : {std::pair<Index, Index>{40, 60}, {60, 40}, {48, 48}})
    expectRecovered(LowRank{normal(out, 7, 1), normal(7, in, 2)});
}

TEST(Recover, BlockDiagonal) {
  expectRecovered(BlockDiagonal{{normal(6, 9, 1), normal(6, 9, 2)}});
  expectRecovered(BlockDiagonal{
      {normal(9, 5, 1), normal(9, 5, 2), normal(9, 5, 3), normal(9, 5, 4)}});
}

TEST(Recover, BlockDense) {
  expectRecovered(
      BlockDense{normal(32, 8, 1), {normal(4, 24, 2), normal(4, 24, 3)}});
  // A number of blocks that does not divide the rows.
  expectRecovered(
      BlockDense{normal(31, 6, 1),
                 {normal(2, 16, 2), normal(2, 16, 3), normal(2, 16, 4)}});
}

TEST(Recover, BlockShuffle) {
  // The paper's shapes, up, down and square, one where 4 blocks do not divide
  // the middle width of 3 per block, and factors of 2 and 3 blocks.
  for (ShuffleShape shape :
       {ShuffleShape::get(48, 24, 4), ShuffleShape::get(24, 48, 4),
        ShuffleShape::get(32, 32, 4), ShuffleShape::get(24, 12, 4),
        ShuffleShape::get(36, 24, 2, 3)}) {
    ASSERT_TRUE(shape.isConsistent());
    expectRecovered(randomShuffle(shape, 5));
  }
}

TEST(Recover, FromF64) {
  RecoverOptions options;
  options.tolerance = 1e-12;
  LowRank factors{normal(96, 8, 1), normal(8, 64, 2)};
  Recovery found = recoverStructure(factors.densify(), options);
  ASSERT_TRUE(found) << found.reason;
  EXPECT_EQ(found.parameters, factors.parameters());
  EXPECT_LE(found.tail, 1e-14);
}

TEST(Recover, RandomMatricesAreRefused) {
  for (auto [bits, tolerance] : precisions) {
    RecoverOptions options;
    options.tolerance = tolerance;
    Recovery found =
        recoverStructure(rounded(normal(48, 64, 1), bits), options);
    EXPECT_FALSE(found);
    EXPECT_EQ(found.reason, "expected a structure of fewer than 3072 "
                            "parameters, found none (the rank is 48)");
  }
}

TEST(Recover, NoGainIsRefused) {
  // Rank 12 of 20 x 24 takes 528 parameters, the matrix 480.
  Matrix W = LowRank{normal(20, 12, 1), normal(12, 24, 2)}.densify();
  Recovery found = recoverStructure(W);
  EXPECT_EQ(found.reason, "expected a structure of fewer than 480 parameters, "
                          "found none (the rank is 12)");
  W = LowRank{normal(20, 10, 1), normal(10, 24, 2)}.densify();
  EXPECT_EQ(recoverStructure(W).parameters, 440);
}

TEST(Recover, NoiseAboveTheToleranceIsRefused) {
  Matrix W = LowRank{normal(40, 4, 1), normal(4, 60, 2)}.densify();
  W += 1e-3 * normal(40, 60, 3);
  EXPECT_FALSE(recoverStructure(W));
  RecoverOptions loose;
  loose.tolerance = 1e-2;
  Recovery found = recoverStructure(W, loose);
  ASSERT_TRUE(found) << found.reason;
  EXPECT_EQ(found.parameters, 400);
  Vector values = singularValues(W);
  EXPECT_NEAR(found.tail, values(4) / values(0), 1e-12);
  EXPECT_NEAR(found.errors.frobenius, tailNorm(values, 4) / W.norm(), 1e-10);
}

TEST(Recover, OnlyWhatIsAskedFor) {
  Matrix W = BlockDiagonal{{normal(12, 16, 1), normal(12, 16, 2)}}.densify();
  RecoverOptions options;
  EXPECT_TRUE(std::holds_alternative<BlockDiagonal>(
      recoverStructure(W, options).factors));
  options.blockDiagonal = false;
  // A shuffle whose second factor only scales: 24 numbers more.
  EXPECT_EQ(recoverStructure(W, options).parameters, 384 + 24);
  options.blockShuffle = false;
  EXPECT_FALSE(recoverStructure(W, options));
  options = {};
  options.greatestBlocks = 1;
  EXPECT_FALSE(recoverStructure(W, options));
  options.lowRank = false;
  EXPECT_EQ(recoverStructure(W, options).reason,
            "expected a structure of fewer than 768 parameters, found none");
}

TEST(Recover, FewestParametersWin) {
  // Block diagonal with blocks of rank 1: 4 (6 + 8) numbers of 24 x 32.
  std::vector<Matrix> blocks;
  for (unsigned k = 0; k < 4; ++k)
    blocks.push_back(LowRank{normal(6, 1, k), normal(1, 8, 9 + k)}.densify());
  Matrix W = BlockDiagonal{blocks}.densify();
  // Of rank 4: 4 (24 + 32) = 224 as low rank; 4 (24 + 8) = 128 as BlockDense;
  // 192 as block diagonal.
  Recovery found = recoverStructure(W);
  ASSERT_TRUE(std::holds_alternative<BlockDense>(found.factors));
  EXPECT_EQ(found.parameters, 128);
}

TEST(Recover, ZerosAndExtremeScales) {
  Recovery zero = recoverStructure(Matrix::Zero(8, 12));
  ASSERT_TRUE(zero) << zero.reason;
  EXPECT_EQ(zero.errors.frobenius, 0);
  Matrix W = LowRank{normal(20, 2, 1), normal(2, 24, 2)}.densify();
  for (double scale : {1e-300, 1e300}) {
    Recovery found = recoverStructure(scale * W);
    ASSERT_TRUE(found) << found.reason;
    EXPECT_EQ(found.parameters, 2 * 44);
  }
  W(1, 2) = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(recoverStructure(W).reason,
            "expected finite entries of the weight, found nan at [1, 2]");
}
