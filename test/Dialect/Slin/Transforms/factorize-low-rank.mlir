// RUN: slin-opt %s --slin-factorize='rank=1 weight-only' | FileCheck %s
// RUN: slin-opt %s --slin-factorize='structure=low_rank rank=1 weight-only' | FileCheck %s

// W = [[4, 0, 0], [0, 0, 1]] keeps its larger row: the error is 1 / √17.

// CHECK-LABEL: func @stored_as_out_in
// CHECK: slin.weight "w" {{.*}} {slin.replaced}
// CHECK: %[[U:.*]] = slin.weight "/fc/slin_u" dense<{{\[\[}}2.000000e+00], [{{-?}}0.000000e+00]]> : tensor<2x1xf32>
// CHECK: %[[V:.*]] = slin.weight "/fc/slin_v" dense<{{\[\[}}2.000000e+00, {{-?}}0.000000e+00, {{-?}}0.000000e+00]]> : tensor<1x3xf32>
// CHECK: %[[OP:.*]] = slin.low_rank %[[U]], %[[V]] : tensor<2x1xf32>, tensor<1x3xf32> -> !slin.linop<3 -> 2, f32>
// CHECK-NOT: slin.dense
// CHECK: slin.apply %[[OP]], %{{.*}} {decision = {decision = "structured", error_frobenius = 0.2425356{{[0-9]*}} : f64,
// CHECK-SAME: parameters_after = 5 : i64, parameters_before = 6 : i64, rank = 1 : i64, structure = "low_rank"}
// CHECK-NOT: from
// CHECK-NOT: "test.matmul"
func.func @stored_as_out_in(%x: tensor<?x3xf32>) -> tensor<?x2xf32> {
  %w = slin.weight "w" dense<[[4.0, 0.0, 0.0], [0.0, 0.0, 1.0]]> : tensor<2x3xf32>
  %0 = slin.dense %w : tensor<2x3xf32> -> !slin.linop<3 -> 2, f32>
  %1 = slin.apply %0, %x {path = "/fc"} : !slin.linop<3 -> 2, f32>, tensor<?x3xf32> -> tensor<?x2xf32>
    from {
      %2 = "onnx.MatMul"(%x, %w) : (tensor<?x3xf32>, tensor<2x3xf32>) -> tensor<?x2xf32>
      slin.yield %2 : tensor<?x2xf32>
    }
  return %1 : tensor<?x2xf32>
}

// W = [[0, 4, 0], [0, 0, 1]], stored the other way.
// CHECK-LABEL: func @stored_as_in_out
// CHECK: slin.weight "/fc_2/slin_u" dense<{{\[\[}}2.000000e+00], [{{-?}}0.000000e+00]]> : tensor<2x1xf32>
// CHECK: slin.weight "/fc_2/slin_v" dense<{{\[\[}}{{-?}}0.000000e+00, 2.000000e+00, {{-?}}0.000000e+00]]> : tensor<1x3xf32>
func.func @stored_as_in_out(%x: tensor<?x3xf32>) -> tensor<?x2xf32> {
  %w = slin.weight "w_2" dense<[[0.0, 0.0], [4.0, 0.0], [0.0, 1.0]]> : tensor<3x2xf32>
  %0 = slin.dense %w transposed : tensor<3x2xf32> -> !slin.linop<3 -> 2, f32>
  %1 = slin.apply %0, %x {path = "/fc_2"} : !slin.linop<3 -> 2, f32>, tensor<?x3xf32> -> tensor<?x2xf32>
  return %1 : tensor<?x2xf32>
}

// A name that is taken gets a number; a linear without path is called "linear".
// CHECK-LABEL: func @names
// CHECK: slin.weight "linear/slin_u"
// CHECK: slin.weight "linear/slin_v_1"
func.func @names(%x: tensor<?x3xf32>) -> tensor<?x2xf32> {
  %w = slin.weight "linear/slin_v" dense<[[4.0, 0.0, 0.0], [0.0, 0.0, 1.0]]> : tensor<2x3xf32>
  %0 = slin.dense %w : tensor<2x3xf32> -> !slin.linop<3 -> 2, f32>
  %1 = slin.apply %0, %x : !slin.linop<3 -> 2, f32>, tensor<?x3xf32> -> tensor<?x2xf32>
  return %1 : tensor<?x2xf32>
}

// A zero weight has zero factors and no error.
// CHECK-LABEL: func @zero
// CHECK: slin.weight "/zero/slin_u" dense<0.000000e+00> : tensor<2x1xf32>
// CHECK: error_frobenius = 0.000000e+00 : f64
func.func @zero(%x: tensor<?x3xf32>) -> tensor<?x2xf32> {
  %w = slin.weight "w_3" dense<0.0> : tensor<2x3xf32>
  %0 = slin.dense %w : tensor<2x3xf32> -> !slin.linop<3 -> 2, f32>
  %1 = slin.apply %0, %x {path = "/zero"} : !slin.linop<3 -> 2, f32>, tensor<?x3xf32> -> tensor<?x2xf32>
  return %1 : tensor<?x2xf32>
}
