//===- SlinDialect.h - The slin dialect -------------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Registers `!slin.linop` and the ops; see SlinDialect.td for the idea.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_DIALECT_SLIN_IR_SLINDIALECT_H
#define SLIN_DIALECT_SLIN_IR_SLINDIALECT_H

#include "mlir/IR/Dialect.h"

#include "slin/Dialect/Slin/IR/SlinDialect.h.inc"

namespace slin {

/// The attribute on ops that may be dead after a replacement; who writes the
/// model erases those that are.
inline constexpr llvm::StringLiteral kReplaced = "slin.replaced";

} // namespace slin

#endif // SLIN_DIALECT_SLIN_IR_SLINDIALECT_H
