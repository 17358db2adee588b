//===- Cost.cpp - What a term costs ---------------------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Counting, and the chain problem: which neighbours of a product to multiply
// beforehand. Applied to one token the chain splits into groups, each either
// one factor as it is or one dense matrix, so the best grouping is a shortest
// path over the cuts, not the cubic programme of general matrix chains.
//
//===----------------------------------------------------------------------===//

#include "slin/Term/Cost.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>
#include <limits>

using namespace slin::term;

// Shapes may be anything a type can say, so counts stop at the largest number
// instead of wrapping around.

static int64_t add(int64_t a, int64_t b) {
  int64_t result;
  return __builtin_add_overflow(a, b, &result)
             ? std::numeric_limits<int64_t>::max()
             : result;
}

static int64_t multiply(int64_t a, int64_t b) {
  int64_t result;
  return __builtin_mul_overflow(a, b, &result)
             ? std::numeric_limits<int64_t>::max()
             : result;
}

/// Adding `count` results of `features` reads each further one once more and
/// writes the sum once more.
static int64_t addingFeatures(int64_t features, int64_t count) {
  return count < 2 ? 0 : multiply(2 * (count - 1), features);
}

/// MACs and activation traffic, without parameters.
static void count(const Term &term, Cost &total) {
  for (const Term &operand : term.operands())
    count(operand, total);
  switch (term.kind()) {
  case NodeKind::Dense:
  case NodeKind::BlockDiagonal:
    total.macsPerToken = add(total.macsPerToken, term.leaf()->elements());
    break;
  case NodeKind::Diagonal:
    if (!term.isIdentity())
      total.macsPerToken = add(total.macsPerToken, term.rows());
    break;
  case NodeKind::Permutation:
    break;
  case NodeKind::Sum:
  case NodeKind::StackColumns: {
    int64_t results = llvm::count_if(
        term.operands(), [](const Term &term) { return !term.isZero(); });
    total.featuresPerToken =
        add(total.featuresPerToken, addingFeatures(term.rows(), results));
    return;
  }
  case NodeKind::Compose:
  case NodeKind::StackRows:
    return;
  }
  if (!term.isIdentity())
    total.featuresPerToken =
        add(total.featuresPerToken, add(term.rows(), term.columns()));
}

Cost slin::term::cost(const Term &term) {
  Cost total;
  count(term, total);
  for (const Leaf &leaf : term.leaves())
    total.parameters = add(total.parameters, leaf.elements());
  return total;
}

Association slin::term::cheapestAssociation(const Term &term) {
  std::vector<Term> factors = term.kind() == NodeKind::Compose
                                  ? term.operands().vec()
                                  : std::vector<Term>{term};
  size_t count = factors.size();
  std::vector<Cost> single;
  for (const Term &factor : factors)
    single.push_back(cost(factor));
  // best[end]: fewest MACs of the factors before `end`; from[end]: the last
  // cut.
  std::vector<int64_t> best(count + 1, 0);
  std::vector<size_t> from(count + 1, 0);
  for (size_t end = 1; end <= count; ++end) {
    from[end] = end;
    for (size_t begin = end; begin-- > 0;) {
      int64_t macs = end - begin == 1 ? single[begin].macsPerToken
                                      : multiply(factors[begin].rows(),
                                                 factors[end - 1].columns());
      if (from[end] == end || add(best[begin], macs) < best[end]) {
        best[end] = add(best[begin], macs);
        from[end] = begin;
      }
    }
  }
  Association result;
  result.macsPerToken = best[count];
  for (size_t end = count; end > 0; end = from[end]) {
    size_t begin = from[end];
    result.groups.push_back({begin, end});
    result.parameters =
        add(result.parameters,
            end - begin == 1
                ? single[begin].parameters
                : multiply(factors[begin].rows(), factors[end - 1].columns()));
  }
  std::reverse(result.groups.begin(), result.groups.end());
  return result;
}
