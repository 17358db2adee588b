//===- EmitTest.cpp - Terms through a backend -----------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a computing backend gives equals evaluation, and the primitives are the
// ones expected, no transpose too many.
//
//===----------------------------------------------------------------------===//

#include "NumericEmitter.h"
#include "RandomTerms.h"

using namespace slin::term;

namespace {

using Log = std::vector<std::string>;

/// Emits `term` on a random batch, checks the result, returns the primitives.
Log expectEmits(const Term &term, RandomTerms &random, bool reorders = false) {
  auto numbers = [&](unsigned id) { return random.numbers(id); };
  NumericEmitter emitter(numbers, reorders);
  Matrix batch = random.matrix(3, term.columns());
  Array result = emit(term, Array::of(batch), emitter);
  Matrix expected = naiveApply(naiveMatrix(term, random), batch);
  EXPECT_EQ(result.shape, (std::vector<int64_t>{3, term.rows()}))
      << term.print();
  EXPECT_LE((result.matrix() - expected).cwiseAbs().maxCoeff(),
            1e-11 * (1 + expected.cwiseAbs().maxCoeff()))
      << term.print();
  return emitter.log;
}

Term digits(llvm::ArrayRef<int64_t> radices, llvm::ArrayRef<int64_t> order) {
  std::string reason;
  return Term::permutation(*Permutation::fromDigits(radices, order, reason));
}

} // namespace

TEST(EmitTest, LowRankIsTwoProducts) {
  RandomTerms random(1);
  Term term = *Term::compose(
      {*Term::dense(random.leaf({6, 2})), *Term::dense(random.leaf({2, 4}))});
  EXPECT_EQ(expectEmits(term, random), Log({"product", "product"}));
  EXPECT_FALSE(needsFlatTokens(term));
}

TEST(EmitTest, BlockDenseIsOneGroupedProductBetweenRearrangements) {
  RandomTerms random(1);
  Term term = *Term::compose({*Term::dense(random.leaf({6, 4})),
                              *Term::blockDiagonal(random.leaf({2, 2, 3}))});
  EXPECT_EQ(expectEmits(term, random),
            Log({"rearrange", "groupedProduct", "rearrange", "product"}));
  EXPECT_TRUE(needsFlatTokens(term));
}

TEST(EmitTest, BlockShuffleNeedsOneTransposeBetweenItsProducts) {
  RandomTerms random(1);
  Term term = *Term::compose(
      {digits({2, 5}, {1, 0}), *Term::blockDiagonal(random.leaf({2, 5, 6})),
       digits({6, 2}, {1, 0}), *Term::blockDiagonal(random.leaf({2, 6, 3}))});
  EXPECT_EQ(expectEmits(term, random),
            Log({"rearrange", "groupedProduct", "rearrange", "groupedProduct",
                 "rearrange"}));
}

/// 4 groups of 3, then digits (3, 4): 4 does not divide 3 nor 3 divide 4, so
/// the first grouping is left before the shuffle.
TEST(EmitTest, UnevenShuffleGoesThroughTheFlatLayout) {
  RandomTerms random(1);
  Term term = *Term::compose(
      {digits({4, 5}, {1, 0}), *Term::blockDiagonal(random.leaf({4, 5, 3})),
       digits({3, 4}, {1, 0}), *Term::blockDiagonal(random.leaf({4, 3, 2}))});
  EXPECT_EQ(expectEmits(term, random),
            Log({"rearrange", "groupedProduct", "rearrange", "rearrange",
                 "groupedProduct", "rearrange"}));
  // The same read backwards enters the second grouping after the shuffle.
  EXPECT_EQ(expectEmits(term.transpose(), random),
            Log({"rearrange", "groupedProduct", "rearrange", "rearrange",
                 "groupedProduct", "rearrange"}));
}

/// Neither grouping fits the digits in the middle.
TEST(EmitTest, ShuffleThatFitsNoGroupingStandsAlone) {
  RandomTerms random(1);
  Term term = *Term::compose({*Term::blockDiagonal(random.leaf({2, 2, 6})),
                              digits({4, 3}, {1, 0}),
                              *Term::blockDiagonal(random.leaf({3, 4, 2}))});
  EXPECT_EQ(expectEmits(term, random),
            Log({"rearrange", "groupedProduct", "rearrange", "rearrange",
                 "rearrange", "groupedProduct", "rearrange"}));
}

/// 4 blocks of rows (r, l) = (2, 3) go to 3 blocks of columns (k, r): with rows
/// in the order (l, r) the transpose moves runs of 2.
TEST(EmitTest, BlocksTakeTheOrderOfTheirRows) {
  RandomTerms random(1);
  Term term = *Term::compose(
      {digits({3, 5}, {1, 0}), *Term::blockDiagonal(random.leaf({3, 5, 8})),
       digits({8, 3}, {1, 0}), *Term::blockDiagonal(random.leaf({4, 6, 3}))});
  EXPECT_EQ(expectEmits(term, random, /*reorders=*/true),
            Log({"rearrange", "reorderedProduct", "rearrange", "groupedProduct",
                 "rearrange"}));
  auto step = rearrangement(*digits({8, 3}, {1, 0}).permutation(), 4, 3);
  ASSERT_TRUE(step.has_value());
  RowsAndRest parts = takeRows(*step);
  EXPECT_EQ(parts.rows, *digits({2, 3}, {1, 0}).permutation());
  EXPECT_EQ(parts.rest.expandedShape(7), (std::vector<int64_t>{4, 7, 3, 2}));
  EXPECT_EQ(parts.rest.transposition(), (std::vector<int64_t>{2, 1, 0, 3}));
  EXPECT_EQ(parts.rest.resultShape(7), (std::vector<int64_t>{3, 7, 8}));
}

/// Nothing between the blocks moves: there is no order to take.
TEST(EmitTest, BlocksKeepTheirRowsWhereNothingMovesWithin) {
  RandomTerms random(1);
  Term term = *Term::compose({*Term::dense(random.leaf({6, 4})),
                              *Term::blockDiagonal(random.leaf({2, 2, 3}))});
  EXPECT_EQ(expectEmits(term, random, /*reorders=*/true),
            Log({"rearrange", "groupedProduct", "rearrange", "product"}));
  // A constant is multiplied after the product.
  Term scaled = *Term::compose({digits({2, 2}, {1, 0}), Term::splat(4, 0.5),
                                *Term::blockDiagonal(random.leaf({2, 2, 2}))});
  EXPECT_EQ(expectEmits(scaled, random, /*reorders=*/true),
            Log({"rearrange", "groupedProduct", "scale", "rearrange"}));
}

TEST(EmitTest, PermutationsFuseAcrossNeighbours) {
  RandomTerms random(1);
  Term once =
      *Term::compose({digits({2, 3, 4}, {1, 0, 2}), digits({4, 6}, {1, 0})});
  EXPECT_EQ(expectEmits(once, random), Log({"rearrange"}));
  Term cancelled =
      *Term::compose({digits({4, 6}, {1, 0}), digits({6, 4}, {1, 0})});
  EXPECT_EQ(expectEmits(cancelled, random), Log());
}

TEST(EmitTest, ListsAreGathered) {
  RandomTerms random(1);
  std::string reason;
  Term list =
      Term::permutation(*Permutation::fromIndices({2, 0, 3, 1}, reason));
  EXPECT_EQ(expectEmits(list, random), Log({"gather"}));
  // Between block products the layout becomes flat first.
  Term between =
      *Term::compose({*Term::blockDiagonal(random.leaf({2, 2, 2})), list,
                      *Term::blockDiagonal(random.leaf({2, 2, 2}))});
  EXPECT_EQ(expectEmits(between, random),
            Log({"rearrange", "groupedProduct", "rearrange", "gather",
                 "rearrange", "groupedProduct", "rearrange"}));
}

TEST(EmitTest, ConstantsActInAnyLayout) {
  RandomTerms random(1);
  Term term = *Term::compose({*Term::blockDiagonal(random.leaf({2, 2, 2})),
                              Term::splat(4, 0.5),
                              *Term::blockDiagonal(random.leaf({2, 2, 2}))});
  EXPECT_EQ(expectEmits(term, random),
            Log({"rearrange", "groupedProduct", "scale", "groupedProduct",
                 "rearrange"}));
}

TEST(EmitTest, SelectionIsOneSlice) {
  RandomTerms random(1);
  Term selection = *Term::identity(8).sliceRows(2, 3);
  EXPECT_EQ(expectEmits(selection, random), Log({"slice"}));
  EXPECT_EQ(expectEmits(selection.transpose(), random),
            Log({"zeros", "zeros", "concat"}));
}

TEST(EmitTest, StacksSplitAndConcatenate) {
  RandomTerms random(1);
  Term a = *Term::dense(random.leaf({2, 3})),
       b = *Term::dense(random.leaf({2, 3}));
  EXPECT_EQ(expectEmits(*Term::stackRows({a, b}), random),
            Log({"product", "product", "concat"}));
  EXPECT_EQ(expectEmits(*Term::stackColumns({a, b}), random),
            Log({"slice", "slice", "product", "product", "add"}));
  EXPECT_EQ(expectEmits(*Term::sum({a, b}), random),
            Log({"product", "product", "add"}));
  EXPECT_EQ(expectEmits(Term::zero(2, 3), random), Log({"zeros"}));
}

TEST(EmitTest, RearrangementOfGroupsToGroups) {
  // Leaves 2 groups of 6 (digits 2 | 3 2), enters 2 groups (digits 2 | 2 3).
  auto step = rearrangement(*digits({6, 2}, {1, 0}).permutation(), 2, 2);
  ASSERT_TRUE(step.has_value());
  EXPECT_EQ(step->expandedShape(7), (std::vector<int64_t>{2, 7, 3, 2}));
  EXPECT_EQ(step->transposition(), (std::vector<int64_t>{3, 1, 0, 2}));
  EXPECT_EQ(step->resultShape(7), (std::vector<int64_t>{2, 7, 6}));
  EXPECT_FALSE(rearrangement(*digits({4, 3}, {1, 0}).permutation(), 3, 2));
}

TEST(EmitTest, RandomTerms) {
  static const int64_t sizes[] = {1, 4, 6, 8, 12};
  for (unsigned seed = 0; seed < 500; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomTerms random(seed);
    int64_t rows = sizes[random.integer(0, 4)];
    int64_t columns = random.integer(0, 1) ? rows : sizes[random.integer(0, 4)];
    Term term = random.term(rows, columns, 4);
    expectEmits(term, random);
    expectEmits(term, random, /*reorders=*/true);
  }
}
