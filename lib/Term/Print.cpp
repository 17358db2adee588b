//===- Print.cpp - Terms as text ------------------------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The notation of tests and messages. Leaves print as `#id [rows, columns]` as
// used; what differs from the whole tensor follows.
//
//===----------------------------------------------------------------------===//

#include "slin/Term/Term.h"

#include "llvm/ADT/STLExtras.h"

#include <cstdio>

using namespace slin::term;

static std::string list(llvm::ArrayRef<int64_t> numbers) {
  std::string text = "[";
  for (size_t i = 0; i < numbers.size(); ++i)
    text += (i ? ", " : "") + std::to_string(numbers[i]);
  return text + "]";
}

static std::string printLeaf(const Leaf &leaf, bool blocks) {
  std::string text = " #" + std::to_string(leaf.id) + " ";
  if (leaf.rank() == 1)
    text += list({leaf.rows()});
  else if (blocks)
    text += list({leaf.blocks(), leaf.rows(), leaf.columns()});
  else
    text += list({leaf.rows(), leaf.columns()});
  if (leaf.transposed)
    text += " transposed";
  if (!leaf.isWhole())
    text += " at " + list(leaf.offsets) + " of " + list(leaf.shape);
  return text;
}

static std::string printPermutation(const Permutation &permutation) {
  if (permutation.isIdentity())
    return "Identity " + std::to_string(permutation.size());
  if (!permutation.hasDigits())
    return "Permutation of " + std::to_string(permutation.size());
  return "Permutation " + list(permutation.radices()) + " order " +
         list(permutation.order());
}

static std::string printFactor(double factor) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.17g", factor);
  return text;
}

std::string Term::print() const {
  if (isZero())
    return "Zero " + list({rows(), columns()});
  switch (kind()) {
  case NodeKind::Dense:
    return "Dense" + printLeaf(*leaf(), false);
  case NodeKind::BlockDiagonal:
    return "BlockDiagonal" + printLeaf(*leaf(), true);
  case NodeKind::Diagonal:
    return factor() ? "Diagonal " + printFactor(*factor()) + " of " +
                          std::to_string(rows())
                    : "Diagonal" + printLeaf(*leaf(), false);
  case NodeKind::Permutation:
    return printPermutation(*permutation());
  case NodeKind::Compose:
  case NodeKind::Sum:
  case NodeKind::StackRows:
  case NodeKind::StackColumns:
    break;
  }
  std::string text = kind() == NodeKind::Compose     ? "Compose["
                     : kind() == NodeKind::Sum       ? "Sum["
                     : kind() == NodeKind::StackRows ? "StackRows["
                                                     : "StackColumns[";
  for (auto [index, operand] : llvm::enumerate(operands()))
    text += (index ? ", " : "") + operand.print();
  return text + "]";
}
