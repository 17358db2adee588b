//===- LinearReplacement.h - Linears in the place of others -----*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a new linear takes over from the one before it, and what goes with that
// one.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_DIALECT_SLIN_TRANSFORMS_LINEARREPLACEMENT_H
#define SLIN_LIB_DIALECT_SLIN_TRANSFORMS_LINEARREPLACEMENT_H

#include "NewWeights.h"

namespace slin {

/// `like` with `features` on its last axis, as far as it has axes.
mlir::Type withFeatures(mlir::Type like, int64_t features);

/// Copies what kept the place and the name of an op in the model.
void takeAttributes(mlir::Operation *from, mlir::Operation *to);

/// Marks the weights of the operator of a linear that is about to go.
void markWeights(ApplyOp apply, NewWeights &newWeights);

/// Erases an operator that nobody uses, with what only it uses.
void eraseOperator(mlir::Value value);

/// Erases a linear that nobody reads, with its operator, and marks what else
/// may be dead.
void eraseLinear(ApplyOp apply, NewWeights &newWeights);

} // namespace slin

#endif // SLIN_LIB_DIALECT_SLIN_TRANSFORMS_LINEARREPLACEMENT_H
