// RUN: slin-opt %s -allow-unregistered-dialect -canonicalize -cse | FileCheck %s
// Operators that nobody uses vanish and equal ones become one; nothing folds, and
// the ops that hold a model's own nodes stay.

// CHECK-LABEL: func.func @unused_operators_vanish
// CHECK-NEXT: return
func.func @unused_operators_vanish(%w: tensor<4x4xf32>) {
  %0 = slin.dense %w : tensor<4x4xf32> -> !slin.linop<4 -> 4, f32>
  %1 = slin.identity : !slin.linop<4 -> 4, f32>
  %2 = slin.compose %0, %1 : !slin.linop<4 -> 4, f32>, !slin.linop<4 -> 4, f32> -> !slin.linop<4 -> 4, f32>
  return
}

// CHECK-LABEL: func.func @nothing_folds
// CHECK: %[[W:.*]] = slin.dense
// CHECK-NEXT: %[[I:.*]] = slin.identity
// CHECK-NEXT: %[[C:.*]] = slin.compose %[[W]], %[[I]], %[[W]]
// CHECK-NEXT: "test.use"(%[[C]])
func.func @nothing_folds(%w: tensor<4x4xf32>) {
  %0 = slin.dense %w : tensor<4x4xf32> -> !slin.linop<4 -> 4, f32>
  %1 = slin.dense %w : tensor<4x4xf32> -> !slin.linop<4 -> 4, f32>
  %2 = slin.identity : !slin.linop<4 -> 4, f32>
  %3 = slin.compose %0, %2, %1 : !slin.linop<4 -> 4, f32>, !slin.linop<4 -> 4, f32>, !slin.linop<4 -> 4, f32> -> !slin.linop<4 -> 4, f32>
  "test.use"(%3) : (!slin.linop<4 -> 4, f32>) -> ()
  return
}

// CHECK-LABEL: func.func @unused_applications_stay
// CHECK: slin.apply
// CHECK: slin.activation relu
// CHECK: slin.ffn
func.func @unused_applications_stay(%w: tensor<4x4xf32>, %x: tensor<2x4xf32>) {
  %0 = slin.dense %w : tensor<4x4xf32> -> !slin.linop<4 -> 4, f32>
  %1 = slin.apply %0, %x : !slin.linop<4 -> 4, f32>, tensor<2x4xf32> -> tensor<2x4xf32>
  %2 = slin.activation relu(%v = %x : tensor<2x4xf32>) -> tensor<2x4xf32> {
    slin.yield %v : tensor<2x4xf32>
  }
  %3 = slin.ffn (%t = %x : tensor<2x4xf32>) -> tensor<2x4xf32> {
    slin.yield %t : tensor<2x4xf32>
  }
  return
}
