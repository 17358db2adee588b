//===- LinearEvaluation.cpp - What linears compute ------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The terms of the operators say what that is.
//
//===----------------------------------------------------------------------===//

#include "LinearEvaluation.h"
#include "WeightNumbers.h"

#include <random>

using namespace mlir;
using namespace slin;
using term::Matrix;

Matrix slin::randomInput(int64_t features, unsigned seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<double> normal;
  return Matrix::NullaryExpr(kCheckedTokens, features,
                             [&](auto...) { return normal(engine); });
}

void slin::addBias(Matrix &result, ArrayRef<double> bias) {
  for (int64_t i = 0; i < result.cols(); ++i)
    result.col(i).array() += bias[bias.size() == 1 ? 0 : i];
}

FailureOr<Matrix> slin::evaluateLinear(ApplyOp apply, const Matrix &input,
                                       std::string &reason) {
  auto expression = buildTerm(apply.getLinop(), input.rows(), &reason);
  if (failed(expression))
    return failure();
  WeightNumbers numbers;
  for (Value leaf : expression->leaves)
    if (failed(numbers.get(leaf, reason)))
      return failure();
  Matrix result = term::apply(expression->term, input, [&](unsigned id) {
    return *numbers.get(expression->leaves[id], reason);
  });
  if (Value bias = apply.getBias()) {
    auto values = numbers.get(bias, reason);
    if (failed(values))
      return failure();
    addBias(result, *values);
  }
  return result;
}
