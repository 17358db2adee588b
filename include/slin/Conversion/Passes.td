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

    Example:

    ```mlir
    // slin-opt --onnx-to-slin
    func.func @main_graph(%x: tensor<?x64xf32> {onnx.name = "x"}) -> (!onnx.unknown {onnx.name = "y"}) attributes {onnx.graph = {}} {
      %w1 = onnx.initializer "w1" #onnx.synthetic<normal, seed = 1> : tensor<64x256xf32>
      %w2 = onnx.initializer "w2" #onnx.synthetic<normal, seed = 2> : tensor<256x64xf32>
      %h = onnx.MatMul(%x, %w1) "/up/MatMul" : (tensor<?x64xf32>, tensor<64x256xf32>) -> !onnx.unknown
      %a = onnx.Relu(%h) "/act/Relu"
      %y = onnx.MatMul(%a, %w2) "/down/MatMul" outputs ["y"] : (!onnx.unknown, tensor<256x64xf32>) -> !onnx.unknown
      return %y : !onnx.unknown
    }
    // becomes
      %w1 = onnx.initializer "w1" …
      %dense = slin.dense %w1 transposed : tensor<64x256xf32> -> !slin.linop<64 -> 256, f32>
      %w2 = onnx.initializer "w2" …
      %dense_0 = slin.dense %w2 transposed : tensor<256x64xf32> -> !slin.linop<256 -> 64, f32>
      %ffn = slin.ffn "/up/MatMul" (%t = %arg0 : tensor<?x64xf32>) -> !onnx.unknown {
        %up = slin.apply %dense, %t {… role = "up"} : … from {
          onnx.MatMul(%t, %w1) "/up/MatMul" …
        }
        %relu = slin.activation relu(%v = %up : !onnx.unknown) -> !onnx.unknown {
          onnx.Relu(%v) "/act/Relu" …
        }
        %down = slin.apply %dense_0, %relu {… role = "down"} : … from {
          onnx.MatMul(%relu, %w2) "/down/MatMul" outputs ["y"] …
        }
        slin.yield %down : !onnx.unknown
      }
      return %ffn : !onnx.unknown
    ```
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
    A `slin.apply` that still has the model's own nodes becomes these nodes,
    unless `respell` asks for one spelling of all; any other is written from the
    term of its operator, as MatMul, Reshape, Transpose, Add and Mul nodes named
    after the linear (`<linear>/slin_u`). New weights become initializers; weights that only the replaced linears read are removed.
    Nodes return to the places they had.

    Example:

    ```mlir
    // slin-opt --slin-to-onnx
    func.func @main_graph(%x: tensor<?x64xf32> {onnx.name = "x"}) -> (!onnx.unknown {onnx.name = "y"}) attributes {onnx.graph = {}} {
      %u = slin.weight "/fc/slin_u" #onnx.synthetic<normal, seed = 1> : tensor<16x8xf32>
      %v = slin.weight "/fc/slin_v" #onnx.synthetic<normal, seed = 2> : tensor<8x64xf32>
      %w = slin.low_rank %u, %v : tensor<16x8xf32>, tensor<8x64xf32> -> !slin.linop<64 -> 16, f32>
      %y = slin.apply %w, %x {path = "/fc", onnx.output_name = "y"}
        : !slin.linop<64 -> 16, f32>, tensor<?x64xf32> -> !onnx.unknown
      return %y : !onnx.unknown
    }
    // becomes
      %fc.slin_v_weight = onnx.initializer "/fc/slin_v_weight" … : tensor<64x8xf32>
      %fc.slin_u_weight = onnx.initializer "/fc/slin_u_weight" … : tensor<8x16xf32>
      %fc.slin_v = onnx.MatMul(%arg0, %fc.slin_v_weight) "/fc/slin_v" …
      %y = onnx.MatMul(%fc.slin_v, %fc.slin_u_weight) "/fc/slin_u" outputs ["y"] …
      return %y : !onnx.unknown
    ```
  }];
  let options = [
    Option<"tokens", "tokens", "int64_t", /*default=*/"1",
           "token count by which slin.by_tokens chooses its alternative">,
    Option<"respell", "respell", "bool", /*default=*/"false",
           "write also linears that have the model's own nodes from their operators">
  ];
}

#endif // SLIN_CONVERSION_PASSES_TD
