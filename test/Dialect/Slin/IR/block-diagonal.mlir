// RUN: slin-opt %s | slin-opt | FileCheck %s

// CHECK-LABEL: func.func @two_blocks
// CHECK: slin.block_diagonal %arg0 : tensor<2x3x2xf32> -> !slin.linop<4 -> 6, f32>
func.func @two_blocks(%d: tensor<2x3x2xf32>) {
  %0 = slin.block_diagonal %d : tensor<2x3x2xf32> -> !slin.linop<4 -> 6, f32>
  return
}

// CHECK-LABEL: func.func @one_block
// CHECK: slin.block_diagonal %arg0 : tensor<1x6x4xf16> -> !slin.linop<4 -> 6, f16>
func.func @one_block(%d: tensor<1x6x4xf16>) {
  %0 = slin.block_diagonal %d : tensor<1x6x4xf16> -> !slin.linop<4 -> 6, f16>
  return
}

// CHECK-LABEL: func.func @transposed
// CHECK: slin.block_diagonal %arg0 transposed : tensor<2x2x3xf32> -> !slin.linop<4 -> 6, f32>
func.func @transposed(%d: tensor<2x2x3xf32>) {
  %0 = slin.block_diagonal %d transposed : tensor<2x2x3xf32> -> !slin.linop<4 -> 6, f32>
  return
}
