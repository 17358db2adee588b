// RUN: slin-opt %s --slin-print-ffns -o /dev/null | FileCheck %s

// Linears that make no network with what stands before or behind them, or whose
// network is taken already.

// CHECK: ffn '/twice' plain relu in 'declined'{{$}}
// CHECK: ffn '/twice' plain relu in 'declined', not rewritten: '/twice/up' belongs to the network '/twice' already

!t = !onnx.unknown
!u = tensor<8x16xf32>
!d = tensor<16x8xf32>
func.func @declined(%x: !t) {
  %up = onnx.initializer "up" #onnx.synthetic<normal, seed = 1> : !u
  %down = onnx.initializer "down" #onnx.synthetic<normal, seed = 2> : !d
  %seven = onnx.initializer "seven" #onnx.synthetic<normal, seed = 3> : tensor<7x8xf32>
  %empty = onnx.initializer "empty" dense<> : tensor<16x0xf32>
  %no_elements = onnx.initializer "no_elements" #onnx.opaque<"\10\01"> -> !t
  %heads = onnx.initializer "heads" dense<[0, 0, 4, 4]> : tensor<4xi64>

  // CHECK: declined '/heads/up': the features do not come back to the last axis
  // CHECK-NEXT: declined '/heads/down': the features do not come back to the last axis
  %0 = onnx.MatMul(%x, %up) "/heads/up" : (!t, !u) -> !t
  %1 = onnx.Relu(%0) : (!t) -> !t
  %2 = onnx.Reshape(%1, %heads) : (!t, tensor<4xi64>) -> !t
  %3 = onnx.MatMul(%2, %down) "/heads/down" : (!t, !d) -> !t

  // CHECK-NEXT: declined '/axes/up': 'Add' reads features that lie on different axes
  // CHECK-NEXT: declined '/axes/down': 'Add' reads features that lie on different axes
  %4 = onnx.MatMul(%x, %up) "/axes/up" : (!t, !u) -> !t
  %5 = onnx.Reshape(%4, %heads) : (!t, tensor<4xi64>) -> !t
  %6 = onnx.Add(%4, %5) : (!t, !t) -> !t
  %7 = onnx.MatMul(%6, %down) "/axes/down" : (!t, !d) -> !t

  // CHECK-NEXT: declined '/seven/up': it reads 7 features, expected 16 of the linear before
  // CHECK-NEXT: declined '/seven/down': it reads 7 features, expected 16 of the linear before
  %8 = onnx.MatMul(%x, %up) "/seven/up" : (!t, !u) -> !t
  %9 = onnx.Relu(%8) : (!t) -> !t
  %10 = onnx.MatMul(%9, %seven) "/seven/down" : (!t, tensor<7x8xf32>) -> !t

  // CHECK-NEXT: declined '/twice/second': '/twice/up' belongs to the network '/twice' already
  %11 = onnx.MatMul(%x, %up) "/twice/up" : (!t, !u) -> !t
  %12 = onnx.Relu(%11) : (!t) -> !t
  %13 = onnx.MatMul(%12, %down) "/twice/first" : (!t, !d) -> !t
  %14 = onnx.MatMul(%12, %down) "/twice/second" : (!t, !d) -> !t

  // CHECK-NEXT: declined '/empty': weight 'empty' is empty
  %15 = onnx.MatMul(%x, %empty) "/empty" : (!t, tensor<16x0xf32>) -> !t

  // CHECK-NEXT: declined '/no-elements': weight 'no_elements' has no elements that can be read
  %16 = onnx.MatMul(%x, %no_elements) "/no-elements" : (!t, !t) -> !t

  // CHECK-NEXT: declined '/other/up': '/other/down', a linear that is not rewritten, reads it
  // CHECK-NEXT: declined '/other/down': 'Gemm' transposes its input (transA), expected 0
  %17 = onnx.MatMul(%x, %up) "/other/up" : (!t, !u) -> !t
  %18 = onnx.Gemm(%17, %down) "/other/down" {transA = 1 : i64} : (!t, !d) -> !t

  // CHECK-NEXT: declined '/picked/up': its input is not per token: 'GatherND' picks tokens
  // CHECK-NEXT: declined '/picked/down': its input is not per token: 'GatherND' picks tokens
  %19 = onnx.node "GatherND" (%x, %heads) : (!t, tensor<4xi64>) -> !t
  %20 = onnx.MatMul(%19, %up) "/picked/up" : (!t, !u) -> !t
  %21 = onnx.Relu(%20) : (!t) -> !t
  %22 = onnx.MatMul(%21, %down) "/picked/down" : (!t, !d) -> !t
  return
}
