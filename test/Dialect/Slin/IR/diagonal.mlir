// RUN: slin-opt %s | slin-opt | FileCheck %s

// CHECK-LABEL: func.func @vector
// CHECK: slin.diagonal %arg0 : tensor<4xf32> -> !slin.linop<4 -> 4, f32>
func.func @vector(%d: tensor<4xf32>) {
  %0 = slin.diagonal %d : tensor<4xf32> -> !slin.linop<4 -> 4, f32>
  return
}

// CHECK-LABEL: func.func @narrower
// CHECK: slin.diagonal %arg0 : tensor<4xf16> -> !slin.linop<4 -> 4, f32>
func.func @narrower(%d: tensor<4xf16>) {
  %0 = slin.diagonal %d : tensor<4xf16> -> !slin.linop<4 -> 4, f32>
  return
}
