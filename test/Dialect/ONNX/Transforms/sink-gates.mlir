// RUN: slin-opt %s --onnx-sink-gates --onnx-save-weights --remarks-filter=onnx-sink-gates 2>&1 | FileCheck %s
// RUN: slin-opt %S/../../Slin/Transforms/Inputs/papers/factorllm-stacked-k2-gather-dynamo-opset18.onnx --onnx-sink-gates --onnx-save-weights | FileCheck %s --check-prefix=GATHER
// RUN: slin-opt %S/../../Slin/Transforms/Inputs/papers/factorllm-looped-k2-torchscript-opset17.onnx --onnx-sink-gates --remarks-filter=onnx-sink-gates -o /dev/null 2>&1 | FileCheck %s --check-prefix=LOOPED
// RUN: slin-opt %s --onnx-sink-gates -o %t.executed.mlir && slin-run %t.executed.mlir --dim=2,3 --check=%s | FileCheck %s --check-prefix=EXECUTED

// EXECUTED-COUNT-4: checked: max relative error

// CHECK-DAG: [Passed] GatesSunk | Category:onnx-sink-gates | {{.*}}"'/each/Add': each token is computed only by 1 of 2 experts"
// CHECK-DAG: [Missed] GatesNotSunk | Category:onnx-sink-gates | {{.*}}"'/plain/Add': its experts have no gates: all of them run"
// CHECK-DAG: [Missed] GatesNotSunk {{.*}}"'/whole/Add': all gates are 1: all experts run"
// CHECK-DAG: [Missed] GatesNotSunk {{.*}}"'/infinite/Add': a weight of '/1/down' or of what it reads is not finite: without its expert no token is NaN"

!t = !onnx.unknown
!x = tensor<?x?x2xf32>
module attributes {onnx.opset_imports = [["", 17]]} {

// An expert's own nodes keep their names and weights; they read the rows of its tokens.
// CHECK-LABEL: func.func @each
// CHECK: %[[ROWS:.*]] = onnx.Reshape(%arg0, %{{.*}}) "/each/Add/rows"
// CHECK: %[[Y0:.*]] = onnx.ConstantOfShape(%{{.*}}) "/each/Add/zeros" {value = dense<0.000000e+00> : tensor<1xf32>}
// CHECK: %[[G0:.*]] = onnx.Reshape(%{{.*}}, %{{.*}}) "/each/Add/expert_0/gate"
// CHECK: %[[C0:.*]] = onnx.Cast(%[[G0]]) "/each/Add/expert_0/chosen" {to = 9 : i64}
// CHECK: %[[P0:.*]] = onnx.NonZero(%[[C0]])
// CHECK: %[[T0:.*]] = onnx.Transpose(%[[P0]]) {{.*}} {perm = array<i64: 1, 0>}
// CHECK: %[[X0:.*]] = onnx.GatherND(%[[ROWS]], %[[T0]])
// CHECK: %[[H0:.*]] = onnx.MatMul(%[[X0]], %u) "/0/up"
// CHECK: %[[A0:.*]] = onnx.Relu(%[[H0]]) "/0/act"
// CHECK: %[[E0:.*]] = onnx.MatMul(%[[A0]], %d) "/0/down"
// CHECK: %[[Y1:.*]] = onnx.ScatterND(%[[Y0]], %[[T0]], %[[E0]]) "/each/Add/expert_0/scatter" {reduction = "add"}
// CHECK: onnx.MatMul({{.*}}, %u) "/1/up"
// CHECK: %[[Y2:.*]] = onnx.ScatterND(%[[Y1]], %{{.*}}, %{{.*}}) "/each/Add/expert_1/scatter" {reduction = "add"}
// CHECK: %[[R:.*]] = onnx.Reshape(%[[Y2]], %{{.*}}) "/each/Add/restore" outputs ["/each/Add_output_0"] {allowzero = 1 : i64}
// The scale behind the sum stays what it is.
// CHECK: onnx.Mul(%[[R]], %two) "/each/scale"
func.func @each(%x: !x) -> !t {
  %r = onnx.initializer "r" #onnx.synthetic<normal, seed = 5> : tensor<2x2xf32>
  %u = onnx.initializer "u" #onnx.synthetic<normal, seed = 6> : tensor<2x3xf32>
  %d = onnx.initializer "d" #onnx.synthetic<normal, seed = 7> : tensor<3x2xf32>
  %k = onnx.initializer "k" dense<1> : tensor<1xi64>
  %two = onnx.initializer "two" dense<2.0> : tensor<f32>
  %zero = onnx.initializer "zero" dense<0.0> : tensor<f32>
  %one = onnx.initializer "one" dense<1.0> : tensor<f32>
  %scores = onnx.MatMul(%x, %r) "/router" : (!x, tensor<2x2xf32>) -> !t
  %v, %i = onnx.TopK(%scores, %k) "/topk" : (!t, tensor<1xi64>) -> (!t, !t)
  %all = onnx.Shape(%scores) "/all"
  %zeros = onnx.Expand(%zero, %all) "/zeros" : (tensor<f32>, !t) -> !t
  %each = onnx.Shape(%i) "/each"
  %ones = onnx.Expand(%one, %each) "/ones" : (tensor<f32>, !t) -> !t
  %g = onnx.ScatterElements(%zeros, %i, %ones) "/gates" {axis = 2 : i64}
  %g0, %g1 = onnx.Split(%g) "/split" {axis = -1 : i64} : (!t) -> (!t, !t)
  %h0 = onnx.MatMul(%x, %u) "/0/up" : (!x, tensor<2x3xf32>) -> !t
  %a0 = onnx.Relu(%h0) "/0/act"
  %y0 = onnx.MatMul(%a0, %d) "/0/down" : (!t, tensor<3x2xf32>) -> !t
  %z0 = onnx.Mul(%y0, %g0) "/0/gate"
  %h1 = onnx.MatMul(%x, %u) "/1/up" : (!x, tensor<2x3xf32>) -> !t
  %a1 = onnx.Relu(%h1) "/1/act"
  %y1 = onnx.MatMul(%a1, %d) "/1/down" : (!t, tensor<3x2xf32>) -> !t
  %z1 = onnx.Mul(%g1, %y1) "/1/gate"
  %s = onnx.Add(%z0, %z1) "/each/Add"
  %y = onnx.Mul(%s, %two) "/each/scale" : (!t, tensor<f32>) -> !t
  return %y : !t
}

// CHECK-LABEL: func.func @plain
// CHECK-NOT: onnx.NonZero
func.func @plain(%x: !x) -> !t {
  %u = onnx.initializer "pu" #onnx.synthetic<normal, seed = 6> : tensor<2x3xf32>
  %d = onnx.initializer "pd" #onnx.synthetic<normal, seed = 7> : tensor<3x2xf32>
  %h0 = onnx.MatMul(%x, %u) "/0/up" : (!x, tensor<2x3xf32>) -> !t
  %a0 = onnx.Relu(%h0) "/0/act"
  %y0 = onnx.MatMul(%a0, %d) "/0/down" : (!t, tensor<3x2xf32>) -> !t
  %h1 = onnx.MatMul(%x, %u) "/1/up" : (!x, tensor<2x3xf32>) -> !t
  %a1 = onnx.Relu(%h1) "/1/act"
  %y1 = onnx.MatMul(%a1, %d) "/1/down" : (!t, tensor<3x2xf32>) -> !t
  %y = onnx.Add(%y0, %y1) "/plain/Add"
  return %y : !t
}

// CHECK-LABEL: func.func @whole
// CHECK-NOT: onnx.NonZero
func.func @whole(%x: !x) -> !t {
  %u = onnx.initializer "wu" #onnx.synthetic<normal, seed = 6> : tensor<2x3xf32>
  %d = onnx.initializer "wd" #onnx.synthetic<normal, seed = 7> : tensor<3x2xf32>
  %g = onnx.initializer "wg" dense<1.0> : tensor<1xf32>
  %h0 = onnx.MatMul(%x, %u) "/0/up" : (!x, tensor<2x3xf32>) -> !t
  %a0 = onnx.Relu(%h0) "/0/act"
  %y0 = onnx.MatMul(%a0, %d) "/0/down" : (!t, tensor<3x2xf32>) -> !t
  %z0 = onnx.Mul(%y0, %g) "/0/gate" : (!t, tensor<1xf32>) -> !t
  %h1 = onnx.MatMul(%x, %u) "/1/up" : (!x, tensor<2x3xf32>) -> !t
  %a1 = onnx.Relu(%h1) "/1/act"
  %y1 = onnx.MatMul(%a1, %d) "/1/down" : (!t, tensor<3x2xf32>) -> !t
  %z1 = onnx.Mul(%g, %y1) "/1/gate" : (tensor<1xf32>, !t) -> !t
  %y = onnx.Add(%z0, %z1) "/whole/Add"
  return %y : !t
}

// CHECK-LABEL: func.func @infinite
// CHECK-NOT: onnx.NonZero
func.func @infinite(%x: !x) -> !t {
  %r = onnx.initializer "ir" #onnx.synthetic<normal, seed = 5> : tensor<2x2xf32>
  %u = onnx.initializer "iu" #onnx.synthetic<normal, seed = 6> : tensor<2x3xf32>
  %d = onnx.initializer "id" #onnx.synthetic<normal, seed = 7> : tensor<3x2xf32>
  %n = onnx.initializer "in" dense<0x7F800000> : tensor<3x2xf32>
  %half = onnx.initializer "half" dense<0.5> : tensor<f32>
  %scores = onnx.MatMul(%x, %r) "/router" : (!x, tensor<2x2xf32>) -> !t
  %more = onnx.node "Greater" (%scores, %half) "/greater" : (!t, tensor<f32>) -> !t
  %g = onnx.Cast(%more) "/cast" {to = 1 : i64}
  %g0, %g1 = onnx.Split(%g) "/split" {axis = -1 : i64} : (!t) -> (!t, !t)
  %h0 = onnx.MatMul(%x, %u) "/0/up" : (!x, tensor<2x3xf32>) -> !t
  %a0 = onnx.Relu(%h0) "/0/act"
  %y0 = onnx.MatMul(%a0, %d) "/0/down" : (!t, tensor<3x2xf32>) -> !t
  %z0 = onnx.Mul(%y0, %g0) "/0/gate"
  %h1 = onnx.MatMul(%x, %u) "/1/up" : (!x, tensor<2x3xf32>) -> !t
  %a1 = onnx.Relu(%h1) "/1/act"
  %y1 = onnx.MatMul(%a1, %n) "/1/down" : (!t, tensor<3x2xf32>) -> !t
  %z1 = onnx.Mul(%g1, %y1) "/1/gate"
  %y = onnx.Add(%z0, %z1) "/infinite/Add"
  return %y : !t
}
}

// No token gathers weights any more: whose indices name an expert has its row.
// GATHER-NOT: onnx.GatherND(%val_
// GATHER: onnx.Equal(%getitem_1, %{{.*}}) "node_sum_1/expert_0/chosen"
// GATHER: onnx.NonZero
// GATHER: onnx.Gather(%{{.*}}, %{{.*}}) "node_sum_1/expert_0/first" {axis = 0 : i64}
// GATHER: onnx.GatherND(%view, %{{.*}}) "node_sum_1/expert_0/rows"
// GATHER: onnx.MatMul(%{{.*}}, %{{.*}}) "node_sum_1/expert_0/gate" : (!onnx.unknown, tensor<16x5xf32>)
// GATHER-NOT: onnx.GatherND(%val_

// LOOPED: [Missed] GatesNotSunk {{.*}}"'/Gather_1': expert 0 computes only its own tokens already"
// LOOPED: "'/Gather_3': expert 1 computes only its own tokens already"
