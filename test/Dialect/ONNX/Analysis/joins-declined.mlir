// RUN: slin-opt %s --slin-print-ffns -o /dev/null | FileCheck %s

// Linears that are not one, although something joins or cuts their features.

!t = !onnx.unknown

// Results one behind the other as tokens.
// CHECK: declined '/tokens/a':
// CHECK-NEXT: declined '/tokens/b':
func.func @tokens(%x: tensor<?x?x8xf32> {onnx.name = "x"}) -> (!t {onnx.name = "y"}) attributes {onnx.graph = {}} {
  %a = onnx.initializer "a" #onnx.synthetic<normal, seed = 1> : tensor<8x8xf32>
  %b = onnx.initializer "b" #onnx.synthetic<normal, seed = 2> : tensor<8x8xf32>
  %c = onnx.initializer "c" #onnx.synthetic<normal, seed = 3> : tensor<8x8xf32>
  %0 = onnx.MatMul(%x, %a) "/tokens/a" : (tensor<?x?x8xf32>, tensor<8x8xf32>) -> !t
  %1 = onnx.MatMul(%x, %b) "/tokens/b" : (tensor<?x?x8xf32>, tensor<8x8xf32>) -> !t
  %2 = onnx.Concat(%0, %1) "/tokens/concat" {axis = 1 : i64}
  %3 = onnx.Relu(%2) "/tokens/act"
  %4 = onnx.MatMul(%3, %c) "/tokens/c" outputs ["y"] : (!t, tensor<8x8xf32>) -> !t
  return %4 : !t
}

// Every second feature; parts of two values; a part that is no linear; one weight for both parts.
// CHECK: declined '/stride/a':
// CHECK-NEXT: declined '/stride/b':
// CHECK-NEXT: declined '/two/a':
// CHECK-NEXT: declined '/two/b':
// CHECK-NEXT: declined '/pass/a':
// CHECK-NEXT: declined '/same/a':
// CHECK-NEXT: declined '/same/b':
func.func @parts(%x: tensor<?x8xf32> {onnx.name = "x"}, %z: tensor<?x8xf32> {onnx.name = "z"}) -> (!t {onnx.name = "y"}, !t {onnx.name = "y2"}, !t {onnx.name = "y3"}, !t {onnx.name = "y4"}) attributes {onnx.function = {name = "parts", domain = "d"}} {
  %a = onnx.Constant "/a" {value = #onnx.synthetic<normal, seed = 1> : tensor<4x8xf32>}
  %b = onnx.Constant "/b" {value = #onnx.synthetic<normal, seed = 2> : tensor<4x8xf32>}
  %zero = onnx.Constant "/zero" {value_ints = array<i64: 0>}
  %one = onnx.Constant "/one" {value_ints = array<i64: 1>}
  %two = onnx.Constant "/two" {value_ints = array<i64: 2>}
  %eight = onnx.Constant "/eight" {value_ints = array<i64: 8>}
  %0 = onnx.Slice(%x, %zero, %eight, %one, %two) "/stride/even" : (tensor<?x8xf32>, !t, !t, !t, !t) -> !t
  %1 = onnx.Slice(%x, %one, %eight, %one, %two) "/stride/odd" : (tensor<?x8xf32>, !t, !t, !t, !t) -> !t
  %2 = onnx.MatMul(%0, %a) "/stride/a"
  %3 = onnx.MatMul(%1, %b) "/stride/b"
  %4 = onnx.Add(%2, %3) "/stride/add" outputs ["y"]
  %p, %q = onnx.Split(%x) "/two/x" {axis = -1 : i64} : (tensor<?x8xf32>) -> (!t, !t)
  %r, %s = onnx.Split(%z) "/two/z" {axis = -1 : i64} : (tensor<?x8xf32>) -> (!t, !t)
  %5 = onnx.MatMul(%p, %a) "/two/a"
  %6 = onnx.MatMul(%r, %b) "/two/b"
  %7 = onnx.Concat(%5, %6) "/two/concat" outputs ["y2"] {axis = -1 : i64}
  %8 = onnx.MatMul(%p, %a) "/pass/a"
  %9 = onnx.Concat(%8, %q) "/pass/concat" outputs ["y3"] {axis = -1 : i64}
  %10 = onnx.MatMul(%p, %a) "/same/a"
  %11 = onnx.MatMul(%q, %a) "/same/b"
  %12 = onnx.Concat(%10, %11) "/same/concat" outputs ["y4"] {axis = -1 : i64}
  return %4, %7, %9, %12 : !t, !t, !t, !t
}

// A bias between a join and the linear behind it; factors that are more numbers than their product.
// CHECK-NEXT: declined '/product/a': there is no activation between '/product/a' and '/product/u'
// CHECK-NEXT: declined '/product/b': there is no activation between '/product/a' and '/product/u'
// CHECK-NEXT: declined '/product/u': there is no activation between '/product/a' and '/product/u'
// CHECK-NEXT: declined '/more/a':
// CHECK-NEXT: declined '/more/b':
// CHECK-NEXT: declined '/more/u': there is no activation between '/more/a' and '/more/u'
func.func @product(%x: tensor<?x8xf32> {onnx.name = "x"}) -> (!t {onnx.name = "y"}, !t {onnx.name = "y2"}) attributes {onnx.function = {name = "product", domain = "d"}} {
  %a = onnx.Constant "/a2" {value = #onnx.synthetic<normal, seed = 1> : tensor<4x4xf32>}
  %b = onnx.Constant "/b2" {value = #onnx.synthetic<normal, seed = 2> : tensor<4x4xf32>}
  %bias = onnx.Constant "/bias2" {value = #onnx.synthetic<normal, seed = 3> : tensor<4xf32>}
  %u = onnx.Constant "/u2" {value = #onnx.synthetic<normal, seed = 4> : tensor<4x8xf32>}
  %p, %q = onnx.Split(%x) "/product/x" {axis = -1 : i64} : (tensor<?x8xf32>) -> (!t, !t)
  %0 = onnx.MatMul(%p, %a) "/product/a"
  %1 = onnx.MatMul(%q, %b) "/product/b"
  %2 = onnx.Add(%0, %1) "/product/add"
  %3 = onnx.Add(%2, %bias) "/product/bias"
  %4 = onnx.MatMul(%3, %u) "/product/u" outputs ["y"]
  %c = onnx.Constant "/c2" {value = #onnx.synthetic<normal, seed = 5> : tensor<4x4xf32>}
  %d = onnx.Constant "/d2" {value = #onnx.synthetic<normal, seed = 6> : tensor<4x4xf32>}
  %v = onnx.Constant "/v2" {value = #onnx.synthetic<normal, seed = 7> : tensor<8x8xf32>}
  %5 = onnx.MatMul(%p, %c) "/more/a"
  %6 = onnx.MatMul(%q, %d) "/more/b"
  %7 = onnx.Concat(%5, %6) "/more/concat" {axis = -1 : i64}
  %8 = onnx.MatMul(%7, %v) "/more/u" outputs ["y2"]
  return %4, %8 : !t, !t
}

// Blocks whose chain is stopped: by a product over tokens, by indices that are no constant, that
// take a feature twice, or pick tokens.
// CHECK: declined '/mix/d': '/mix/tokens' multiplies an axis that does not hold the features its weight has: it mixes tokens
// CHECK: declined '/index/d': '/index/gather' picks features that are not constant, or mixes tokens
// CHECK: declined '/twice/d': '/twice/gather' picks features that are not constant, or mixes tokens
// CHECK: declined '/softmax/d': '/softmax/softmax' is not linear in the features
// CHECK: declined '/regroup/d': '/regroup/join' reshapes features together with tokens
func.func @stopped(%x: tensor<?x8xf32> {onnx.name = "x"}, %i: tensor<4xi64> {onnx.name = "i"}) -> (!t {onnx.name = "y"}, !t {onnx.name = "y2"}, !t {onnx.name = "y3"}, !t {onnx.name = "y4"}, !t {onnx.name = "y5"}) attributes {onnx.function = {name = "stopped", domain = "d"}} {
  %d = onnx.Constant "/d" {value = #onnx.synthetic<normal, seed = 1> : tensor<2x4x4xf32>}
  %m = onnx.Constant "/m" {value = #onnx.synthetic<normal, seed = 2> : tensor<6x6xf32>}
  %cut = onnx.Constant "/cut" {value_ints = array<i64: -1, 2, 4>}
  %join = onnx.Constant "/join" {value_ints = array<i64: -1, 8>}
  %pairs = onnx.Constant "/pairs" {value_ints = array<i64: 0, 0, 1, 2>}
  %0 = onnx.Reshape(%x, %cut) "/mix/cut" : (tensor<?x8xf32>, !t) -> !t
  %1 = onnx.Transpose(%0) "/mix/swap" {perm = array<i64: 1, 0, 2>}
  %2 = onnx.MatMul(%1, %d) "/mix/d"
  %3 = onnx.MatMul(%m, %2) "/mix/tokens" outputs ["y"]
  %4 = onnx.MatMul(%1, %d) "/index/d"
  %5 = onnx.Gather(%4, %i) "/index/gather" outputs ["y2"] {axis = -1 : i64} : (!t, tensor<4xi64>) -> !t
  %6 = onnx.MatMul(%1, %d) "/twice/d"
  %7 = onnx.Gather(%6, %pairs) "/twice/gather" outputs ["y3"] {axis = -1 : i64}
  %8 = onnx.MatMul(%1, %d) "/softmax/d"
  %9 = onnx.Softmax(%8) "/softmax/softmax" outputs ["y4"] {axis = -1 : i64}
  %10 = onnx.MatMul(%1, %d) "/regroup/d"
  %11 = onnx.Reshape(%10, %join) "/regroup/join" outputs ["y5"]
  return %3, %5, %7, %9, %11 : !t, !t, !t, !t, !t
}
