//===- SlinDialect.td - The slin dialect -------------------*- tablegen -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Linear operators as values, and the feed-forward networks made of them.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_DIALECT_SLIN_IR_SLINDIALECT_TD
#define SLIN_DIALECT_SLIN_IR_SLINDIALECT_TD

include "mlir/IR/OpBase.td"

def Slin_Dialect : Dialect {
  let name = "slin";
  let cppNamespace = "::slin";
  let summary = "Linear operators as values, and feed-forward networks";
  let description = [{
    A weight structure is not an attribute of a layer, it is an SSA value of type
    `!slin.linop<in -> out, elt>`. Constructors (`slin.dense`, `slin.low_rank`,
    …) make operators from weights, combinators (`slin.compose`, `slin.slice`, …)
    make operators from operators, and `slin.apply` uses one on activations.
    Every operator op says what it is once, as a term (`lib/Term`), through
    `LinearOperatorInterface`; evaluation, emission and cost follow from the term.

    No op folds: whether to multiply two operators is decided by passes that know
    the token counts. Operator ops are Pure, so unused ones vanish; the ops that
    hold a model's own nodes (`slin.apply`, `slin.activation`, `slin.ffn`) are not.
    Operators never cross function or block arguments.
  }];
  let useDefaultTypePrinterParser = 1;
  let extraClassDeclaration = [{
  private:
    void registerTypes();
    bool verifyMergesFlag = false;

  public:
    /// Whether slin-merge evaluates every value before and after.
    bool verifiesMerges() const { return verifyMergesFlag; }
    void setVerifiesMerges(bool value) { verifyMergesFlag = value; }
  }];
}

#endif // SLIN_DIALECT_SLIN_IR_SLINDIALECT_TD
