//===- OperatorOfTerm.h - The op that says a term ---------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The way back from terms to operator values, for whoever finds or computes a
// term. A structure with a name of its own is one op: it is tried and its term
// compared, so that no second definition of any structure stands here.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_DIALECT_SLIN_IR_OPERATOROFTERM_H
#define SLIN_DIALECT_SLIN_IR_OPERATOROFTERM_H

#include "slin/Term/Term.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"

namespace slin {

/// An operator value with the given term, of which leaf i is `weights[i]`, each
/// a different value. One op for `dense`, `low_rank`, `block_diagonal`,
/// `block_dense` and `block_shuffle`; constructors and combinators for every
/// other. Null if the term reads a part of a weight of rank 3.
mlir::Value makeOperatorOf(mlir::OpBuilder &builder, mlir::Location location,
                           const term::Term &term,
                           llvm::ArrayRef<mlir::Value> weights,
                           mlir::FloatType elementType);

} // namespace slin

#endif // SLIN_DIALECT_SLIN_IR_OPERATOROFTERM_H
