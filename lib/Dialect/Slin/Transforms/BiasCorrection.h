//===- BiasCorrection.h - The mean of what factors lose ---------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// b += (W - Ŵ) μ for each linear that reads a factorised weight: its outputs
// then keep their mean, and the factors need to fit the covariance only.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_DIALECT_SLIN_TRANSFORMS_BIASCORRECTION_H
#define SLIN_LIB_DIALECT_SLIN_TRANSFORMS_BIASCORRECTION_H

#include "Candidates.h"
#include "NewWeights.h"

#include "slin/Factorization/Structures.h"

namespace slin {

/// Whether every linear of `candidate` can take a correction: it has a constant
/// bias that nobody else reads or, with `addBias`, none or a shared one.
bool canCorrectBias(const Candidate &candidate, bool addBias);

/// Gives each linear of `candidate` a bias corrected by `scale` (W - Ŵ) μ, with
/// `lost` the vectors (W - Ŵ) μ [out], one for each linear. New biases stand at
/// `builder`'s place. Fails, with a reason, where an old bias cannot be read.
mlir::LogicalResult correctBias(mlir::OpBuilder &builder, Candidate &candidate,
                                llvm::ArrayRef<factorization::Vector> lost,
                                NewWeights &newWeights, std::string &reason);

} // namespace slin

#endif // SLIN_LIB_DIALECT_SLIN_TRANSFORMS_BIASCORRECTION_H
