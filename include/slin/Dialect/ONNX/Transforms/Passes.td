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
    %y = onnx.Cast(%x) "cast" {to = 16} : (tensor<4xf32>) -> tensor<4xbf16>
    // becomes
    %y = onnx.Cast(%x) "cast" {to = 1} : (tensor<4xf32>) -> tensor<4xf32>
    ```
  }];
}

#endif // SLIN_DIALECT_ONNX_TRANSFORMS_PASSES_TD
