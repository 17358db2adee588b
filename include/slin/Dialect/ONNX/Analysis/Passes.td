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

    ```mlir
    // slin-opt --slin-print-ffns
    func.func @main_graph(%x: tensor<?x64xf32> {onnx.name = "x"}) -> (!onnx.unknown {onnx.name = "y"}) attributes {onnx.graph = {}} {
      %w0 = onnx.initializer "w0" #onnx.synthetic<normal, seed = 0> : tensor<64x64xf32>
      %w1 = onnx.initializer "w1" #onnx.synthetic<normal, seed = 1> : tensor<64x256xf32>
      %w2 = onnx.initializer "w2" #onnx.synthetic<normal, seed = 2> : tensor<256x64xf32>
      %n = onnx.MatMul(%x, %w0) "/in/MatMul" : (tensor<?x64xf32>, tensor<64x64xf32>) -> !onnx.unknown
      %h = onnx.MatMul(%n, %w1) "/up/MatMul" : (!onnx.unknown, tensor<64x256xf32>) -> !onnx.unknown
      %a = onnx.Relu(%h) "/act/Relu"
      %y = onnx.MatMul(%a, %w2) "/down/MatMul" outputs ["y"] : (!onnx.unknown, tensor<256x64xf32>) -> !onnx.unknown
      return %y : !onnx.unknown
    }
    // becomes
    // ffn '/up/MatMul' plain relu in 'main_graph'
    //   up '/up/MatMul' 64 -> 256 f32 stored [in, out]
    //   down '/down/MatMul' 256 -> 64 f32 stored [in, out]
    // declined '/in/MatMul': …
    ```
  }];
}

#endif // SLIN_DIALECT_ONNX_ANALYSIS_PASSES_TD
