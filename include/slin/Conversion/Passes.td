//===- Passes.td - Conversions between dialects -------------*- tablegen -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// From models to operators and back.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_CONVERSION_PASSES_TD
#define SLIN_CONVERSION_PASSES_TD

include "mlir/Pass/PassBase.td"

def ONNXToSlin : Pass<"onnx-to-slin", "::mlir::ModuleOp"> {
  let summary = "make the feed-forward networks of a model slin.ffn";
  let description = [{
    Every FFN that the analysis finds rewritable becomes a `slin.ffn`: its linears
    `slin.apply` of a `slin.dense` operator, the nodes between them a
    `slin.activation`. The model's own nodes move into the regions of these ops,
    so that converting back without a change gives the model back. A weight that
    several linears read becomes one operator. Nodes carry their place in the
    model as `onnx.index` meanwhile.
  }];
  let options = [
    Option<"mlpLike", "mlp-like", "bool", /*default=*/"false",
           "also take what only looks like an FFN (heads, poolers, classifiers)">
  ];
  let dependentDialects = ["::slin::SlinDialect"];
}

def SlinToONNX : Pass<"slin-to-onnx", "::mlir::ModuleOp"> {
  let summary = "write slin ops as ONNX nodes";
  let description = [{
    A `slin.apply` that still has the model's own nodes becomes these nodes; any
    other is written from the term of its operator, as MatMul, Reshape, Transpose,
    Add and Mul nodes named after the linear (`<linear>/slin_u`). New weights
    become initializers; weights that only the replaced linears read are removed.
    Nodes return to the places they had.
  }];
  let options = [
    Option<"tokens", "tokens", "int64_t", /*default=*/"1",
           "token count by which slin.by_tokens chooses its alternative">
  ];
}

#endif // SLIN_CONVERSION_PASSES_TD
