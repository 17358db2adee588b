//===- Structures.h - The factors of a structured matrix --------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The four ways slin stores a weight W [out, in] (y = W x) as smaller matrices.
// The shapes are those of StructuredFFN (arXiv 2406.16450), so that factors can
// be exchanged with its checkpoints. Everything is f64 and row-major: rounding
// to the type of a model happens once, outside this room. Only Eigen's core is
// included here; decompositions are LAPACK's and live in the sources.
//
//===----------------------------------------------------------------------===//
#ifndef SLIN_FACTORIZATION_STRUCTURES_H
#define SLIN_FACTORIZATION_STRUCTURES_H

#include <Eigen/Core>
#include <cstdint>
#include <vector>

namespace slin::factorization {

using Index = Eigen::Index;
using Matrix =
    Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Vector = Eigen::VectorXd;

/// W = U V with U [out, r] and V [r, in].
struct LowRank {
  Matrix U;
  Matrix V;

  Index outputs() const { return U.rows(); }
  Index inputs() const { return V.cols(); }
  Index rank() const { return U.cols(); }
  /// Number of stored weights, r (out + in); also the MACs per token.
  int64_t parameters() const { return U.size() + V.size(); }
  /// The matrix [out, in] that these factors stand for.
  Matrix densify() const;
  /// W x for x [in], without densifying.
  Vector apply(const Vector &x) const;
};

/// W = blkdiag(D_0, ..., D_{b-1}) with every D_k [out/b, in/b].
struct BlockDiagonal {
  std::vector<Matrix> D;

  Index blocks() const { return static_cast<Index>(D.size()); }
  Index outputs() const { return D.empty() ? 0 : blocks() * D[0].rows(); }
  Index inputs() const { return D.empty() ? 0 : blocks() * D[0].cols(); }
  /// out in / b.
  int64_t parameters() const;
  Matrix densify() const;
  Vector apply(const Vector &x) const;
};

/// W = L blkdiag(D_0, ..., D_{b-1}) with L [out, r] and every D_k [r/b, in/b].
/// With one block this is LowRank.
struct BlockDense {
  Matrix L;
  std::vector<Matrix> D;

  Index blocks() const { return static_cast<Index>(D.size()); }
  Index outputs() const { return L.rows(); }
  Index inputs() const { return D.empty() ? 0 : blocks() * D[0].cols(); }
  Index rank() const { return L.cols(); }
  /// r (out + in/b).
  int64_t parameters() const;
  Matrix densify() const;
  Vector apply(const Vector &x) const;
};

/// BlockShuffle (Monarch): D1 is k matrices [q, p], D2 is l matrices [s, r],
/// with k p = in, k q = l r and l s = out. Row m = k_i q + q_i of the first
/// product feeds column m div l of block m mod l of the second, and row s_i of
/// block l_i is output s_i l + l_i:
///   W[s_i l + l_i, k_i p + p_i] += D2[l_i](s_i, r_i) D1[k_i](q_i, p_i).
/// l need not divide q: then the ranks of the sub-matrices W[l_i::l, block k_i]
/// differ by one, and may be zero.
struct BlockShuffle {
  std::vector<Matrix> D1;
  std::vector<Matrix> D2;

  Index outputs() const {
    return D2.empty() ? 0 : static_cast<Index>(D2.size()) * D2[0].rows();
  }
  Index inputs() const {
    return D1.empty() ? 0 : static_cast<Index>(D1.size()) * D1[0].cols();
  }
  /// k q p + l s r.
  int64_t parameters() const;
  Matrix densify() const;
  Vector apply(const Vector &x) const;
};

/// The six sizes of a BlockShuffle, in the letters of its comment.
struct ShuffleShape {
  Index k, q, p;
  Index l, s, r;

  Index outputs() const { return l * s; }
  Index inputs() const { return k * p; }
  int64_t parameters() const { return k * q * p + l * s * r; }
  /// All sizes positive and k q = l r.
  bool isConsistent() const;
  /// The shape that StructuredFFN uses: the middle width is min(out, in), cut
  /// into `blocks` inputs and `blocks2` outputs (0: as many as `blocks`). The
  /// result is inconsistent where a block count does not divide both widths.
  static ShuffleShape get(Index outputs, Index inputs, Index blocks,
                          Index blocks2 = 0);
};

} // namespace slin::factorization

#endif // SLIN_FACTORIZATION_STRUCTURES_H
