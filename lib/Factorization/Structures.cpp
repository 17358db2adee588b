//===- Structures.cpp - What the factors stand for ------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Densifying, counting and applying factors. The index arithmetic of
// BlockShuffle stands in Structures.h and is written out here exactly once per
// use, with strided maps instead of permutation matrices.
//
//===----------------------------------------------------------------------===//

#include "DenseAlgebra.h"

#include "slin/Factorization/Structures.h"

using namespace slin::factorization;

static int64_t count(const std::vector<Matrix> &blocks) {
  int64_t total = 0;
  for (const Matrix &block : blocks)
    total += block.size();
  return total;
}

//===----------------------------------------------------------------------===//
// LowRank
//===----------------------------------------------------------------------===//

Matrix LowRank::densify() const { return multiply(U, V); }

Vector LowRank::apply(const Vector &x) const { return U * (V * x); }

//===----------------------------------------------------------------------===//
// BlockDiagonal
//===----------------------------------------------------------------------===//

int64_t BlockDiagonal::parameters() const { return count(D); }

Matrix BlockDiagonal::densify() const {
  Matrix W = Matrix::Zero(outputs(), inputs());
  for (Index k = 0; k < blocks(); ++k)
    W.block(k * D[k].rows(), k * D[k].cols(), D[k].rows(), D[k].cols()) = D[k];
  return W;
}

Vector BlockDiagonal::apply(const Vector &x) const {
  Vector y(outputs());
  for (Index k = 0; k < blocks(); ++k)
    y.segment(k * D[k].rows(), D[k].rows()) =
        D[k] * x.segment(k * D[k].cols(), D[k].cols());
  return y;
}

//===----------------------------------------------------------------------===//
// BlockDense
//===----------------------------------------------------------------------===//

int64_t BlockDense::parameters() const { return L.size() + count(D); }

Matrix BlockDense::densify() const {
  Matrix W(outputs(), inputs());
  for (Index k = 0; k < blocks(); ++k) {
    Index rank = D[k].rows(), width = D[k].cols();
    W.middleCols(k * width, width) =
        multiply(L.middleCols(k * rank, rank), D[k]);
  }
  return W;
}

Vector BlockDense::apply(const Vector &x) const {
  return L * BlockDiagonal{D}.apply(x);
}

//===----------------------------------------------------------------------===//
// BlockShuffle
//===----------------------------------------------------------------------===//

int64_t BlockShuffle::parameters() const { return count(D1) + count(D2); }

Matrix BlockShuffle::densify() const {
  Matrix W = Matrix::Zero(outputs(), inputs());
  Index k = D1.size(), l = D2.size();
  for (Index ki = 0; ki < k; ++ki) {
    Index q = D1[ki].rows(), p = D1[ki].cols();
    for (Index qi = 0; qi < q; ++qi) {
      Index middle = ki * q + qi;
      const Matrix &second = D2[middle % l];
      for (Index si = 0; si < second.rows(); ++si)
        W.row(si * l + middle % l).segment(ki * p, p) +=
            second(si, middle / l) * D1[ki].row(qi);
    }
  }
  return W;
}

Vector BlockShuffle::apply(const Vector &x) const {
  Index l = D2.size();
  Vector middle = BlockDiagonal{D1}.apply(x);
  Vector y(outputs());
  for (Index li = 0; li < l; ++li) {
    using Strided = Eigen::Map<const Vector, 0, Eigen::InnerStride<>>;
    Strided input(middle.data() + li, D2[li].cols(), Eigen::InnerStride<>(l));
    Vector part = D2[li] * input;
    for (Index si = 0; si < part.size(); ++si)
      y(si * l + li) = part(si);
  }
  return y;
}

bool ShuffleShape::isConsistent() const {
  return k > 0 && q > 0 && p > 0 && l > 0 && s > 0 && r > 0 && k * q == l * r;
}

ShuffleShape ShuffleShape::get(Index outputs, Index inputs, Index blocks,
                               Index blocks2) {
  if (blocks2 == 0)
    blocks2 = blocks;
  Index middle = std::min(outputs, inputs);
  if (blocks <= 0 || blocks2 <= 0 || inputs % blocks || outputs % blocks2 ||
      middle % blocks || middle % blocks2)
    return {0, 0, 0, 0, 0, 0};
  return {blocks,  middle / blocks,   inputs / blocks,
          blocks2, outputs / blocks2, middle / blocks2};
}
