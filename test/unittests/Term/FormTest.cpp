//===- FormTest.cpp - Tests of the cheapest form --------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A form is the same matrix and never costs more; the forms of the papers
// (2406.16450, 2505.21847, 2510.12327) are the ones that their mathematics
// says.
//
//===----------------------------------------------------------------------===//

#include "RandomTerms.h"

#include "slin/Term/Cost.h"
#include "slin/Term/Form.h"

#include <gtest/gtest.h>

using namespace slin::term;

namespace {
/// Terms over random numbers and diagonals with zeros.
class FormTest : public ::testing::Test {
protected:
  Form form(const Term &term, FormOptions options = {}) {
    return cheapestForm(
        term,
        [&](const Leaf &leaf) {
          llvm::BitVector zero(leaf.shape[0]);
          for (auto [i, number] : llvm::enumerate(numbers(leaf.id)))
            zero[i] = number == 0.0;
          return zero;
        },
        options);
  }
  Matrix value(const Form &form) {
    std::vector<std::vector<double>> weights;
    for (unsigned i = 0; i < form.weights.size(); ++i)
      weights.push_back(
          evaluateWeight(form, i, [&](unsigned id) { return numbers(id); }));
    return densify(form.term, [&](unsigned id) -> llvm::ArrayRef<double> {
      return weights[id];
    });
  }
  Matrix value(const Term &term) {
    return densify(term, [&](unsigned id) { return numbers(id); });
  }
  /// The form, after checking that it is the same matrix.
  Form checked(const Term &term, FormOptions options = {}) {
    Form result = form(term, options);
    EXPECT_TRUE(value(result).isApprox(value(term), 1e-12))
        << term.print() << "\n"
        << result.term.print();
    return result;
  }
  Term dense(int64_t rows, int64_t columns) {
    return *Term::dense(terms.leaf({rows, columns}));
  }
  Term blocks(int64_t count, int64_t rows, int64_t columns) {
    return *Term::blockDiagonal(terms.leaf({count, rows, columns}));
  }
  /// A diagonal of ones and zeros.
  Term mask(llvm::ArrayRef<double> numbers) {
    masks.push_back(numbers.vec());
    return *Term::diagonal(Leaf::whole(kMasks + unsigned(masks.size()) - 1,
                                       {int64_t(numbers.size())}));
  }
  llvm::ArrayRef<double> numbers(unsigned id) {
    return id < kMasks ? terms.numbers(id)
                       : llvm::ArrayRef<double>(masks[id - kMasks]);
  }
  int64_t macs(const Term &term) { return cost(term).macsPerToken; }

  /// Masks are numbered apart from the random leaves.
  static constexpr unsigned kMasks = 1 << 20;
  RandomTerms terms{7};
  std::vector<std::vector<double>> masks;
};
} // namespace

TEST_F(FormTest, RandomTermsKeepTheirValueAndCostNoMore) {
  for (int i = 0; i < 400; ++i) {
    int64_t rows = terms.integer(1, 3) * 4, columns = terms.integer(1, 3) * 4;
    Term term = terms.term(rows, columns, 3);
    Form result = form(term);
    Matrix expected = value(term), found = value(result);
    double scale = std::max(1.0, expected.cwiseAbs().maxCoeff());
    EXPECT_LE((found - expected).cwiseAbs().maxCoeff(), 1e-11 * scale)
        << term.print() << "\n"
        << result.term.print();
    EXPECT_LE(macs(result.term), macs(term)) << term.print();
  }
}

TEST_F(FormTest, ChainsBecomeTheirCheapestProduct) {
  // 768 -> 3072 -> 768 -> 128 in small: one matrix.
  Form chain =
      checked(*Term::compose({dense(2, 8), dense(8, 32), dense(32, 8)}));
  EXPECT_EQ(chain.term.kind(), NodeKind::Dense);
  EXPECT_EQ(chain.cost, 16);
  // [8, 2] [2, 8] [8, 1] from the right only.
  EXPECT_EQ(
      checked(*Term::compose({dense(8, 2), dense(2, 8), dense(8, 1)})).cost, 8);
  // A low rank that pays stays, with its own weights.
  Term lowRank = *Term::compose({dense(16, 2), dense(2, 16)});
  Form kept = checked(lowRank);
  EXPECT_TRUE(kept.isStored());
  EXPECT_EQ(kept.term.operands().size(), 2u);
}

TEST_F(FormTest, DiagonalsAndPermutationsVanishIntoNeighbours) {
  Term diagonal = *Term::diagonal(terms.leaf({8}));
  EXPECT_EQ(checked(*Term::compose({dense(8, 8), diagonal})).term.kind(),
            NodeKind::Dense);
  Term shuffled =
      *Term::compose({dense(8, 8), Term::permutation(terms.permutation(8))});
  EXPECT_EQ(checked(shuffled).term.kind(), NodeKind::Dense);
  Term scaled = *Term::compose({blocks(4, 2, 2), diagonal});
  Form result = checked(scaled);
  EXPECT_EQ(result.term.kind(), NodeKind::BlockDiagonal);
  EXPECT_EQ(result.cost, 16);
  EXPECT_EQ(
      checked(*Term::compose({diagonal, Term::splat(8, 0.5)})).term.kind(),
      NodeKind::Diagonal);
}

TEST_F(FormTest, SumsMergeWhereThatCostsNoMore) {
  Term identity = Term::identity(8);
  // Frozen self-guided training: alpha W + (1 - alpha) U V.
  Term guided = *Term::sum(
      {*Term::compose({Term::splat(8, 0.37), dense(8, 8)}),
       *Term::compose({Term::splat(8, 0.63), dense(8, 2), dense(2, 8)})});
  EXPECT_EQ(checked(guided).term.kind(), NodeKind::Dense);
  // The idle path of RePaViT: one matrix only where R > C / 2.
  for (int64_t rank : {3, 4, 5}) {
    Term idle = *Term::sum(
        {*Term::compose({dense(8, rank), dense(rank, 8)}), identity});
    EXPECT_EQ(checked(idle).term.kind() == NodeKind::Dense, rank > 4) << rank;
  }
  Form apart = checked(*Term::sum({dense(8, 8), identity}), {false});
  EXPECT_EQ(apart.term.kind(), NodeKind::Sum);
  EXPECT_EQ(checked(*Term::sum({dense(8, 8), identity})).term.kind(),
            NodeKind::Dense);
  // Ranks of low-rank summands add up.
  Form joined =
      checked(*Term::sum({*Term::compose({dense(16, 2), dense(2, 16)}),
                          *Term::compose({dense(16, 3), dense(3, 16)})}));
  EXPECT_EQ(joined.term.kind(), NodeKind::Compose);
  EXPECT_EQ(joined.term.operands()[1].rows(), 5);
}

TEST_F(FormTest, SumsOfZerosAreZeroWhateverTheirShape) {
  auto zero = [&] {
    return *Term::compose({dense(4, 8), Term::splat(8, 0.0)});
  };
  Form sum = checked(*Term::sum({zero(), zero()}));
  EXPECT_TRUE(sum.term.isZero());
  EXPECT_EQ(sum.term.rows(), 4);
  EXPECT_EQ(sum.term.columns(), 8);
  EXPECT_EQ(sum.cost, 0);
}

TEST_F(FormTest, DeadFeaturesAreLeftOut) {
  Term masked = *Term::compose(
      {dense(8, 8), mask({1, 0, 1, 0, 0, 1, 0, 0}), dense(8, 8)});
  Form result = checked(masked);
  EXPECT_EQ(result.cost, 48) << result.term.print();
  EXPECT_EQ(result.term.operands()[1].rows(), 3);
  Term nothing = *Term::compose({mask({1, 0}), mask({0, 1})});
  EXPECT_TRUE(checked(nothing).term.isZero());
}

TEST_F(FormTest, StacksOfMatricesAreOneMatrix) {
  EXPECT_EQ(checked(*Term::stackRows({dense(3, 8), dense(5, 8)})).term.kind(),
            NodeKind::Dense);
  EXPECT_EQ(
      checked(*Term::stackColumns({dense(8, 3), dense(8, 5)})).term.kind(),
      NodeKind::Dense);
}

TEST_F(FormTest, ReadFeaturesSeeThroughProducts) {
  Term term = *Term::compose({dense(2, 4), mask({1, 0, 0, 1}),
                              Term::permutation(terms.permutation(4))});
  llvm::BitVector read = readFeatures(term, [&](const Leaf &leaf) {
    llvm::BitVector zero(4);
    zero.set(1, 3);
    return zero;
  });
  EXPECT_EQ(read.count(), 2u);
  EXPECT_EQ(selection(read).rows(), 2);
}

TEST_F(FormTest, SelectionsMeetTheirTransposes) {
  llvm::BitVector kept(8);
  kept.set(1);
  kept.set(6);
  Term select = selection(kept);
  Form same = checked(*Term::compose({select, select.transpose()}));
  EXPECT_TRUE(same.term.isIdentity()) << same.term.print();
  // What a narrow activation reads of a masked matrix: one matrix.
  Form narrow = checked(*Term::compose({dense(4, 8),
                                        mask({0, 1, 0, 0, 0, 0, 1, 0}),
                                        select.transpose()}));
  EXPECT_EQ(narrow.term.kind(), NodeKind::Dense) << narrow.term.print();
  EXPECT_EQ(narrow.cost, 8);
}
