//===- Passes.td - Passes that print analyses ---------------*- tablegen -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Passes that change nothing and print what an analysis found.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_DIALECT_ONNX_ANALYSIS_PASSES_TD
#define SLIN_DIALECT_ONNX_ANALYSIS_PASSES_TD

include "mlir/Pass/PassBase.td"

def PrintFFNs : Pass<"slin-print-ffns", "::mlir::ModuleOp"> {
  let summary = "print the feed-forward networks of a model";
  let description = [{
    Prints every feed-forward network in the order of the model, then every linear
    with constant weights that belongs to none that can be rewritten, with the
    reason. Each of those is a remark too, at the node that broke the match:
    `--remarks-filter=onnx-ffn` shows them with their paths.

    Example:

    ```
    $ slin-opt model.onnx --slin-print-ffns -o /dev/null
    // ffn '/h.0/mlp' plain gelu_tanh in 'main_graph'
    //   up '/h.0/mlp/c_fc/MatMul' 256 -> 1024 f32 stored [in, out] bias
    //   down '/h.0/mlp/c_proj/MatMul' 1024 -> 256 f32 stored [in, out] bias
    // declined '/h.0/qkv/MatMul': 'Split' cuts the value
    ```
  }];
}

#endif // SLIN_DIALECT_ONNX_ANALYSIS_PASSES_TD
