// RUN: slin-opt %s --slin-print-ffns -o /dev/null | FileCheck %s

// Contractions that follow each other and are not one linear.

!t = !onnx.unknown

// The factors are more numbers than their product.
// CHECK-LABEL: declined '/wide/v': there is no activation between '/wide/v' and '/wide/u'
// CHECK-NEXT: declined '/wide/u': there is no activation between '/wide/v' and '/wide/u'
func.func @wide(%x: tensor<?x8xf32> {onnx.name = "x"}) -> (!t {onnx.name = "y"}) attributes {onnx.graph = {}} {
  %v = onnx.initializer "v" #onnx.synthetic<normal, seed = 1> : tensor<8x6xf32>
  %u = onnx.initializer "u" #onnx.synthetic<normal, seed = 2> : tensor<6x8xf32>
  %0 = onnx.MatMul(%x, %v) "/wide/v" : (tensor<?x8xf32>, tensor<8x6xf32>) -> !t
  %1 = onnx.MatMul(%0, %u) "/wide/u" outputs ["y"] : (!t, tensor<6x8xf32>) -> !t
  return %1 : !t
}

// A bias stands between them.
// CHECK: declined '/biased/v': there is no activation between '/biased/v' and '/biased/u'
func.func @biased(%x: tensor<?x8xf32> {onnx.name = "x"}) -> (!t {onnx.name = "y"}) attributes {onnx.function = {name = "biased", domain = "d"}} {
  %v = onnx.Constant "/v" {value = #onnx.synthetic<normal, seed = 1> : tensor<8x2xf32>}
  %u = onnx.Constant "/u" {value = #onnx.synthetic<normal, seed = 2> : tensor<2x8xf32>}
  %b = onnx.Constant "/b" {value = #onnx.synthetic<normal, seed = 3> : tensor<2xf32>}
  %0 = onnx.MatMul(%x, %v) "/biased/v" : (tensor<?x8xf32>, !t) -> !t
  %1 = onnx.Add(%0, %b) "/biased/b"
  %2 = onnx.MatMul(%1, %u) "/biased/u" outputs ["y"]
  return %2 : !t
}

// The value between them is read elsewhere.
// CHECK: declined '/tapped/v':
// CHECK-NEXT: declined '/tapped/u':
func.func @tapped(%x: tensor<?x8xf32> {onnx.name = "x"}) -> (!t {onnx.name = "y"}, !t {onnx.name = "z"}) attributes {onnx.function = {name = "tapped", domain = "d"}} {
  %v = onnx.Constant "/v" {value = #onnx.synthetic<normal, seed = 1> : tensor<8x2xf32>}
  %u = onnx.Constant "/u" {value = #onnx.synthetic<normal, seed = 2> : tensor<2x8xf32>}
  %0 = onnx.MatMul(%x, %v) "/tapped/v" : (tensor<?x8xf32>, !t) -> !t
  %1 = onnx.MatMul(%0, %u) "/tapped/u" outputs ["y"]
  %2 = onnx.Neg(%0) "/tapped/neg" outputs ["z"]
  return %1, %2 : !t, !t
}

// The tokens do not come back in the axes they had.
// CHECK: declined '/flat/d': '/flat/join' leaves the features or the tokens in other axes than 'x' has them in
func.func @flat(%x: tensor<2x?x8xf32> {onnx.name = "x"}) -> (!t {onnx.name = "y"}) attributes {onnx.function = {name = "flat", domain = "d"}} {
  %d = onnx.Constant "/d" {value = #onnx.synthetic<normal, seed = 1> : tensor<2x4x4xf32>}
  %cut = onnx.Constant "/cut" {value_ints = array<i64: -1, 2, 4>}
  %join = onnx.Constant "/join" {value_ints = array<i64: -1, 8>}
  %0 = onnx.Reshape(%x, %cut) "/flat/cut" : (tensor<2x?x8xf32>, !t) -> !t
  %1 = onnx.Transpose(%0) "/flat/swap" {perm = array<i64: 1, 0, 2>}
  %2 = onnx.MatMul(%1, %d) "/flat/d"
  %3 = onnx.Transpose(%2) "/flat/back" {perm = array<i64: 1, 0, 2>}
  %4 = onnx.Reshape(%3, %join) "/flat/join" outputs ["y"]
  return %4 : !t
}

// How wide the source is nobody says: its features may lie on two axes.
// CHECK: declined '/unknown/d': weight '/d' has rank 3
func.func @unknown(%x: !t {onnx.name = "x"}) -> (!t {onnx.name = "y"}) attributes {onnx.function = {name = "unknown", domain = "d"}} {
  %d = onnx.Constant "/d" {value = #onnx.synthetic<normal, seed = 1> : tensor<2x4x4xf32>}
  %cut = onnx.Constant "/cut" {value_ints = array<i64: 0, -1, 2, 1, 4>}
  %join = onnx.Constant "/join" {value_ints = array<i64: 0, -1, 8>}
  %0 = onnx.Reshape(%x, %cut) "/unknown/cut"
  %1 = onnx.MatMul(%0, %d) "/unknown/d"
  %2 = onnx.Reshape(%1, %join) "/unknown/join" outputs ["y"]
  return %2 : !t
}
