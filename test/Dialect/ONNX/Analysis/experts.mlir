// RUN: slin-opt %s --slin-print-experts -o /dev/null | FileCheck %s

// Sums of experts in each spelling, and what is known of their gates.

!t = !onnx.unknown
!x = tensor<?x?x4xf32>
module attributes {onnx.opset_imports = [["", 17]]} {

// Nodes of their own, of different hidden sizes, with biases; the bias of the sum is no part of it.
// CHECK: // experts '/added/Add' 2 plain relu 4 -> 3 + 2 -> 4 f32, no gates
func.func @added(%x: !x) -> !t {
  %u0 = onnx.initializer "u0" #onnx.synthetic<normal, seed = 1> : tensor<4x3xf32>
  %b0 = onnx.initializer "b0" dense<1.0> : tensor<3xf32>
  %d0 = onnx.initializer "d0" #onnx.synthetic<normal, seed = 2> : tensor<3x4xf32>
  %u1 = onnx.initializer "u1" #onnx.synthetic<normal, seed = 3> : tensor<2x4xf32>
  %d1 = onnx.initializer "d1" #onnx.synthetic<normal, seed = 4> : tensor<2x4xf32>
  %c = onnx.initializer "c" dense<1.0> : tensor<4xf32>
  %m0 = onnx.MatMul(%x, %u0) "/added/0/up" : (!x, tensor<4x3xf32>) -> !t
  %h0 = onnx.Add(%b0, %m0) "/added/0/bias" : (tensor<3xf32>, !t) -> !t
  %a0 = onnx.Relu(%h0) "/added/0/act"
  %y0 = onnx.MatMul(%a0, %d0) "/added/0/down" : (!t, tensor<3x4xf32>) -> !t
  %t1 = onnx.Transpose(%u1) "/added/1/t" {perm = array<i64: 1, 0>} : (tensor<2x4xf32>) -> !t
  %h1 = onnx.MatMul(%x, %t1) "/added/1/up" : (!x, !t) -> !t
  %a1 = onnx.Relu(%h1) "/added/1/act"
  %y1 = onnx.MatMul(%a1, %d1) "/added/1/down" : (!t, tensor<2x4xf32>) -> !t
  %s = onnx.Add(%y0, %y1) "/added/Add"
  %y = onnx.Add(%s, %c) "/added/bias" : (!t, tensor<4xf32>) -> !t
  return %y : !t
}

// One tensor of all results, reduced; gates by comparison of scores with the second largest.
// CHECK: // experts '/stacked/ReduceSum' 2 plain relu 4 -> 3 + 3 -> 4 f32, gates of all
func.func @stacked(%x: !x) -> !t {
  %r = onnx.initializer "r" #onnx.synthetic<normal, seed = 5> : tensor<4x2xf32>
  %u = onnx.initializer "su" #onnx.synthetic<normal, seed = 6> : tensor<4x3xf32>
  %d = onnx.initializer "sd" #onnx.synthetic<normal, seed = 7> : tensor<3x4xf32>
  %half = onnx.initializer "half" dense<0.5> : tensor<f32>
  %first = onnx.initializer "first" dense<0> : tensor<1xi64>
  %last = onnx.initializer "last" dense<-1> : tensor<1xi64>
  %scores = onnx.MatMul(%x, %r) "/stacked/router" : (!x, tensor<4x2xf32>) -> !t
  %more = onnx.node "Greater" (%scores, %half) "/stacked/greater" : (!t, tensor<f32>) -> !t
  %gates = onnx.Cast(%more) "/stacked/cast" {to = 1 : i64}
  %turned = onnx.Transpose(%gates) "/stacked/turned" {perm = array<i64: 2, 0, 1>}
  %wide = onnx.Unsqueeze(%turned, %last) "/stacked/wide" : (!t, tensor<1xi64>) -> !t
  %h0 = onnx.MatMul(%x, %u) "/stacked/0/up" : (!x, tensor<4x3xf32>) -> !t
  %a0 = onnx.Relu(%h0) "/stacked/0/act"
  %y0 = onnx.MatMul(%a0, %d) "/stacked/0/down" : (!t, tensor<3x4xf32>) -> !t
  %z0 = onnx.Unsqueeze(%y0, %first) "/stacked/0/wide" : (!t, tensor<1xi64>) -> !t
  %h1 = onnx.MatMul(%x, %u) "/stacked/1/up" : (!x, tensor<4x3xf32>) -> !t
  %a1 = onnx.Relu(%h1) "/stacked/1/act"
  %y1 = onnx.MatMul(%a1, %d) "/stacked/1/down" : (!t, tensor<3x4xf32>) -> !t
  %z1 = onnx.Unsqueeze(%y1, %first) "/stacked/1/wide" : (!t, tensor<1xi64>) -> !t
  %all = onnx.Concat(%z0, %z1) "/stacked/concat" {axis = 0 : i64}
  %gated = onnx.Mul(%wide, %all) "/stacked/mul"
  %y = onnx.ReduceSum(%gated, %first) "/stacked/ReduceSum" {keepdims = 0 : i64} : (!t, tensor<1xi64>) -> !t
  return %y : !t
}

// Weights with an axis of experts: their biases have one as well.
// CHECK: // experts '/batched/ReduceSum' 2 plain relu 4 -> 3 + 3 -> 4 f32, no gates
func.func @batched(%x: tensor<?x4xf32>) -> !t {
  %u = onnx.initializer "bu" #onnx.synthetic<normal, seed = 8> : tensor<2x4x3xf32>
  %b = onnx.initializer "bb" #onnx.synthetic<normal, seed = 9> : tensor<2x1x3xf32>
  %d = onnx.initializer "bd" #onnx.synthetic<normal, seed = 10> : tensor<2x3x4xf32>
  %first = onnx.initializer "bfirst" dense<0> : tensor<1xi64>
  %m = onnx.MatMul(%x, %u) "/batched/up" : (tensor<?x4xf32>, tensor<2x4x3xf32>) -> !t
  %h = onnx.Add(%m, %b) "/batched/bias" : (!t, tensor<2x1x3xf32>) -> !t
  %a = onnx.Relu(%h) "/batched/act"
  %e = onnx.MatMul(%a, %d) "/batched/down" : (!t, tensor<2x3x4xf32>) -> !t
  %y = onnx.ReduceSum(%e, %first) "/batched/ReduceSum" {keepdims = 0 : i64} : (!t, tensor<1xi64>) -> !t
  return %y : !t
}

// A TopK that chooses all of them: every gate is 1.
// CHECK: // experts '/all/Einsum' 2 plain relu 4 -> 3 + 3 -> 4 f32, gates of all, all 1
// CHECK: // experts '/some/Einsum' 2 plain relu 4 -> 3 + 3 -> 4 f32, gates of all, 1 of 2
func.func @einsum(%x: !x) -> (!t, !t) {
  %r = onnx.initializer "er" #onnx.synthetic<normal, seed = 11> : tensor<4x2xf32>
  %u = onnx.initializer "eu" #onnx.synthetic<normal, seed = 12> : tensor<2x3x4xf32>
  %d = onnx.initializer "ed" #onnx.synthetic<normal, seed = 13> : tensor<2x4x3xf32>
  %one = onnx.initializer "one" dense<1> : tensor<1xi64>
  %two = onnx.initializer "two" dense<2> : tensor<1xi64>
  %depth = onnx.initializer "depth" dense<2> : tensor<i64>
  %values = onnx.initializer "values" dense<[0, 1]> : tensor<2xi64>
  %k = onnx.initializer "ek" dense<-2> : tensor<1xi64>
  %scores = onnx.MatMul(%x, %r) "/router" : (!x, tensor<4x2xf32>) -> !t
  %v0, %i0 = onnx.TopK(%scores, %two) "/all/topk" : (!t, tensor<1xi64>) -> (!t, !t)
  %o0 = onnx.node "OneHot" (%i0, %depth, %values) "/all/onehot" : (!t, tensor<i64>, tensor<2xi64>) -> !t
  %s0 = onnx.ReduceSum(%o0, %k) "/all/sum" {keepdims = 0 : i64} : (!t, tensor<1xi64>) -> !t
  %g0 = onnx.Cast(%s0) "/all/cast" {to = 1 : i64}
  %v1, %i1 = onnx.TopK(%scores, %one) "/some/topk" : (!t, tensor<1xi64>) -> (!t, !t)
  %o1 = onnx.node "OneHot" (%i1, %depth, %values) "/some/onehot" : (!t, tensor<i64>, tensor<2xi64>) -> !t
  %s1 = onnx.ReduceSum(%o1, %k) "/some/sum" {keepdims = 0 : i64} : (!t, tensor<1xi64>) -> !t
  %g1 = onnx.Cast(%s1) "/some/cast" {to = 1 : i64}
  %h0 = onnx.Einsum(%x, %u) "/all/up" {equation = "bsd,efd->bsef"} : (!x, tensor<2x3x4xf32>) -> !t
  %a0 = onnx.Relu(%h0) "/all/act"
  %y0 = onnx.Einsum(%a0, %d, %g0) "/all/Einsum" {equation = "bsef,edf,bse->bsd"} : (!t, tensor<2x4x3xf32>, !t) -> !t
  %h1 = onnx.Einsum(%x, %u) "/some/up" {equation = "bsd,efd->bsfe"} : (!x, tensor<2x3x4xf32>) -> !t
  %a1 = onnx.Relu(%h1) "/some/act"
  %y1 = onnx.Einsum(%g1, %a1, %d) "/some/Einsum" {equation = "bse,bsfe,edf->bsd"} : (!t, !t, tensor<2x4x3xf32>) -> !t
  return %y0, %y1 : !t, !t
}

// A residual that stands before the experts is added with them; zeros that have more axes as well.
// CHECK: // experts '/between/Add' 2 plain relu 4 -> 3 + 3 -> 4 f32, no gates, and 'between.x', and 'zeros'
func.func @between(%x: !x {onnx.name = "between.x"}) -> !t {
  %u = onnx.initializer "wu" #onnx.synthetic<normal, seed = 1> : tensor<4x3xf32>
  %d = onnx.initializer "wd" #onnx.synthetic<normal, seed = 2> : tensor<3x4xf32>
  %zeros = onnx.initializer "zeros" dense<0.0> : tensor<7x1x1x1xf32>
  %h0 = onnx.MatMul(%x, %u) "/between/0/up" : (!x, tensor<4x3xf32>) -> !t
  %a0 = onnx.Relu(%h0) "/between/0/act"
  %y0 = onnx.MatMul(%a0, %d) "/between/0/down" : (!t, tensor<3x4xf32>) -> !t
  %h1 = onnx.MatMul(%x, %u) "/between/1/up" : (!x, tensor<4x3xf32>) -> !t
  %a1 = onnx.Relu(%h1) "/between/1/act"
  %y1 = onnx.MatMul(%a1, %d) "/between/1/down" : (!t, tensor<3x4xf32>) -> !t
  %s = onnx.Add(%x, %y0) "/between/first" : (!x, !t) -> !t
  %z = onnx.Add(%s, %zeros) "/between/second" : (!t, tensor<7x1x1x1xf32>) -> !t
  %y = onnx.Add(%z, %y1) "/between/Add"
  return %y : !t
}

// A network and a residual are no sum of experts, and nothing is said of them.
// CHECK-NOT: residual
func.func @residual(%x: !x) -> !t {
  %u = onnx.initializer "ru" #onnx.synthetic<normal, seed = 1> : tensor<4x3xf32>
  %d = onnx.initializer "rd" #onnx.synthetic<normal, seed = 2> : tensor<3x4xf32>
  %h = onnx.MatMul(%x, %u) "/residual/up" : (!x, tensor<4x3xf32>) -> !t
  %a = onnx.Relu(%h) "/residual/act"
  %e = onnx.MatMul(%a, %d) "/residual/down" : (!t, tensor<3x4xf32>) -> !t
  %y = onnx.Add(%x, %e) "/residual/Add" : (!x, !t) -> !t
  return %y : !t
}
}
