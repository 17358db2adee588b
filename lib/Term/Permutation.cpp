//===- Permutation.cpp - Permutations of the feature axis -----------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// All digit arithmetic rests on one fact: a list of radices is determined by
// the products of its tails, and two lists of one product have a common
// refinement exactly when the union of their tail products is a chain of
// divisors.
//
//===----------------------------------------------------------------------===//

#include "slin/Term/Permutation.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>
#include <numeric>

using namespace slin::term;

/// Where each digit's run of finer digits begins in `finer`, and the end.
static std::vector<size_t> runStarts(llvm::ArrayRef<int64_t> radices,
                                     llvm::ArrayRef<int64_t> finer) {
  std::vector<size_t> starts;
  size_t position = 0;
  for (int64_t radix : radices) {
    starts.push_back(position);
    for (int64_t run = 1; run < radix && position < finer.size();)
      run *= finer[position++];
  }
  starts.push_back(position);
  return starts;
}

//===----------------------------------------------------------------------===//
// DigitOrder
//===----------------------------------------------------------------------===//

std::vector<int64_t> DigitOrder::outputRadices() const {
  std::vector<int64_t> result;
  for (int64_t digit : order)
    result.push_back(radices[digit]);
  return result;
}

DigitOrder DigitOrder::refineInput(llvm::ArrayRef<int64_t> finer) const {
  std::vector<size_t> starts = runStarts(radices, finer);
  DigitOrder result;
  result.radices = finer.vec();
  for (int64_t digit : order)
    for (size_t i = starts[digit]; i < starts[digit + 1]; ++i)
      result.order.push_back(i);
  return result;
}

DigitOrder DigitOrder::refineOutput(llvm::ArrayRef<int64_t> finer) const {
  return inverse().refineInput(finer).inverse();
}

DigitOrder DigitOrder::inverse() const {
  DigitOrder result;
  result.radices = outputRadices();
  result.order.resize(order.size());
  for (auto [output, input] : llvm::enumerate(order))
    result.order[input] = output;
  return result;
}

/// Drops digits of radix 1 and joins digits that stay neighbours; a single
/// digit that is left is the identity, written as no digit.
static DigitOrder normalise(const DigitOrder &digits) {
  // Input digits that begin a run: those not preceded by their neighbour.
  std::vector<int64_t> kept;
  for (int64_t digit : digits.order)
    if (digits.radices[digit] != 1)
      kept.push_back(digit);
  std::vector<int64_t> ranked = kept;
  llvm::sort(ranked);
  auto rankOf = [&](int64_t digit) {
    return std::lower_bound(ranked.begin(), ranked.end(), digit) -
           ranked.begin();
  };
  // Runs in output order: (rank of the first input digit, radix of the run).
  std::vector<std::pair<int64_t, int64_t>> runs;
  int64_t previous = -2;
  for (int64_t digit : kept) {
    int64_t rank = rankOf(digit);
    if (rank == previous + 1 && !runs.empty())
      runs.back().second *= digits.radices[digit];
    else
      runs.push_back({rank, digits.radices[digit]});
    previous = rank;
  }
  DigitOrder result;
  if (runs.size() < 2)
    return result;
  std::vector<std::pair<int64_t, int64_t>> inputRuns = runs;
  llvm::sort(inputRuns);
  for (auto &run : inputRuns)
    result.radices.push_back(run.second);
  for (auto &run : runs)
    result.order.push_back(llvm::find(inputRuns, run) - inputRuns.begin());
  return result;
}

std::optional<std::vector<int64_t>>
slin::term::commonRefinement(llvm::ArrayRef<int64_t> a,
                             llvm::ArrayRef<int64_t> b) {
  std::vector<int64_t> tails;
  for (llvm::ArrayRef<int64_t> radices : {a, b}) {
    int64_t tail = 1;
    for (int64_t radix : llvm::reverse(radices))
      tails.push_back(tail *= radix);
  }
  llvm::sort(tails);
  tails.erase(std::unique(tails.begin(), tails.end()), tails.end());
  std::vector<int64_t> result;
  int64_t previous = 1;
  for (int64_t tail : tails) {
    if (tail % previous != 0)
      return std::nullopt;
    if (tail != previous)
      result.push_back(tail / previous);
    previous = tail;
  }
  std::reverse(result.begin(), result.end());
  return result;
}

//===----------------------------------------------------------------------===//
// Permutation
//===----------------------------------------------------------------------===//

Permutation Permutation::identity(int64_t size) {
  Permutation result;
  result.count = size;
  return result;
}

/// Whether `order` lists 0 … n-1, each once.
static bool isPermutation(llvm::ArrayRef<int64_t> order) {
  std::vector<bool> seen(order.size(), false);
  for (int64_t index : order) {
    if (index < 0 || index >= int64_t(order.size()) || seen[index])
      return false;
    seen[index] = true;
  }
  return true;
}

std::optional<Permutation>
Permutation::fromDigits(llvm::ArrayRef<int64_t> radices,
                        llvm::ArrayRef<int64_t> order, std::string &reason) {
  if (radices.size() != order.size()) {
    reason = "expected one place per radix: " + std::to_string(radices.size()) +
             ", found " + std::to_string(order.size());
    return std::nullopt;
  }
  int64_t size = 1;
  for (int64_t radix : radices) {
    if (radix < 1) {
      reason = "expected positive radices, found " + std::to_string(radix);
      return std::nullopt;
    }
    if (__builtin_mul_overflow(size, radix, &size)) {
      reason = "expected fewer than 2^63 features, found more";
      return std::nullopt;
    }
  }
  if (!isPermutation(order)) {
    reason = "expected an order that names each of the " +
             std::to_string(radices.size()) + " digits once";
    return std::nullopt;
  }
  DigitOrder digits = normalise({radices.vec(), order.vec()});
  Permutation result;
  result.count = size;
  result.digitRadices = std::move(digits.radices);
  result.digitOrder = std::move(digits.order);
  return result;
}

std::optional<Permutation>
Permutation::fromIndices(std::vector<int64_t> indices, std::string &reason) {
  if (!isPermutation(indices)) {
    reason = "expected each of 0 to " + std::to_string(indices.size()) +
             " exclusive once";
    return std::nullopt;
  }
  Permutation result = identity(indices.size());
  if (!llvm::is_sorted(indices))
    result.list =
        std::make_shared<const std::vector<int64_t>>(std::move(indices));
  return result;
}

int64_t Permutation::source(int64_t index) const {
  if (list)
    return (*list)[index];
  // Peel the output digits from the least significant one.
  std::vector<int64_t> digits(digitOrder.size());
  for (size_t j = digitOrder.size(); j-- > 0;) {
    int64_t radix = digitRadices[digitOrder[j]];
    digits[digitOrder[j]] = index % radix;
    index /= radix;
  }
  int64_t result = index;
  for (size_t i = 0; i < digits.size(); ++i)
    result = result * digitRadices[i] + digits[i];
  return digits.empty() ? index : result;
}

std::vector<int64_t> Permutation::indices() const {
  if (list)
    return *list;
  std::vector<int64_t> result(count);
  for (int64_t i = 0; i < count; ++i)
    result[i] = source(i);
  return result;
}

Permutation Permutation::inverse() const {
  Permutation result = identity(count);
  if (list) {
    std::vector<int64_t> inverted(count);
    for (int64_t i = 0; i < count; ++i)
      inverted[(*list)[i]] = i;
    result.list =
        std::make_shared<const std::vector<int64_t>>(std::move(inverted));
    return result;
  }
  DigitOrder digits = DigitOrder{digitRadices, digitOrder}.inverse();
  result.digitRadices = std::move(digits.radices);
  result.digitOrder = std::move(digits.order);
  return result;
}

std::optional<Permutation> Permutation::after(const Permutation &first) const {
  if (isIdentity())
    return first;
  if (first.isIdentity())
    return *this;
  std::string ignored;
  if (list || first.list) {
    std::vector<int64_t> composed(count);
    for (int64_t i = 0; i < count; ++i)
      composed[i] = first.source(source(i));
    return fromIndices(std::move(composed), ignored);
  }
  DigitOrder before{first.digitRadices, first.digitOrder};
  DigitOrder after{digitRadices, digitOrder};
  auto middle = commonRefinement(before.outputRadices(), after.radices);
  if (!middle)
    return std::nullopt;
  before = before.refineOutput(*middle);
  after = after.refineInput(*middle);
  std::vector<int64_t> order;
  for (int64_t digit : after.order)
    order.push_back(before.order[digit]);
  return fromDigits(before.radices, order, ignored);
}

namespace slin::term {
bool operator==(const Permutation &a, const Permutation &b) {
  if (a.count != b.count || a.hasDigits() != b.hasDigits())
    return false;
  if (a.list)
    return *a.list == *b.list;
  return a.digitRadices == b.digitRadices && a.digitOrder == b.digitOrder;
}
} // namespace slin::term
