//===- RandomNumbers.h - The same numbers everywhere ------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What functions are evaluated on. <random> fixes its engines and leaves its
// distributions to each standard library, so that these are by formulas of our
// own.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_EVALUATION_RANDOMNUMBERS_H
#define SLIN_EVALUATION_RANDOMNUMBERS_H

#include <cstdint>

namespace slin::evaluation {

class RandomNumbers {
public:
  explicit RandomNumbers(uint64_t seed) : state(seed) {}

  /// The next one of the standard normal distribution (Box-Muller).
  double normal();

private:
  /// The next one of (0, 1), by splitmix64.
  double uniform();

  uint64_t state;
};

} // namespace slin::evaluation

#endif // SLIN_EVALUATION_RANDOMNUMBERS_H
