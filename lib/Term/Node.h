//===- Node.h - What a term is made of --------------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Private to the room: everybody else sees terms through Term's accessors.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_TERM_NODE_H
#define SLIN_LIB_TERM_NODE_H

#include "slin/Term/Term.h"

namespace slin::term {

/// Bounds of a term as a tree. Operands are shared, so a few lines of IR could
/// otherwise ask for a tree that no memory holds.
inline constexpr int64_t maximumNodes = 1 << 14;
inline constexpr int64_t maximumDepth = 256;

/// One of the eight nodes. Which members are set follows from `kind`.
struct Term::Node {
  NodeKind kind;
  int64_t rows;
  int64_t columns;
  std::optional<Leaf> leaf;
  std::optional<double> factor;
  std::optional<Permutation> permutation;
  std::vector<Term> operands;
  int64_t nodes = 1;
  int64_t depth = 1;
};

} // namespace slin::term

#endif // SLIN_LIB_TERM_NODE_H
