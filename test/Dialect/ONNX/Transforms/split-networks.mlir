// RUN: split-file %s %t
// RUN: slin-opt %t/model.mlir --onnx-split-networks=experts=2 --onnx-save-weights --remarks-filter=onnx-split-networks 2>&1 | FileCheck %s
// RUN: slin-opt %t/model.mlir --onnx-split-networks=partition=%t/parts.json --onnx-save-weights | FileCheck %s --check-prefix=LISTED
// RUN: slin-opt %t/model.mlir --onnx-split-networks=experts=3 --onnx-unsplit-experts --onnx-save-weights | FileCheck %s --check-prefix=BACK
// RUN: slin-opt %t/declined.mlir --onnx-split-networks=experts=2 --remarks-filter=onnx-split-networks -o /dev/null 2>&1 | FileCheck %s --check-prefix=DECLINED
// RUN: slin-opt %t/model.mlir --onnx-split-networks=partition=%t/parts.json -o %t/executed.mlir && slin-run %t/executed.mlir --dim=2,3 --check=%t/model.mlir | FileCheck %s --check-prefix=EXECUTED
// RUN: slin-opt %t/model.mlir --onnx-split-networks=experts=3 --onnx-unsplit-experts -o %t/back.mlir && slin-run %t/back.mlir --dim=2,3 --check=%t/model.mlir | FileCheck %s --check-prefix=EXECUTED

// EXECUTED: checked: max relative error

//--- model.mlir
// CHECK: [Passed] NetworkSplit | Category:onnx-split-networks | {{.*}}"'/mlp': 3 hidden features are 2 experts"

// Gate and up alike, the first part one feature larger; down's bias is added to the sum, once.
// CHECK-DAG: onnx.initializer "/mlp/expert_0/gate_weight" dense<{{\[}}[1.000000e+00, 2.000000e+00]]> : tensor<1x2xf32>
// CHECK-DAG: onnx.initializer "/mlp/expert_1/gate_weight" dense<3.000000e+00> : tensor<1x1xf32>
// CHECK-DAG: onnx.initializer "/mlp/expert_0/up_weight" dense<{{\[}}[4.000000e+00, 5.000000e+00]]> : tensor<1x2xf32>
// CHECK-DAG: onnx.initializer "/mlp/expert_0/up_bias_weight" dense<[7.000000e+00, 8.000000e+00]> : tensor<2xf32>
// CHECK-DAG: onnx.initializer "/mlp/expert_1/up_bias_weight" dense<9.000000e+00> : tensor<1xf32>
// CHECK-DAG: onnx.initializer "/mlp/expert_0/down_weight" dense<{{\[}}[1.000000e-01], [2.000000e-01]]> : tensor<2x1xf32>
// CHECK-DAG: onnx.initializer "/mlp/expert_1/down_weight" dense<3.000000e-01> : tensor<1x1xf32>
// CHECK: onnx.MatMul(%arg0, %{{.*}}) "/mlp/expert_0/gate"
// CHECK: onnx.Sigmoid(%{{.*}}) "/mlp/sigmoid"
// CHECK: onnx.Sigmoid(%{{.*}}) "/mlp/sigmoid_1"
// CHECK: %[[S:.*]] = onnx.Add(%{{.*}}, %{{.*}}) "/mlp/add"
// CHECK: %[[Y:.*]] = onnx.Add(%[[S]], %c) "/mlp/down_bias_1" outputs ["y"]
// CHECK: return %[[Y]]

// LISTED-DAG: onnx.initializer "/mlp/expert_0/gate_weight" dense<3.000000e+00>
// LISTED-DAG: onnx.initializer "/mlp/expert_1/gate_weight" dense<{{\[}}[2.000000e+00, 1.000000e+00]]>
// LISTED-DAG: onnx.initializer "/mlp/expert_1/up_bias_weight" dense<[8.000000e+00, 7.000000e+00]>
// LISTED-DAG: onnx.initializer "/mlp/expert_1/down_weight" dense<{{\[}}[2.000000e-01], [1.000000e-01]]>

// BACK-DAG: onnx.initializer "/mlp/add_1/gate_weight" dense<{{\[}}[1.000000e+00, 2.000000e+00, 3.000000e+00]]> : tensor<1x3xf32>
// BACK-DAG: onnx.initializer "/mlp/add_1/up_bias_weight" dense<[7.000000e+00, 8.000000e+00, 9.000000e+00]> : tensor<3xf32>
// BACK-DAG: onnx.initializer "/mlp/add_1/down_weight" dense<{{\[}}[1.000000e-01], [2.000000e-01], [3.000000e-01]]> : tensor<3x1xf32>
!t = !onnx.unknown
!x = tensor<?x?x1xf32>
func.func @main_graph(%x: !x {onnx.name = "x"}) -> (!t {onnx.name = "y"}) attributes {onnx.graph = {}} {
  %g = onnx.initializer "g" dense<[[1.0, 2.0, 3.0]]> : tensor<1x3xf32>
  %u = onnx.initializer "u" dense<[[4.0], [5.0], [6.0]]> : tensor<3x1xf32>
  %b = onnx.initializer "b" dense<[7.0, 8.0, 9.0]> : tensor<3xf32>
  %d = onnx.initializer "d" dense<[[0.1], [0.2], [0.3]]> : tensor<3x1xf32>
  %c = onnx.initializer "c" dense<1.0> : tensor<1xf32>
  %h = onnx.MatMul(%x, %g) "/mlp/gate" : (!x, tensor<1x3xf32>) -> !t
  %s = onnx.Sigmoid(%h) "/mlp/sigmoid"
  %a = onnx.Mul(%h, %s) "/mlp/silu"
  %w = onnx.Transpose(%u) "/mlp/turn" {perm = array<i64: 1, 0>} : (tensor<3x1xf32>) -> !t
  %m = onnx.MatMul(%x, %w) "/mlp/up" : (!x, !t) -> !t
  %v = onnx.Add(%m, %b) "/mlp/bias" : (!t, tensor<3xf32>) -> !t
  %p = onnx.Mul(%a, %v) "/mlp/mul"
  %o = onnx.MatMul(%p, %d) "/mlp/down" : (!t, tensor<3x1xf32>) -> !t
  %y = onnx.Add(%o, %c) "/mlp/down_bias" outputs ["y"] : (!t, tensor<1xf32>) -> !t
  return %y : !t
}

//--- parts.json
{"/mlp": [[2], [1, 0]]}

//--- declined.mlir
// DECLINED: [Missed] NetworkNotSplit | Category:onnx-split-networks | {{.*}}"'/scaled': '/scaled/up' has a scale of its own"
// DECLINED: "'/tapped': '/tapped/act_output_0' is read outside of it"
// DECLINED: "'/slopes': its activation may have numbers of each feature: they would have to be cut as well"
// DECLINED: "'/narrow': it has 1 hidden features, fewer than parts"
// DECLINED: "'/cast': '/cast/up' casts its weight"
// DECLINED: "'/reshaped': its tokens are reshaped between the linears: '/reshaped/up' is not known to read rows of them"
!t = !onnx.unknown
!x = tensor<?x2xf32>
func.func @scaled(%x: !x) -> !t {
  %u = onnx.initializer "u" dense<1.0> : tensor<2x4xf32>
  %d = onnx.initializer "d" dense<1.0> : tensor<4x2xf32>
  %h = onnx.Gemm(%x, %u) "/scaled/up" {alpha = 2.0 : f32} : (!x, tensor<2x4xf32>) -> !t
  %a = onnx.Relu(%h) "/scaled/act"
  %y = onnx.Gemm(%a, %d) "/scaled/down" : (!t, tensor<4x2xf32>) -> !t
  return %y : !t
}
func.func @tapped(%x: !x) -> (!t, !t) {
  %u = onnx.initializer "u" dense<1.0> : tensor<2x4xf32>
  %d = onnx.initializer "d" dense<1.0> : tensor<4x2xf32>
  %h = onnx.MatMul(%x, %u) "/tapped/up" : (!x, tensor<2x4xf32>) -> !t
  %a = onnx.Relu(%h) "/tapped/act"
  %y = onnx.MatMul(%a, %d) "/tapped/down" : (!t, tensor<4x2xf32>) -> !t
  return %y, %a : !t, !t
}
func.func @slopes(%x: !x) -> !t {
  %u = onnx.initializer "u" dense<1.0> : tensor<2x4xf32>
  %s = onnx.initializer "s" dense<[0.1, 0.2, 0.3, 0.4]> : tensor<4xf32>
  %d = onnx.initializer "d" dense<1.0> : tensor<4x2xf32>
  %h = onnx.MatMul(%x, %u) "/slopes/up" : (!x, tensor<2x4xf32>) -> !t
  %a = onnx.PRelu(%h, %s) "/slopes/act" : (!t, tensor<4xf32>) -> !t
  %y = onnx.MatMul(%a, %d) "/slopes/down" : (!t, tensor<4x2xf32>) -> !t
  return %y : !t
}
func.func @narrow(%x: !x) -> !t {
  %u = onnx.initializer "u" dense<1.0> : tensor<2x1xf32>
  %d = onnx.initializer "d" dense<1.0> : tensor<1x2xf32>
  %h = onnx.MatMul(%x, %u) "/narrow/up" : (!x, tensor<2x1xf32>) -> !t
  %a = onnx.Relu(%h) "/narrow/act"
  %y = onnx.MatMul(%a, %d) "/narrow/down" : (!t, tensor<1x2xf32>) -> !t
  return %y : !t
}
func.func @cast(%x: !x) -> !t {
  %u = onnx.initializer "u" dense<1.0> : tensor<2x4xf16>
  %d = onnx.initializer "d" dense<1.0> : tensor<4x2xf32>
  %w = onnx.Cast(%u) "/cast/cast" {to = 1 : i64} : (tensor<2x4xf16>) -> !t
  %h = onnx.MatMul(%x, %w) "/cast/up" : (!x, !t) -> !t
  %a = onnx.Relu(%h) "/cast/act"
  %y = onnx.MatMul(%a, %d) "/cast/down" : (!t, tensor<4x2xf32>) -> !t
  return %y : !t
}
// Rows of tokens would come back with other axes than they had.
func.func @reshaped(%x: tensor<?x?x2xf32>) -> !t {
  %u = onnx.initializer "u" dense<1.0> : tensor<2x4xf32>
  %d = onnx.initializer "d" dense<1.0> : tensor<4x2xf32>
  %s = onnx.initializer "s" dense<[-1, 4]> : tensor<2xi64>
  %h = onnx.MatMul(%x, %u) "/reshaped/up" : (tensor<?x?x2xf32>, tensor<2x4xf32>) -> !t
  %r = onnx.Reshape(%h, %s) "/reshaped/flat" : (!t, tensor<2xi64>) -> !t
  %a = onnx.Relu(%r) "/reshaped/act"
  %y = onnx.MatMul(%a, %d) "/reshaped/down" : (!t, tensor<4x2xf32>) -> !t
  return %y : !t
}
