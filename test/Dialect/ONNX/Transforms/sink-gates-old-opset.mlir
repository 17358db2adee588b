// RUN: slin-opt %s --onnx-sink-gates --remarks-filter=onnx-sink-gates 2>&1 | FileCheck %s
// RUN: slin-opt %s --onnx-sink-gates -o %t.executed.mlir && slin-run %t.executed.mlir --dim=2,3 --check=%s | FileCheck %s --check-prefix=EXECUTED

// EXECUTED-COUNT-1: checked: max relative error

// (C6): GatherND came with opset 11.

!t = !onnx.unknown
!x = tensor<?x?x2xf32>
module attributes {onnx.opset_imports = [["", 10]]} {
// CHECK: [Missed] GatesNotSunk {{.*}}"'/old/Add': gathering rows needs opset 11, found 10"
// CHECK-LABEL: func.func @old
// CHECK-NOT: onnx.NonZero
func.func @old(%x: !x) -> !t {
  %r = onnx.initializer "or" #onnx.synthetic<normal, seed = 5> : tensor<2x2xf32>
  %u = onnx.initializer "ou" #onnx.synthetic<normal, seed = 6> : tensor<2x3xf32>
  %d = onnx.initializer "od" #onnx.synthetic<normal, seed = 7> : tensor<3x2xf32>
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
  %y1 = onnx.MatMul(%a1, %d) "/1/down" : (!t, tensor<3x2xf32>) -> !t
  %z1 = onnx.Mul(%g1, %y1) "/1/gate"
  %y = onnx.Add(%z0, %z1) "/old/Add"
  return %y : !t
}
}
