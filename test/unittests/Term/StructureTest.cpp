//===- StructureTest.cpp - Constructors, transposes and slices ------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Structural operations against the same operation on the matrix.
//
//===----------------------------------------------------------------------===//

#include "RandomTerms.h"
#include <gtest/gtest.h>

using namespace slin::term;

TEST(StructureTest, ComposeOpensDropsAndFuses) {
  RandomTerms random(1);
  std::string reason;
  Term dense = *Term::dense(random.leaf({6, 4}));
  Term shuffle =
      Term::permutation(*Permutation::fromDigits({2, 3}, {1, 0}, reason));
  EXPECT_EQ(*Term::compose({dense, Term::identity(4)}), dense);
  EXPECT_EQ(*Term::compose({Term::splat(6, 1.0), dense}), dense);
  EXPECT_EQ(
      *Term::compose({*Term::compose({shuffle.transpose(), shuffle}), dense}),
      dense);
  EXPECT_EQ(Term::compose({shuffle, *Term::compose({shuffle, dense})})->print(),
            "Compose[Permutation [2, 3] order [1, 0], Permutation [2, 3] order "
            "[1, 0], Dense #0 [6, 4]]");
  EXPECT_TRUE(Term::compose({dense, Term::zero(4, 5)})->isZero());
}

TEST(StructureTest, SumsAndStacksOpenAndDropZeros) {
  RandomTerms random(1);
  Term a = *Term::dense(random.leaf({2, 3}));
  Term b = *Term::dense(random.leaf({2, 3}));
  EXPECT_EQ(*Term::sum({a, Term::zero(2, 3)}), a);
  EXPECT_EQ(Term::sum({a, *Term::sum({b, a})})->operands().size(), 3u);
  EXPECT_TRUE(Term::sum({Term::zero(2, 3), Term::zero(2, 3)})->isZero());
  EXPECT_EQ(Term::stackRows({a, *Term::stackRows({b, a})})->rows(), 6);
  EXPECT_TRUE(
      Term::stackColumns({Term::zero(2, 3), Term::zero(2, 1)})->isZero());
  EXPECT_EQ(*Term::stackRows({a}), a);
}

TEST(StructureTest, Reasons) {
  RandomTerms random(1);
  Term a = *Term::dense(random.leaf({2, 3}));
  Term b = *Term::dense(random.leaf({4, 5}));
  EXPECT_EQ(Term::compose({a, b}).reason(),
            "expected factor 1 to have 3 rows, found 4");
  EXPECT_EQ(Term::compose({}).reason(),
            "expected at least one factor, found none");
  EXPECT_EQ(Term::sum({}).reason(),
            "expected at least one summand, found none");
  EXPECT_EQ(Term::sum({a, b}).reason(),
            "expected summand 1 to be [2, 3], found [4, 5]");
  EXPECT_EQ(Term::stackRows({a, b}).reason(),
            "expected part 1 to have 3 columns, found 5");
  EXPECT_EQ(Term::stackColumns({a, b}).reason(),
            "expected part 1 to have 2 rows, found 4");
  EXPECT_EQ(Term::stackRows({}).reason(),
            "expected at least one part, found none");
  EXPECT_EQ(a.sliceRows(1, 2).reason(),
            "expected a non-empty part of 2 features, found 2 at 1");
  EXPECT_EQ(a.sliceColumns(0, 0).reason(),
            "expected a non-empty part of 3 features, found 0 at 0");
  EXPECT_EQ(Term::dense(random.leaf({2})).reason(),
            "expected a stored tensor of rank 2 or 3, found rank 1");
  EXPECT_EQ(Term::dense(random.leaf({2, 2, 2})).reason(),
            "expected one matrix, found 2");
  EXPECT_EQ(Term::blockDiagonal(random.leaf({2, 2})).reason(),
            "expected a stored tensor of rank 3, found rank 2");
  EXPECT_EQ(Term::diagonal(random.leaf({2, 2})).reason(),
            "expected a stored tensor of rank 1, found rank 2");
  EXPECT_EQ(
      Term::dense(random.leaf({2, 2}).sliceRows(1, 2)).reason(),
      "expected a non-empty part of the 2 entries of axis 0, found 2 at 1");
  EXPECT_EQ(Term::dense(Leaf::whole(0, {int64_t(1) << 40, int64_t(1) << 40}))
                .reason(),
            "expected fewer than 2^63 elements, found more");
  Leaf odd = random.leaf({2, 2});
  odd.sizes.pop_back();
  EXPECT_EQ(Term::dense(odd).reason(),
            "expected an offset and a size for each of the 2 axes, found 2 "
            "and 1");
}

TEST(StructureTest, TreesAreBounded) {
  RandomTerms random(1);
  Term doubling = *Term::dense(random.leaf({2, 2}));
  std::string reason;
  for (int i = 0; i < 64 && reason.empty(); ++i) {
    TermOrReason next = Term::sum({doubling, doubling});
    if (next)
      doubling = *next;
    else
      reason = next.reason();
  }
  EXPECT_EQ(reason, "expected an operator of at most 16384 nodes, found 16385");
  Term deep = *Term::dense(random.leaf({2, 2}));
  Term plain = deep;
  reason.clear();
  for (int i = 0; i < 1000 && reason.empty(); ++i) {
    TermOrReason next =
        i % 2 ? Term::sum({deep, plain}) : Term::compose({deep, plain});
    if (next)
      deep = *next;
    else
      reason = next.reason();
  }
  EXPECT_EQ(reason, "expected operators nested at most 256 deep, found more");
}

TEST(StructureTest, SliceOfBlockDiagonalKeepsWholeBlocks) {
  RandomTerms random(1);
  Term blocks = *Term::blockDiagonal(random.leaf({4, 3, 2}));
  EXPECT_EQ(blocks.sliceRows(3, 6)->print(),
            "StackColumns[Zero [6, 2], BlockDiagonal #0 [2, 3, 2] at "
            "[1, 0, 0] of [4, 3, 2], Zero [6, 2]]");
  // One block and a bit on either side: three pieces.
  EXPECT_EQ(blocks.sliceRows(2, 5)->operands().size(), 3u);
  EXPECT_EQ(blocks.sliceRows(3, 6)->sliceColumns(2, 4)->print(),
            "BlockDiagonal #0 [2, 3, 2] at [1, 0, 0] of [4, 3, 2]");
}

TEST(StructureTest, SliceOfLowRankCutsItsFactors) {
  RandomTerms random(1);
  Term term = *Term::compose(
      {*Term::dense(random.leaf({6, 2})), *Term::dense(random.leaf({2, 4}))});
  EXPECT_EQ(term.sliceRows(1, 2)->sliceColumns(3, 1)->print(),
            "Compose[Dense #0 [2, 2] at [1, 0] of [6, 2], Dense #1 [2, 1] at "
            "[0, 3] of [2, 4]]");
}

TEST(StructureTest, ShiftedLeavesAndLeaves) {
  RandomTerms random(1);
  Term a = *Term::dense(random.leaf({2, 2}));
  Term b = *Term::dense(random.leaf({2, 2}));
  Term both = *Term::compose({a, b, a});
  EXPECT_EQ(both.leaves().size(), 2u);
  EXPECT_EQ(both.shiftLeaves(3).leaves()[1].id, 4u);
}

TEST(StructureTest, RandomTransposesAndSlices) {
  static const int64_t sizes[] = {1, 4, 6, 8, 12};
  for (unsigned seed = 0; seed < 400; ++seed) {
    RandomTerms random(seed);
    int64_t rows = sizes[random.integer(0, 4)];
    int64_t columns = random.integer(0, 1) ? rows : sizes[random.integer(0, 4)];
    Term term = random.term(rows, columns, 3);
    SCOPED_TRACE("seed " + std::to_string(seed) + ": " + term.print());
    auto numbers = [&](unsigned id) { return random.numbers(id); };
    Matrix matrix = naiveMatrix(term, random);
    double tolerance = 1e-12 * (1 + matrix.cwiseAbs().maxCoeff());
    EXPECT_LE((densify(term.transpose(), numbers) - matrix.transpose())
                  .cwiseAbs()
                  .maxCoeff(),
              tolerance);
    int64_t height = random.integer(1, rows),
            width = random.integer(1, columns);
    int64_t top = random.integer(0, rows - height);
    int64_t left = random.integer(0, columns - width);
    TermOrReason part = term.sliceRows(top, height);
    ASSERT_TRUE(bool(part)) << part.reason();
    part = part->sliceColumns(left, width);
    ASSERT_TRUE(bool(part)) << part.reason();
    EXPECT_LE((densify(*part, numbers) - matrix.block(top, left, height, width))
                  .cwiseAbs()
                  .maxCoeff(),
              tolerance)
        << part->print();
  }
}
