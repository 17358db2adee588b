//===- SlinTypes.td - The type of a linear operator --------*- tablegen -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One type. How an operator is structured is its defining op's business.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_DIALECT_SLIN_IR_SLINTYPES_TD
#define SLIN_DIALECT_SLIN_IR_SLINTYPES_TD

include "slin/Dialect/Slin/IR/SlinDialect.td"

include "mlir/IR/AttrTypeBase.td"

def Slin_LinopType : TypeDef<Slin_Dialect, "Linop"> {
  let mnemonic = "linop";
  let summary = "a linear operator";
  let description = [{
    A linear operator from `in` features to `out` features: the matrix
    `[out, in]` that acts on the last axis of activations. `elementType` is the
    element type of the result; the factors' may be narrower.

    Constraints:
    - (C1) `in` and `out` are at least 1.
    - (C2) `elementType` is a floating-point type.

    Example:

    ```mlir
    !slin.linop<768 -> 3072, f32>
    ```
  }];
  let parameters = (ins "int64_t":$in, "int64_t":$out, "::mlir::Type":$elementType);
  let assemblyFormat = "`<` $in `->` $out `,` $elementType `>`";
  let genVerifyDecl = 1;
}

#endif // SLIN_DIALECT_SLIN_IR_SLINTYPES_TD
