// RUN: slin-opt %s --onnx-unsplit-experts --onnx-save-weights --remarks-filter=onnx-unsplit-experts 2>&1 | FileCheck %s
// RUN: slin-opt %S/../../Slin/Transforms/Inputs/papers/factorllm-teacher-sliced-dynamo-unoptimized-opset18.onnx --onnx-unsplit-experts --onnx-save-weights | FileCheck %s --check-prefix=SLICED
// RUN: slin-opt %S/../../Slin/Transforms/Inputs/papers/factorllm-routed-k4-einsum-dynamo-opset18.onnx --onnx-unsplit-experts --onnx-save-weights | FileCheck %s --check-prefix=ROUTED
// RUN: slin-opt %s --onnx-unsplit-experts -o %t.executed.mlir && slin-run %t.executed.mlir --dim=2,3 --check=%s | FileCheck %s --check-prefix=EXECUTED

// EXECUTED-COUNT-3: checked: max relative error

// CHECK-DAG: unsplit-experts.mlir:{{.*}}[Passed] ExpertsUnsplit | Category:onnx-unsplit-experts | {{.*}}"'/biased/Sum': 2 experts are one network of hidden size 3"
// CHECK-DAG: unsplit-experts.mlir:{{.*}}[Passed] ExpertsUnsplit {{.*}}"'/inner/Add': 2 experts are one network of hidden size 2"
// CHECK-DAG: unsplit-experts.mlir:{{.*}}[Passed] ExpertsUnsplit {{.*}}"'/outer/Add': 2 experts are one network of hidden size 2"
// CHECK-DAG: unsplit-experts.mlir:{{.*}}[Missed] ExpertsNotUnsplit {{.*}}"'/compared/Einsum': the gates differ from token to token"

!t = !onnx.unknown
module attributes {onnx.opset_imports = [["", 17]]} {

// Biases of hidden features stand side by side, zeros where an expert has none; those behind the
// down projections are added. A Gemm's weight is [out, in].
// CHECK-LABEL: func.func @biased
// CHECK-DAG: onnx.initializer "/biased/Sum/up_weight" dense<{{\[}}[1.000000e+00, 2.000000e+00, 5.000000e+00], [3.000000e+00, 4.000000e+00, 6.000000e+00]]> : tensor<2x3xf32>
// CHECK-DAG: onnx.initializer "/biased/Sum/up_bias_weight" dense<[1.000000e-01, 2.000000e-01, 0.000000e+00]> : tensor<3xf32>
// CHECK-DAG: onnx.initializer "/biased/Sum/down_weight" dense<{{\[}}[1.000000e+00], [2.000000e+00], [3.000000e+00]]> : tensor<3x1xf32>
// CHECK-DAG: onnx.initializer "/biased/Sum/down_bias_weight" dense<7.500000e-01> : tensor<1xf32>
// CHECK: %[[P:.*]] = onnx.MatMul(%arg0, %{{.*}}) "/biased/Sum/up"
// CHECK: %[[H:.*]] = onnx.Add(%[[P]], %{{.*}}) "/biased/Sum/up_bias"
// CHECK: %[[A:.*]] = onnx.Relu(%[[H]]) "/0/act"
// CHECK: %[[D:.*]] = onnx.MatMul(%[[A]], %{{.*}}) "/biased/Sum/down"
// CHECK: %[[Y:.*]] = onnx.Add(%[[D]], %{{.*}}) "/biased/Sum/down_bias" outputs ["/biased/Sum_output_0"]
// CHECK-NEXT: return %[[Y]]
func.func @biased(%x: tensor<?x2xf32>) -> !t {
  %u0 = onnx.initializer "u0" dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %b0 = onnx.initializer "b0" dense<[0.1, 0.2]> : tensor<2xf32>
  %d0 = onnx.initializer "d0" dense<[[1.0], [2.0]]> : tensor<2x1xf32>
  %c0 = onnx.initializer "c0" dense<0.25> : tensor<1xf32>
  %u1 = onnx.initializer "u1" dense<[[5.0, 6.0]]> : tensor<1x2xf32>
  %d1 = onnx.initializer "d1" dense<[[3.0]]> : tensor<1x1xf32>
  %c1 = onnx.initializer "c1" dense<0.5> : tensor<1xf32>
  %m0 = onnx.MatMul(%x, %u0) "/0/up" : (tensor<?x2xf32>, tensor<2x2xf32>) -> !t
  %h0 = onnx.Add(%m0, %b0) "/0/bias" : (!t, tensor<2xf32>) -> !t
  %a0 = onnx.Relu(%h0) "/0/act"
  %n0 = onnx.MatMul(%a0, %d0) "/0/down" : (!t, tensor<2x1xf32>) -> !t
  %y0 = onnx.Add(%n0, %c0) "/0/down_bias" : (!t, tensor<1xf32>) -> !t
  %h1 = onnx.Gemm(%x, %u1) "/1/up" {transB = 1 : i64} : (tensor<?x2xf32>, tensor<1x2xf32>) -> !t
  %a1 = onnx.Relu(%h1) "/1/act"
  %y1 = onnx.Gemm(%a1, %d1, %c1) "/1/down" : (!t, tensor<1x1xf32>, tensor<1xf32>) -> !t
  %y = onnx.Sum(%y0, %y1) "/biased/Sum"
  return %y : !t
}

// One sum reads another; bits of weights are kept, those of NaN as well.
// CHECK-LABEL: func.func @nested
// CHECK-DAG: onnx.initializer "/inner/Add/up_weight" dense<{{\[}}[0x7FC00001, -0.000000e+00]]> : tensor<1x2xf32>
// CHECK: %[[I:.*]] = onnx.MatMul(%{{.*}}, %{{.*}}) "/inner/Add/down" outputs ["/inner/Add_output_0"]
// CHECK: onnx.MatMul(%[[I]], %{{.*}}) "/outer/Add/up"
// CHECK: onnx.MatMul(%{{.*}}, %{{.*}}) "/outer/Add/down" outputs ["y"]
func.func @nested(%x: tensor<?x1xf32>) -> !t {
  %v = onnx.initializer "v" dense<0x7FC00001> : tensor<1x1xf32>
  %w = onnx.initializer "w" dense<-0.0> : tensor<1x1xf32>
  %h0 = onnx.MatMul(%x, %v) "/n0/up" : (tensor<?x1xf32>, tensor<1x1xf32>) -> !t
  %a0 = onnx.Relu(%h0) "/n0/act"
  %y0 = onnx.MatMul(%a0, %w) "/n0/down" : (!t, tensor<1x1xf32>) -> !t
  %h1 = onnx.MatMul(%x, %w) "/n1/up" : (tensor<?x1xf32>, tensor<1x1xf32>) -> !t
  %a1 = onnx.Relu(%h1) "/n1/act"
  %y1 = onnx.MatMul(%a1, %w) "/n1/down" : (!t, tensor<1x1xf32>) -> !t
  %z = onnx.Add(%y0, %y1) "/inner/Add"
  %h2 = onnx.MatMul(%z, %w) "/n2/up" : (!t, tensor<1x1xf32>) -> !t
  %a2 = onnx.Relu(%h2) "/n2/act"
  %y2 = onnx.MatMul(%a2, %w) "/n2/down" : (!t, tensor<1x1xf32>) -> !t
  %h3 = onnx.MatMul(%z, %w) "/n3/up" : (!t, tensor<1x1xf32>) -> !t
  %a3 = onnx.Relu(%h3) "/n3/act"
  %y3 = onnx.MatMul(%a3, %w) "/n3/down" : (!t, tensor<1x1xf32>) -> !t
  %y = onnx.Add(%y2, %y3) "/outer/Add" outputs ["y"]
  return %y : !t
}

// How many a comparison chooses is not known: it stays.
// CHECK-LABEL: func.func @compared
// CHECK: onnx.Einsum(%{{.*}}) "/compared/Einsum"
func.func @compared(%x: tensor<?x2xf32>) -> !t {
  %r = onnx.initializer "r" #onnx.synthetic<normal, seed = 5> : tensor<2x2xf32>
  %u = onnx.initializer "u" #onnx.synthetic<normal, seed = 6> : tensor<2x3x2xf32>
  %d = onnx.initializer "d" #onnx.synthetic<normal, seed = 7> : tensor<2x2x3xf32>
  %half = onnx.initializer "half" dense<0.5> : tensor<f32>
  %scores = onnx.MatMul(%x, %r) "/router" : (tensor<?x2xf32>, tensor<2x2xf32>) -> !t
  %more = onnx.node "Greater" (%scores, %half) "/greater" : (!t, tensor<f32>) -> !t
  %g = onnx.Cast(%more) "/cast" {to = 1 : i64}
  %h = onnx.Einsum(%x, %u) "/up" {equation = "td,efd->tef"} : (tensor<?x2xf32>, tensor<2x3x2xf32>) -> !t
  %a = onnx.Relu(%h) "/act"
  %y = onnx.Einsum(%a, %d, %g) "/compared/Einsum" {equation = "tef,edf,te->td"} : (!t, tensor<2x2x3xf32>, !t) -> !t
  return %y : !t
}
}

// Slices of the teacher's matrices, and what computes their bounds, are gone with the teacher's tensors.
// SLICED-NOT: onnx.Slice
// SLICED-NOT: onnx.initializer "teacher.
// SLICED: onnx.initializer "node_add_3/gate_weight" {{.*}} : tensor<16x20xf32>
// SLICED: onnx.initializer "node_add_3/down_weight" {{.*}} : tensor<20x16xf32>
// SLICED-COUNT-3: onnx.MatMul
// SLICED-NOT: onnx.MatMul

// The router is gone with its gates.
// ROUTED-NOT: onnx.TopK
// ROUTED-COUNT-3: onnx.MatMul
// ROUTED-NOT: onnx.MatMul
// ROUTED: return
