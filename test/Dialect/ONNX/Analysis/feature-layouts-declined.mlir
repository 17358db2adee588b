// RUN: slin-opt %s --slin-print-ffns -o /dev/null | FileCheck %s

// Shape nodes between two linears after which the features cannot be followed.

!t = !onnx.unknown
!u = tensor<8x16xf32>
!d = tensor<16x8xf32>
!i = tensor<?xi64>
func.func @declined(%x: !t, %shape: !t, %axes: !i) {
  %up = onnx.initializer "up" #onnx.synthetic<normal, seed = 1> : !u
  %down = onnx.initializer "down" #onnx.synthetic<normal, seed = 2> : !d
  %last = onnx.initializer "last" dense<-1> : tensor<1xi64>
  %second = onnx.initializer "second" dense<1> : tensor<1xi64>
  %heads = onnx.initializer "heads" dense<[0, 0, 4, 4]> : tensor<4xi64>
  %wide = onnx.initializer "wide" dense<[-1, 32]> : tensor<2xi64>
  %rest = onnx.initializer "rest" dense<[16, -1]> : tensor<2xi64>
  %six = onnx.initializer "six" dense<[-1, 6]> : tensor<2xi64>

  // CHECK: declined '/tokens-behind/up': 'Reshape' reshapes features together with tokens
  // CHECK-NEXT: declined '/tokens-behind/down': 'Reshape' reshapes features together with tokens
  %0 = onnx.MatMul(%x, %up) "/tokens-behind/up" : (!t, !u) -> !t
  %1 = onnx.Unsqueeze(%0, %last) : (!t, tensor<1xi64>) -> !t
  %2 = onnx.Reshape(%1, %heads) : (!t, tensor<4xi64>) -> !t
  %3 = onnx.MatMul(%2, %down) "/tokens-behind/down" : (!t, !d) -> !t

  // CHECK-NEXT: declined '/wider/up': 'Reshape' reshapes features together with tokens
  %4 = onnx.MatMul(%x, %up) "/wider/up" : (!t, !u) -> !t
  %5 = onnx.Reshape(%4, %wide) : (!t, tensor<2xi64>) -> !t
  %6 = onnx.MatMul(%5, %down) "/wider/down" : (!t, !d) -> !t

  // CHECK: declined '/rest/up': 'Reshape' reshapes features to a shape that is not known
  %7 = onnx.MatMul(%x, %up) "/rest/up" : (!t, !u) -> !t
  %8 = onnx.Reshape(%7, %rest) : (!t, tensor<2xi64>) -> !t
  %9 = onnx.MatMul(%8, %down) "/rest/down" : (!t, !d) -> !t

  // CHECK: declined '/computed/up': 'Reshape' reshapes features to a shape that is not known
  %10 = onnx.MatMul(%x, %up) "/computed/up" : (!t, !u) -> !t
  %11 = onnx.Reshape(%10, %shape) : (!t, !t) -> !t
  %12 = onnx.MatMul(%11, %down) "/computed/down" : (!t, !d) -> !t

  // CHECK: declined '/partly/up': 'Reshape' reshapes features to a shape that is not known
  %13 = onnx.MatMul(%x, %up) "/partly/up" : (!t, !u) -> !t
  %14 = onnx.initializer "four" dense<4> : tensor<1xi64>
  %15 = onnx.Concat(%shape, %14) {axis = 0 : i64} : (!t, tensor<1xi64>) -> !t
  %16 = onnx.Reshape(%13, %15) : (!t, !t) -> !t
  %17 = onnx.MatMul(%16, %down) "/partly/down" : (!t, !d) -> !t

  // CHECK: declined '/blocks/up': 'Reshape' reshapes features across their blocks
  %18 = onnx.MatMul(%x, %up) "/blocks/up" : (!t, !u) -> !t
  %19 = onnx.Reshape(%18, %six) : (!t, tensor<2xi64>) -> !t
  %20 = onnx.MatMul(%19, %down) "/blocks/down" : (!t, !d) -> !t

  // CHECK: declined '/short/up': 'Transpose' has a permutation shorter than its operand's rank
  %21 = onnx.MatMul(%x, %up) "/short/up" : (!t, !u) -> !t
  %22 = onnx.Reshape(%21, %heads) : (!t, tensor<4xi64>) -> !t
  %23 = onnx.Transpose(%22) {perm = array<i64: 0>} : (!t) -> !t
  %24 = onnx.MatMul(%23, %down) "/short/down" : (!t, !d) -> !t

  // CHECK: declined '/range/up': 'Transpose' has a permutation out of range
  %25 = onnx.MatMul(%x, %up) "/range/up" : (!t, !u) -> !t
  %26 = onnx.Transpose(%25) {perm = array<i64: 0, 2>} : (!t) -> !t
  %27 = onnx.MatMul(%26, %down) "/range/down" : (!t, !d) -> !t

  // CHECK: declined '/reverse/up': 'Transpose' reverses axes whose number is not known
  %28 = onnx.MatMul(%x, %up) "/reverse/up" : (!t, !u) -> !t
  %29 = onnx.Transpose(%28) : (!t) -> !t
  %30 = onnx.MatMul(%29, %down) "/reverse/down" : (!t, !d) -> !t

  // CHECK: declined '/insert/up': 'Unsqueeze' inserts axes at places that are not known
  %31 = onnx.MatMul(%x, %up) "/insert/up" : (!t, !u) -> !t
  %32 = onnx.Unsqueeze(%31, %axes) : (!t, !i) -> !t
  %33 = onnx.MatMul(%32, %down) "/insert/down" : (!t, !d) -> !t

  // From the left, in a value of unknown rank.
  // CHECK: declined '/insert-left/up': 'Unsqueeze' inserts axes at places that are not known
  %34 = onnx.MatMul(%x, %up) "/insert-left/up" : (!t, !u) -> !t
  %35 = onnx.Unsqueeze(%34, %second) : (!t, tensor<1xi64>) -> !t
  %36 = onnx.MatMul(%35, %down) "/insert-left/down" : (!t, !d) -> !t

  // CHECK: declined '/remove/up': 'Squeeze' removes axes at places that are not known
  %37 = onnx.MatMul(%x, %up) "/remove/up" : (!t, !u) -> !t
  %38 = onnx.Squeeze(%37, %axes) : (!t, !i) -> !t
  %39 = onnx.MatMul(%38, %down) "/remove/down" : (!t, !d) -> !t

  // CHECK: declined '/remove-features/up': 'Squeeze' removes the feature axis
  %40 = onnx.MatMul(%x, %up) "/remove-features/up" : (!t, !u) -> !t
  %41 = onnx.Squeeze(%40, %last) : (!t, tensor<1xi64>) -> !t
  %42 = onnx.MatMul(%41, %down) "/remove-features/down" : (!t, !d) -> !t

  // CHECK: declined '/flatten/up': 'Flatten' flattens features together with tokens
  %43 = onnx.MatMul(%x, %up) "/flatten/up" : (!t, !u) -> !t
  %44 = onnx.Flatten(%43) : (!t) -> !t
  %45 = onnx.MatMul(%44, %down) "/flatten/down" : (!t, !d) -> !t
  return
}
