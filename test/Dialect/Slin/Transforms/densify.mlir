// RUN: slin-opt %s --slin-densify=exclude=/again | FileCheck %s --check-prefix=SELECTED
// RUN: slin-opt %s --slin-densify --slin-verify-exact -o /dev/null
// RUN: slin-opt %s --slin-densify --onnx-save-weights --remarks-filter=slin-densify 2>&1 | FileCheck %s

// Every structure becomes one matrix, stored [in, out], rounded to its weights' type.

// CHECK-DAG: remark: [Passed] Densify | Category:slin-densify | Remark="'/low' is one matrix now"
// CHECK-DAG: remark: [Missed] Densify | Category:slin-densify | Remark="'/mixed': expected weights of one element type"
// CHECK-DAG: remark: [Missed] Densify | Category:slin-densify | Remark="'/none': expected an operator that holds a weight"
// CHECK-DAG: remark: [Missed] Densify | Category:slin-densify | Remark="'/given': expected weights that are constants"
// CHECK-DAG: remark: [Missed] Densify | Category:slin-densify | Remark="'/large': expected numbers within the range of f32, found 9.000e+76"

// A factor that two linears read stays one matrix for both.
// CHECK-LABEL: func.func @low_rank
// CHECK: slin.weight "/low/slin_w" dense<{{.*}}1.000000e+00, 2.000000e+00], [3.000000e+00, 6.000000e+00]]> : tensor<2x2xf16>
// CHECK: %[[D:.*]] = slin.dense %{{.*}} transposed : tensor<2x2xf16> -> !slin.linop<2 -> 2, f32>
// CHECK: slin.apply %[[D]], %arg0 {decision = {decision = "merged", parameters_after = 4 : i64, parameters_before = 4 : i64}, path = "/low"}
// CHECK: slin.apply %[[D]], %arg0 {decision = {decision = "merged", {{.*}}}, path = "/again"}
// A linear that is left out keeps the factors.
// SELECTED: slin.apply %dense, %arg0 {decision = {{.*}}, path = "/low"}
// SELECTED: slin.apply %low_rank, %arg0 {path = "/again"}
func.func @low_rank(%x: tensor<?x2xf32>) -> (tensor<?x2xf32>, tensor<?x2xf32>) {
  %u = slin.weight "u" dense<[[1.0], [2.0]]> : tensor<2x1xf16>
  %v = slin.weight "v" dense<[[1.0, 3.0]]> : tensor<1x2xf16>
  %w = slin.low_rank %u, %v : tensor<2x1xf16>, tensor<1x2xf16> -> !slin.linop<2 -> 2, f32>
  %0 = slin.apply %w, %x {path = "/low"} : !slin.linop<2 -> 2, f32>, tensor<?x2xf32> -> tensor<?x2xf32>
  %1 = slin.apply %w, %x {path = "/again"} : !slin.linop<2 -> 2, f32>, tensor<?x2xf32> -> tensor<?x2xf32>
  return %0, %1 : tensor<?x2xf32>, tensor<?x2xf32>
}

// Blocks lie where they belong, shuffled: y = [x1, 2·x0].
// CHECK-LABEL: func.func @expression
// CHECK: slin.weight "/expression/slin_w" dense<{{.*}}0.000000e+00, 2.000000e+00], [1.000000e+00, 0.000000e+00]]> : tensor<2x2xf32>
// CHECK: slin.apply %{{.*}}, %arg0 bias %arg1
func.func @expression(%x: tensor<?x2xf32>, %b: tensor<2xf32>) -> tensor<?x2xf32> {
  %d = slin.weight "d" dense<[[[2.0]], [[1.0]]]> : tensor<2x1x1xf32>
  %0 = slin.block_diagonal %d : tensor<2x1x1xf32> -> !slin.linop<2 -> 2, f32>
  %1 = slin.permutation [1, 0] : !slin.linop<2 -> 2, f32>
  %2 = slin.compose %1, %0 : !slin.linop<2 -> 2, f32>, !slin.linop<2 -> 2, f32> -> !slin.linop<2 -> 2, f32>
  %3 = slin.apply %2, %x bias %b : tensor<2xf32> {path = "/expression"} : !slin.linop<2 -> 2, f32>, tensor<?x2xf32> -> tensor<?x2xf32>
  return %3 : tensor<?x2xf32>
}

// What cannot be one matrix stays what it is.
// CHECK-LABEL: func.func @kept
// CHECK: slin.low_rank
// CHECK: slin.identity
// CHECK: slin.low_rank
// CHECK: slin.low_rank
// CHECK: {decision = {decision = "kept", reason = "expected weights of one element type"}, path = "/mixed"}
func.func @kept(%x: tensor<?x1xf32>, %given: tensor<1x1xf32>) -> tensor<?x1xf32> {
  %u = slin.weight "u2" dense<1.0> : tensor<1x1xf16>
  %v = slin.weight "v2" dense<1.0> : tensor<1x1xf32>
  %large = slin.weight "large" dense<3.0e38> : tensor<1x1xf32>
  %0 = slin.low_rank %u, %v : tensor<1x1xf16>, tensor<1x1xf32> -> !slin.linop<1 -> 1, f32>
  %1 = slin.identity : !slin.linop<1 -> 1, f32>
  %2 = slin.low_rank %v, %given : tensor<1x1xf32>, tensor<1x1xf32> -> !slin.linop<1 -> 1, f32>
  %3 = slin.low_rank %large, %large : tensor<1x1xf32>, tensor<1x1xf32> -> !slin.linop<1 -> 1, f32>
  %4 = slin.apply %0, %x {path = "/mixed"} : !slin.linop<1 -> 1, f32>, tensor<?x1xf32> -> tensor<?x1xf32>
  %5 = slin.apply %1, %4 {path = "/none"} : !slin.linop<1 -> 1, f32>, tensor<?x1xf32> -> tensor<?x1xf32>
  %6 = slin.apply %2, %5 {path = "/given"} : !slin.linop<1 -> 1, f32>, tensor<?x1xf32> -> tensor<?x1xf32>
  %7 = slin.apply %3, %6 {path = "/large"} : !slin.linop<1 -> 1, f32>, tensor<?x1xf32> -> tensor<?x1xf32>
  return %7 : tensor<?x1xf32>
}
