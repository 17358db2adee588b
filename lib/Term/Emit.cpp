//===- Emit.cpp - Rearrangements between layouts --------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The part of emission that does not depend on the backend's values.
//
//===----------------------------------------------------------------------===//

#include "slin/Term/Emit.h"

#include "llvm/ADT/STLExtras.h"

#include <numeric>

using namespace slin::term;

static int64_t product(llvm::ArrayRef<int64_t> radices) {
  return std::accumulate(radices.begin(), radices.end(), int64_t(1),
                         std::multiplies<int64_t>());
}

int64_t Rearrangement::features() const { return product(radices); }

bool Rearrangement::isIdentity() const {
  return groupsBefore == groupsAfter && llvm::is_sorted(order);
}

std::vector<int64_t> Rearrangement::expandedShape(int64_t tokens) const {
  std::vector<int64_t> shape = radices;
  shape.insert(shape.begin() + groupDigitsBefore, tokens);
  return shape;
}

std::vector<int64_t> Rearrangement::transposition() const {
  std::vector<int64_t> axes;
  for (int64_t digit : order)
    axes.push_back(digit < int64_t(groupDigitsBefore) ? digit : digit + 1);
  axes.insert(axes.begin() + groupDigitsAfter, groupDigitsBefore);
  return axes;
}

std::vector<int64_t> Rearrangement::resultShape(int64_t tokens) const {
  if (groupsAfter == 1)
    return {tokens, features()};
  return {groupsAfter, tokens, features() / groupsAfter};
}

/// How many leading digits make `groups`; nothing if no cut lies there.
static std::optional<unsigned> leadingDigits(llvm::ArrayRef<int64_t> radices,
                                             int64_t groups) {
  int64_t running = 1;
  for (unsigned count = 0; count <= radices.size(); ++count) {
    if (running == groups)
      return count;
    if (count < radices.size())
      running *= radices[count];
  }
  return std::nullopt;
}

/// Refines until cuts lie at both groupings. A cut of the output may split an
/// input digit, never the other way round: refining keeps earlier cuts.
std::optional<Rearrangement>
slin::term::rearrangement(const Permutation &permutation, int64_t groupsBefore,
                          int64_t groupsAfter) {
  if (!permutation.hasDigits())
    return std::nullopt;
  int64_t size = permutation.size();
  DigitOrder digits{permutation.radices().vec(), permutation.order().vec()};
  if (permutation.isIdentity())
    digits = {{size}, {0}};
  auto input =
      commonRefinement(digits.radices, {groupsBefore, size / groupsBefore});
  if (!input)
    return std::nullopt;
  digits = digits.refineInput(*input);
  auto output = commonRefinement(digits.outputRadices(),
                                 {groupsAfter, size / groupsAfter});
  if (!output)
    return std::nullopt;
  digits = digits.refineOutput(*output);
  auto before = leadingDigits(digits.radices, groupsBefore);
  auto after = leadingDigits(digits.outputRadices(), groupsAfter);
  if (!before || !after)
    return std::nullopt;
  return Rearrangement{groupsBefore, groupsAfter, digits.radices,
                       digits.order, *before,     *after};
}

RowsAndRest slin::term::takeRows(const Rearrangement &step) {
  unsigned groupDigits = step.groupDigitsBefore;
  std::vector<int64_t> inner(step.radices.begin() + groupDigits,
                             step.radices.end());
  // The digits within blocks, in the order in which they go out.
  std::vector<int64_t> innerOrder;
  std::vector<int64_t> newPlace(step.radices.size());
  for (unsigned digit = 0; digit < groupDigits; ++digit)
    newPlace[digit] = digit;
  RowsAndRest parts{Permutation::identity(product(inner)), step};
  for (int64_t digit : step.order)
    if (digit >= groupDigits) {
      newPlace[digit] = groupDigits + innerOrder.size();
      parts.rest.radices[newPlace[digit]] = step.radices[digit];
      innerOrder.push_back(digit - groupDigits);
    }
  for (int64_t &digit : parts.rest.order)
    digit = newPlace[digit];
  std::string reason;
  if (auto rows = Permutation::fromDigits(inner, innerOrder, reason))
    parts.rows = *rows;
  return parts;
}

bool slin::term::needsFlatTokens(const Term &term) {
  if (term.kind() == NodeKind::BlockDiagonal)
    return true;
  if (const Permutation *permutation = term.permutation())
    return permutation->hasDigits() && !permutation->isIdentity();
  return llvm::any_of(term.operands(), needsFlatTokens);
}
