// RUN: %python %S/Inputs/statistics.py %t.safetensors a:9:0,1:1,1 b:1:0,2:1,100 c:1:0,2:1,100
// RUN: slin-opt %s --slin-factorize='rank=1 statistics=%t.safetensors' | FileCheck %s
// RUN: slin-opt %s --slin-factorize='rank=1 weight-only exclude=/two/b' | FileCheck %s --check-prefix=PART

// One operator for both linears, under (9 C_a + C_b) / 10 = diag(1, 10.9): the
// first row of diag(4, 1) stays. The mean of the covariances alone would keep
// the second.
// CHECK-LABEL: func @two
// CHECK: slin.weight "/two/a/slin_u" dense<{{\[\[}}2.000000e+00], [{{-?}}0.000000e+00]]>
// CHECK: %[[OP:.*]] = slin.low_rank
// CHECK-DAG: slin.weight "/two/a/slin_bias" dense<[1.000000e+01, 2.100000e+01]>
// CHECK-DAG: slin.weight "/two/b/slin_bias" dense<[3.000000e+01, 4.200000e+01]>
// CHECK-NOT: slin.low_rank
// CHECK: slin.apply %[[OP]], {{.*}} {decision = {bias_corrected = true, decision = "structured", error_activation = 0.6365567{{[0-9]*}} : f64,
// CHECK-SAME: path = "/two/a"
// CHECK: slin.apply %[[OP]], {{.*}} {decision = {bias_corrected = true, decision = "structured", error_activation = 0.6365567{{[0-9]*}} : f64,
// CHECK-SAME: path = "/two/b"

// PART-LABEL: func @two
// PART: slin.dense
// PART: slin.apply {{.*}} {decision = {decision = "dense", {{.*}} reason = "expected all 2 linears that share the weight 'w1' to be selected, found 1", {{.*}} path = "/two/a"}
// PART: slin.apply {{.*}} {input_name = "b", path = "/two/b"}
func.func @two(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %w = slin.weight "w1" dense<[[4.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf32>
  %a = slin.weight "a" dense<[10.0, 20.0]> : tensor<2xf32>
  %b = slin.weight "b" dense<[30.0, 40.0]> : tensor<2xf32>
  %0 = slin.dense %w : tensor<2x2xf32> -> !slin.linop<2 -> 2, f32>
  %1 = slin.apply %0, %x bias %a : tensor<2xf32> {path = "/two/a", input_name = "a"} : !slin.linop<2 -> 2, f32>, tensor<?x2xf32> -> tensor<?x2xf32>
  %2 = slin.apply %0, %1 bias %b : tensor<2xf32> {path = "/two/b", input_name = "b"} : !slin.linop<2 -> 2, f32>, tensor<?x2xf32> -> tensor<?x2xf32>
  return %2 : tensor<?x2xf32>
}

// One linear scales the operator; the other has no bias, so none is corrected
// and the second moments count.
// CHECK-LABEL: func @scaled
// CHECK: %[[OP:.*]] = slin.low_rank
// CHECK: %[[SCALED:.*]] = slin.scale %[[OP]] by 5.000000e-01
// CHECK: slin.apply %[[OP]], {{.*}} bias %c : tensor<2xf32> {decision = {decision = "structured",
// CHECK: slin.apply %[[SCALED]], %{{[0-9a-z]*}} {decision = {decision = "structured",
func.func @scaled(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %w = slin.weight "w2" dense<[[4.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf32>
  %c = slin.weight "c" dense<[10.0, 20.0]> : tensor<2xf32>
  %0 = slin.dense %w : tensor<2x2xf32> -> !slin.linop<2 -> 2, f32>
  %1 = slin.scale %0 by 5.000000e-01 : !slin.linop<2 -> 2, f32>
  %2 = slin.apply %0, %x bias %c : tensor<2xf32> {path = "/scaled/a", input_name = "a"} : !slin.linop<2 -> 2, f32>, tensor<?x2xf32> -> tensor<?x2xf32>
  %3 = slin.apply %1, %2 {path = "/scaled/b", input_name = "c"} : !slin.linop<2 -> 2, f32>, tensor<?x2xf32> -> tensor<?x2xf32>
  return %3 : tensor<?x2xf32>
}
