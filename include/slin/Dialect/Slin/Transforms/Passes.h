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

#include "mlir/IR/Action.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace slin {

/// The factorisation of one weight, the long step of slin-factorize. A handler
/// of the context can tell how far it is, and leave weights as they are.
class FactorizeAction final
    : public mlir::tracing::ActionImpl<FactorizeAction> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(FactorizeAction)
  static constexpr llvm::StringLiteral tag = "slin-factorize-weight";

  /// Weight `number`, counted from 0, of `total`; the unit is its operator.
  FactorizeAction(llvm::ArrayRef<mlir::IRUnit> units, uint64_t number,
                  uint64_t total)
      : ActionImpl(units), number(number), total(total) {}
  void print(llvm::raw_ostream &os) const override {
    os << "factorize weight " << number << " of " << total;
  }

  uint64_t number, total;
};

/// Whether slin-merge adds the identity of a residual to a matrix.
enum class MergeShortcut { Automatic, Always, Never };

#define GEN_PASS_DECL
#include "slin/Dialect/Slin/Transforms/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "slin/Dialect/Slin/Transforms/Passes.h.inc"

} // namespace slin

#endif // SLIN_DIALECT_SLIN_TRANSFORMS_PASSES_H
