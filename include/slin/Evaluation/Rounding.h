//===- Rounding.h - How far equal functions may differ ----------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Two functions that are equal in real arithmetic and are evaluated in f64
// differ by the rounding of f64 where they have the same weights, and by that
// of the element type of the weights that one of them has and the other has
// not.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_EVALUATION_ROUNDING_H
#define SLIN_EVALUATION_ROUNDING_H

#include "mlir/IR/Operation.h"

#include "llvm/ADT/SetVector.h"

namespace slin::evaluation {

/// The weights of floating-point numbers in an op, and a mark where it chooses
/// between forms that are equal within their own rounding.
using WeightSet = llvm::SetVector<mlir::Attribute>;
WeightSet weightsOf(mlir::Operation *op);

/// The largest difference to allow, over the largest magnitude of a value,
/// where weights were replaced: f64's for none.
double permittedError(const WeightSet &before, const WeightSet &after);

} // namespace slin::evaluation

#endif // SLIN_EVALUATION_ROUNDING_H
