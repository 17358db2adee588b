// RUN: slin-opt %s | slin-opt | FileCheck %s

// CHECK-LABEL: func.func @rank_2
// CHECK: slin.low_rank %arg0, %arg1 : tensor<6x2xf32>, tensor<2x4xf32> -> !slin.linop<4 -> 6, f32>
func.func @rank_2(%u: tensor<6x2xf32>, %v: tensor<2x4xf32>) {
  %0 = slin.low_rank %u, %v : tensor<6x2xf32>, tensor<2x4xf32> -> !slin.linop<4 -> 6, f32>
  return
}

// CHECK-LABEL: func.func @mixed_f16_bf16
// CHECK: slin.low_rank %arg0, %arg1 : tensor<6x1xf16>, tensor<1x4xbf16> -> !slin.linop<4 -> 6, f32>
func.func @mixed_f16_bf16(%u: tensor<6x1xf16>, %v: tensor<1x4xbf16>) {
  %0 = slin.low_rank %u, %v : tensor<6x1xf16>, tensor<1x4xbf16> -> !slin.linop<4 -> 6, f32>
  return
}

// CHECK-LABEL: func.func @transposed
// CHECK: slin.low_rank %arg0 transposed, %arg1 transposed : tensor<2x6xf32>, tensor<4x2xf32> -> !slin.linop<4 -> 6, f32>
// CHECK: slin.low_rank %arg2, %arg1 transposed : tensor<6x2xf32>, tensor<4x2xf32> -> !slin.linop<4 -> 6, f32>
func.func @transposed(%u: tensor<2x6xf32>, %v: tensor<4x2xf32>, %w: tensor<6x2xf32>) {
  %0 = slin.low_rank %u transposed, %v transposed : tensor<2x6xf32>, tensor<4x2xf32> -> !slin.linop<4 -> 6, f32>
  %1 = slin.low_rank %w, %v transposed : tensor<6x2xf32>, tensor<4x2xf32> -> !slin.linop<4 -> 6, f32>
  return
}
