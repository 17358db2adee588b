// RUN: slin-opt %s --onnx-raise-linears --remarks-filter=onnx-raise-linears --remark-format=emitRemark 2>&1 | FileCheck %s

// What comes close to an affine map of features and is none, each with its reason.

// CHECK-DAG: "'/training' is not raised: training_mode = 1: its statistics are those of the batch"
// CHECK-DAG: "'/statistics' is not raised: its statistics are no constants"
// CHECK-DAG: "'/axis' is not raised: its features do not lie on the last axis before and after it"
// CHECK-DAG: "'/tokens' is not raised: its mask may differ from token to token"
// CHECK-DAG: "'/positions' is not raised: it adds a constant that differs from token to token"
// CHECK-DAG: "'/gains' is not raised: it multiplies by a constant that differs from token to token"
// CHECK-DAG: "'/more' is not raised: it multiplies by a constant that differs from token to token"
// CHECK-DAG: "'/twice' is not raised: it reads a feature more than once"
// CHECK-DAG: "'/infinite' is not raised: its constants are not finite"
func.func @main(%x: tensor<?x2x2xf32> {onnx.name = "x"}, %s: tensor<2xf32> {onnx.name = "s"}, %t: tensor<?x1x2xf32> {onnx.name = "t"}) -> (!onnx.unknown {onnx.name = "y"}) attributes {onnx.graph = {}} {
  %w = onnx.initializer "w" #onnx.synthetic<normal, seed = 1> : tensor<2x2xf32>
  %one = onnx.initializer "one" dense<1.0> : tensor<2xf32>
  %zero = onnx.initializer "zero" dense<[1.0, 0.0]> : tensor<2xf32>
  %per_token = onnx.initializer "per_token" dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %mask = onnx.initializer "mask" dense<[[true, false], [false, false]]> : tensor<2x2xi1>
  %same = onnx.initializer "same" dense<[0, 0]> : tensor<2xi64>
  // The same for three tokens, where there was one.
  %three = onnx.initializer "three" dense<2.0> : tensor<3x2xf32>
  %more = onnx.Mul(%t, %three) "/more" : (tensor<?x1x2xf32>, tensor<3x2xf32>) -> tensor<?x3x2xf32>
  %h = onnx.MatMul(%x, %w) "/up" : (tensor<?x2x2xf32>, tensor<2x2xf32>) -> tensor<?x2x2xf32>
  %0 = onnx.Transpose(%h) "/to" {perm = array<i64: 0, 2, 1>} : (tensor<?x2x2xf32>) -> tensor<?x2x2xf32>
  %1 = onnx.BatchNormalization(%0, %one, %one, %one, %one) "/training" {training_mode = 1 : i64} : (tensor<?x2x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<?x2x2xf32>
  %2 = onnx.Transpose(%1) "/back" {perm = array<i64: 0, 2, 1>} : (tensor<?x2x2xf32>) -> tensor<?x2x2xf32>
  %3 = onnx.BatchNormalization(%2, %one, %one, %s, %one) "/statistics" : (tensor<?x2x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<?x2x2xf32>
  %4 = onnx.BatchNormalization(%3, %one, %one, %one, %one) "/axis" : (tensor<?x2x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<?x2x2xf32>
  %5 = onnx.Where(%mask, %h, %4) "/tokens" : (tensor<2x2xi1>, tensor<?x2x2xf32>, tensor<?x2x2xf32>) -> tensor<?x2x2xf32>
  %6 = onnx.Add(%5, %per_token) "/positions" : (tensor<?x2x2xf32>, tensor<2x2xf32>) -> tensor<?x2x2xf32>
  %7 = onnx.Mul(%6, %per_token) "/gains" : (tensor<?x2x2xf32>, tensor<2x2xf32>) -> tensor<?x2x2xf32>
  %8 = onnx.Gather(%7, %same) "/twice" {axis = -1 : i64} : (tensor<?x2x2xf32>, tensor<2xi64>) -> tensor<?x2x2xf32>
  %9 = onnx.Div(%8, %zero) "/infinite" : (tensor<?x2x2xf32>, tensor<2xf32>) -> tensor<?x2x2xf32>
  %y = onnx.MatMul(%9, %w) "/down" outputs ["y"] : (tensor<?x2x2xf32>, tensor<2x2xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}
