// RUN: slin-opt %s --slin-factorize='rank=1 weight-only include=/h.0/mlp/c_fc' | FileCheck %s --check-prefix=UP
// RUN: slin-opt %s --slin-factorize='rank=1 weight-only include=*.c_fc.weight' | FileCheck %s --check-prefix=UP
// RUN: slin-opt %s --slin-factorize='rank=1 weight-only include=c_fc.b*' | FileCheck %s --check-prefix=UP
// RUN: slin-opt %s --slin-factorize='rank=1 weight-only include=re:^/h\.[0-9]+/mlp/c_f' | FileCheck %s --check-prefix=UP
// RUN: slin-opt %s --slin-factorize='rank=1 weight-only exclude=*c_proj' | FileCheck %s --check-prefix=UP
// RUN: slin-opt %s --slin-factorize='rank=1 weight-only include=/h.0/mlp exclude=re:proj$' | FileCheck %s --check-prefix=UP
// RUN: slin-opt %s --slin-factorize='rank=1 weight-only include=/h.0/mlp' | FileCheck %s --check-prefix=BOTH
// RUN: slin-opt %s --slin-factorize='rank=1 weight-only include=*c_fc,*c_proj' | FileCheck %s --check-prefix=BOTH
// RUN: slin-opt %s --slin-factorize='rank=1 weight-only exclude=*c_proj,*c_fc' | FileCheck %s --check-prefix=NONE

// What is not selected is untouched: it has no decision either.
// UP: slin.low_rank
// UP: slin.apply {{.*}} {decision = {{.*}} path = "/h.0/mlp/c_fc"
// UP: slin.apply {{.*}} {path = "/h.0/mlp/c_proj"}
// UP-SAME: from {

// BOTH: slin.apply {{.*}} {decision = {{.*}} path = "/h.0/mlp/c_fc"
// BOTH: slin.apply {{.*}} {decision = {{.*}} path = "/h.0/mlp/c_proj"
// BOTH-NOT: from {

// NONE-NOT: decision
// NONE-NOT: slin.replaced
func.func @main(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %w1 = slin.weight "h.0.c_fc.weight" dense<[[4.0, 0.0], [0.0, 0.0], [0.0, 1.0]]> : tensor<3x2xf32>
  %b1 = slin.weight "c_fc.bias" dense<[1.0, 2.0, 3.0]> : tensor<3xf32>
  %w2 = slin.weight "h.0.c_proj.weight" dense<[[4.0, 0.0, 0.0], [0.0, 0.0, 1.0]]> : tensor<2x3xf32>
  %0 = slin.dense %w1 : tensor<3x2xf32> -> !slin.linop<2 -> 3, f32>
  %1 = slin.dense %w2 : tensor<2x3xf32> -> !slin.linop<3 -> 2, f32>
  %y = slin.ffn "/h.0/mlp" (%t = %x : tensor<?x2xf32>) -> tensor<?x2xf32> {
    %h = slin.apply %0, %t bias %b1 : tensor<3xf32> {path = "/h.0/mlp/c_fc"} : !slin.linop<2 -> 3, f32>, tensor<?x2xf32> -> tensor<?x3xf32>
    %a = slin.activation relu(%v = %h : tensor<?x3xf32>) -> tensor<?x3xf32> {
      slin.yield %v : tensor<?x3xf32>
    }
    %o = slin.apply %1, %a {path = "/h.0/mlp/c_proj"} : !slin.linop<3 -> 2, f32>, tensor<?x3xf32> -> tensor<?x2xf32>
      from {
        %2 = "onnx.MatMul"(%a, %w2) : (tensor<?x3xf32>, tensor<2x3xf32>) -> tensor<?x2xf32>
        slin.yield %2 : tensor<?x2xf32>
      }
    slin.yield %o : tensor<?x2xf32>
  }
  return %y : tensor<?x2xf32>
}
