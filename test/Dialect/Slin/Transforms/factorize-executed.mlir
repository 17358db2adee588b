// REQUIRES: slin-run
// RUN: slin-opt %s --onnx-to-slin -o %t.dense.mlir
// RUN: slin-run %t.dense.mlir --tokens=5 --check=reference | FileCheck %s
// RUN: slin-opt %s --onnx-to-slin --slin-factorize='rank=4 weight-only' -o %t.low-rank.mlir
// RUN: FileCheck %s --check-prefix=REWRITTEN --input-file=%t.low-rank.mlir
// RUN: slin-run %t.low-rank.mlir --tokens=5 --check=%t.dense.mlir | FileCheck %s

// A network whose matrices have rank 4 computes the same from factors of rank 4.

// CHECK: checked: max relative error {{.*}} <= 1.0e-05
// REWRITTEN-COUNT-2: slin.low_rank
// REWRITTEN-NOT: slin.dense
func.func @main(%x: tensor<?x24xf32> {onnx.name = "x"}) -> (tensor<?x24xf32> {onnx.name = "y"}) attributes {onnx.graph = {}} {
  %w0 = onnx.initializer "w0" #onnx.synthetic<low_rank 4, seed = 1, scale = 0.2> : tensor<24x64xf32>
  %w1 = onnx.initializer "w1" #onnx.synthetic<low_rank 4, seed = 2, scale = 0.2> : tensor<64x24xf32>
  %0 = onnx.MatMul(%x, %w0) "/mlp/up" : (tensor<?x24xf32>, tensor<24x64xf32>) -> tensor<?x64xf32>
  %1 = onnx.Gelu(%0) "/mlp/act" : (tensor<?x64xf32>) -> tensor<?x64xf32>
  %2 = onnx.MatMul(%1, %w1) "/mlp/down" outputs ["y"] : (tensor<?x64xf32>, tensor<64x24xf32>) -> tensor<?x24xf32>
  return %2 : tensor<?x24xf32>
}
