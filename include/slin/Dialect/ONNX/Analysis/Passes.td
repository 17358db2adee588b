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

def PrintExperts : Pass<"slin-print-experts", "::mlir::ModuleOp"> {
  let summary = "print the sums of experts of a model";
  let description = [{
    Prints every sum of experts that read one value, with what is known of their
    gates, then what only looks like one, with the reason, and the nodes that
    gather the tokens of one expert already.

    Example:

    ```mlir
    // slin-opt --slin-print-experts
    func.func @main_graph(%x: tensor<?x4xf32> {onnx.name = "x"}) -> (!onnx.unknown {onnx.name = "y"}) attributes {onnx.graph = {}} {
      %u0 = onnx.initializer "u0" #onnx.synthetic<normal, seed = 0> : tensor<4x2xf32>
      %d0 = onnx.initializer "d0" #onnx.synthetic<normal, seed = 1> : tensor<2x4xf32>
      %u1 = onnx.initializer "u1" #onnx.synthetic<normal, seed = 2> : tensor<4x6xf32>
      %d1 = onnx.initializer "d1" #onnx.synthetic<normal, seed = 3> : tensor<6x4xf32>
      %h0 = onnx.MatMul(%x, %u0) "/0/up" : (tensor<?x4xf32>, tensor<4x2xf32>) -> !onnx.unknown
      %a0 = onnx.Relu(%h0) "/0/act"
      %y0 = onnx.MatMul(%a0, %d0) "/0/down" : (!onnx.unknown, tensor<2x4xf32>) -> !onnx.unknown
      %h1 = onnx.MatMul(%x, %u1) "/1/up" : (tensor<?x4xf32>, tensor<4x6xf32>) -> !onnx.unknown
      %a1 = onnx.Relu(%h1) "/1/act"
      %y1 = onnx.MatMul(%a1, %d1) "/1/down" : (!onnx.unknown, tensor<6x4xf32>) -> !onnx.unknown
      %y = onnx.Add(%y0, %y1) "/add" outputs ["y"]
      return %y : !onnx.unknown
    }
    // becomes
    // experts '/add' 2 plain relu 4 -> 2 + 6 -> 4 f32, no gates
    ```
  }];
}

#endif // SLIN_DIALECT_ONNX_ANALYSIS_PASSES_TD
