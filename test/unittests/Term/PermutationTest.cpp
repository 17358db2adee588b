//===- PermutationTest.cpp - Mixed-radix permutations ---------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Against index arithmetic written out.
//
//===----------------------------------------------------------------------===//

#include "RandomTerms.h"
#include <gtest/gtest.h>
#include <numeric>

using namespace slin::term;

static Permutation digits(llvm::ArrayRef<int64_t> radices,
                          llvm::ArrayRef<int64_t> order) {
  std::string reason;
  auto permutation = Permutation::fromDigits(radices, order, reason);
  EXPECT_TRUE(permutation.has_value()) << reason;
  return *permutation;
}

TEST(PermutationTest, TransposeOfThreeDigits) {
  Permutation permutation = digits({2, 3, 4}, {2, 0, 1});
  for (int64_t a = 0; a < 2; ++a)
    for (int64_t b = 0; b < 3; ++b)
      for (int64_t c = 0; c < 4; ++c)
        EXPECT_EQ(permutation.source((c * 2 + a) * 3 + b), (a * 3 + b) * 4 + c);
}

TEST(PermutationTest, NormalisesNeighboursAndOnes) {
  EXPECT_EQ(digits({2, 1, 3, 4}, {3, 0, 1, 2}), digits({6, 4}, {1, 0}));
  EXPECT_TRUE(digits({2, 3, 4}, {0, 1, 2}).isIdentity());
  EXPECT_TRUE(digits({1, 6, 1}, {2, 1, 0}).isIdentity());
  EXPECT_TRUE(digits({}, {}).isIdentity());
  EXPECT_EQ(digits({2, 3}, {1, 0}).radices(), llvm::ArrayRef<int64_t>({2, 3}));
}

TEST(PermutationTest, ShuffleAndItsInverseCancel) {
  Permutation shuffle = digits({192, 4}, {1, 0});
  EXPECT_EQ(shuffle.inverse(), digits({4, 192}, {1, 0}));
  EXPECT_TRUE(shuffle.inverse().after(shuffle)->isIdentity());
}

TEST(PermutationTest, DigitsWithoutCommonRefinementDoNotCompose) {
  EXPECT_FALSE(digits({2, 3}, {1, 0}).after(digits({2, 3}, {1, 0})));
  // Output digits [3, 2] of the first are what the second expects.
  EXPECT_TRUE(digits({3, 2}, {1, 0}).after(digits({2, 3}, {1, 0})));
}

TEST(PermutationTest, CommonRefinement) {
  using List = std::vector<int64_t>;
  EXPECT_EQ(commonRefinement({6}, {2, 3}), List({2, 3}));
  EXPECT_EQ(commonRefinement({4, 6}, {2, 12}), List({2, 2, 6}));
  EXPECT_EQ(commonRefinement({2, 3}, {3, 2}), std::nullopt);
  EXPECT_EQ(commonRefinement({4, 2, 3}, {8, 3}), List({4, 2, 3}));
}

TEST(PermutationTest, RandomInverseAndComposition) {
  unsigned fused = 0;
  for (unsigned seed = 0; seed < 300; ++seed) {
    RandomTerms random(seed);
    int64_t size = random.integer(1, 4) * 12;
    Permutation first = random.permutation(size);
    Permutation second = random.permutation(size);
    std::vector<int64_t> sources = first.indices();
    std::vector<bool> seen(size, false);
    for (int64_t i = 0; i < size; ++i) {
      ASSERT_FALSE(seen[sources[i]]) << "seed " << seed;
      seen[sources[i]] = true;
      ASSERT_EQ(first.source(i), sources[i]);
      ASSERT_EQ(first.inverse().source(sources[i]), i) << "seed " << seed;
    }
    if (auto both = second.after(first)) {
      ++fused;
      for (int64_t i = 0; i < size; ++i)
        ASSERT_EQ(both->source(i), first.source(second.source(i)))
            << "seed " << seed;
    }
  }
  EXPECT_GT(fused, 150u);
}

TEST(PermutationTest, Reasons) {
  std::string reason;
  EXPECT_FALSE(Permutation::fromDigits({2, 3}, {0}, reason));
  EXPECT_EQ(reason, "expected one place per radix: 2, found 1");
  EXPECT_FALSE(Permutation::fromDigits({2, 0}, {0, 1}, reason));
  EXPECT_EQ(reason, "expected positive radices, found 0");
  EXPECT_FALSE(Permutation::fromDigits({2, 3}, {0, 0}, reason));
  EXPECT_EQ(reason, "expected an order that names each of the 2 digits once");
  EXPECT_FALSE(Permutation::fromDigits({int64_t(1) << 40, int64_t(1) << 40},
                                       {0, 1}, reason));
  EXPECT_EQ(reason, "expected fewer than 2^63 features, found more");
  EXPECT_FALSE(Permutation::fromIndices({0, 3, 1}, reason));
  EXPECT_EQ(reason, "expected each of 0 to 3 exclusive once");
}

TEST(PermutationTest, ListsAreKeptUnlessTheyAreTheIdentity) {
  std::string reason;
  EXPECT_TRUE(Permutation::fromIndices({0, 1, 2}, reason)->hasDigits());
  auto list = Permutation::fromIndices({1, 0, 2}, reason);
  EXPECT_FALSE(list->hasDigits());
  EXPECT_TRUE(list->after(*list)->isIdentity());
}
