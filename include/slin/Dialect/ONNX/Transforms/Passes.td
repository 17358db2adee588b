//===- Passes.td - Passes over ONNX graphs ------------------*- tablegen -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Passes that stay inside the onnx dialect.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_DIALECT_ONNX_TRANSFORMS_PASSES_TD
#define SLIN_DIALECT_ONNX_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def SaveWeights : Pass<"onnx-save-weights", "::mlir::ModuleOp"> {
  let summary = "write new weights to a file and refer to it";
  let description = [{
    Weights that passes made live in the memory of the process. This pass writes
    those that are still used to `file` and makes their `#onnx.weight` attributes
    refer to it, so that the text or bytecode can be read again elsewhere.
    Without a file, weights of up to `inline-bytes` bytes become part of the text
    and a larger one is an error. `slin-opt` runs it before it writes.

    Example:

    ```mlir
    // slin-opt --slin-factorize='structure=low_rank rank=8 weight-only' --onnx-save-weights=inline-bytes=65536
    func.func @main_graph(%x: tensor<?x64xf32> {onnx.name = "x"}) -> (tensor<?x256xf32> {onnx.name = "y"}) attributes {onnx.graph = {}} {
      %w = onnx.initializer "w" #onnx.synthetic<normal, seed = 1> : tensor<256x64xf32>
      %d = slin.dense %w : tensor<256x64xf32> -> !slin.linop<64 -> 256, f32>
      %y = slin.apply %d, %x {path = "/fc/MatMul"} : !slin.linop<64 -> 256, f32>, tensor<?x64xf32> -> tensor<?x256xf32>
      return %y : tensor<?x256xf32>
    }
    // becomes
      %fc.MatMul.slin_u = slin.weight "/fc/MatMul/slin_u" dense<…> : tensor<256x8xf32>
      %fc.MatMul.slin_v = slin.weight "/fc/MatMul/slin_v" dense<…> : tensor<8x64xf32>
    ```
  }];
  let options = [
    Option<"file", "file", "std::string", /*default=*/"\"\"", "the file to write">,
    Option<"reference", "reference", "std::string", "\"\"",
           "the file's name in the attributes; its own name where empty">,
    Option<"inlineBytes", "inline-bytes", "uint64_t", "4096",
           "largest weight that is written into the text where there is no file">
  ];
}

def AddOutputs : Pass<"onnx-add-outputs", "::mlir::ModuleOp"> {
  let summary = "make inner values outputs of the graph";
  let description = [{
    Appends the named values to the outputs of the main graph, in the order
    given. An unknown name is an error. This is how calibration sees what the
    linears read.

    Example:

    ```mlir
    // slin-opt --onnx-add-outputs=values=/act/Relu_output_0
    func.func @main_graph(%x: tensor<?x64xf32> {onnx.name = "x"}) -> (!onnx.unknown {onnx.name = "y"}) attributes {onnx.graph = {}} {
      %w1 = onnx.initializer "w1" #onnx.synthetic<normal, seed = 1> : tensor<64x256xf32>
      %w2 = onnx.initializer "w2" #onnx.synthetic<normal, seed = 2> : tensor<256x64xf32>
      %h = onnx.MatMul(%x, %w1) "/up/MatMul" : (tensor<?x64xf32>, tensor<64x256xf32>) -> !onnx.unknown
      %a = onnx.Relu(%h) "/act/Relu"
      %y = onnx.MatMul(%a, %w2) "/down/MatMul" outputs ["y"] : (!onnx.unknown, tensor<256x64xf32>) -> !onnx.unknown
      return %y : !onnx.unknown
    }
    // becomes
    func.func @main_graph(…) -> (!onnx.unknown {onnx.name = "y"}, !onnx.unknown {onnx.name = "/act/Relu_output_0"})
      %act.Relu = onnx.Relu(…) "/act/Relu"
      return %y, %act.Relu : !onnx.unknown, !onnx.unknown
    ```
  }];
  let options = [
    ListOption<"values", "values", "std::string", "names of values of the main graph">
  ];
}

def WidenBFloat16 : Pass<"onnx-widen-bfloat16", "::mlir::ModuleOp"> {
  let summary = "make bf16 values, weights and casts f32";
  let description = [{
    A copy of the model that computes in f32 what it computed in bf16, for ONNX
    Runtime, whose CPU kernels do not know bf16. Weights become new weights, types
    of values, inputs and outputs included, become f32, and attributes that name
    the element type (`to`, `dtype`, `output_dtype`, `stash_type`,
    `softmax_precision`) name FLOAT instead of BFLOAT16.

    Example:

    ```mlir
    // slin-opt --onnx-widen-bfloat16
    func.func @main_graph(%x: tensor<4xf32> {onnx.name = "x"}) -> (tensor<4xbf16> {onnx.name = "y"}) attributes {onnx.graph = {}} {
      %y = onnx.Cast(%x) "/cast" outputs ["y"] {to = 16 : i64} : (tensor<4xf32>) -> tensor<4xbf16>
      return %y : tensor<4xbf16>
    }
    // becomes
    func.func @main_graph(%arg0: tensor<4xf32> {onnx.name = "x"}) -> (tensor<4xf32> {onnx.name = "y"}) …
      %y = onnx.Cast(%arg0) "/cast" outputs ["y"] {to = 1 : i64} : (tensor<4xf32>) -> tensor<4xf32>
    ```
  }];
}

#endif // SLIN_DIALECT_ONNX_TRANSFORMS_PASSES_TD
