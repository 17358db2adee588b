//===- Passes.h - Passes over linear operators ------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Passes that stay inside the slin dialect; Passes.td describes them.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_DIALECT_SLIN_TRANSFORMS_PASSES_H
#define SLIN_DIALECT_SLIN_TRANSFORMS_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace slin {

#define GEN_PASS_DECL
#include "slin/Dialect/Slin/Transforms/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "slin/Dialect/Slin/Transforms/Passes.h.inc"

} // namespace slin

#endif // SLIN_DIALECT_SLIN_TRANSFORMS_PASSES_H
