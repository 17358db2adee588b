// RUN: slin-opt %s -allow-unregistered-dialect | slin-opt -allow-unregistered-dialect | FileCheck %s

// CHECK-LABEL: func.func @dynamic_tokens
// CHECK: slin.apply %arg0, %arg1 : !slin.linop<4 -> 6, f32>, tensor<?x?x4xf32> -> tensor<?x?x6xf32>
func.func @dynamic_tokens(%w: !slin.linop<4 -> 6, f32>, %x: tensor<?x?x4xf32>) {
  %0 = slin.apply %w, %x : !slin.linop<4 -> 6, f32>, tensor<?x?x4xf32> -> tensor<?x?x6xf32>
  return
}

// CHECK-LABEL: func.func @vector
// CHECK: slin.apply %arg0, %arg1 : !slin.linop<4 -> 6, f32>, tensor<4xf32> -> tensor<6xf32>
func.func @vector(%w: !slin.linop<4 -> 6, f32>, %x: tensor<4xf32>) {
  %0 = slin.apply %w, %x : !slin.linop<4 -> 6, f32>, tensor<4xf32> -> tensor<6xf32>
  return
}

// CHECK-LABEL: func.func @unknown_features
// CHECK: slin.apply %arg0, %arg1 : !slin.linop<4 -> 6, f32>, tensor<*xf32> -> tensor<?x?xf32>
func.func @unknown_features(%w: !slin.linop<4 -> 6, f32>, %x: tensor<*xf32>) {
  %0 = slin.apply %w, %x : !slin.linop<4 -> 6, f32>, tensor<*xf32> -> tensor<?x?xf32>
  return
}

// CHECK-LABEL: func.func @foreign_types
// CHECK: slin.apply %arg0, %arg1 bias %arg1 : !test.unknown : !slin.linop<4 -> 6, f32>, !test.unknown -> !test.unknown
func.func @foreign_types(%w: !slin.linop<4 -> 6, f32>, %x: !test.unknown) {
  %0 = slin.apply %w, %x bias %x : !test.unknown : !slin.linop<4 -> 6, f32>, !test.unknown -> !test.unknown
  return
}

// CHECK-LABEL: func.func @biases
// CHECK: bias %{{.*}} : tensor<6xf32> :
// CHECK: bias %{{.*}} : tensor<1x1x6xf32> :
// CHECK: bias %{{.*}} : tensor<f32> :
// CHECK: bias %{{.*}} : tensor<1xf32> :
// CHECK: bias %{{.*}} : tensor<?xf32> :
func.func @biases(%w: !slin.linop<4 -> 6, f32>, %x: tensor<2x4xf32>, %b: tensor<6xf32>,
    %c: tensor<1x1x6xf32>, %d: tensor<f32>, %e: tensor<1xf32>, %f: tensor<?xf32>) {
  %0 = slin.apply %w, %x bias %b : tensor<6xf32> : !slin.linop<4 -> 6, f32>, tensor<2x4xf32> -> tensor<2x6xf32>
  %1 = slin.apply %w, %x bias %c : tensor<1x1x6xf32> : !slin.linop<4 -> 6, f32>, tensor<2x4xf32> -> tensor<1x2x6xf32>
  %2 = slin.apply %w, %x bias %d : tensor<f32> : !slin.linop<4 -> 6, f32>, tensor<2x4xf32> -> tensor<2x6xf32>
  %3 = slin.apply %w, %x bias %e : tensor<1xf32> : !slin.linop<4 -> 6, f32>, tensor<2x4xf32> -> tensor<2x6xf32>
  %4 = slin.apply %w, %x bias %f : tensor<?xf32> : !slin.linop<4 -> 6, f32>, tensor<2x4xf32> -> tensor<2x6xf32>
  return
}

// CHECK-LABEL: func.func @attributes
// CHECK: {decision = {rank = 2 : i64, reason = "ratio"}, input_name = "x", path = "/h.0/mlp/c_fc/MatMul", role = "up"} :
func.func @attributes(%w: !slin.linop<4 -> 6, f32>, %x: tensor<2x4xf32>) {
  %0 = slin.apply %w, %x {path = "/h.0/mlp/c_fc/MatMul", role = "up", input_name = "x",
    decision = {rank = 2 : i64, reason = "ratio"}} : !slin.linop<4 -> 6, f32>, tensor<2x4xf32> -> tensor<2x6xf32>
  return
}

// CHECK-LABEL: func.func @own_nodes
// CHECK: slin.apply %arg0, %arg1 bias %arg3 : tensor<6xf32> : !slin.linop<4 -> 6, f32>, tensor<2x4xf32> -> tensor<2x6xf32> from {
// CHECK-NEXT: %[[P:.*]] = "test.matmul"(%arg1, %arg2)
// CHECK-NEXT: %[[S:.*]] = "test.add"(%[[P]], %arg3)
// CHECK-NEXT: slin.yield %[[S]] : tensor<2x6xf32>
// CHECK-NEXT: }
func.func @own_nodes(%w: !slin.linop<4 -> 6, f32>, %x: tensor<2x4xf32>, %v: tensor<4x6xf32>, %b: tensor<6xf32>) {
  %0 = slin.apply %w, %x bias %b : tensor<6xf32> : !slin.linop<4 -> 6, f32>, tensor<2x4xf32> -> tensor<2x6xf32> from {
    %1 = "test.matmul"(%x, %v) : (tensor<2x4xf32>, tensor<4x6xf32>) -> tensor<2x6xf32>
    %2 = "test.add"(%1, %b) : (tensor<2x6xf32>, tensor<6xf32>) -> tensor<2x6xf32>
    slin.yield %2 : tensor<2x6xf32>
  }
  return
}
