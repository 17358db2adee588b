//===- Replace.h - Put factors in the place of a weight ---------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The last step for one weight: round the factors, build the operator, correct
// the biases, and leave nothing that still says what the linears were.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_DIALECT_SLIN_TRANSFORMS_REPLACE_H
#define SLIN_LIB_DIALECT_SLIN_TRANSFORMS_REPLACE_H

#include "Candidates.h"
#include "Factorizer.h"
#include "NewWeights.h"

namespace slin {

/// The element type of the candidate's weight.
mlir::FloatType elementTypeOf(Candidate &candidate);

/// Rounds every number of `factors` once to `type`. The reason, if one does not
/// fit; empty otherwise.
std::string roundFactors(Factors &factors, mlir::FloatType type);

/// The weight [out, in] and the mean [in] of each linear's input whose loss the
/// biases take over; no means where they do not.
struct MeanLoss {
  const factorization::Matrix &W;
  llvm::ArrayRef<factorization::Vector> means;
};

/// Builds the operator of the rounded `factors` before the candidate's dense
/// one and makes it what the linears use; the dense one has no uses afterwards.
/// Gives the number of stored parameters; fails with a reason where a bias
/// cannot be read.
mlir::FailureOr<int64_t> replaceDense(Candidate &candidate,
                                      const Factorizer &factorizer,
                                      const Factors &factors, MeanLoss loss,
                                      NewWeights &newWeights,
                                      std::string &reason);

} // namespace slin

#endif // SLIN_LIB_DIALECT_SLIN_TRANSFORMS_REPLACE_H
