//===- SlinInterfaces.h - What every linear operator answers ----*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// From operator values to terms. A term's leaf i is the i-th value that
// `TermBuilder` met; nested operators are followed through their defining ops.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_DIALECT_SLIN_IR_SLININTERFACES_H
#define SLIN_DIALECT_SLIN_IR_SLININTERFACES_H

#include "slin/Dialect/Slin/IR/SlinTypes.h"
#include "slin/Term/Term.h"

#include "mlir/IR/OpDefinition.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"

namespace slin {

/// Collects the weights of one operator expression while its term is made. A
/// weight that is met twice is one leaf, an operator that is met twice one
/// term.
class TermBuilder {
public:
  /// `tokens` (at least 1) decides between the alternatives of
  /// `slin.by_tokens`.
  explicit TermBuilder(int64_t tokens) : tokens(tokens) {}

  /// The whole weight as a leaf; its type is a tensor of static shape.
  term::Leaf leaf(mlir::Value weight, bool transposed = false);

  /// The term of an operator value. Fails, with a reason, where the value is no
  /// result of an op with LinearOperatorInterface.
  term::TermOrReason operand(mlir::Value linop);

  int64_t getTokens() const { return tokens; }

  /// Leaf i of the terms made so far.
  llvm::ArrayRef<mlir::Value> getLeaves() const { return leaves; }

private:
  int64_t tokens;
  unsigned depth = 0;
  llvm::SmallVector<mlir::Value> leaves;
  llvm::DenseMap<mlir::Value, unsigned> leafNumbers;
  llvm::DenseMap<mlir::Value, term::Term> terms;
};

/// A term and the value of each of its leaves.
struct TermWithLeaves {
  term::Term term;
  llvm::SmallVector<mlir::Value> leaves;
};

/// The whole expression behind `linop` for `tokens` tokens. On failure
/// `reason`, if given, says why: lower case, without period.
mlir::FailureOr<TermWithLeaves> buildTerm(mlir::Value linop, int64_t tokens,
                                          std::string *reason = nullptr);

} // namespace slin

#include "slin/Dialect/Slin/IR/SlinInterfaces.h.inc"

#endif // SLIN_DIALECT_SLIN_IR_SLININTERFACES_H
