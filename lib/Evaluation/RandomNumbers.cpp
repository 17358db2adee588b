//===- RandomNumbers.cpp - The same numbers everywhere --------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Tests hold figures that depend on these formulas.
//
//===----------------------------------------------------------------------===//

#include "slin/Evaluation/RandomNumbers.h"

#include <cmath>

using slin::evaluation::RandomNumbers;

double RandomNumbers::uniform() {
  uint64_t z = (state += 0x9E3779B97F4A7C15u);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return (double((z ^ (z >> 31)) >> 11) + 0.5) / 9007199254740992.0;
}

double RandomNumbers::normal() {
  double radius = std::sqrt(-2.0 * std::log(uniform()));
  return radius * std::cos(2.0 * M_PI * uniform());
}
