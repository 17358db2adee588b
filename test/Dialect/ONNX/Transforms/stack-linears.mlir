// RUN: slin-opt %s --onnx-stack-linears --onnx-save-weights --remarks-filter=onnx-stack-linears 2>&1 | FileCheck %s
// RUN: slin-opt %s --onnx-stack-linears -o %t.executed.mlir && slin-run %t.executed.mlir --dim=2,3 --check=%s | FileCheck %s --check-prefix=EXECUTED

// EXECUTED-COUNT-5: checked: max relative error

// CHECK-DAG: [Passed] Stacked | Category:onnx-stack-linears | {{.*}}"'/m/a', '/m/b' are one product with 3 features"
// CHECK-DAG: [Passed] Stacked {{.*}}"'/g/a', '/g/b' are one product with 3 features"
// CHECK-DAG: [Passed] Stacked {{.*}}"'/e/a', '/e/b' are one product with 4 features"
// CHECK-DAG: [Passed] Stacked {{.*}}"'/p/a', '/p/b' are one product with 3 features"

!t = !onnx.unknown
module attributes {onnx.opset_imports = [["", 17]]} {

// Their outputs keep their names; what follows reads parts of the product.
// CHECK-LABEL: func.func @matmul
// CHECK: onnx.initializer "/m/a/stacked_weight" dense<{{\[}}[1.000000e+00, 3.000000e+00, 4.000000e+00], [2.000000e+00, 5.000000e+00, 6.000000e+00]]> : tensor<2x3xf32>
// CHECK: onnx.initializer "/m/a/parts_sizes" dense<[1, 2]> : tensor<2xi64>
// CHECK: %[[P:.*]] = onnx.MatMul(%arg0, %m.a.stacked_weight) "/m/a/stacked"
// CHECK: %[[A:.*]], %[[B:.*]] = onnx.Split(%[[P]], %m.a.parts_sizes) "/m/a/parts" outputs ["/m/a_output_0", "/m/b_output_0"] {axis = -1 : i64}
// CHECK: return %[[A]], %[[B]]
func.func @matmul(%x: tensor<?x2xf32>) -> (!t, !t) {
  %u = onnx.initializer "u" dense<[[1.0], [2.0]]> : tensor<2x1xf32>
  %v = onnx.initializer "v" dense<[[3.0, 4.0], [5.0, 6.0]]> : tensor<2x2xf32>
  %a = onnx.MatMul(%x, %u) "/m/a" : (tensor<?x2xf32>, tensor<2x1xf32>) -> !t
  %b = onnx.MatMul(%x, %v) "/m/b" : (tensor<?x2xf32>, tensor<2x2xf32>) -> !t
  return %a, %b : !t, !t
}

// Gemm stores [out, in] here, and its biases go with it. The third has none.
// CHECK-LABEL: func.func @gemm
// CHECK-DAG: onnx.initializer "/g/a/stacked_weight" dense<{{\[}}[1.000000e+00], [2.000000e+00], [3.000000e+00]]> : tensor<3x1xf32>
// CHECK-DAG: onnx.initializer "/g/a/stacked_bias" dense<[4.000000e+00, 5.000000e+00, 6.000000e+00]> : tensor<3xf32>
// CHECK: onnx.Gemm(%arg0, %g.a.stacked_weight, %g.a.stacked_bias)
// CHECK: onnx.Split
// CHECK: onnx.Gemm(%arg0, %u) "/g/c" {transB = 1 : i64}
func.func @gemm(%x: tensor<?x1xf32>) -> (!t, !t, !t) {
  %u = onnx.initializer "u" dense<1.0> : tensor<1x1xf32>
  %v = onnx.initializer "v" dense<[[2.0], [3.0]]> : tensor<2x1xf32>
  %p = onnx.initializer "p" dense<4.0> : tensor<1xf32>
  %q = onnx.initializer "q" dense<[5.0, 6.0]> : tensor<2xf32>
  %a = onnx.Gemm(%x, %u, %p) "/g/a" {transB = 1 : i64} : (tensor<?x1xf32>, tensor<1x1xf32>, tensor<1xf32>) -> !t
  %b = onnx.Gemm(%x, %v, %q) "/g/b" {transB = 1 : i64} : (tensor<?x1xf32>, tensor<2x1xf32>, tensor<2xf32>) -> !t
  %c = onnx.Gemm(%x, %u) "/g/c" {transB = 1 : i64} : (tensor<?x1xf32>, tensor<1x1xf32>) -> !t
  return %a, %b, %c : !t, !t, !t
}

// Weights with an axis of experts lie side by side within each expert.
// CHECK-LABEL: func.func @einsum
// CHECK: onnx.initializer "/e/a/stacked_weight" dense<{{\[\[}}[1.000000e+00], [2.000000e+00], [5.000000e+00], [6.000000e+00]], {{\[}}[3.000000e+00], [4.000000e+00], [7.000000e+00], [8.000000e+00]]]> : tensor<2x4x1xf32>
// CHECK: onnx.Split(%{{.*}}, %{{.*}}) "/e/a/parts" outputs ["/e/a_output_0", "/e/b_output_0"] {axis = -1 : i64}
func.func @einsum(%x: tensor<?x1xf32>) -> (!t, !t) {
  %u = onnx.initializer "u" dense<[[[1.0], [2.0]], [[3.0], [4.0]]]> : tensor<2x2x1xf32>
  %v = onnx.initializer "v" dense<[[[5.0], [6.0]], [[7.0], [8.0]]]> : tensor<2x2x1xf32>
  %a = onnx.Einsum(%x, %u) "/e/a" {equation = "td,efd->tef"} : (tensor<?x1xf32>, tensor<2x2x1xf32>) -> !t
  %b = onnx.Einsum(%x, %v) "/e/b" {equation = "td,efd->tef"} : (tensor<?x1xf32>, tensor<2x2x1xf32>) -> !t
  return %a, %b : !t, !t
}

// Matrices that tokens gather are gathered together.
// CHECK-LABEL: func.func @gathered
// CHECK: %[[W:.*]] = onnx.Gather(%p.a.stacked_weight, %arg1)
// CHECK: %[[P:.*]] = onnx.MatMul(%[[W]], %arg0)
// CHECK: onnx.Split(%[[P]], %{{.*}}) {{.*}} {axis = -2 : i64}
func.func @gathered(%x: tensor<?x1x2x1xf32>, %i: tensor<?x1xi64>) -> (!t, !t) {
  %u = onnx.initializer "u" #onnx.synthetic<normal, seed = 1> : tensor<4x1x2xf32>
  %v = onnx.initializer "v" #onnx.synthetic<normal, seed = 2> : tensor<4x2x2xf32>
  %gu = onnx.Gather(%u, %i) "/p/gather_a" : (tensor<4x1x2xf32>, tensor<?x1xi64>) -> !t
  %gv = onnx.Gather(%v, %i) "/p/gather_b" : (tensor<4x2x2xf32>, tensor<?x1xi64>) -> !t
  %a = onnx.MatMul(%gu, %x) "/p/a" : (!t, tensor<?x1x2x1xf32>) -> !t
  %b = onnx.MatMul(%gv, %x) "/p/b" : (!t, tensor<?x1x2x1xf32>) -> !t
  return %a, %b : !t, !t
}

// Other inputs, element types, attributes and constants that are no matrices stay apart.
// CHECK-LABEL: func.func @apart
// CHECK-NOT: onnx.Split
// CHECK: return
func.func @apart(%x: tensor<?x2xf32>, %z: tensor<?x2xf32>) -> (!t, !t, !t, !t, !t) {
  %u = onnx.initializer "u" dense<1.0> : tensor<2x2xf32>
  %h = onnx.initializer "h" dense<1.0> : tensor<2x2xf16>
  %v = onnx.initializer "v" dense<1.0> : tensor<2xf32>
  %a = onnx.MatMul(%x, %u) "/s/a" : (tensor<?x2xf32>, tensor<2x2xf32>) -> !t
  %b = onnx.MatMul(%z, %u) "/s/b" : (tensor<?x2xf32>, tensor<2x2xf32>) -> !t
  %c = onnx.MatMul(%x, %h) "/s/c" : (tensor<?x2xf32>, tensor<2x2xf16>) -> !t
  %d = onnx.MatMul(%x, %v) "/s/d" : (tensor<?x2xf32>, tensor<2xf32>) -> !t
  %e = onnx.Gemm(%x, %u) "/s/e" {alpha = 2.0 : f32} : (tensor<?x2xf32>, tensor<2x2xf32>) -> !t
  return %a, %b, %c, %d, %e : !t, !t, !t, !t, !t
}
}
