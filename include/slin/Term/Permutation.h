//===- Permutation.h - Permutations of the feature axis ---------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A permutation of `size` features, most often in mixed radix: write the
// feature index as digits (most significant first), put the digits into another
// order, read the digits as an index again. This is exactly a reshape, a
// transpose and a reshape:
//
//     radices [2, 3], order [1, 0]:   x = [a b c | d e f]
//       reshape   [[a b c],           transpose   [[a d],
//                  [d e f]]                        [b e],
//                                                  [c f]]     y = [a d b e c f]
//
// Why mixed radix: every shuffle of block structures is one, and two of them
// compose to one whenever their digits have a common refinement, so that a
// chain of reshapes and transposes of any spelling becomes one transpose, or
// none. A permutation that has no such form keeps its list of indices.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_TERM_PERMUTATION_H
#define SLIN_TERM_PERMUTATION_H

#include "llvm/ADT/ArrayRef.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace slin::term {

/// y = P x with y[i] = x[source(i)]. Immutable, cheap to copy.
class Permutation {
public:
  /// The identity of `size` features: no digit is moved.
  static Permutation identity(int64_t size);

  /// Output digit j is input digit `order[j]`; `radices` are the input digits'.
  /// Nothing, and the reason, if `order` is no permutation or a radix is
  /// below 1.
  static std::optional<Permutation> fromDigits(llvm::ArrayRef<int64_t> radices,
                                               llvm::ArrayRef<int64_t> order,
                                               std::string &reason);

  /// y[i] = x[indices[i]]. Takes the mixed-radix form where that is the
  /// identity. Nothing, and the reason, if `indices` is no permutation.
  static std::optional<Permutation> fromIndices(std::vector<int64_t> indices,
                                                std::string &reason);

  int64_t size() const { return count; }
  bool isIdentity() const { return !list && digitOrder.empty(); }

  /// Whether the permutation is given by digits rather than by a list.
  bool hasDigits() const { return !list; }

  /// Radices of the input digits and their order in the output, normalised: no
  /// radix is 1 and no two digits that stay neighbours are apart. Both are
  /// empty for the identity and for a list.
  llvm::ArrayRef<int64_t> radices() const { return digitRadices; }
  llvm::ArrayRef<int64_t> order() const { return digitOrder; }

  /// Which input feature becomes output feature `index`.
  int64_t source(int64_t index) const;

  /// `source` of every index.
  std::vector<int64_t> indices() const;

  Permutation inverse() const;

  /// `*this · first`: `first` acts first. Nothing if both are given by digits
  /// that have no common refinement.
  std::optional<Permutation> after(const Permutation &first) const;

  friend bool operator==(const Permutation &a, const Permutation &b);
  friend bool operator!=(const Permutation &a, const Permutation &b) {
    return !(a == b);
  }

private:
  int64_t count = 0;
  std::vector<int64_t> digitRadices;
  std::vector<int64_t> digitOrder;
  std::shared_ptr<const std::vector<int64_t>> list;
};

/// The digits of a permutation, not normalised: what a reshape and a transpose
/// are written with.
struct DigitOrder {
  std::vector<int64_t> radices;
  std::vector<int64_t> order;

  /// Radices of the output digits.
  std::vector<int64_t> outputRadices() const;

  /// The same permutation with input digits split so that they are `finer`,
  /// a refinement of `radices`.
  DigitOrder refineInput(llvm::ArrayRef<int64_t> finer) const;

  /// The same with output digits split so that they are `finer`.
  DigitOrder refineOutput(llvm::ArrayRef<int64_t> finer) const;

  DigitOrder inverse() const;
};

/// The coarsest digits that refine both `a` and `b` (both of one product), or
/// nothing: [2, 3] and [3, 2] have none, [6] and [2, 3] have [2, 3].
std::optional<std::vector<int64_t>> commonRefinement(llvm::ArrayRef<int64_t> a,
                                                     llvm::ArrayRef<int64_t> b);

} // namespace slin::term

#endif // SLIN_TERM_PERMUTATION_H
