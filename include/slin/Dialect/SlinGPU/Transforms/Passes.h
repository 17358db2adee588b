//===- Passes.h - Passes over what a GPU is to do ---------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Passes that stay inside the slingpu dialect; Passes.td describes them.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_DIALECT_SLINGPU_TRANSFORMS_PASSES_H
#define SLIN_DIALECT_SLINGPU_TRANSFORMS_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace slin::slingpu {

#define GEN_PASS_DECL
#include "slin/Dialect/SlinGPU/Transforms/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "slin/Dialect/SlinGPU/Transforms/Passes.h.inc"

} // namespace slin::slingpu

#endif // SLIN_DIALECT_SLINGPU_TRANSFORMS_PASSES_H
