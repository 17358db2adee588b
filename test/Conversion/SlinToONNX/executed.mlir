// REQUIRES: slin-run
// RUN: slin-run %s --tokens=5 --check=reference | FileCheck %s
// RUN: slin-opt %s --slin-to-onnx -o %t.onnx.mlir
// RUN: slin-run %t.onnx.mlir --tokens=5 --check=%s | FileCheck %s --check-prefix=NODES
// RUN: slin-opt %t.onnx.mlir --onnx-to-slin -o %t.back.mlir
// RUN: FileCheck %s --check-prefix=BACK --input-file=%t.back.mlir
// RUN: slin-run %t.back.mlir --tokens=5 --check=%s | FileCheck %s

// Both ends compute the same: the operators, and the nodes written from them,
// which are evaluated, recognised again and then executed.

// NODES-COUNT-2: checked: max relative error

// CHECK: checked: max relative error {{.*}} <= 1.0e-05
// CHECK: checked: max relative error {{.*}} <= 1.0e-05
// BACK-LABEL: func.func @low_rank_then_shuffle
// BACK: slin.low_rank
// BACK: slin.block_shuffle
// BACK: slin.activation silu
func.func @low_rank_then_shuffle(%x: tensor<?x24xf32> {onnx.name = "x"}) -> (tensor<?x24xf32> {onnx.name = "y"}) attributes {onnx.graph = {}} {
  %0 = slin.weight "/up/slin_u" #onnx.synthetic<normal, seed = 1, scale = 0.2> : tensor<64x8xf32>
  %1 = slin.weight "/up/slin_v" #onnx.synthetic<normal, seed = 2, scale = 0.2> : tensor<8x24xf32>
  %2 = slin.weight "/down/slin_a" #onnx.synthetic<normal, seed = 3, scale = 0.2> : tensor<4x6x16xf32>
  %3 = slin.weight "/down/slin_b" #onnx.synthetic<normal, seed = 4, scale = 0.2> : tensor<4x6x6xf32>
  %b = slin.weight "/up/slin_bias" #onnx.synthetic<normal, seed = 5> : tensor<64xf32>
  %up = slin.low_rank %0, %1 : tensor<64x8xf32>, tensor<8x24xf32> -> !slin.linop<24 -> 64, f32>
  %down = slin.block_shuffle %2, %3 : tensor<4x6x16xf32>, tensor<4x6x6xf32> -> !slin.linop<64 -> 24, f32>
  %h = slin.apply %up, %x bias %b : tensor<64xf32> {path = "/up", onnx.output_name = "h"} : !slin.linop<24 -> 64, f32>, tensor<?x24xf32> -> tensor<?x64xf32>
  %a = slin.activation silu(%v = %h : tensor<?x64xf32>) -> tensor<?x64xf32> {
    %s = onnx.Sigmoid(%v) "/s" : (tensor<?x64xf32>) -> tensor<?x64xf32>
    %m = onnx.Mul(%v, %s) "/m" : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
    slin.yield %m : tensor<?x64xf32>
  }
  %y = slin.apply %down, %a {path = "/down", onnx.output_name = "y"} : !slin.linop<64 -> 24, f32>, tensor<?x64xf32> -> tensor<?x24xf32>
  return %y : tensor<?x24xf32>
}
func.func @dense_then_block_dense(%x: tensor<?x24xf32> {onnx.name = "x"}) -> (tensor<?x24xf32> {onnx.name = "y"}) attributes {onnx.graph = {}} {
  %0 = slin.weight "/a/slin_w" #onnx.synthetic<normal, seed = 6, scale = 0.2> : tensor<64x24xf32>
  %1 = slin.weight "/b/slin_l" #onnx.synthetic<normal, seed = 7, scale = 0.2> : tensor<24x8xf32>
  %2 = slin.weight "/b/slin_d" #onnx.synthetic<normal, seed = 8, scale = 0.2> : tensor<4x2x16xf32>
  %up = slin.dense %0 : tensor<64x24xf32> -> !slin.linop<24 -> 64, f32>
  %down = slin.block_dense %1, %2 : tensor<24x8xf32>, tensor<4x2x16xf32> -> !slin.linop<64 -> 24, f32>
  %h = slin.apply %up, %x {path = "/a", onnx.output_name = "h"} : !slin.linop<24 -> 64, f32>, tensor<?x24xf32> -> tensor<?x64xf32>
  %a = slin.activation relu(%v = %h : tensor<?x64xf32>) -> tensor<?x64xf32> {
    %r = onnx.Relu(%v) "/r" : (tensor<?x64xf32>) -> tensor<?x64xf32>
    slin.yield %r : tensor<?x64xf32>
  }
  %y = slin.apply %down, %a {path = "/b", onnx.output_name = "y"} : !slin.linop<64 -> 24, f32>, tensor<?x64xf32> -> tensor<?x24xf32>
  return %y : tensor<?x24xf32>
}
