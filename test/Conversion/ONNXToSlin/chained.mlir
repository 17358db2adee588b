// RUN: slin-opt %s --onnx-to-slin | FileCheck %s
// RUN: slin-opt %s --onnx-to-slin --slin-to-onnx | FileCheck %s --check-prefix=BACK
// RUN: slin-opt %s --onnx-to-slin --slin-to-onnx=respell -o %t.executed.mlir && slin-run %t.executed.mlir --dim=2,3,4 --check=%s | FileCheck %s --check-prefix=EXECUTED

// EXECUTED-COUNT-1: checked: max relative error

// A network that reads another one's output directly reads the result of its
// region op, under the output's own name.

// CHECK-LABEL: func.func @main
// CHECK: %[[FIRST:.*]] = slin.ffn "/0" (%{{.*}} = %arg0 : tensor<?x4xf32>)
// CHECK: %[[SECOND:.*]] = slin.ffn "/1" (%[[T:.*]] = %[[FIRST]] : tensor<?x4xf32>)
// CHECK: slin.apply {{.*}}, %[[T]] {{.*}}input_name = "/0/down_output_0"
// CHECK:   onnx.MatMul(%[[T]],
// CHECK: return %[[SECOND]]

// BACK-LABEL: func.func @main
// BACK-NOT: slin.
// BACK: %[[Y:.*]] = onnx.MatMul({{.*}}) "/0/down" :
// BACK: onnx.MatMul(%[[Y]], {{.*}}) "/1/up" :
func.func @main(%x: tensor<?x4xf32> {onnx.name = "x"}) -> (tensor<?x4xf32> {onnx.name = "/1/down_output_0"}) attributes {onnx.graph = {}} {
  %w0 = onnx.initializer "w0" #onnx.synthetic<normal, seed = 1> : tensor<4x16xf32>
  %w1 = onnx.initializer "w1" #onnx.synthetic<normal, seed = 2> : tensor<16x4xf32>
  %w2 = onnx.initializer "w2" #onnx.synthetic<normal, seed = 3> : tensor<4x16xf32>
  %w3 = onnx.initializer "w3" #onnx.synthetic<normal, seed = 4> : tensor<16x4xf32>
  %0 = onnx.MatMul(%x, %w0) "/0/up" : (tensor<?x4xf32>, tensor<4x16xf32>) -> tensor<?x16xf32>
  %1 = onnx.Relu(%0) "/0/act" : (tensor<?x16xf32>) -> tensor<?x16xf32>
  %2 = onnx.MatMul(%1, %w1) "/0/down" : (tensor<?x16xf32>, tensor<16x4xf32>) -> tensor<?x4xf32>
  %3 = onnx.MatMul(%2, %w2) "/1/up" : (tensor<?x4xf32>, tensor<4x16xf32>) -> tensor<?x16xf32>
  %4 = onnx.Relu(%3) "/1/act" : (tensor<?x16xf32>) -> tensor<?x16xf32>
  %5 = onnx.MatMul(%4, %w3) "/1/down" : (tensor<?x16xf32>, tensor<16x4xf32>) -> tensor<?x4xf32>
  return %5 : tensor<?x4xf32>
}
