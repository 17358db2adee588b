//===- ActivationEmitter.h - Activations as linalg ops ----------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A named activation is one linalg.generic of the formula in lib/Term.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_CONVERSION_SLINTOLINALG_ACTIVATIONEMITTER_H
#define SLIN_LIB_CONVERSION_SLINTOLINALG_ACTIVATIONEMITTER_H

#include "slin/Dialect/Slin/IR/SlinOps.h"

namespace slin {

/// Writes `activation` in front of it and replaces it; an error, with the
/// reason, where its function or its types are not known.
mlir::LogicalResult lowerActivation(ActivationOp activation);

} // namespace slin

#endif // SLIN_LIB_CONVERSION_SLINTOLINALG_ACTIVATIONEMITTER_H
