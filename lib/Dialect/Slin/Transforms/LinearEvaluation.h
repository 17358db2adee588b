//===- LinearEvaluation.h - What linears compute ----------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Linears on fixed random activations in f64: how rewrites are shown to be
// exact.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_DIALECT_SLIN_TRANSFORMS_LINEAREVALUATION_H
#define SLIN_LIB_DIALECT_SLIN_TRANSFORMS_LINEAREVALUATION_H

#include "slin/Dialect/Slin/IR/SlinOps.h"
#include "slin/Term/Evaluate.h"

namespace slin {

/// The greatest difference, relative to the greatest value, of what rewrites
/// replace: that of sums of as many products as a linear has inputs, in f64.
inline constexpr double kExactTolerance = 1e-9;

inline constexpr int64_t kCheckedTokens = 3;

/// A few tokens of `features` features, the same for the same seed.
term::Matrix randomInput(int64_t features, unsigned seed);

/// Adds a bias of one number, or of one per feature.
void addBias(term::Matrix &result, llvm::ArrayRef<double> bias);

/// What `apply` gives for `input` [tokens, in]. Fails with a reason where its
/// weights cannot be read.
mlir::FailureOr<term::Matrix>
evaluateLinear(ApplyOp apply, const term::Matrix &input, std::string &reason);

} // namespace slin

#endif // SLIN_LIB_DIALECT_SLIN_TRANSFORMS_LINEAREVALUATION_H
