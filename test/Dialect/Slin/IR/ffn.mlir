// RUN: slin-opt %s -allow-unregistered-dialect | slin-opt -allow-unregistered-dialect | FileCheck %s

// CHECK-LABEL: func.func @plain
// CHECK: slin.ffn "/h.0/mlp" (%[[T:.*]] = %arg2 : tensor<?x4xf32>) -> tensor<?x4xf32> {
// CHECK-NEXT: %[[H:.*]] = slin.apply %arg0, %[[T]] :
// CHECK-NEXT: %[[A:.*]] = slin.activation relu(%{{.*}} = %[[H]] : tensor<?x6xf32>) -> tensor<?x6xf32> {
// CHECK: %[[O:.*]] = slin.apply %arg1, %[[A]] :
// CHECK-NEXT: slin.yield %[[O]] : tensor<?x4xf32>
// CHECK-NEXT: }
func.func @plain(%w1: !slin.linop<4 -> 6, f32>, %w2: !slin.linop<6 -> 4, f32>, %x: tensor<?x4xf32>) {
  %y = slin.ffn "/h.0/mlp" (%t = %x : tensor<?x4xf32>) -> tensor<?x4xf32> {
    %h = slin.apply %w1, %t : !slin.linop<4 -> 6, f32>, tensor<?x4xf32> -> tensor<?x6xf32>
    %a = slin.activation relu(%v = %h : tensor<?x6xf32>) -> tensor<?x6xf32> {
      %0 = "test.relu"(%v) : (tensor<?x6xf32>) -> tensor<?x6xf32>
      slin.yield %0 : tensor<?x6xf32>
    }
    %o = slin.apply %w2, %a : !slin.linop<6 -> 4, f32>, tensor<?x6xf32> -> tensor<?x4xf32>
    slin.yield %o : tensor<?x4xf32>
  }
  return
}

// CHECK-LABEL: func.func @gated_by_split
// CHECK: slin.ffn (%[[T:.*]] = %arg2 : tensor<?x4xf32>) -> tensor<?x4xf32> {
// CHECK: %[[S:.*]]:2 = "test.split"
// CHECK-NEXT: slin.activation silu(%{{.*}} = %[[S]]#0 : tensor<?x3xf32>, %{{.*}} = %[[S]]#1 : tensor<?x3xf32>)
func.func @gated_by_split(%w1: !slin.linop<4 -> 6, f32>, %w2: !slin.linop<3 -> 4, f32>, %x: tensor<?x4xf32>) {
  %y = slin.ffn (%t = %x : tensor<?x4xf32>) -> tensor<?x4xf32> {
    %h = slin.apply %w1, %t : !slin.linop<4 -> 6, f32>, tensor<?x4xf32> -> tensor<?x6xf32>
    %s:2 = "test.split"(%h) : (tensor<?x6xf32>) -> (tensor<?x3xf32>, tensor<?x3xf32>)
    %a = slin.activation silu(%g = %s#0 : tensor<?x3xf32>, %u = %s#1 : tensor<?x3xf32>) -> tensor<?x3xf32> {
      %0 = "test.gate"(%g, %u) : (tensor<?x3xf32>, tensor<?x3xf32>) -> tensor<?x3xf32>
      slin.yield %0 : tensor<?x3xf32>
    }
    %o = slin.apply %w2, %a : !slin.linop<3 -> 4, f32>, tensor<?x3xf32> -> tensor<?x4xf32>
    slin.yield %o : tensor<?x4xf32>
  }
  return
}

// CHECK-LABEL: func.func @tap_and_two_inputs
// CHECK: %{{.*}}:2 = slin.ffn (%{{.*}} = %arg1 : tensor<?x4xf32>, %[[R:.*]] = %arg2 : tensor<?x6xf32>) -> (tensor<?x6xf32>, tensor<?x6xf32>) {
// CHECK: } {note = "kept"}
func.func @tap_and_two_inputs(%w: !slin.linop<4 -> 6, f32>, %x: tensor<?x4xf32>, %r: tensor<?x6xf32>) {
  %y:2 = slin.ffn (%t = %x : tensor<?x4xf32>, %s = %r : tensor<?x6xf32>) -> (tensor<?x6xf32>, tensor<?x6xf32>) {
    %h = slin.apply %w, %t : !slin.linop<4 -> 6, f32>, tensor<?x4xf32> -> tensor<?x6xf32>
    %o = "test.add"(%h, %s) : (tensor<?x6xf32>, tensor<?x6xf32>) -> tensor<?x6xf32>
    slin.yield %o, %h : tensor<?x6xf32>, tensor<?x6xf32>
  } {note = "kept"}
  return
}
