//===- TimeTest.cpp - How long terms take ---------------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Times of terms on a machine of round numbers, and what the shipped targets
// say against what was published.
//
//===----------------------------------------------------------------------===//

#include "slin/Cost/Time.h"

#include <gtest/gtest.h>

using namespace slin::cost;
using namespace slin::term;

namespace {

/// 1 FLOP, 1000 bytes from caches, 100 from memory per second; 10 bytes stay.
Target machine() {
  Target target;
  target.throughput[ElementType::F32] = 1;
  target.memoryBandwidth = 100;
  target.cacheBandwidth = 1000;
  target.cacheSize = 1e9;
  target.groupedEfficiency = 0.5;
  target.packingBandwidth = 10;
  target.copyBandwidth = 4;
  target.runLatency = 100;
  target.nodeLatency = 10000;
  return target;
}

unsigned nextId = 0;
Term dense(int64_t rows, int64_t columns) {
  return *Term::dense(Leaf::whole(nextId++, {rows, columns}));
}
Term blocks(int64_t count, int64_t rows, int64_t columns) {
  return *Term::blockDiagonal(Leaf::whole(nextId++, {count, rows, columns}));
}
Term shuffle(llvm::ArrayRef<int64_t> radices) {
  std::string reason;
  return Term::permutation(*Permutation::fromDigits(radices, {1, 0}, reason));
}

Conditions tokens(int64_t count, bool leadingAxes = false) {
  Conditions conditions;
  conditions.tokens = count;
  conditions.leadingAxes = leadingAxes;
  return conditions;
}

/// One network 4h wide inside, over all of its linears.
double network(llvm::function_ref<Term(int64_t, int64_t)> make, int64_t width,
               Conditions conditions, const Target &target) {
  return estimateTime(make(4 * width, width), conditions, target) +
         estimateTime(make(width, 4 * width), conditions, target);
}

} // namespace

TEST(TimeTest, ProductsAreBoundByArithmeticOrBandwidth) {
  Target target = machine();
  // 2 * 6 * 3 operations against (24 + 20) * 4 bytes / 1000.
  EXPECT_DOUBLE_EQ(estimateTime(dense(2, 3), tokens(3), target), 10036);
  target.throughput[ElementType::F32] = 1e6;
  EXPECT_DOUBLE_EQ(estimateTime(dense(2, 3), tokens(3), target),
                   10000 + (6 + 15) * 4 / 1000.0);
  // What does not stay in caches comes from memory first.
  target.cacheSize = 4;
  EXPECT_DOUBLE_EQ(estimateTime(dense(2, 3), tokens(3), target),
                   10000 + 24 / 100.0 + (6 + 15) * 4 / 1000.0);
  target.productLatency = 7;
  EXPECT_DOUBLE_EQ(estimateTime(dense(2, 3), tokens(3), target),
                   10007 + 24 / 100.0 + (6 + 15) * 4 / 1000.0);
  target.productLatency = 0;
  // So it does where other weights push it out.
  target.cacheSize = 1000;
  Conditions crowded = tokens(3);
  crowded.otherBytes = 2000;
  EXPECT_DOUBLE_EQ(estimateTime(dense(2, 3), crowded, target),
                   10000 + 24 / 100.0 + (6 + 15) * 4 / 1000.0);
}

TEST(TimeTest, BlocksArePackedForSeveralTokensAndMoved) {
  Target target = machine();
  // Enter blocks: two reshapes, 6 features in 2 runs; leave them: 4 in 2 runs.
  auto moved = [](double count) {
    return 6 * 10000 + (2 * (6 + 4) * 4 / 4.0 + (2 + 2) * 100) * count;
  };
  Term term = blocks(2, 2, 3);
  EXPECT_DOUBLE_EQ(estimateTime(term, tokens(1), target),
                   10000 + 2 * 12 / 0.5 + moved(1));
  EXPECT_DOUBLE_EQ(estimateTime(term, tokens(5), target),
                   10000 + 5 * 2 * 12 / 0.5 + 12 * 4 / 10.0 + moved(5));
  // Leading axes are made one and restored: five more operations.
  EXPECT_DOUBLE_EQ(estimateTime(term, tokens(1, true), target) -
                       estimateTime(term, tokens(1), target),
                   50000);
  target.packingBandwidth.reset();
  EXPECT_DOUBLE_EQ(estimateTime(term, tokens(5), target),
                   10000 + 5 * 2 * 12 / 0.5 + moved(5));
}

/// What an emitter would have to move is what counts, not what a term is
/// called: rows in the order of the shuffle make runs longer.
TEST(TimeTest, ShufflesBetweenBlocksMoveRuns) {
  Target target = machine();
  double even = estimateTime(
      *Term::compose({blocks(2, 4, 4), shuffle({4, 2}), blocks(2, 4, 4)}),
      tokens(1), target);
  double straight = estimateTime(
      *Term::compose({blocks(2, 4, 4), blocks(2, 4, 4)}), tokens(1), target);
  // One move of 8 features in runs of 2, and its two reshapes.
  EXPECT_DOUBLE_EQ(even - straight, 3 * 10000 + 2 * 8 * 4 / 4.0 + 4 * 100);
}

TEST(TimeTest, EveryNodeTakesTime) {
  Target target = machine();
  std::string reason;
  Term list =
      Term::permutation(*Permutation::fromIndices({2, 0, 3, 1}, reason));
  Term vector = *Term::diagonal(Leaf::whole(nextId++, {4}));
  for (const Term &term :
       {dense(4, 4), blocks(2, 2, 2), vector, Term::splat(4, 2.0), list,
        shuffle({2, 2}), *Term::sum({dense(4, 4), list}), Term::zero(4, 4),
        *Term::stackRows({dense(2, 4), dense(2, 4)}),
        *Term::stackColumns({dense(4, 2), dense(4, 2)})}) {
    EXPECT_GE(estimateTime(term, tokens(1), target), 10000) << term.print();
    EXPECT_GT(estimateTime(term, tokens(100), target),
              estimateTime(term, tokens(1), target))
        << term.print();
  }
  EXPECT_EQ(estimateTime(Term::identity(4), tokens(1), target), 0);
}

/// How much faster StructuredFFN's low-rank networks with 32 % of the
/// parameters are than dense ones on an A100 (read off plots). The target took
/// its launch latency and its throughput from two other points of them.
TEST(TimeTest, IsAsMuchFasterAsWasPublished) {
  struct Published {
    int64_t width, tokens;
    double faster;
  };
  Target target = *findTarget("sm_80");
  for (Published point : {Published{2048, 2048, 0.64 / 0.53},
                          {3072, 1024, 0.65 / 0.40},
                          {5120, 256, 0.52 / 0.41},
                          {5120, 2048, 3.08 / 1.17},
                          {6144, 2048, 4.68 / 1.66}}) {
    auto lowRank = [&](int64_t rows, int64_t columns) {
      return *Term::compose(
          {dense(rows, point.width / 4), dense(point.width / 4, columns)});
    };
    Conditions conditions = tokens(point.tokens);
    conditions.type = ElementType::BF16;
    double faster = network(dense, point.width, conditions, target) /
                    network(lowRank, point.width, conditions, target);
    EXPECT_NEAR(faster, point.faster, 0.2 * point.faster)
        << point.width << " at " << point.tokens;
  }
}
