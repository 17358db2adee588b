//===- OperatorExamples.cpp - One example of each operator op -------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Most are operators from 4 to 6 features. Matrices are defined by the
// formulas of the ops' descriptions, entry by entry.
//
//===----------------------------------------------------------------------===//

#include "OperatorExamples.h"

#include <cstdint>

using namespace slin;

using Numbers = const StoredNumbers &;

/// Entry of a 6×4 dense matrix, argument `id`.
static double dense(Numbers n, int64_t row, int64_t column, int id = 0) {
  return n[id][row * 4 + column];
}

/// y = P_outᵀ blkdiag(D2) P_mid blkdiag(D1) for D1 [2, 3, 2] and D2 [3, 2, 2]:
/// u = blkdiag(D1) x, v[m, t] = u[t·l + m], y[i·l + m] = Σ_t D2[m, i, t] v[m,
/// t].
static double blockShuffle(Numbers n, int64_t row, int64_t column) {
  const int64_t q = 3, p = 2, l = 3, s = 2, r = 2;
  int64_t i = row / l, m = row % l;
  double total = 0;
  for (int64_t t = 0; t < r; ++t) {
    int64_t inner = t * l + m;
    if (inner / q == column / p)
      total += n[1][(m * s + i) * r + t] * n[0][inner * p + column % p];
  }
  return total;
}

static double lowRank(Numbers n, int64_t row, int64_t column) {
  double total = 0;
  for (int64_t k = 0; k < 2; ++k)
    total += n[0][row * 2 + k] * n[1][k * 4 + column];
  return total;
}

/// L [6, 4] · blkdiag(D [2, 2, 2]).
static double blockDense(Numbers n, int64_t row, int64_t column) {
  double total = 0;
  for (int64_t k = 0; k < 4; ++k)
    if (k / 2 == column / 2)
      total += n[0][row * 4 + k] * n[1][k * 2 + column % 2];
  return total;
}

static std::vector<OperatorExample> constructors() {
  return {
      {"dense",
       {"tensor<4x6xf32>"},
       "%r = slin.dense %0 transposed : tensor<4x6xf32> -> "
       "!slin.linop<4 -> 6, f32>",
       [](Numbers n, int64_t i, int64_t j) { return n[0][j * 6 + i]; },
       24},
      {"low_rank",
       {"tensor<6x2xf32>", "tensor<2x4xf32>"},
       "%r = slin.low_rank %0, %1 : tensor<6x2xf32>, tensor<2x4xf32> -> "
       "!slin.linop<4 -> 6, f32>",
       lowRank,
       2 * (6 + 4)},
      {"block_diagonal",
       {"tensor<2x3x2xf32>"},
       "%r = slin.block_diagonal %0 : tensor<2x3x2xf32> -> "
       "!slin.linop<4 -> 6, f32>",
       [](Numbers n, int64_t i, int64_t j) {
         return i / 3 == j / 2 ? n[0][i * 2 + j % 2] : 0;
       },
       6 * 4 / 2},
      {"block_dense",
       {"tensor<6x4xf32>", "tensor<2x2x2xf32>"},
       "%r = slin.block_dense %0, %1 : tensor<6x4xf32>, tensor<2x2x2xf32> -> "
       "!slin.linop<4 -> 6, f32>",
       blockDense,
       4 * (6 + 4 / 2)},
      {"block_shuffle",
       {"tensor<2x3x2xf32>", "tensor<3x2x2xf32>"},
       "%r = slin.block_shuffle %0, %1 : tensor<2x3x2xf32>, tensor<3x2x2xf32> "
       "-> !slin.linop<4 -> 6, f32>",
       blockShuffle,
       12 + 12},
      {"diagonal",
       {"tensor<4xf32>"},
       "%r = slin.diagonal %0 : tensor<4xf32> -> !slin.linop<4 -> 4, f32>",
       [](Numbers n, int64_t i, int64_t j) { return i == j ? n[0][i] : 0; },
       4},
      {"permutation",
       {},
       "%r = slin.permutation [2, 0, 1] : !slin.linop<3 -> 3, f32>",
       [](Numbers, int64_t i, int64_t j) {
         const int64_t indices[] = {2, 0, 1};
         return indices[i] == j ? 1.0 : 0.0;
       },
       0},
      {"shuffle",
       {},
       "%r = slin.shuffle [2, 3] order [1, 0] : !slin.linop<6 -> 6, f32>",
       [](Numbers, int64_t i, int64_t j) {
         return (i % 2) * 3 + i / 2 == j ? 1.0 : 0.0;
       },
       0},
      {"identity",
       {},
       "%r = slin.identity : !slin.linop<4 -> 4, f32>",
       [](Numbers, int64_t i, int64_t j) { return i == j ? 1.0 : 0.0; },
       0},
  };
}

/// Every combinator but compose acts on one or two dense operators.
static std::vector<OperatorExample> combinators() {
  const std::string matrix = "tensor<6x4xf32>",
                    type = "!slin.linop<4 -> 6, f32>";
  const std::string a = "%a = slin.dense %0 : " + matrix + " -> " + type + "\n";
  const std::string b = "%b = slin.dense %1 : " + matrix + " -> " + type + "\n";
  return {
      {"compose",
       {matrix, "tensor<4xf32>"},
       a +
           "%d = slin.diagonal %1 : tensor<4xf32> -> !slin.linop<4 -> 4, f32>\n"
           "%r = slin.compose %a, %d : " +
           type + ", !slin.linop<4 -> 4, f32> -> " + type,
       [](Numbers n, int64_t i, int64_t j) { return dense(n, i, j) * n[1][j]; },
       24 + 4},
      {"sum",
       {matrix, matrix},
       a + b + "%r = slin.sum %a, %b, %a : " + type,
       [](Numbers n, int64_t i, int64_t j) {
         return 2 * dense(n, i, j) + dense(n, i, j, 1);
       },
       48},
      {"scale",
       {matrix},
       a + "%r = slin.scale %a by -2.5 : " + type,
       [](Numbers n, int64_t i, int64_t j) { return -2.5 * dense(n, i, j); },
       24},
      {"transpose",
       {matrix},
       a + "%r = slin.transpose %a : " + type + " -> !slin.linop<6 -> 4, f32>",
       [](Numbers n, int64_t i, int64_t j) { return dense(n, j, i); },
       24},
      {"stack",
       {matrix, matrix},
       a + b + "%r = slin.stack %a, %b : " + type + ", " + type +
           " -> !slin.linop<4 -> 12, f32>",
       [](Numbers n, int64_t i, int64_t j) {
         return dense(n, i % 6, j, i / 6);
       },
       48},
      {"slice",
       {matrix},
       a + "%r = slin.slice %a out 2 in 1 : " + type +
           " -> !slin.linop<2 -> 3, f32>",
       [](Numbers n, int64_t i, int64_t j) { return dense(n, i + 2, j + 1); },
       6},
      {"by_tokens",
       {matrix, matrix},
       a + b + "%r = slin.by_tokens [2] %a, %b : " + type,
       // One token, as the coverage test asks.
       [](Numbers n, int64_t i, int64_t j) { return dense(n, i, j); },
       24},
  };
}

const std::vector<OperatorExample> &slin::operatorExamples() {
  static const std::vector<OperatorExample> examples = [] {
    std::vector<OperatorExample> all = constructors();
    for (const OperatorExample &example : combinators())
      all.push_back(example);
    return all;
  }();
  return examples;
}
