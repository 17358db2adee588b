//===- CostTest.cpp - What a term costs -----------------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The formulas of the table of structures, and the grouping of products
// against all groupings.
//
//===----------------------------------------------------------------------===//

#include "slin/Term/Cost.h"

#include "RandomTerms.h"
#include <algorithm>
#include <gtest/gtest.h>
#include <limits>

using namespace slin::term;

static Term lowRank(int64_t out, int64_t rank, int64_t in) {
  return *Term::compose({*Term::dense(Leaf::whole(0, {out, rank})),
                         *Term::dense(Leaf::whole(1, {rank, in}))});
}

/// Parameters = MACs per token for each linear structure.
static void expectCost(const Term &term, int64_t parameters) {
  EXPECT_EQ(cost(term).parameters, parameters) << term.print();
  EXPECT_EQ(cost(term).macsPerToken, parameters) << term.print();
}

TEST(CostTest, TableOfStructures) {
  int64_t in = 768, out = 3072, r = 192, b = 4;
  expectCost(*Term::dense(Leaf::whole(0, {out, in})), out * in);
  expectCost(*Term::dense(Leaf::whole(0, {in, out}, true)), out * in);
  expectCost(lowRank(out, r, in), r * (out + in));
  expectCost(*Term::blockDiagonal(Leaf::whole(0, {b, out / b, in / b})),
             out * in / b);
  expectCost(*Term::compose(
                 {*Term::dense(Leaf::whole(0, {out, r})),
                  *Term::blockDiagonal(Leaf::whole(1, {b, r / b, in / b}))}),
             r * (out + in / b));
  std::string reason;
  Term shuffle =
      Term::permutation(*Permutation::fromDigits({r, b}, {1, 0}, reason));
  expectCost(
      *Term::compose({*Term::blockDiagonal(Leaf::whole(0, {b, out / b, r})),
                      shuffle,
                      *Term::blockDiagonal(Leaf::whole(1, {b, r, in / b}))}),
      b * (out / b) * r + b * r * (in / b));
  expectCost(*Term::diagonal(Leaf::whole(0, {in})), in);
  expectCost(shuffle, 0);
  expectCost(Term::identity(in), 0);
  expectCost(Term::zero(out, in), 0);
}

TEST(CostTest, ConstantsAreNoParameters) {
  Term term = *Term::compose({Term::splat(6, 0.5), lowRank(6, 2, 4)});
  EXPECT_EQ(cost(term).parameters, 2 * (6 + 4));
  EXPECT_EQ(cost(term).macsPerToken, 2 * (6 + 4) + 6);
}

TEST(CostTest, FactorOneIsFree) {
  EXPECT_EQ(cost(Term::splat(4, 1.0)).macsPerToken, 0);
  EXPECT_EQ(cost(Term::splat(4, 2.0)).macsPerToken, 4);
}

TEST(CostTest, SharedWeightsCountOnceButWorkTwice) {
  Term a = *Term::dense(Leaf::whole(0, {4, 4}));
  Term twice = *Term::compose({a, a});
  EXPECT_EQ(cost(twice).parameters, 16);
  EXPECT_EQ(cost(twice).macsPerToken, 32);
}

TEST(CostTest, Bytes) {
  // 3 tokens; each of the two products reads its input and writes its output.
  Cost counted = cost(lowRank(6, 2, 4));
  EXPECT_EQ(counted.featuresPerToken, (4 + 2) + (2 + 6));
  EXPECT_DOUBLE_EQ(counted.bytes(3, 2, 4), 20 * 2 + 3 * 14 * 4);
}

TEST(CostTest, BytesOfSumAndStacks) {
  Term a = *Term::dense(Leaf::whole(0, {4, 4}));
  Term b = *Term::dense(Leaf::whole(1, {4, 4}));
  EXPECT_EQ(cost(*Term::sum({a, b})).featuresPerToken, 8 + 8 + 8);
  EXPECT_EQ(cost(*Term::stackColumns({a, b})).featuresPerToken, 8 + 8 + 8);
  EXPECT_EQ(cost(*Term::stackRows({a, b})).featuresPerToken, 8 + 8);
}

TEST(CostTest, SelectionsAreFree) {
  EXPECT_EQ(cost(*Term::identity(8).sliceRows(2, 3)).featuresPerToken, 0);
}

TEST(CostTest, AbsurdShapesDoNotOverflow) {
  int64_t most = std::numeric_limits<int64_t>::max();
  Term wide = *Term::dense(Leaf::whole(0, {most, 1}));
  Term product =
      *Term::compose({wide, *Term::dense(Leaf::whole(1, {1, most}))});
  EXPECT_EQ(cost(product).parameters, most);
  EXPECT_EQ(cost(product).macsPerToken, most);
  EXPECT_EQ(cheapestAssociation(product).groups.size(), 2u);
  EXPECT_EQ(cheapestAssociation(product).macsPerToken, most);
}

TEST(CostTest, LowRankAboveBreakEvenIsBestMerged) {
  Association merged = cheapestAssociation(lowRank(6, 4, 4));
  ASSERT_EQ(merged.groups.size(), 1u);
  EXPECT_EQ(merged.groups[0].end, 2u);
  EXPECT_EQ(merged.macsPerToken, 24);
  EXPECT_EQ(merged.parameters, 24);
  Association apart = cheapestAssociation(lowRank(6, 2, 4));
  EXPECT_EQ(apart.groups.size(), 2u);
  EXPECT_EQ(apart.macsPerToken, 20);
}

TEST(CostTest, TiesKeepFactorsApart) {
  // [2,1]·[1,2] costs 4 apart and 4 merged.
  EXPECT_EQ(cheapestAssociation(lowRank(2, 1, 2)).groups.size(), 2u);
}

TEST(CostTest, OneFactorIsOneGroup) {
  Association one = cheapestAssociation(*Term::dense(Leaf::whole(0, {3, 2})));
  ASSERT_EQ(one.groups.size(), 1u);
  EXPECT_EQ(one.macsPerToken, 6);
}

/// Every way to cut a chain of dense matrices into groups.
static int64_t fewestByExhaustion(llvm::ArrayRef<int64_t> sizes) {
  size_t count = sizes.size() - 1;
  int64_t best = -1;
  for (unsigned cuts = 0; cuts < (1u << (count - 1)); ++cuts) {
    int64_t total = 0;
    size_t begin = 0;
    for (size_t end = 1; end <= count; ++end)
      if (end == count || (cuts >> (end - 1) & 1)) {
        total += sizes[begin] * sizes[end];
        begin = end;
      }
    best = best < 0 ? total : std::min(best, total);
  }
  return best;
}

TEST(CostTest, GroupingOfRandomChainsIsBestOfAll) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    RandomTerms random(seed);
    std::vector<int64_t> sizes;
    for (int64_t i = random.integer(3, 8); i > 0; --i)
      sizes.push_back(random.integer(1, 20));
    std::vector<Term> factors;
    for (size_t i = 0; i + 1 < sizes.size(); ++i)
      factors.push_back(*Term::dense(Leaf::whole(i, {sizes[i], sizes[i + 1]})));
    Association best = cheapestAssociation(*Term::compose(factors));
    EXPECT_EQ(best.macsPerToken, fewestByExhaustion(sizes)) << "seed " << seed;
    EXPECT_EQ(best.parameters, best.macsPerToken);
    EXPECT_EQ(best.groups.back().end, factors.size());
  }
}
