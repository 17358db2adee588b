//===- ColumnBlocksTest.cpp - BlockDense and BlockShuffle -----------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Without a moment the optimum is known from the singular values of the blocks.
// With one it is not, but there are cases where it is, and bounds that every
// result must keep.
//
//===----------------------------------------------------------------------===//

#include "References.h"

#include <gtest/gtest.h>

using namespace slin::factorization;

/// Uneven (3 into 4, 12 -> 24), rectangular both ways, k != l, and ranks beyond
/// what a block can have.
static const ShuffleShape shapes[] = {{4, 3, 3, 4, 6, 3},  {4, 6, 12, 4, 6, 6},
                                      {3, 4, 8, 3, 4, 4},  {2, 6, 6, 3, 5, 4},
                                      {5, 4, 3, 2, 7, 10}, {2, 8, 3, 2, 4, 8},
                                      {4, 1, 6, 2, 4, 2}};

/// sum over (k, l) of the discarded singular values, by the definition.
static double shuffleOptimum(const Matrix &W, const ShuffleShape &shape) {
  double sum = 0;
  for (Index ki = 0; ki < shape.k; ++ki)
    for (Index li = 0; li < shape.l; ++li) {
      Index rank = 0;
      for (Index qi = 0; qi < shape.q; ++qi)
        rank += (ki * shape.q + qi) % shape.l == li;
      Matrix block(shape.s, shape.p);
      for (Index si = 0; si < shape.s; ++si)
        block.row(si) = W.row(si * shape.l + li).segment(ki * shape.p, shape.p);
      Vector values = singularValues(block);
      sum += std::pow(tailNorm(values, std::min(rank, values.size())), 2);
    }
  return std::sqrt(sum);
}

TEST(BlockDense, ErrorIsTheDiscardedSingularValues) {
  for (auto [out, in, blocks] :
       {std::tuple<Index, Index, Index>{10, 24, 2}, {24, 12, 3}, {12, 12, 1}})
    for (Index rank = blocks; rank <= blocks * std::min(out, in / blocks);
         rank += blocks) {
      Matrix W = normal(out, in, 5);
      auto found = factorizeBlockDense(W, blocks, rank);
      ASSERT_TRUE(found) << found.reason;
      double sum = 0;
      for (Index b = 0; b < blocks; ++b)
        sum += std::pow(
            tailNorm(singularValues(W.middleCols(b * in / blocks, in / blocks)),
                     rank / blocks),
            2);
      double optimum = std::sqrt(sum);
      double error = (W - densifyByLoops(*found)).norm();
      EXPECT_NEAR(error, optimum, std::max(1e-10 * optimum, 4e-15 * W.norm()));
      EXPECT_NEAR(found.errors.frobenius, error / W.norm(), 1e-14);
      EXPECT_EQ(found.sweeps, 0);
    }
}

TEST(BlockShuffle, ErrorIsTheDiscardedSingularValues) {
  for (const ShuffleShape &shape : shapes) {
    Matrix W = normal(shape.outputs(), shape.inputs(), 5);
    auto found = factorizeBlockShuffle(W, shape);
    ASSERT_TRUE(found) << found.reason;
    double optimum = shuffleOptimum(W, shape);
    EXPECT_NEAR((W - densifyByLoops(*found)).norm(), optimum,
                std::max(1e-10 * optimum, 4e-15 * W.norm()));
    EXPECT_EQ(found->parameters(), shape.parameters());
  }
}

TEST(BlockDense, NeverWorseThanTheClosedForm) {
  for (auto [out, in, blocks, rank] :
       {std::tuple<Index, Index, Index, Index>{10, 24, 2, 6},
        {24, 12, 3, 6},
        {16, 16, 4, 8}})
    for (Index samples : {200, 30, 6}) {
      Matrix W = normal(out, in, 5), C = correlatedMoment(in, samples, 6);
      auto start = factorizeBlockDense(W, blocks, rank);
      auto found = factorizeBlockDense(W, blocks, rank, &C);
      ASSERT_TRUE(start && found);
      double before = weightedError(W, start->densify(), C);
      double after = weightedError(W, found->densify(), C);
      // Correlated inputs leave a lot to gain, and it must be found.
      EXPECT_LT(after, 0.8 * before);
      EXPECT_GT(found.sweeps, 0);
      EXPECT_NEAR(found.errors.activation, after / (W * squareRoot(C)).norm(),
                  1e-7);
    }
}

TEST(BlockShuffle, NeverWorseThanTheClosedForm) {
  for (const ShuffleShape &shape : shapes)
    for (Index samples : {200, 9}) {
      Matrix W = normal(shape.outputs(), shape.inputs(), 5);
      Matrix C = correlatedMoment(W.cols(), samples, 6);
      auto start = factorizeBlockShuffle(W, shape);
      auto found = factorizeBlockShuffle(W, shape, &C);
      ASSERT_TRUE(start && found);
      double before = weightedError(W, start->densify(), C);
      double after = weightedError(W, found->densify(), C);
      EXPECT_LE(after, before * (1 + 1e-12) + 1e-9);
    }
}

TEST(BlockDense, EverySweepImproves) {
  Matrix W = normal(20, 32, 5), C = correlatedMoment(32, 200, 6);
  double last = weightedError(W, factorizeBlockDense(W, 4, 8)->densify(), C);
  for (int sweeps = 1; sweeps <= 6; ++sweeps) {
    auto found = factorizeBlockDense(W, 4, 8, &C, {0, sweeps});
    ASSERT_TRUE(found) << found.reason;
    EXPECT_EQ(found.sweeps, sweeps);
    double error = weightedError(W, found->densify(), C);
    EXPECT_LE(error, last * (1 + 1e-12));
    last = error;
  }
}

TEST(BlockDense, OneBlockIsLowRank) {
  Matrix W = normal(14, 20, 5), C = correlatedMoment(20, 100, 6);
  auto found = factorizeBlockDense(W, 1, 6, &C);
  auto lowRank = factorizeLowRank(W, 6, &C);
  ASSERT_TRUE(found && lowRank);
  EXPECT_LE((found->densify() - lowRank->densify()).norm(), 1e-8 * W.norm());
}

TEST(BlockDense, UncoupledSlicesReachTheirOptimum) {
  // C couples inputs within slices only: the optimum is each slice's own.
  Matrix W = normal(14, 20, 5), C = Matrix::Zero(20, 20);
  C.topLeftCorner(10, 10) = correlatedMoment(10, 50, 6);
  C.bottomRightCorner(10, 10) = correlatedMoment(10, 50, 7);
  auto found = factorizeBlockDense(W, 2, 8, &C);
  ASSERT_TRUE(found) << found.reason;
  Matrix rooted = W * squareRoot(C);
  double optimum =
      std::hypot(tailNorm(singularValues(rooted.leftCols(10)), 4),
                 tailNorm(singularValues(rooted.rightCols(10)), 4));
  EXPECT_NEAR(weightedError(W, found->densify(), C), optimum, 1e-6 * optimum);
}

TEST(BlockDense, FullRankIsExact) {
  Matrix W = normal(6, 20, 5), C = correlatedMoment(20, 100, 6);
  auto found = factorizeBlockDense(W, 2, 12, &C);
  ASSERT_TRUE(found) << found.reason;
  EXPECT_LE((found->densify() - W).norm(), 1e-9 * W.norm());
}

TEST(BlockDense, InputsThatAreAlwaysZeroKeepTheirWeights) {
  // One slice is never seen: what its factors say there comes from W alone.
  Matrix W = normal(6, 8, 5), C = Matrix::Zero(8, 8);
  C.topLeftCorner(4, 4) = correlatedMoment(4, 50, 6);
  auto found = factorizeBlockDense(W, 2, 4, &C);
  ASSERT_TRUE(found) << found.reason;
  double optimum = tailNorm(singularValues(W.rightCols(4)), 2);
  EXPECT_NEAR((found->densify() - W).rightCols(4).norm(), optimum, 1e-10);
}

TEST(BlockDense, SlicesSeenInPartKeepSomeOfTheRest) {
  // Three of the first slice's inputs are always zero. Its factors minimise
  // over the fourth with one of their two columns; the other one is free for
  // the three.
  Matrix W = normal(6, 8, 5), C = correlatedMoment(8, 50, 6);
  C.topRows(3).setZero();
  C.leftCols(3).setZero();
  auto start = factorizeBlockDense(W, 2, 4);
  auto found = factorizeBlockDense(W, 2, 4, &C);
  ASSERT_TRUE(start && found);
  EXPECT_LT(weightedError(W, found->densify(), C),
            0.9 * weightedError(W, start->densify(), C));
  EXPECT_LE((found->densify() - W).leftCols(3).norm(),
            tailNorm(singularValues(W.leftCols(3)), 1) * (1 + 1e-10));
}

TEST(BlockFactors, SameInputSameBits) {
  Matrix W = normal(24, 12, 5), C = correlatedMoment(12, 60, 6);
  auto first = factorizeBlockShuffle(W, 4, &C);
  auto second = factorizeBlockShuffle(W, 4, &C);
  ASSERT_TRUE(first && second);
  for (Index i = 0; i < 4; ++i) {
    EXPECT_EQ(first->D1[i], second->D1[i]);
    EXPECT_EQ(first->D2[i], second->D2[i]);
  }
}

TEST(BlockFactors, ZeroAndOrthogonalWeights) {
  Matrix C = correlatedMoment(12, 40, 6), zero = Matrix::Zero(24, 12);
  for (const Matrix *moment : {static_cast<const Matrix *>(nullptr),
                               static_cast<const Matrix *>(&C)}) {
    auto shuffle = factorizeBlockShuffle(zero, 4, moment);
    auto dense = factorizeBlockDense(zero, 2, 4, moment);
    ASSERT_TRUE(shuffle && dense);
    EXPECT_EQ(shuffle->densify(), zero);
    EXPECT_EQ(dense->densify(), zero);
    Matrix orthogonal = withSpectrum(12, 12, Vector::Ones(12), 4);
    auto found = factorizeBlockDense(orthogonal, 2, 6, moment);
    ASSERT_TRUE(found) << found.reason;
    EXPECT_LT(moment ? found.errors.activation : found.errors.frobenius, 1);
  }
}
