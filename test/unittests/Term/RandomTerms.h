//===- RandomTerms.h - Random terms and a naive reading of them -*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the property tests draw from and compare with. The naive reading
// follows the definitions entry by entry and shares no code with the visitors.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_TEST_UNITTESTS_TERM_RANDOMTERMS_H
#define SLIN_TEST_UNITTESTS_TERM_RANDOMTERMS_H

#include "slin/Term/Evaluate.h"

#include <random>

namespace slin::term {

/// Draws terms and keeps the numbers of their leaves.
class RandomTerms {
public:
  explicit RandomTerms(unsigned seed) : engine(seed) {}

  /// A new stored tensor of this shape with standard normal numbers.
  Leaf leaf(llvm::ArrayRef<int64_t> shape, bool transposed = false);
  /// A dense box of a larger stored tensor.
  Leaf box(int64_t rows, int64_t columns);

  /// A term of at most `depth` levels.
  Term term(int64_t rows, int64_t columns, int depth);
  /// One of the leaf nodes.
  Term leafTerm(int64_t rows, int64_t columns);
  Permutation permutation(int64_t size);
  Matrix matrix(int64_t rows, int64_t columns);
  int64_t integer(int64_t low, int64_t high);

  /// The numbers of stored tensor `id`.
  llvm::ArrayRef<double> numbers(unsigned id) const { return stored[id]; }

private:
  std::mt19937 engine;
  std::vector<std::vector<double>> stored;
};

/// Every entry of the matrix of `term`, by the definition of its node.
Matrix naiveMatrix(const Term &term, const RandomTerms &source);

/// y = W x for every row, with three loops.
Matrix naiveApply(const Matrix &weight, const Matrix &batch);

} // namespace slin::term

#endif // SLIN_TEST_UNITTESTS_TERM_RANDOMTERMS_H
