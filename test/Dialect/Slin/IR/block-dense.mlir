// RUN: slin-opt %s | slin-opt | FileCheck %s

// CHECK-LABEL: func.func @two_blocks
// CHECK: slin.block_dense %arg0, %arg1 : tensor<6x4xf32>, tensor<2x2x2xf32> -> !slin.linop<4 -> 6, f32>
func.func @two_blocks(%l: tensor<6x4xf32>, %d: tensor<2x2x2xf32>) {
  %0 = slin.block_dense %l, %d : tensor<6x4xf32>, tensor<2x2x2xf32> -> !slin.linop<4 -> 6, f32>
  return
}

// CHECK-LABEL: func.func @narrower_blocks
// CHECK: slin.block_dense %arg0, %arg1 : tensor<6x4xf32>, tensor<4x1x1xf16> -> !slin.linop<4 -> 6, f32>
func.func @narrower_blocks(%l: tensor<6x4xf32>, %d: tensor<4x1x1xf16>) {
  %0 = slin.block_dense %l, %d : tensor<6x4xf32>, tensor<4x1x1xf16> -> !slin.linop<4 -> 6, f32>
  return
}

// CHECK-LABEL: func.func @transposed
// CHECK: slin.block_dense %arg0 transposed, %arg1 transposed : tensor<4x6xf32>, tensor<2x3x2xf32> -> !slin.linop<6 -> 6, f32>
func.func @transposed(%l: tensor<4x6xf32>, %d: tensor<2x3x2xf32>) {
  %0 = slin.block_dense %l transposed, %d transposed : tensor<4x6xf32>, tensor<2x3x2xf32> -> !slin.linop<6 -> 6, f32>
  return
}
