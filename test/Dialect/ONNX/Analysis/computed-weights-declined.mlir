// RUN: slin-opt %s --slin-print-ffns -o /dev/null | FileCheck %s

// Weights that the graph computes in a way that is not followed.

!t = !onnx.unknown

// CHECK: declined '/narrow': its weight is rounded by 'Cast' once it is computed
// CHECK-NEXT: declined '/picked': its weight comes through 'Gather', which is not folded; fold constants first
// CHECK-NEXT: declined '/bias': its weight comes through 'Gemm', which is not folded; fold constants first
// CHECK-NEXT: declined '/vector': its weight comes through 'Mul', which is not folded; fold constants first
// CHECK-NEXT: declined '/steps': its weight comes through 'Slice', which is not folded; fold constants first
// CHECK-NEXT: declined '/quantized': quantized weights (DequantizeLinear) are recognised but not rewritten; compress the model before it is quantized
func.func @declined(%x: tensor<?x8xf32> {onnx.name = "x"}, %h: tensor<?x8xf16> {onnx.name = "h"}) -> (!t {onnx.name = "y"}, !t {onnx.name = "y2"}, !t {onnx.name = "y3"}, !t {onnx.name = "y4"}, !t {onnx.name = "y5"}, !t {onnx.name = "y6"}) attributes {onnx.graph = {}} {
  %a = onnx.initializer "a" #onnx.synthetic<normal, seed = 1> : tensor<8x8xf32>
  %b = onnx.initializer "b" #onnx.synthetic<normal, seed = 2> : tensor<8x8xf32>
  %v = onnx.initializer "v" #onnx.synthetic<normal, seed = 3> : tensor<8xf32>
  %i = onnx.initializer "i" dense<[0, 1, 2, 3, 4, 5, 6, 7]> : tensor<8xi64>
  %q = onnx.initializer "q" dense<1> : tensor<8x8xi8>
  %s = onnx.initializer "s" dense<0.5> : tensor<f32>
  %zero = onnx.Constant "/zero" {value_ints = array<i64: 0>}
  %eight = onnx.Constant "/eight" {value_ints = array<i64: 8>}
  %two = onnx.Constant "/two" {value_ints = array<i64: 2>}
  // A product that is rounded before it is used.
  %0 = onnx.MatMul(%a, %b) "/product" : (tensor<8x8xf32>, tensor<8x8xf32>) -> !t
  %1 = onnx.Cast(%0) "/cast" {to = 10 : i64}
  %2 = onnx.MatMul(%h, %1) "/narrow" outputs ["y"] : (tensor<?x8xf16>, !t) -> !t
  %3 = onnx.Gather(%a, %i) "/gather" : (tensor<8x8xf32>, tensor<8xi64>) -> !t
  %4 = onnx.MatMul(%x, %3) "/picked" outputs ["y2"] : (tensor<?x8xf32>, !t) -> !t
  // A vector that is added to every row.
  %5 = onnx.Gemm(%a, %b, %v) "/gemm" : (tensor<8x8xf32>, tensor<8x8xf32>, tensor<8xf32>) -> !t
  %6 = onnx.MatMul(%x, %5) "/bias" outputs ["y3"] : (tensor<?x8xf32>, !t) -> !t
  %7 = onnx.Concat(%v, %v) "/concat" {axis = 0 : i64} : (tensor<8xf32>, tensor<8xf32>) -> !t
  %8 = onnx.Mul(%7, %a) "/mul" : (!t, tensor<8x8xf32>) -> !t
  %9 = onnx.MatMul(%x, %8) "/vector" outputs ["y4"] : (tensor<?x8xf32>, !t) -> !t
  %10 = onnx.Concat(%a, %b) "/both" {axis = 0 : i64} : (tensor<8x8xf32>, tensor<8x8xf32>) -> !t
  %11 = onnx.Slice(%10, %zero, %eight, %zero, %two) "/every second"
  %12 = onnx.MatMul(%x, %11) "/steps" outputs ["y5"] : (tensor<?x8xf32>, !t) -> !t
  %13 = onnx.DequantizeLinear(%q, %s) "/dequantize" : (tensor<8x8xi8>, tensor<f32>) -> !t
  %14 = onnx.Transpose(%13) "/transpose" {perm = array<i64: 1, 0>}
  %15 = onnx.MatMul(%x, %14) "/quantized" outputs ["y6"] : (tensor<?x8xf32>, !t) -> !t
  return %2, %4, %6, %9, %12, %15 : !t, !t, !t, !t, !t, !t
}
