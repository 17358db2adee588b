// RUN: slin-opt %s --slin-factorize='rank=1 weight-only include=node_MatMul_1' | FileCheck %s

// Exporters that give no paths leave a network called like its first linear: that
// name means the linear alone.

// CHECK-LABEL: func.func @network_named_like_its_linear
// CHECK-DAG: %[[UP:.*]] = slin.low_rank
// CHECK-DAG: %[[DOWN:.*]] = slin.dense %w2
// CHECK: slin.apply %[[UP]], {{.*}}path = "node_MatMul_1"
// CHECK: slin.apply %[[DOWN]], {{.*}}path = "node_MatMul_2"
func.func @network_named_like_its_linear(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %w1 = slin.weight "w1" dense<1.0> : tensor<6x4xf32>
  %w2 = slin.weight "w2" dense<1.0> : tensor<4x6xf32>
  %0 = slin.dense %w1 : tensor<6x4xf32> -> !slin.linop<4 -> 6, f32>
  %1 = slin.dense %w2 : tensor<4x6xf32> -> !slin.linop<6 -> 4, f32>
  %y = slin.ffn "node_MatMul_1" (%t = %x : tensor<?x4xf32>) -> tensor<?x4xf32> {
    %h = slin.apply %0, %t {path = "node_MatMul_1"} : !slin.linop<4 -> 6, f32>, tensor<?x4xf32> -> tensor<?x6xf32>
    %a = slin.activation relu(%v = %h : tensor<?x6xf32>) -> tensor<?x6xf32> {
      slin.yield %v : tensor<?x6xf32>
    }
    %o = slin.apply %1, %a {path = "node_MatMul_2"} : !slin.linop<6 -> 4, f32>, tensor<?x6xf32> -> tensor<?x4xf32>
    slin.yield %o : tensor<?x4xf32>
  }
  return %y : tensor<?x4xf32>
}
