//===- BlockProductsTest.cpp - Tests of operators as products of blocks ---===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The products, computed by their definition, give what the term gives; those
// of the four structures are as many as the structure has factors.
//
//===----------------------------------------------------------------------===//

#include "BlockProductsByDefinition.h"
#include "RandomTerms.h"

#include <gtest/gtest.h>

using namespace slin;
using namespace slin::term;

namespace {
class BlockProductsTest : public ::testing::Test {
protected:
  std::vector<BlockProduct> checked(const Term &term) {
    auto products =
        findBlockProducts(term, [&](unsigned id) { return terms.numbers(id); });
    EXPECT_TRUE(products) << term.print();
    if (!products)
      return {};
    Matrix batch = terms.matrix(3, term.columns());
    Matrix expected =
        apply(term, batch, [&](unsigned id) { return terms.numbers(id); });
    EXPECT_TRUE(computeByDefinition(*products, batch).isApprox(expected, 1e-12))
        << term.print();
    return std::move(*products);
  }
  Term dense(int64_t rows, int64_t columns) {
    return *Term::dense(terms.leaf({rows, columns}));
  }
  Term blocks(int64_t count, int64_t rows, int64_t columns) {
    return *Term::blockDiagonal(terms.leaf({count, rows, columns}));
  }
  /// y[l m + i] = x[i n / … ]: rows and columns of [count, size] exchanged.
  Term shuffle(int64_t count, int64_t size) {
    std::string reason;
    return Term::permutation(
        *Permutation::fromDigits({count, size}, {1, 0}, reason));
  }
  RandomTerms terms{7};
};
} // namespace

TEST_F(BlockProductsTest, ThinProductsAreTwo) {
  auto products = checked(*Term::compose({dense(12, 3), dense(3, 8)}));
  ASSERT_EQ(products.size(), 2u);
  EXPECT_EQ(products[0].rows, 3);
  EXPECT_EQ(products[1].run, 12);
}

TEST_F(BlockProductsTest, BlockDenseIsTwo) {
  auto products = checked(*Term::compose({dense(12, 6), blocks(2, 3, 4)}));
  ASSERT_EQ(products.size(), 2u);
  EXPECT_EQ(products[0].blocks, 2);
  EXPECT_EQ(products[0].run, 3);
}

TEST_F(BlockProductsTest, ShufflesAreRuns) {
  // Four blocks of 8, shuffled, three blocks … as Monarch matrices have them.
  auto products = checked(*Term::compose(
      {shuffle(4, 6), blocks(4, 6, 8), shuffle(8, 4), blocks(4, 8, 5)}));
  ASSERT_EQ(products.size(), 2u);
  EXPECT_EQ(products[0].run, 2);
  EXPECT_EQ(products[1].run, 1);
}

TEST_F(BlockProductsTest, DiagonalsAndOrdersGoIntoWeights) {
  std::string reason;
  Term before = Term::permutation(
           *Permutation::fromIndices({3, 1, 0, 2, 4}, reason)),
       within = Term::permutation(
           *Permutation::fromIndices({1, 0, 2, 3, 5, 4}, reason)),
       scale = *Term::diagonal(terms.leaf({5})),
       after = *Term::diagonal(terms.leaf({7}));
  EXPECT_EQ(checked(*Term::compose({after, dense(7, 5), scale, before})).size(),
            1u);
  EXPECT_EQ(checked(*Term::compose({blocks(2, 4, 3), within})).size(), 1u);
  EXPECT_EQ(checked(*Term::compose({Term::splat(7, 0.5), dense(7, 5)})).size(),
            1u);
}

TEST_F(BlockProductsTest, OrdersAcrossBlocksAreNone) {
  std::string reason;
  Term across =
      Term::permutation(*Permutation::fromIndices({0, 3, 2, 1, 4, 5}, reason));
  auto none = [&](const Term &term) {
    return !findBlockProducts(term,
                              [&](unsigned id) { return terms.numbers(id); });
  };
  EXPECT_TRUE(none(*Term::compose({blocks(2, 4, 3), across})));
  EXPECT_TRUE(none(*Term::compose({across, blocks(2, 3, 3)})));
  EXPECT_TRUE(none(across));
  Term odd = *Term::compose({blocks(2, 4, 3), across});
  BlockProduct dense =
      denseProduct(odd, [&](unsigned id) { return terms.numbers(id); });
  Matrix batch = terms.matrix(2, 6);
  EXPECT_TRUE(computeByDefinition({dense}, batch)
                  .isApprox(apply(odd, batch, [&](unsigned id) {
                    return terms.numbers(id);
                  })));
}

TEST_F(BlockProductsTest, RandomTermsComputeTheSame) {
  int found = 0;
  for (unsigned seed = 0; seed < 300; ++seed) {
    terms = RandomTerms(seed);
    Term term = terms.term(terms.integer(1, 12), terms.integer(1, 12), 3);
    if (!findBlockProducts(term,
                           [&](unsigned id) { return terms.numbers(id); }))
      continue;
    checked(term);
    ++found;
  }
  EXPECT_GT(found, 150);
}
