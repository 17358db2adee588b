//===- Registration.h - Everything slin brings ------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One place where tools learn of dialects and passes. Upstream's InitAll
// headers would cost each tool 80 MB of memory for dialects that no model uses.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_PIPELINES_REGISTRATION_H
#define SLIN_PIPELINES_REGISTRATION_H

#include "slin/Weights/WeightStore.h"

#include "mlir/IR/DialectRegistry.h"

#include <memory>

namespace slin {

/// Registers slin's dialects and those they stand on.
void registerDialects(mlir::DialectRegistry &registry);

/// Registers slin's passes and pipelines, and upstream's general ones
/// (canonicalize, cse, inline, …).
void registerPasses();

/// Lets every context made from `registry` use `store`.
void shareWeights(mlir::DialectRegistry &registry,
                  std::shared_ptr<weights::WeightStore> store);

} // namespace slin

#endif // SLIN_PIPELINES_REGISTRATION_H
