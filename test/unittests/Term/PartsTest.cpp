//===- PartsTest.cpp - Terms that read some of the features ---------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Parts, their sums, and block diagonals of blocks that are stored apart,
// against dense matrices.
//
//===----------------------------------------------------------------------===//

#include "RandomTerms.h"

#include "slin/Term/Cost.h"
#include "slin/Term/NamedStructure.h"
#include "slin/Term/Parts.h"

#include <gtest/gtest.h>

using namespace slin::term;

TEST(PartsTest, APartReadsItsFeaturesOnly) {
  RandomTerms random(1);
  Term a = *Term::dense(random.leaf({4, 3}));
  TermOrReason part = onPart(a, 2, 7);
  ASSERT_TRUE(part) << part.reason();
  Matrix expected = Matrix::Zero(4, 7);
  expected.middleCols(2, 3) = naiveMatrix(a, random);
  EXPECT_EQ(naiveMatrix(*part, random), expected);
  EXPECT_EQ(cost(*part).parameters, 12);
  EXPECT_EQ(*onPart(a, 0, 3), a);
  EXPECT_EQ(onPart(a, 5, 7).reason(),
            "expected a part of 7 features, found 3 at 5");
  EXPECT_FALSE(onPart(a, -1, 7));
}

TEST(PartsTest, SumsOfSeparatePartsAreStacks) {
  RandomTerms random(1);
  Term a = *Term::dense(random.leaf({4, 3})),
       b = *Term::dense(random.leaf({4, 2})),
       c = *Term::dense(random.leaf({4, 2}));
  Term first = *onPart(a, 3, 8), second = *onPart(b, 0, 8),
       third = *onPart(c, 6, 8);
  TermOrReason two = sumOfParts({first, second});
  ASSERT_TRUE(two) << two.reason();
  EXPECT_EQ(two->kind(), NodeKind::StackColumns);
  EXPECT_EQ(cost(*two).parameters, 20);
  // A third one later takes its place as well.
  TermOrReason three = sumOfParts({*two, third});
  ASSERT_TRUE(three) << three.reason();
  EXPECT_EQ(three->kind(), NodeKind::StackColumns);
  Matrix expected = naiveMatrix(first, random) + naiveMatrix(second, random) +
                    naiveMatrix(third, random);
  EXPECT_EQ(naiveMatrix(*three, random), expected);
  // Features that two of them read are added.
  Term meets = *onPart(c, 4, 8);
  TermOrReason sum = sumOfParts({first, meets});
  ASSERT_TRUE(sum) << sum.reason();
  EXPECT_EQ(sum->kind(), NodeKind::Sum);
  EXPECT_FALSE(sumOfParts({first, a}));
}

TEST(PartsTest, BlocksThatAreStoredApart) {
  RandomTerms random(1);
  auto dense = [&](std::vector<int64_t> shape) {
    return *Term::dense(random.leaf(shape));
  };
  Term a = dense({4, 3}), b = dense({4, 3}), other = dense({3, 3});
  Term stack = *Term::stackRows({*onPart(a, 0, 6), *onPart(b, 3, 6)});
  ASSERT_EQ(equalBlocks(stack).size(), 2u);
  EXPECT_EQ(equalBlocks(stack)[0], *a.leaf());
  EXPECT_EQ(equalBlocks(stack)[1], *b.leaf());
  EXPECT_EQ(nameStructure(stack).kind, "block_diagonal");
  EXPECT_EQ(nameStructure(stack).blocks, 2);
  Term left = dense({5, 8});
  EXPECT_EQ(nameStructure(*Term::compose({left, stack})).kind, "block_dense");
  Term last = *Term::stackRows(
      {*onPart(dense({2, 4}), 0, 8), *onPart(dense({2, 4}), 4, 8)});
  NamedStructure shuffle = nameStructure(*Term::compose({last, stack}));
  EXPECT_EQ(shuffle.kind, "block_shuffle");
  EXPECT_EQ(shuffle.blocks, 2);

  // Another order, unequal blocks, one block twice, a feature nobody reads, one
  // input for both.
  for (const Term &term :
       {*Term::stackRows({*onPart(a, 3, 6), *onPart(b, 0, 6)}),
        *Term::stackRows({*onPart(a, 0, 6), *onPart(other, 3, 6)}),
        *Term::stackRows({*onPart(a, 0, 6), *onPart(a, 3, 6)}),
        *Term::stackRows({*onPart(a, 0, 7), *onPart(b, 3, 7)}),
        *Term::stackRows({a, b}), a}) {
    EXPECT_TRUE(equalBlocks(term).empty()) << term.print();
    EXPECT_NE(nameStructure(term).kind, "block_diagonal") << term.print();
  }
}

TEST(PartsTest, BlocksAreJoined) {
  RandomTerms random(1);
  auto dense = [&](std::vector<int64_t> shape) {
    return *Term::dense(random.leaf(shape));
  };
  Term a = dense({4, 3}), b = dense({4, 3}), left = dense({5, 8});
  Term stack = *Term::stackRows({*onPart(a, 0, 6), *onPart(b, 3, 6)});
  Term whole = *Term::sum({*Term::compose({left, stack}), dense({5, 6})});
  unsigned calls = 0;
  Term joined = joinBlocks(whole, [&](llvm::ArrayRef<Leaf> blocks) {
    ++calls;
    EXPECT_EQ(blocks.size(), 2u);
    EXPECT_EQ(blocks[0], *a.leaf());
    EXPECT_EQ(blocks[1], *b.leaf());
    return std::optional<Leaf>(Leaf::whole(9, {2, 4, 3}));
  });
  EXPECT_EQ(calls, 1u);
  EXPECT_EQ(joined.print(),
            "Sum[Compose[Dense #2 [5, 8], BlockDiagonal #9 [2, 4, 3]], "
            "Dense #3 [5, 6]]");
  // Where they cannot be joined the term stays what it is.
  EXPECT_EQ(
      joinBlocks(whole,
                 [](llvm::ArrayRef<Leaf>) { return std::optional<Leaf>(); }),
      whole);
}
