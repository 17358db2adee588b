// RUN: slin-opt %s | slin-opt | FileCheck %s

// CHECK-LABEL: func.func @plain_f32
// CHECK: slin.dense %arg0 : tensor<6x4xf32> -> !slin.linop<4 -> 6, f32>
func.func @plain_f32(%w: tensor<6x4xf32>) {
  %0 = slin.dense %w : tensor<6x4xf32> -> !slin.linop<4 -> 6, f32>
  return
}

// CHECK-LABEL: func.func @transposed_f32
// CHECK: slin.dense %arg0 transposed : tensor<4x6xf32> -> !slin.linop<4 -> 6, f32>
func.func @transposed_f32(%w: tensor<4x6xf32>) {
  %0 = slin.dense %w transposed : tensor<4x6xf32> -> !slin.linop<4 -> 6, f32>
  return
}

// CHECK-LABEL: func.func @narrower_f16_in_f32
// CHECK: slin.dense %arg0 : tensor<6x4xf16> -> !slin.linop<4 -> 6, f32>
func.func @narrower_f16_in_f32(%w: tensor<6x4xf16>) {
  %0 = slin.dense %w : tensor<6x4xf16> -> !slin.linop<4 -> 6, f32>
  return
}

// CHECK-LABEL: func.func @same_width_bf16_in_f16
// CHECK: slin.dense %arg0 : tensor<6x4xbf16> -> !slin.linop<4 -> 6, f16>
func.func @same_width_bf16_in_f16(%w: tensor<6x4xbf16>) {
  %0 = slin.dense %w : tensor<6x4xbf16> -> !slin.linop<4 -> 6, f16>
  return
}

// CHECK-LABEL: func.func @attributes
// CHECK: slin.dense %arg0 {note = "kept"} : tensor<6x4xf32> -> !slin.linop<4 -> 6, f32>
func.func @attributes(%w: tensor<6x4xf32>) {
  %0 = slin.dense %w {note = "kept"} : tensor<6x4xf32> -> !slin.linop<4 -> 6, f32>
  return
}
