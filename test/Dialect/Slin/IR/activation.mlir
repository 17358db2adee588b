// RUN: slin-opt %s -allow-unregistered-dialect | slin-opt -allow-unregistered-dialect | FileCheck %s

// CHECK-LABEL: func.func @one_operand
// CHECK: slin.activation gelu_tanh(%[[V:.*]] = %arg0 : tensor<?x6xf32>) -> tensor<?x6xf32> {
// CHECK-NEXT: "test.gelu"(%[[V]])
// CHECK-NEXT: slin.yield %{{.*}} : tensor<?x6xf32>
func.func @one_operand(%h: tensor<?x6xf32>) {
  %0 = slin.activation gelu_tanh(%v = %h : tensor<?x6xf32>) -> tensor<?x6xf32> {
    %1 = "test.gelu"(%v) : (tensor<?x6xf32>) -> tensor<?x6xf32>
    slin.yield %1 : tensor<?x6xf32>
  }
  return
}

// CHECK-LABEL: func.func @gated_with_constant_outside
// CHECK: slin.activation silu(%[[G:.*]] = %arg0 : tensor<2x6xf32>, %[[U:.*]] = %arg1 : tensor<2x6xf32>) -> tensor<2x6xf32> {
// CHECK-NEXT: "test.gate"(%[[G]], %[[U]], %arg2)
func.func @gated_with_constant_outside(%gate: tensor<2x6xf32>, %up: tensor<2x6xf32>, %c: tensor<f32>) {
  %0 = slin.activation silu(%g = %gate : tensor<2x6xf32>, %u = %up : tensor<2x6xf32>) -> tensor<2x6xf32> {
    %1 = "test.gate"(%g, %u, %c) : (tensor<2x6xf32>, tensor<2x6xf32>, tensor<f32>) -> tensor<2x6xf32>
    slin.yield %1 : tensor<2x6xf32>
  }
  return
}

// CHECK-LABEL: func.func @quoted_name_two_results
// CHECK: slin.activation "not a keyword"(%{{.*}} = %arg0 : !test.unknown) -> (!test.unknown, !test.unknown) {
// CHECK: } {note = "kept"}
func.func @quoted_name_two_results(%h: !test.unknown) {
  %0:2 = slin.activation "not a keyword"(%v = %h : !test.unknown) -> (!test.unknown, !test.unknown) {
    slin.yield %v, %v : !test.unknown, !test.unknown
  } {note = "kept"}
  return
}
