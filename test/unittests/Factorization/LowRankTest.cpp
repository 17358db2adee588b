//===- LowRankTest.cpp - Low rank against the optimum ---------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The optimum is known: the discarded singular values of W, or of W C^1/2.
//
//===----------------------------------------------------------------------===//

#include "References.h"

#include <gtest/gtest.h>

using namespace slin::factorization;

static constexpr double epsilon = 2.3e-16;

/// The bound for a weight: 1e-10 of the optimum, or of 1e-6 |W| where that is
/// larger. The floor is what a backward stable decomposition in f64 leaves, n
/// epsilon |W|: an optimum of 0 is not met closer than that.
static double plainBound(double optimum, const Matrix &W) {
  return std::max(1e-10 * std::max(optimum, 1e-6 * W.norm()),
                  std::min(W.rows(), W.cols()) * epsilon * W.norm());
}

static void expectOptimal(const Matrix &W, Index rank) {
  auto found = factorizeLowRank(W, rank);
  ASSERT_TRUE(found) << found.reason;
  EXPECT_EQ(found->rank(), rank);
  double optimum = tailNorm(singularValues(W), rank);
  double error = (W - densifyByLoops(*found)).norm();
  EXPECT_LE(std::abs(error - optimum), plainBound(optimum, W))
      << W.rows() << "x" << W.cols() << " rank " << rank;
  EXPECT_NEAR(found.errors.frobenius, error / W.norm(),
              1e-9 * error / W.norm() + 16 * epsilon);
}

static void expectOptimalUnder(const Matrix &W, const Matrix &C, Index rank) {
  auto found = factorizeLowRank(W, rank, &C);
  ASSERT_TRUE(found) << found.reason;
  Matrix root = squareRoot(C);
  double norm = (W * root).norm();
  double optimum = tailNorm(singularValues(W * root), rank);
  double error = ((W - densifyByLoops(*found)) * root).norm();
  // Where the optimum is 0, C itself is only known to epsilon, its root to
  // 1e-8.
  EXPECT_LE(error - optimum, std::max(1e-6 * optimum, 1e-11 * norm))
      << W.rows() << "x" << W.cols() << " rank " << rank << " optimum "
      << optimum / norm;
  EXPECT_NEAR(found.errors.activation, error / norm,
              1e-6 * error / norm + 1e-8);
}

TEST(LowRank, ErrorIsTheDiscardedSingularValues) {
  for (auto [out, in] :
       {std::pair<Index, Index>{20, 30}, {30, 20}, {24, 24}, {1, 9}, {9, 1}})
    for (Index rank = 1; rank <= std::min(out, in); ++rank)
      expectOptimal(normal(out, in, 5), rank);
}

TEST(LowRank, SteepSpectraKeepTheirSmallValues) {
  // 1 down to 1e-15: far below what a Gram matrix resolves.
  Vector values = Vector::LinSpaced(16, 0, -35).array().exp();
  for (Index rank = 1; rank <= 16; ++rank) {
    expectOptimal(withSpectrum(16, 40, values, 3), rank);
    expectOptimal(withSpectrum(40, 16, values, 3), rank);
  }
}

TEST(LowRank, CalibratedErrorIsOptimal) {
  for (auto [out, in] : {std::pair<Index, Index>{20, 30}, {30, 20}, {24, 24}})
    for (Index rank : {1, 5, 12, 19}) {
      expectOptimalUnder(normal(out, in, 5), correlatedMoment(in, 90, 6), rank);
      expectOptimalUnder(normal(out, in, 5), Matrix::Identity(in, in), rank);
    }
}

TEST(LowRank, CalibratedErrorIsOptimalForSingularMoments) {
  for (auto [out, in] : {std::pair<Index, Index>{20, 30}, {30, 20}, {24, 24}})
    for (Index rank : {1, 5, 9})
      expectOptimalUnder(normal(out, in, 5), correlatedMoment(in, 10, 6), rank);
}

TEST(LowRank, RanksBeyondTheMomentsLoseNothingThatWasSeen) {
  // 6 samples: rank 6 is exact on them, and the data show it to full accuracy.
  for (auto [out, in] : {std::pair<Index, Index>{20, 30}, {30, 20}}) {
    Matrix W = normal(out, in, 5), X = normal(in, 6, 6);
    Matrix C = X * X.transpose() / 6;
    for (Index rank : {6, 7, 15}) {
      auto found = factorizeLowRank(W, rank, &C);
      ASSERT_TRUE(found) << found.reason;
      EXPECT_LE(((W - found->densify()) * X).norm(), 1e-11 * (W * X).norm());
      // The rest of the rank goes to W itself: U U^T W for orthonormal U.
      Matrix reached = found->densify();
      EXPECT_NEAR((W - reached).squaredNorm() + reached.squaredNorm(),
                  W.squaredNorm(), 1e-10 * W.squaredNorm());
      EXPECT_GT(singularValues(reached)(rank - 1), 1e-3);
    }
  }
}

TEST(LowRank, CalibrationWithoutInformationIsPlainTruncation) {
  Matrix W = normal(12, 18, 5), C = Matrix::Zero(18, 18);
  auto found = factorizeLowRank(W, 4, &C);
  ASSERT_TRUE(found) << found.reason;
  double optimum = tailNorm(singularValues(W), 4);
  EXPECT_NEAR((W - found->densify()).norm(), optimum, 1e-10 * optimum);
  EXPECT_EQ(found.errors.activation, 0);
}

TEST(LowRank, SteepMomentsAreResolved) {
  Vector values = Vector::LinSpaced(24, 0, -30).array().exp();
  Matrix root = withSpectrum(24, 24, values, 3);
  Matrix C = root * root.transpose();
  for (Index rank : {2, 6, 10})
    for (Index out : {16, 40})
      expectOptimalUnder(normal(out, 24, 5), C, rank);
}

TEST(LowRank, InputsOfVeryDifferentScaleAreResolved) {
  // Scales from 1 to 1e-17: the root of C is known exactly, and what W C W^T
  // keeps of the small ones is noise.
  Vector scale = Vector::LinSpaced(24, 0, -40).array().exp();
  Matrix C = scale.cwiseAbs2().asDiagonal();
  for (Index out : {16, 40})
    for (Index rank : {6, 8, 10, 12}) {
      Matrix W = normal(out, 24, 5), rooted = W * scale.asDiagonal();
      auto found = factorizeLowRank(W, rank, &C);
      ASSERT_TRUE(found) << found.reason;
      Matrix rest = (W - densifyByLoops(*found)) * scale.asDiagonal();
      double optimum = tailNorm(singularValues(rooted), rank);
      EXPECT_LE(rest.norm() - optimum,
                std::max(1e-6 * optimum, 1e-11 * rooted.norm()))
          << out << " outputs, rank " << rank;
    }
}

TEST(LowRank, FactorsAreBalancedAndTheirSignsFixed) {
  Matrix W = normal(14, 10, 5), C = correlatedMoment(10, 40, 6);
  for (const Matrix *moment : {static_cast<const Matrix *>(nullptr),
                               static_cast<const Matrix *>(&C)}) {
    auto found = factorizeLowRank(W, 6, moment);
    auto negated = factorizeLowRank(-W, 6, moment);
    ASSERT_TRUE(found && negated);
    for (Index i = 0; i < 6; ++i) {
      double norm = found->U.col(i).norm();
      EXPECT_NEAR(norm, found->V.row(i).norm(), 1e-12 * norm);
      EXPECT_GT(found->U.col(i).maxCoeff(), -found->U.col(i).minCoeff());
    }
    EXPECT_LE((found->U - negated->U).norm(), 1e-9 * found->U.norm());
  }
}

TEST(LowRank, SameInputSameBits) {
  Matrix W = normal(40, 30, 5), C = correlatedMoment(30, 90, 6);
  auto first = factorizeLowRank(W, 12, &C),
       second = factorizeLowRank(W, 12, &C);
  EXPECT_EQ(first->U, second->U);
  EXPECT_EQ(first->V, second->V);
}

TEST(LowRank, ZeroRankOneAndOrthogonalWeights) {
  auto zero = factorizeLowRank(Matrix::Zero(6, 8), 3);
  ASSERT_TRUE(zero) << zero.reason;
  EXPECT_EQ(zero->densify(), Matrix::Zero(6, 8));
  EXPECT_EQ(zero.errors.frobenius, 0);
  Matrix C = correlatedMoment(8, 20, 1);
  auto zeroUnder = factorizeLowRank(Matrix::Zero(6, 8), 3, &C);
  ASSERT_TRUE(zeroUnder) << zeroUnder.reason;
  EXPECT_EQ(zeroUnder->densify(), Matrix::Zero(6, 8));
  EXPECT_EQ(zeroUnder.errors.activation, 0);
  for (Index rank : {1, 3}) {
    Matrix one = normal(6, 1, 1) * normal(1, 8, 2);
    expectOptimal(one, rank);
    expectOptimalUnder(one, C, rank);
    expectOptimal(one.transpose(), rank);
  }
  Matrix orthogonal = withSpectrum(8, 8, Vector::Ones(8), 4);
  for (Index rank : {1, 4, 8}) {
    expectOptimal(orthogonal, rank);
    expectOptimalUnder(orthogonal, C, rank);
  }
}

TEST(LowRank, MagnitudesDoNotMatter) {
  Matrix W = normal(12, 18, 5), C = correlatedMoment(18, 60, 6);
  auto expected = factorizeLowRank(W, 4, &C);
  for (int exponent : {-900, -300, 300, 900}) {
    Matrix scaled = W * std::ldexp(1.0, exponent);
    Matrix scaledC = C * std::ldexp(1.0, exponent);
    auto found = factorizeLowRank(scaled, 4, &scaledC);
    ASSERT_TRUE(found) << found.reason;
    Matrix back = found->densify() * std::ldexp(1.0, -exponent);
    EXPECT_LE((back - expected->densify()).norm(), 1e-10 * W.norm());
    EXPECT_NEAR(found.errors.activation, expected.errors.activation, 1e-10);
  }
}

TEST(LowRank, BiasCorrectionRemovesTheErrorOfTheMean) {
  Matrix W = normal(12, 18, 5), X = normal(18, 50, 6).array() + 2;
  InputStatistics statistics{X.rowwise().mean(), X * X.transpose() / 50};
  Matrix C = statistics.covariance();
  auto found = factorizeLowRank(W, 4, &C);
  ASSERT_TRUE(found) << found.reason;
  Vector correction = biasCorrection(W, *found, statistics.mean);
  Matrix error = ((W - found->densify()) * X).colwise() - correction;
  EXPECT_LE(error.rowwise().mean().norm(), 1e-12 * (W * X).norm());
  // What is left is the error under the covariance, and no factors of this rank
  // with any bias have less.
  Matrix centred = X.colwise() - Vector(statistics.mean);
  double optimum = tailNorm(singularValues(W * centred), 4);
  EXPECT_NEAR(error.norm(), optimum, 1e-6 * optimum);
}
