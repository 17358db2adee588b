// RUN: slin-opt %s | slin-opt | FileCheck %s

// CHECK-LABEL: func.func @even
// CHECK: slin.block_shuffle %arg0, %arg1 : tensor<2x4x2xf32>, tensor<2x3x4xf32> -> !slin.linop<4 -> 6, f32>
func.func @even(%a: tensor<2x4x2xf32>, %b: tensor<2x3x4xf32>) {
  %0 = slin.block_shuffle %a, %b : tensor<2x4x2xf32>, tensor<2x3x4xf32> -> !slin.linop<4 -> 6, f32>
  return
}

// CHECK-LABEL: func.func @uneven_l_does_not_divide_q
// CHECK: slin.block_shuffle %arg0, %arg1 : tensor<2x3x2xf32>, tensor<3x2x2xf32> -> !slin.linop<4 -> 6, f32>
func.func @uneven_l_does_not_divide_q(%a: tensor<2x3x2xf32>, %b: tensor<3x2x2xf32>) {
  %0 = slin.block_shuffle %a, %b : tensor<2x3x2xf32>, tensor<3x2x2xf32> -> !slin.linop<4 -> 6, f32>
  return
}

// CHECK-LABEL: func.func @narrower_second
// CHECK: slin.block_shuffle %arg0, %arg1 : tensor<2x4x2xf32>, tensor<2x3x4xbf16> -> !slin.linop<4 -> 6, f32>
func.func @narrower_second(%a: tensor<2x4x2xf32>, %b: tensor<2x3x4xbf16>) {
  %0 = slin.block_shuffle %a, %b : tensor<2x4x2xf32>, tensor<2x3x4xbf16> -> !slin.linop<4 -> 6, f32>
  return
}

// CHECK-LABEL: func.func @transposed
// CHECK: slin.block_shuffle %arg0 transposed, %arg1 : tensor<2x4x3xf32>, tensor<3x4x2xf32> -> !slin.linop<8 -> 12, f32>
func.func @transposed(%a: tensor<2x4x3xf32>, %b: tensor<3x4x2xf32>) {
  %0 = slin.block_shuffle %a transposed, %b : tensor<2x4x3xf32>, tensor<3x4x2xf32> -> !slin.linop<8 -> 12, f32>
  return
}
