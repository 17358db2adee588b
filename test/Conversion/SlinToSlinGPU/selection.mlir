// RUN: slin-opt %s --slin-to-slingpu='include=/first*' | FileCheck %s --check-prefix=FIRST
// RUN: slin-opt %s --slin-to-slingpu='exclude=w1' --remark-format=emitRemark --remarks-filter=slin-to-slingpu 2>&1 | FileCheck %s --check-prefix=SECOND
// RUN: not slin-opt %s --slin-to-slingpu='include=/frist/mlp' 2>&1 | FileCheck %s --check-prefix=NEAR
// RUN: not slin-opt %s --slin-to-slingpu='exclude=re:(' 2>&1 | FileCheck %s --check-prefix=MALFORMED

// Networks are named by their own paths, or by what their linears are named by.

// FIRST: slingpu.entry "/first/mlp"
// FIRST-NOT: slingpu.entry
// SECOND: remark: {{.*}}'/first/mlp': left out by include or exclude
// SECOND: slingpu.entry "/second/mlp"
// SECOND-NOT: slingpu.entry
// NEAR: error: slin-to-slingpu: expected '/frist/mlp' of include to match the path, weight, bias or network of a linear, found no match; the nearest are '/first/mlp'
// MALFORMED: error: slin-to-slingpu: exclude: expected a regular expression, found '('

func.func @f(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %w1 = slin.weight "w1" dense<0.5> : tensor<8x8xf32>
  %w2 = slin.weight "w2" dense<0.25> : tensor<8x8xf32>
  %0 = slin.dense %w1 : tensor<8x8xf32> -> !slin.linop<8 -> 8, f32>
  %1 = slin.dense %w2 : tensor<8x8xf32> -> !slin.linop<8 -> 8, f32>
  %y = slin.ffn "/first/mlp" (%t = %x : tensor<?x8xf32>) -> tensor<?x8xf32> {
    %u = slin.apply %0, %t {path = "/first/mlp/up"} : !slin.linop<8 -> 8, f32>, tensor<?x8xf32> -> tensor<?x8xf32>
    slin.yield %u : tensor<?x8xf32>
  }
  %z = slin.ffn "/second/mlp" (%t = %y : tensor<?x8xf32>) -> tensor<?x8xf32> {
    %u = slin.apply %1, %t {path = "/second/mlp/up"} : !slin.linop<8 -> 8, f32>, tensor<?x8xf32> -> tensor<?x8xf32>
    slin.yield %u : tensor<?x8xf32>
  }
  return %z : tensor<?x8xf32>
}
