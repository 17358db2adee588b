//===- References.cpp - What the factorisers are compared with ------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// See References.h.
//
//===----------------------------------------------------------------------===//

#include "References.h"

#include <Eigen/Eigenvalues>
#include <Eigen/QR>
#include <Eigen/SVD>
#include <random>

namespace slin::factorization {

Matrix normal(Index rows, Index columns, unsigned seed) {
  std::mt19937 generator(seed);
  std::normal_distribution<double> distribution;
  Matrix M(rows, columns);
  for (Index i = 0; i < M.size(); ++i)
    M.data()[i] = distribution(generator);
  return M;
}

static Matrix orthonormalColumns(Index rows, Index columns, unsigned seed) {
  Eigen::HouseholderQR<Eigen::MatrixXd> qr(normal(rows, columns, seed));
  return qr.householderQ() * Eigen::MatrixXd::Identity(rows, columns);
}

Matrix withSpectrum(Index rows, Index columns, const Vector &values,
                    unsigned seed) {
  return orthonormalColumns(rows, values.size(), seed) * values.asDiagonal() *
         orthonormalColumns(columns, values.size(), seed + 1).transpose();
}

Matrix correlatedMoment(Index inputs, Index samples, unsigned seed) {
  Vector decay = Vector::LinSpaced(inputs, 0, -5).array().exp();
  Vector scale = Vector::LinSpaced(inputs, 0, 3.4).array().exp();
  Matrix mixing = normal(inputs, inputs, seed) * decay.asDiagonal();
  Matrix X = scale.asDiagonal() * mixing * normal(inputs, samples, seed + 1);
  return X * X.transpose() / double(samples);
}

Matrix squareRoot(const Matrix &C) {
  Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(C);
  Vector roots = solver.eigenvalues().cwiseMax(0).cwiseSqrt();
  return solver.eigenvectors() * roots.asDiagonal() *
         solver.eigenvectors().transpose();
}

Vector singularValues(const Matrix &M) {
  return Eigen::JacobiSVD<Eigen::MatrixXd>(M).singularValues();
}

double tailNorm(const Vector &values, Index rank) {
  return values.tail(values.size() - rank).norm();
}

double weightedError(const Matrix &W, const Matrix &What, const Matrix &C) {
  return ((W - What) * squareRoot(C)).norm();
}

Matrix densifyByLoops(const LowRank &factors) {
  Matrix W = Matrix::Zero(factors.U.rows(), factors.V.cols());
  for (Index i = 0; i < W.rows(); ++i)
    for (Index j = 0; j < W.cols(); ++j)
      for (Index t = 0; t < factors.U.cols(); ++t)
        W(i, j) += factors.U(i, t) * factors.V(t, j);
  return W;
}

Matrix densifyByLoops(const BlockDiagonal &factors) {
  Index height = factors.D[0].rows(), width = factors.D[0].cols();
  Index blocks = factors.D.size();
  Matrix W = Matrix::Zero(blocks * height, blocks * width);
  for (Index i = 0; i < W.rows(); ++i)
    for (Index j = 0; j < W.cols(); ++j)
      if (i / height == j / width)
        W(i, j) = factors.D[i / height](i % height, j % width);
  return W;
}

Matrix densifyByLoops(const BlockDense &factors) {
  Index height = factors.D[0].rows(), width = factors.D[0].cols();
  Matrix W = Matrix::Zero(factors.L.rows(), factors.D.size() * width);
  for (Index i = 0; i < W.rows(); ++i)
    for (Index j = 0; j < W.cols(); ++j)
      for (Index t = 0; t < factors.L.cols(); ++t)
        if (t / height == j / width)
          W(i, j) +=
              factors.L(i, t) * factors.D[j / width](t % height, j % width);
  return W;
}

Matrix densifyByLoops(const BlockShuffle &factors) {
  Index k = factors.D1.size(), q = factors.D1[0].rows();
  Index p = factors.D1[0].cols(), l = factors.D2.size();
  Index s = factors.D2[0].rows();
  Matrix W = Matrix::Zero(l * s, k * p);
  for (Index ki = 0; ki < k; ++ki)
    for (Index qi = 0; qi < q; ++qi)
      for (Index pi = 0; pi < p; ++pi)
        for (Index si = 0; si < s; ++si) {
          Index li = (ki * q + qi) % l, ri = (ki * q + qi) / l;
          W(si * l + li, ki * p + pi) +=
              factors.D2[li](si, ri) * factors.D1[ki](qi, pi);
        }
  return W;
}

BlockShuffle randomShuffle(const ShuffleShape &shape, unsigned seed) {
  BlockShuffle factors;
  for (Index i = 0; i < shape.k; ++i)
    factors.D1.push_back(normal(shape.q, shape.p, seed + i));
  for (Index i = 0; i < shape.l; ++i)
    factors.D2.push_back(normal(shape.s, shape.r, seed + shape.k + i));
  return factors;
}

} // namespace slin::factorization
