// RUN: slin-opt %s --slin-print-experts -o /dev/null | FileCheck %s
// RUN: slin-opt %s --onnx-sink-gates --remarks-filter=onnx-sink-gates -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// What a router gives that is no gate, each with its reason.
// REMARK-NOT: [Passed]
// REMARK: [Missed] GatesNotSunk | Category:onnx-sink-gates | {{.*}}"'/soft': its gates are not exactly 0 or 1: they come from 'Softmax'"

!t = !onnx.unknown
!x = tensor<?x?x4xf32>
module attributes {onnx.opset_imports = [["", 17]]} {

// (C1) of onnx-sink-gates: probabilities are no gates.
// CHECK: // declined '/soft': its gates are not exactly 0 or 1: they come from 'Softmax'
func.func @soft(%x: !x) -> !t {
  %r = onnx.initializer "r" #onnx.synthetic<normal, seed = 5> : tensor<4x2xf32>
  %su = onnx.initializer "su" #onnx.synthetic<normal, seed = 6> : tensor<2x3x4xf32>
  %sd = onnx.initializer "sd" #onnx.synthetic<normal, seed = 7> : tensor<2x4x3xf32>
  %one = onnx.initializer "one" dense<1> : tensor<1xi64>
  %scores = onnx.MatMul(%x, %r) "/router" : (!x, tensor<4x2xf32>) -> !t
  %p = onnx.Softmax(%scores) "/softmax" {axis = -1 : i64}
  %h = onnx.Einsum(%x, %su) "/up" {equation = "bsd,efd->bsef"} : (!x, tensor<2x3x4xf32>) -> !t
  %a = onnx.Relu(%h) "/act"
  %y = onnx.Einsum(%a, %sd, %p) "/soft" {equation = "bsef,edf,bse->bsd"} : (!t, tensor<2x4x3xf32>, !t) -> !t
  return %y : !t
}

// Weights of the chosen are scattered.
// CHECK: // declined '/scattered': its gates are not exactly 0 or 1: 'ScatterElements' puts other numbers than ones into zeros
func.func @scattered(%x: !x) -> !t {
  %r = onnx.initializer "r" #onnx.synthetic<normal, seed = 5> : tensor<4x2xf32>
  %su = onnx.initializer "su" #onnx.synthetic<normal, seed = 6> : tensor<2x3x4xf32>
  %sd = onnx.initializer "sd" #onnx.synthetic<normal, seed = 7> : tensor<2x4x3xf32>
  %one = onnx.initializer "one" dense<1> : tensor<1xi64>
  %scores = onnx.MatMul(%x, %r) "/router" : (!x, tensor<4x2xf32>) -> !t
  %v, %i = onnx.TopK(%scores, %one) "/topk" : (!t, tensor<1xi64>) -> (!t, !t)
  %shape = onnx.Shape(%scores) "/shape" : (!t) -> !t
  %zero = onnx.initializer "zero" dense<0.0> : tensor<f32>
  %zeros = onnx.Expand(%zero, %shape) "/zeros" : (tensor<f32>, !t) -> !t
  %g = onnx.ScatterElements(%zeros, %i, %v) "/scatter" {axis = -1 : i64}
  %h = onnx.Einsum(%x, %su) "/up" {equation = "bsd,efd->bsef"} : (!x, tensor<2x3x4xf32>) -> !t
  %a = onnx.Relu(%h) "/act"
  %y = onnx.Einsum(%a, %sd, %g) "/scattered" {equation = "bsef,edf,bse->bsd"} : (!t, tensor<2x4x3xf32>, !t) -> !t
  return %y : !t
}

// The indices are given: one may stand twice, and how many there are is not known.
// CHECK: // declined '/indices': its gates are not those of the experts that a TopK over the experts chooses
func.func @indices(%x: !x, %i: tensor<?x?x1xi64>) -> !t {
  %r = onnx.initializer "r" #onnx.synthetic<normal, seed = 5> : tensor<4x2xf32>
  %su = onnx.initializer "su" #onnx.synthetic<normal, seed = 6> : tensor<2x3x4xf32>
  %sd = onnx.initializer "sd" #onnx.synthetic<normal, seed = 7> : tensor<2x4x3xf32>
  %one = onnx.initializer "one" dense<1> : tensor<1xi64>
  %scores = onnx.MatMul(%x, %r) "/router" : (!x, tensor<4x2xf32>) -> !t
  %v, %unused = onnx.TopK(%scores, %one) "/topk" : (!t, tensor<1xi64>) -> (!t, !t)
  %shape = onnx.Shape(%scores) "/shape" : (!t) -> !t
  %zero = onnx.initializer "zero" dense<0.0> : tensor<f32>
  %zeros = onnx.Expand(%zero, %shape) "/zeros" : (tensor<f32>, !t) -> !t
  %each = onnx.Shape(%i) "/each" : (tensor<?x?x1xi64>) -> !t
  %number = onnx.initializer "number" dense<1.0> : tensor<f32>
  %ones = onnx.Expand(%number, %each) "/ones" : (tensor<f32>, !t) -> !t
  %g = onnx.ScatterElements(%zeros, %i, %ones) "/scatter" {axis = -1 : i64} : (!t, tensor<?x?x1xi64>, !t) -> !t
  %h = onnx.Einsum(%x, %su) "/up" {equation = "bsd,efd->bsef"} : (!x, tensor<2x3x4xf32>) -> !t
  %a = onnx.Relu(%h) "/act"
  %y = onnx.Einsum(%a, %sd, %g) "/indices" {equation = "bsef,edf,bse->bsd"} : (!t, tensor<2x4x3xf32>, !t) -> !t
  return %y : !t
}

// A sum of one-hot vectors of given indices may be 2.
// CHECK: // declined '/repeated': its gates are not exactly 0 or 1: 'ReduceSum' adds other things than one-hot vectors of what a TopK chooses
func.func @repeated(%x: !x, %i: tensor<?x?x2xi64>) -> !t {
  %r = onnx.initializer "r" #onnx.synthetic<normal, seed = 5> : tensor<4x2xf32>
  %su = onnx.initializer "su" #onnx.synthetic<normal, seed = 6> : tensor<2x3x4xf32>
  %sd = onnx.initializer "sd" #onnx.synthetic<normal, seed = 7> : tensor<2x4x3xf32>
  %one = onnx.initializer "one" dense<1> : tensor<1xi64>
  %scores = onnx.MatMul(%x, %r) "/router" : (!x, tensor<4x2xf32>) -> !t
  %depth = onnx.initializer "depth" dense<2> : tensor<i64>
  %values = onnx.initializer "values" dense<[0.0, 1.0]> : tensor<2xf32>
  %axis = onnx.initializer "axis" dense<-2> : tensor<1xi64>
  %o = onnx.node "OneHot" (%i, %depth, %values) "/onehot" : (tensor<?x?x2xi64>, tensor<i64>, tensor<2xf32>) -> !t
  %g = onnx.ReduceSum(%o, %axis) "/sum" {keepdims = 0 : i64} : (!t, tensor<1xi64>) -> !t
  %h = onnx.Einsum(%x, %su) "/up" {equation = "bsd,efd->bsef"} : (!x, tensor<2x3x4xf32>) -> !t
  %a = onnx.Relu(%h) "/act"
  %y = onnx.Einsum(%a, %sd, %g) "/repeated" {equation = "bsef,edf,bse->bsd"} : (!t, tensor<2x4x3xf32>, !t) -> !t
  return %y : !t
}

// Gates from outside.
// CHECK: // declined '/given': its gates are not exactly 0 or 1: they are given from outside
func.func @given(%x: !x, %g: tensor<?x?x2xf32>) -> !t {
  %r = onnx.initializer "r" #onnx.synthetic<normal, seed = 5> : tensor<4x2xf32>
  %su = onnx.initializer "su" #onnx.synthetic<normal, seed = 6> : tensor<2x3x4xf32>
  %sd = onnx.initializer "sd" #onnx.synthetic<normal, seed = 7> : tensor<2x4x3xf32>
  %one = onnx.initializer "one" dense<1> : tensor<1xi64>
  %scores = onnx.MatMul(%x, %r) "/router" : (!x, tensor<4x2xf32>) -> !t
  %h = onnx.Einsum(%x, %su) "/up" {equation = "bsd,efd->bsef"} : (!x, tensor<2x3x4xf32>) -> !t
  %a = onnx.Relu(%h) "/act"
  %y = onnx.Einsum(%a, %sd, %g) "/given" {equation = "bsef,edf,bse->bsd"} : (!t, tensor<2x4x3xf32>, tensor<?x?x2xf32>) -> !t
  return %y : !t
}

// (C2) of onnx-sink-gates.
// CHECK: // declined '/tokens': its gates come from another value than the experts' input: whether they have the same tokens is not known
func.func @tokens(%x: !x, %z: tensor<?x?x2xf32>) -> !t {
  %r = onnx.initializer "r" #onnx.synthetic<normal, seed = 5> : tensor<4x2xf32>
  %su = onnx.initializer "su" #onnx.synthetic<normal, seed = 6> : tensor<2x3x4xf32>
  %sd = onnx.initializer "sd" #onnx.synthetic<normal, seed = 7> : tensor<2x4x3xf32>
  %one = onnx.initializer "one" dense<1> : tensor<1xi64>
  %scores = onnx.MatMul(%x, %r) "/router" : (!x, tensor<4x2xf32>) -> !t
  %v, %i = onnx.TopK(%z, %one) "/topk" : (tensor<?x?x2xf32>, tensor<1xi64>) -> (!t, !t)
  %shape = onnx.Shape(%z) "/shape" : (tensor<?x?x2xf32>) -> !t
  %zero = onnx.initializer "zero" dense<0.0> : tensor<f32>
  %zeros = onnx.Expand(%zero, %shape) "/zeros" : (tensor<f32>, !t) -> !t
  %each = onnx.Shape(%i) "/each"
  %number = onnx.initializer "number" dense<1.0> : tensor<f32>
  %ones = onnx.Expand(%number, %each) "/ones" : (tensor<f32>, !t) -> !t
  %g = onnx.ScatterElements(%zeros, %i, %ones) "/scatter" {axis = -1 : i64}
  %h = onnx.Einsum(%x, %su) "/up" {equation = "bsd,efd->bsef"} : (!x, tensor<2x3x4xf32>) -> !t
  %a = onnx.Relu(%h) "/act"
  %y = onnx.Einsum(%a, %sd, %g) "/tokens" {equation = "bsef,edf,bse->bsd"} : (!t, tensor<2x4x3xf32>, !t) -> !t
  return %y : !t
}

// Gates of some.
// CHECK: // declined '/half': some experts have gates and some have none
func.func @half(%x: !x) -> !t {
  %u = onnx.initializer "u" #onnx.synthetic<normal, seed = 1> : tensor<4x3xf32>
  %d = onnx.initializer "d" #onnx.synthetic<normal, seed = 2> : tensor<3x4xf32>
  %r = onnx.initializer "r" #onnx.synthetic<normal, seed = 5> : tensor<4x2xf32>
  %su = onnx.initializer "su" #onnx.synthetic<normal, seed = 6> : tensor<2x3x4xf32>
  %sd = onnx.initializer "sd" #onnx.synthetic<normal, seed = 7> : tensor<2x4x3xf32>
  %one = onnx.initializer "one" dense<1> : tensor<1xi64>
  %scores = onnx.MatMul(%x, %r) "/router" : (!x, tensor<4x2xf32>) -> !t
  %half = onnx.initializer "half" dense<0.5> : tensor<f32>
  %g = onnx.node "Greater" (%scores, %half) "/greater" : (!t, tensor<f32>) -> !t
  %h0 = onnx.MatMul(%x, %u) "/0/up" : (!x, tensor<4x3xf32>) -> !t
  %a0 = onnx.Relu(%h0) "/0/act"
  %y0 = onnx.MatMul(%a0, %d) "/0/down" : (!t, tensor<3x4xf32>) -> !t
  %h1 = onnx.MatMul(%x, %u) "/1/up" : (!x, tensor<4x3xf32>) -> !t
  %a1 = onnx.Relu(%h1) "/1/act"
  %y1 = onnx.MatMul(%a1, %d) "/1/down" : (!t, tensor<3x4xf32>) -> !t
  %z = onnx.Mul(%g, %y1) "/gate"
  %y = onnx.Add(%y0, %z) "/half"
  return %y : !t
}

}
