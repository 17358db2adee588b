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

/// MACs and activation traffic, without parameters.
static void count(const Term &term, Cost &total) {
  for (const Term &operand : term.operands())
    count(operand, total);
  switch (term.kind()) {
  case NodeKind::Dense:
  case NodeKind::BlockDiagonal:
    total.macsPerToken += term.leaf()->elements();
    break;
  case NodeKind::Diagonal:
    total.macsPerToken += term.isIdentity() ? 0 : term.rows();
    break;
  case NodeKind::Permutation:
    break;
  case NodeKind::Sum:
    // Adding reads every further result once more and writes it once more.
    if (term.operands().size() > 1)
      total.featuresPerToken +=
          2 * term.rows() * (int64_t(term.operands().size()) - 1);
    return;
  case NodeKind::StackColumns:
    total.featuresPerToken +=
        2 * term.rows() * (int64_t(term.operands().size()) - 1);
    return;
  case NodeKind::Compose:
  case NodeKind::StackRows:
    return;
  }
  if (!term.isIdentity())
    total.featuresPerToken += term.rows() + term.columns();
}

Cost slin::term::cost(const Term &term) {
  Cost total;
  count(term, total);
  for (const Leaf &leaf : term.leaves())
    total.parameters += leaf.elements();
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
  std::vector<int64_t> best(count + 1, std::numeric_limits<int64_t>::max());
  std::vector<size_t> from(count + 1, 0);
  best[0] = 0;
  for (size_t end = 1; end <= count; ++end) {
    for (size_t begin = end; begin-- > 0;) {
      int64_t macs = end - begin == 1
                         ? single[begin].macsPerToken
                         : factors[begin].rows() * factors[end - 1].columns();
      if (best[begin] + macs < best[end]) {
        best[end] = best[begin] + macs;
        from[end] = begin;
      }
    }
  }
  Association result;
  result.macsPerToken = best[count];
  for (size_t end = count; end > 0; end = from[end]) {
    size_t begin = from[end];
    result.groups.push_back({begin, end});
    result.parameters +=
        end - begin == 1 ? single[begin].parameters
                         : factors[begin].rows() * factors[end - 1].columns();
  }
  std::reverse(result.groups.begin(), result.groups.end());
  return result;
}
