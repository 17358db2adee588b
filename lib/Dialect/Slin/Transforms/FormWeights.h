//===- FormWeights.h - Operators evaluated into weights ---------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the passes share that compute an operator in another form: its numbers
// in f64, rounded once to the element type of its weights, and the linears that
// use it instead.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_DIALECT_SLIN_TRANSFORMS_FORMWEIGHTS_H
#define SLIN_LIB_DIALECT_SLIN_TRANSFORMS_FORMWEIGHTS_H

#include "NewWeights.h"

#include "slin/Term/Form.h"

#include "llvm/ADT/MapVector.h"

namespace slin {

/// Operators and the linears that use them.
using OperatorUses = llvm::MapVector<mlir::Value, llvm::SmallVector<ApplyOp>>;

/// The operators of selected linears, but for plain matrices, and these
/// linears. Linears of plain matrices are appended to `matrices`. Fails with a
/// reason where a pattern is malformed or matches nothing.
mlir::FailureOr<OperatorUses>
selectOperators(mlir::ModuleOp module, llvm::ArrayRef<std::string> include,
                llvm::ArrayRef<std::string> exclude,
                llvm::SmallVectorImpl<ApplyOp> &matrices, std::string &reason);

/// The old leaf that `leaf` of a form is, as it is stored; null where its
/// numbers are computed.
const term::Leaf *storedLeaf(const term::Form &form, const term::Leaf &leaf);

/// The form of `term` that is one matrix, stored `[in, out]`.
term::Form denseForm(const term::Term &term);

/// An operator whose other forms are computed.
class FormMaker {
public:
  /// Reads the numbers of all leaves. Fails, with a reason, where they are no
  /// constants of one element type, or there is none.
  static mlir::FailureOr<FormMaker> open(TermWithLeaves expression,
                                         std::string &reason);

  const term::Term &getTerm() const { return expression.term; }
  mlir::FloatType getWeightType() const { return type; }
  /// Which entries of stored vectors are zero, as term::cheapestForm asks.
  llvm::BitVector zerosOf(const term::Leaf &leaf) const;

  /// The operator that `form` says, of type `linopType`; its new weights are
  /// called after `base`. Fails with a reason where a number passes the range
  /// of the element type or the form is none that an operator has.
  mlir::FailureOr<mlir::Value>
  make(mlir::OpBuilder &builder, mlir::Location location,
       const term::Form &form, LinopType linopType, const std::string &base,
       NewWeights &newWeights, std::string &reason) const;

private:
  FormMaker(TermWithLeaves expression, mlir::FloatType type,
            std::vector<std::vector<double>> numbers)
      : expression(std::move(expression)), type(type),
        numbers(std::move(numbers)) {}

  TermWithLeaves expression;
  mlir::FloatType type;
  std::vector<std::vector<double>> numbers;
};

/// Lets `uses` use `linop`, and marks the weights of their old operator and
/// what only their own nodes read as replaced; `leaves` are the old operator's.
void replaceOperator(llvm::ArrayRef<ApplyOp> uses, mlir::Value linop,
                     llvm::ArrayRef<mlir::Value> leaves,
                     NewWeights &newWeights);

} // namespace slin

#endif // SLIN_LIB_DIALECT_SLIN_TRANSFORMS_FORMWEIGHTS_H
