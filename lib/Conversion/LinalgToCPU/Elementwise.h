//===- Elementwise.h - Pointwise ops in vectors -----------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Biases, activations, gates and fills: the op's own region, on vectors along
// the feature axis.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_CONVERSION_LINALGTOCPU_ELEMENTWISE_H
#define SLIN_LIB_CONVERSION_LINALGTOCPU_ELEMENTWISE_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace slin {

/// Whether writeElementwise can do `op`, which is on buffers.
bool canWriteElementwise(mlir::linalg::LinalgOp op);

/// Writes the loops of `op` in front of it, with vectors of `vectorBits` bits,
/// rows in parallel.
void writeElementwise(mlir::linalg::LinalgOp op, int64_t vectorBits);

} // namespace slin

#endif // SLIN_LIB_CONVERSION_LINALGTOCPU_ELEMENTWISE_H
