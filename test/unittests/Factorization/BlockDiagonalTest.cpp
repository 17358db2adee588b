//===- BlockDiagonalTest.cpp - Block-diagonal against least squares -------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every row is a regression of its own, which Eigen solves here from C^1/2.
//
//===----------------------------------------------------------------------===//

#include "References.h"

#include <Eigen/QR>
#include <gtest/gtest.h>

using namespace slin::factorization;

/// min over m of |(w - m on S) C^1/2| for every row, as one Frobenius norm.
static double leastError(const Matrix &W, const Matrix &C, Index blocks) {
  Matrix root = squareRoot(C);
  Index height = W.rows() / blocks, width = W.cols() / blocks;
  double sum = 0;
  for (Index i = 0; i < W.rows(); ++i) {
    Eigen::MatrixXd own = root.middleCols(i / height * width, width);
    Eigen::VectorXd goal = root * W.row(i).transpose();
    Eigen::VectorXd best = own.completeOrthogonalDecomposition().solve(goal);
    sum += (goal - own * best).squaredNorm();
  }
  return std::sqrt(sum);
}

TEST(BlockDiagonal, WithoutMomentKeepsTheBlocks) {
  Matrix W = normal(6, 9, 1);
  auto found = factorizeBlockDiagonal(W, 3);
  ASSERT_TRUE(found) << found.reason;
  for (Index k = 0; k < 3; ++k)
    EXPECT_EQ(found->D[k], W.block(2 * k, 3 * k, 2, 3));
  EXPECT_NEAR(found.errors.frobenius,
              (W - densifyByLoops(*found)).norm() / W.norm(), 1e-14);
}

TEST(BlockDiagonal, CalibratedErrorIsLeastSquares) {
  for (auto [out, in, blocks] : {std::tuple<Index, Index, Index>{12, 18, 3},
                                 {18, 12, 2},
                                 {16, 16, 4},
                                 {5, 7, 1}})
    for (Index samples : {100, 40, 5}) {
      Matrix W = normal(out, in, 1), C = correlatedMoment(in, samples, 2);
      auto found = factorizeBlockDiagonal(W, blocks, &C);
      ASSERT_TRUE(found) << found.reason;
      double norm = (W * squareRoot(C)).norm();
      double optimum = leastError(W, C, blocks);
      double error = weightedError(W, densifyByLoops(*found), C);
      // A root of a singular C is only known to 1e-8.
      EXPECT_LE(error - optimum, std::max(1e-6 * optimum, 1e-7 * norm))
          << out << "x" << in << " in " << blocks << ", " << samples;
      EXPECT_NEAR(found.errors.activation, error / norm, 1e-7);
    }
}

TEST(BlockDiagonal, UncoupledInputsKeepTheBlocks) {
  Matrix W = normal(6, 9, 1);
  Matrix C = Vector::LinSpaced(9, 0, 8).asDiagonal();
  auto found = factorizeBlockDiagonal(W, 3, &C);
  ASSERT_TRUE(found) << found.reason;
  for (Index k = 0; k < 3; ++k)
    EXPECT_EQ(found->D[k], W.block(2 * k, 3 * k, 2, 3));
}

TEST(BlockDiagonal, ScalesOfTheInputsDoNotMatter) {
  Matrix W = normal(8, 8, 1), C = correlatedMoment(8, 60, 2);
  Vector scale = Vector::LinSpaced(8, -18, 18).array().exp();
  Matrix scaledW = W * scale.cwiseInverse().asDiagonal();
  Matrix scaledC = scale.asDiagonal() * C * scale.asDiagonal();
  auto expected = factorizeBlockDiagonal(W, 2, &C);
  auto found = factorizeBlockDiagonal(scaledW, 2, &scaledC);
  ASSERT_TRUE(expected && found);
  EXPECT_LE(
      (found->densify() * scale.asDiagonal() - expected->densify()).norm(),
      1e-9 * W.norm());
}

TEST(BlockDiagonal, ZeroWeights) {
  Matrix C = correlatedMoment(8, 20, 2);
  auto found = factorizeBlockDiagonal(Matrix::Zero(4, 8), 2, &C);
  ASSERT_TRUE(found) << found.reason;
  EXPECT_EQ(found->densify(), Matrix::Zero(4, 8));
  EXPECT_EQ(found.errors.frobenius, 0);
  EXPECT_EQ(found.errors.activation, 0);
}
