//===- Passes.h - Conversions between dialects ------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// From models to operators and back; Passes.td describes the passes.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_CONVERSION_PASSES_H
#define SLIN_CONVERSION_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace slin {

#define GEN_PASS_DECL
#include "slin/Conversion/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "slin/Conversion/Passes.h.inc"

} // namespace slin

#endif // SLIN_CONVERSION_PASSES_H
