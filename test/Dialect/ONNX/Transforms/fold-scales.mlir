// RUN: slin-opt %s --onnx-fold-scales --remarks-filter=onnx-fold-scales 2>&1 | FileCheck %s
// RUN: slin-opt %s --onnx-fold-scales -o %t.executed.mlir && slin-run %t.executed.mlir --dim=2,3 --check=%s | FileCheck %s --check-prefix=EXECUTED

// EXECUTED-COUNT-3: checked: max relative error

// Scales of rows go into the matrix that stands on the left.

// CHECK-DAG: "'/mul' goes into the matrix before it"
// CHECK-DAG: "'/tokens': the scale is not one number for each row of the matrix"
// CHECK-DAG: "'/shared': others read the product without the scale"
// CHECK-DAG: "'/large': the scaled matrix does not fit its element type"

module attributes {onnx.opset_imports = [["", 17]]} {
// The query of attention pooling, an expression of constants: diag(Pᵀ c) Q, P = [[1, 0], [0, 2]], c = [3, 4].
// CHECK-LABEL: func.func @query
// CHECK-NOT: onnx.Mul
// CHECK: onnx.initializer "/scores/slin_w" dense<{{\[\[}}3.000000e+00, 6.000000e+00], [2.400000e+01, 3.200000e+01]]> : tensor<2x2xf16>
// CHECK: onnx.MatMul(%{{.*}}, %{{.*}}) "/scores/slin_product" outputs ["y"]
func.func @query(%h: tensor<?x?x2xf16> {onnx.name = "h"}) -> (!onnx.unknown {onnx.name = "y"}) attributes {onnx.graph = {}} {
  %q = onnx.initializer "q" dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf16>
  %p = onnx.initializer "p" dense<[[1.0, 0.0], [0.0, 2.0]]> : tensor<2x2xf16>
  %c = onnx.initializer "c" dense<[3.0, 4.0]> : tensor<2xf16>
  %last = onnx.initializer "last" dense<-1> : tensor<1xi64>
  %0 = onnx.MatMul(%c, %p) "/query" : (tensor<2xf16>, tensor<2x2xf16>) -> !onnx.unknown
  %1 = onnx.Unsqueeze(%0, %last) "/unsqueeze" : (!onnx.unknown, tensor<1xi64>) -> !onnx.unknown
  %2 = onnx.Transpose(%h) "/transpose" {perm = array<i64: 0, 2, 1>} : (tensor<?x?x2xf16>) -> !onnx.unknown
  %3 = onnx.MatMul(%q, %2) "/scores" : (tensor<2x2xf16>, !onnx.unknown) -> !onnx.unknown
  %y = onnx.Mul(%1, %3) "/mul" outputs ["y"]
  return %y : !onnx.unknown
}

// A quotient by one number for all rows.
// CHECK-LABEL: func.func @quotient
// CHECK: onnx.initializer "/product/slin_w" dense<{{\[\[}}5.000000e-01, 1.000000e+00], [1.500000e+00, 2.000000e+00]]> : tensor<2x2xf32>
// CHECK-NOT: onnx.Div
func.func @quotient(%x: tensor<2x?xf32> {onnx.name = "x"}) -> (!onnx.unknown {onnx.name = "z"}) attributes {onnx.graph = {}} {
  %w = onnx.initializer "w" dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %two = onnx.initializer "two" dense<2.0> : tensor<f32>
  %0 = onnx.MatMul(%w, %x) "/product" : (tensor<2x2xf32>, tensor<2x?xf32>) -> !onnx.unknown
  %z = onnx.Div(%0, %two) "/div" outputs ["z"] : (!onnx.unknown, tensor<f32>) -> !onnx.unknown
  return %z : !onnx.unknown
}

// One number for each token, a product that others read, and a number that does not fit.
// CHECK-LABEL: func.func @declined
// CHECK: onnx.Mul(%{{.*}}) "/tokens"
// CHECK: onnx.Mul(%{{.*}}) "/shared"
// CHECK: onnx.Mul(%{{.*}}) "/large"
func.func @declined(%x: tensor<2x2xf16> {onnx.name = "x"}) -> (!onnx.unknown {onnx.name = "a"}, !onnx.unknown {onnx.name = "b"}, !onnx.unknown {onnx.name = "c"}, !onnx.unknown {onnx.name = "d"}) attributes {onnx.graph = {}} {
  %w = onnx.initializer "w" dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf16>
  %t = onnx.initializer "t" dense<[1.0, 2.0]> : tensor<2xf16>
  %r = onnx.initializer "r" dense<[[1.0], [2.0]]> : tensor<2x1xf16>
  %l = onnx.initializer "l" dense<60000.0> : tensor<1xf16>
  %0 = onnx.MatMul(%w, %x) "/0" : (tensor<2x2xf16>, tensor<2x2xf16>) -> !onnx.unknown
  %a = onnx.Mul(%0, %t) "/tokens" outputs ["a"] : (!onnx.unknown, tensor<2xf16>) -> !onnx.unknown
  %b = onnx.MatMul(%w, %x) "/1" outputs ["b"] : (tensor<2x2xf16>, tensor<2x2xf16>) -> !onnx.unknown
  %c = onnx.Mul(%b, %r) "/shared" outputs ["c"] : (!onnx.unknown, tensor<2x1xf16>) -> !onnx.unknown
  %1 = onnx.MatMul(%w, %x) "/2" : (tensor<2x2xf16>, tensor<2x2xf16>) -> !onnx.unknown
  %d = onnx.Mul(%1, %l) "/large" outputs ["d"] : (!onnx.unknown, tensor<1xf16>) -> !onnx.unknown
  return %a, %b, %c, %d : !onnx.unknown, !onnx.unknown, !onnx.unknown, !onnx.unknown
}
}
