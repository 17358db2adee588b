//===- EvaluateTest.cpp - Terms as numbers --------------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Both evaluations against a naive reading, on every node and on random terms.
//
//===----------------------------------------------------------------------===//

#include "RandomTerms.h"
#include <gtest/gtest.h>

using namespace slin::term;

namespace {

/// Checks densify and apply of `term` against the naive reading.
void expectEvaluates(const Term &term, RandomTerms &random) {
  auto numbers = [&](unsigned id) { return random.numbers(id); };
  Matrix expected = naiveMatrix(term, random);
  double tolerance = 1e-12 * (1 + expected.cwiseAbs().maxCoeff());
  EXPECT_LE((densify(term, numbers) - expected).cwiseAbs().maxCoeff(),
            tolerance)
      << term.print();
  Matrix batch = random.matrix(3, term.columns());
  EXPECT_LE((apply(term, batch, numbers) - naiveApply(expected, batch))
                .cwiseAbs()
                .maxCoeff(),
            20 * tolerance)
      << term.print();
}

} // namespace

TEST(EvaluateTest, EveryLeafNode) {
  RandomTerms random(1);
  expectEvaluates(*Term::dense(random.leaf({4, 6})), random);
  expectEvaluates(*Term::dense(random.leaf({4, 6}, true)), random);
  expectEvaluates(*Term::blockDiagonal(random.leaf({3, 4, 2})), random);
  expectEvaluates(*Term::blockDiagonal(random.leaf({3, 4, 2}, true)), random);
  expectEvaluates(*Term::diagonal(random.leaf({5})), random);
  expectEvaluates(Term::splat(5, -0.5), random);
  expectEvaluates(Term::identity(5), random);
  expectEvaluates(Term::zero(3, 5), random);
  expectEvaluates(Term::permutation(random.permutation(12)), random);
}

TEST(EvaluateTest, LowRankByLoops) {
  RandomTerms random(2);
  Term term = *Term::compose(
      {*Term::dense(random.leaf({6, 2})), *Term::dense(random.leaf({2, 4}))});
  auto u = random.numbers(0), v = random.numbers(1);
  Matrix dense = densify(term, [&](unsigned id) { return random.numbers(id); });
  for (int i = 0; i < 6; ++i)
    for (int j = 0; j < 4; ++j)
      EXPECT_NEAR(dense(i, j), u[i * 2] * v[j] + u[i * 2 + 1] * v[4 + j],
                  1e-14);
}

/// `W[sL+l, kP+p] += D2[l,s,r] D1[k,q,p]` with l = (kQ+q) mod L, r = (kQ+q) div
/// L (StructuredFFN); L need not divide Q.
TEST(EvaluateTest, BlockShuffleByLoopsUneven) {
  struct {
    int64_t k, q, p, l, s, r;
  } shapes[] = {{4, 3, 3, 4, 5, 3}, {2, 6, 4, 3, 2, 4}, {3, 2, 2, 2, 3, 3}};
  for (auto [k, q, p, l, s, r] : shapes) {
    RandomTerms random(3);
    std::string reason;
    auto output = Permutation::fromDigits({l, s}, {1, 0}, reason);
    auto middle = Permutation::fromDigits({r, l}, {1, 0}, reason);
    Leaf first = random.leaf({k, q, p}), second = random.leaf({l, s, r});
    Term term = *Term::compose(
        {Term::permutation(*output), *Term::blockDiagonal(second),
         Term::permutation(*middle), *Term::blockDiagonal(first)});
    Matrix expected = Matrix::Zero(l * s, k * p);
    for (int64_t a = 0; a < k; ++a)
      for (int64_t b = 0; b < q; ++b)
        for (int64_t i = 0; i < s; ++i)
          for (int64_t c = 0; c < p; ++c) {
            int64_t m = (a * q + b) % l, t = (a * q + b) / l;
            expected(i * l + m, a * p + c) +=
                random.numbers(1)[(m * s + i) * r + t] *
                random.numbers(0)[(a * q + b) * p + c];
          }
    Matrix dense =
        densify(term, [&](unsigned id) { return random.numbers(id); });
    EXPECT_LE((dense - expected).cwiseAbs().maxCoeff(), 1e-13);
  }
}

TEST(EvaluateTest, RandomTerms) {
  static const int64_t sizes[] = {1, 4, 6, 8, 12};
  for (unsigned seed = 0; seed < 500; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomTerms random(seed);
    int64_t rows = sizes[random.integer(0, 4)];
    int64_t columns = random.integer(0, 1) ? rows : sizes[random.integer(0, 4)];
    expectEvaluates(random.term(rows, columns, 4), random);
  }
}
