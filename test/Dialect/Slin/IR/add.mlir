// RUN: slin-opt %s | slin-opt | FileCheck %s

// CHECK-LABEL: func.func @ranked
func.func @ranked(%x: tensor<?x2x4xf32>, %y: tensor<1x2x4xf32>) -> tensor<?x2x4xf32> {
  // Leading axes broadcast.
  // CHECK: %sum = slin.add %arg0, %arg1, %arg0 {path = "/Add"} : tensor<?x2x4xf32>, tensor<1x2x4xf32>, tensor<?x2x4xf32> -> tensor<?x2x4xf32>
  %0 = slin.add %x, %y, %x {path = "/Add"} : tensor<?x2x4xf32>, tensor<1x2x4xf32>, tensor<?x2x4xf32> -> tensor<?x2x4xf32>
  return %0 : tensor<?x2x4xf32>
}

// Types of other dialects, and the model's own nodes.
// CHECK-LABEL: func.func @source
func.func @source(%x: !onnx.unknown, %y: tensor<*xf32>) -> !onnx.unknown {
  // CHECK: slin.add %arg0, %arg1 : !onnx.unknown, tensor<*xf32> -> !onnx.unknown from {
  // CHECK-NEXT: onnx.Add(%arg0, %arg1)
  // CHECK-NEXT: slin.yield
  %0 = slin.add %x, %y : !onnx.unknown, tensor<*xf32> -> !onnx.unknown from {
    %1 = onnx.Add(%x, %y) "/Add" : (!onnx.unknown, tensor<*xf32>) -> !onnx.unknown
    slin.yield %1 : !onnx.unknown
  }
  return %0 : !onnx.unknown
}
