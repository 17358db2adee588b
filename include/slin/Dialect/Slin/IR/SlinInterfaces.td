//===- SlinInterfaces.td - What every linear operator answers *- tablegen -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The one place where an operator op says what it is.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_DIALECT_SLIN_IR_SLININTERFACES_TD
#define SLIN_DIALECT_SLIN_IR_SLININTERFACES_TD

include "mlir/IR/OpBase.td"

def Slin_LinearOperatorInterface : OpInterface<"LinearOperatorInterface"> {
  let cppNamespace = "::slin";
  let description = [{
    An op whose only result is a linear operator. Its term is all that evaluation,
    emission, lowering and cost ever look at: a new structure is one op and one
    term, and nothing else may switch on op names.
  }];
  let methods = [
    InterfaceMethod<[{
      The operator as a term of `rows() = out` and `columns() = in`. Weights
      become leaves through `builder.leaf`, operators among the operands become
      terms through `builder.operand`. Fails with a reason where an operand is
      not defined by an operator op, or the term would be too large.
    }], "::slin::term::TermOrReason", "getTerm", (ins "::slin::TermBuilder &":$builder)>,
    InterfaceMethod<"The type of the operator.", "::slin::LinopType", "getLinopType",
      (ins), [{}], [{
        return ::mlir::cast<::slin::LinopType>($_op->getResult(0).getType());
      }]>
  ];
}

#endif // SLIN_DIALECT_SLIN_IR_SLININTERFACES_TD
