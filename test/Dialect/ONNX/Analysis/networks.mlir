// RUN: slin-opt %s --slin-print-ffns -o /dev/null | FileCheck %s

// Feed-forward networks that can be rewritten (F1 to F3, F9 to F12, F17). Which linear
// is the gate follows from what the nodes compute, not from sizes or order.

// CHECK:      ffn '/F1' plain relu in 'main'{{$}}
// CHECK-NEXT: up '/F1/up' 8 -> 16
// CHECK-NEXT: down '/F1/down' 16 -> 8
// CHECK:      ffn '/F1-skip' plain relu in 'main'{{$}}
// CHECK-NEXT: up '/F1-skip/up'
// CHECK-NEXT: down '/F1-skip/down'
// CHECK:      ffn '/F2' plain relu in 'main'{{$}}
// CHECK-NEXT: up '/F2/up'
// CHECK-NEXT: down '/F2/down'
// CHECK:      ffn '/F3' gated silu in 'main'{{$}}
// CHECK-NEXT: up '/F3/up'
// CHECK-NEXT: gate '/F3/gate'
// CHECK-NEXT: down '/F3/down'
// CHECK:      ffn '/F3-swapped' gated silu in 'main'{{$}}
// CHECK-NEXT: gate '/F3-swapped/gate'
// CHECK-NEXT: up '/F3-swapped/up'
// CHECK-NEXT: down
// CHECK:      ffn '/F3-glu' gated sigmoid in 'main'{{$}}
// CHECK-NEXT: up '/F3-glu/up'
// CHECK-NEXT: gate '/F3-glu/gate'
// CHECK-NEXT: down
// CHECK:      ffn '/F3-square' gated gelu in 'main'{{$}}
// CHECK-NEXT: gate '/F3-square/a' 8 -> 8
// CHECK-NEXT: up '/F3-square/b' 8 -> 8
// CHECK-NEXT: down '/F3-square/c' 8 -> 8
// CHECK:      ffn '/F3-bilinear' gated identity in 'main'{{$}}
// CHECK-NEXT: gate
// CHECK-NEXT: up
// CHECK-NEXT: down
// CHECK:      ffn '/F3-clipped' gated pointwise in 'main'{{$}}
// CHECK-NEXT: gate
// CHECK-NEXT: up
// CHECK-NEXT: down
// CHECK:      ffn '/F9' gated gelu_tanh in 'main'{{$}}
// CHECK-NEXT: gate
// CHECK-NEXT: up
// CHECK-NEXT: down
// CHECK:      ffn '/F9-half' plain relu in 'main'{{$}}
// CHECK-NEXT: up
// CHECK-NEXT: down '/F9-half/down' 16 -> 8 f16
// CHECK:      ffn '/F11' plain relu in 'main'{{$}}
// CHECK-NEXT: up
// CHECK-NEXT: down
// CHECK:      ffn '/F12' plain relu in 'main'{{$}}
// CHECK-NEXT: up
// CHECK-NEXT: down
// CHECK:      ffn '/F10-first' plain relu in 'main'{{$}}
// CHECK-NEXT: up
// CHECK-NEXT: down
// CHECK:      ffn '/F10-second' plain relu in 'main'{{$}}
// CHECK-NEXT: up
// CHECK-NEXT: down
// CHECK:      ffn '/F17' plain relu in 'main'{{$}}
// CHECK-NEXT: up
// CHECK-NEXT: down
// CHECK:      declined '/attention': 'Softmax' sums over an axis
// CHECK-NOT:  declined

!t = !onnx.unknown
!u = tensor<8x16xf32>
!d = tensor<16x8xf32>
func.func @main(%x: !t) {
  %up = onnx.initializer "up" #onnx.synthetic<normal, seed = 1> : tensor<8x16xf32>
  %gate = onnx.initializer "gate" #onnx.synthetic<normal, seed = 2> : tensor<8x16xf32>
  %down = onnx.initializer "down" #onnx.synthetic<normal, seed = 3> : tensor<16x8xf32>
  %scale = onnx.initializer "scale" #onnx.synthetic<normal, seed = 4> : tensor<8xf32>
  %low = onnx.initializer "low" dense<-60000.0> : tensor<f32>
  %high = onnx.initializer "high" dense<60000.0> : tensor<f32>
  %zero = onnx.initializer "zero" dense<0.0> : tensor<f32>
  %one = onnx.initializer "one" dense<1.0> : tensor<f32>
  %limit = onnx.initializer "limit" dense<7.0> : tensor<f32>
  %minus.limit = onnx.initializer "minus.limit" dense<-7.0> : tensor<f32>
  %square = onnx.initializer "square" #onnx.synthetic<normal, seed = 5> : tensor<8x8xf32>
  %square.2 = onnx.initializer "square.2" #onnx.synthetic<normal, seed = 6> : tensor<8x8xf32>
  %square.3 = onnx.initializer "square.3" #onnx.synthetic<normal, seed = 7> : tensor<8x8xf32>
  %down.half = onnx.initializer "down.half" #onnx.synthetic<normal, seed = 8> : tensor<16x8xf16>
  // F1
  %F1.h = onnx.MatMul(%x, %up) "/F1/up" : (!t, !u) -> !t
  %F1.a = onnx.Relu(%F1.h) : (!t) -> !t
  %F1.y = onnx.MatMul(%F1.a, %down) "/F1/down" : (!t, !d) -> !t
  %F1.r = onnx.Add(%x, %F1.y) : (!t, !t) -> !t
  // F1-skip
  %F1-skip.h = onnx.MatMul(%x, %up) "/F1-skip/up" : (!t, !u) -> !t
  %F1-skip.a = onnx.Relu(%F1-skip.h) : (!t) -> !t
  %F1-skip.y = onnx.MatMul(%F1-skip.a, %down) "/F1-skip/down" : (!t, !d) -> !t
  %F1-skip.r, %F1-skip.1, %F1-skip.2, %F1-skip.3 = onnx.ms.SkipLayerNormalization(%F1-skip.y, %x, %scale) : (!t, !t, tensor<8xf32>) -> (!t, !t, !t, !t)
  // F2
  %F2.h = onnx.MatMul(%x, %up) "/F2/up" : (!t, !u) -> !t
  %F2.a = onnx.Relu(%F2.h) : (!t) -> !t
  %F2.b, %F2.mask = onnx.Dropout(%F2.a) : (!t) -> (!t, !t)
  %F2.y = onnx.MatMul(%F2.b, %down) "/F2/down" : (!t, !d) -> !t
  %F2.z = onnx.Dropout(%F2.y) : (!t) -> !t
  // F3
  %F3.h = onnx.MatMul(%x, %up) "/F3/up" : (!t, !u) -> !t
  %F3.g = onnx.MatMul(%x, %gate) "/F3/gate" : (!t, !u) -> !t
  %F3.s = onnx.Sigmoid(%F3.g) : (!t) -> !t
  %F3.t = onnx.Mul(%F3.g, %F3.s) : (!t, !t) -> !t
  %F3.p = onnx.Mul(%F3.t, %F3.h) : (!t, !t) -> !t
  %F3.y = onnx.MatMul(%F3.p, %down) "/F3/down" : (!t, !d) -> !t
  // F3-swapped
  %F3-swapped.g = onnx.MatMul(%x, %gate) "/F3-swapped/gate" : (!t, !u) -> !t
  %F3-swapped.h = onnx.MatMul(%x, %up) "/F3-swapped/up" : (!t, !u) -> !t
  %F3-swapped.s = onnx.Sigmoid(%F3-swapped.g) : (!t) -> !t
  %F3-swapped.t = onnx.Mul(%F3-swapped.s, %F3-swapped.g) : (!t, !t) -> !t
  %F3-swapped.p = onnx.Mul(%F3-swapped.h, %F3-swapped.t) : (!t, !t) -> !t
  %F3-swapped.y = onnx.MatMul(%F3-swapped.p, %down) "/F3-swapped/down" : (!t, !d) -> !t
  // F3-glu
  %F3-glu.h = onnx.MatMul(%x, %up) "/F3-glu/up" : (!t, !u) -> !t
  %F3-glu.g = onnx.MatMul(%x, %gate) "/F3-glu/gate" : (!t, !u) -> !t
  %F3-glu.s = onnx.Sigmoid(%F3-glu.g) : (!t) -> !t
  %F3-glu.p = onnx.Mul(%F3-glu.h, %F3-glu.s) : (!t, !t) -> !t
  %F3-glu.y = onnx.MatMul(%F3-glu.p, %down) "/F3-glu/down" : (!t, !d) -> !t
  // F3-square
  %F3-square.g = onnx.MatMul(%x, %square) "/F3-square/a" : (!t, tensor<8x8xf32>) -> !t
  %F3-square.h = onnx.MatMul(%x, %square.2) "/F3-square/b" : (!t, tensor<8x8xf32>) -> !t
  %F3-square.s = onnx.ms.Gelu(%F3-square.g) : (!t) -> !t
  %F3-square.p = onnx.Mul(%F3-square.h, %F3-square.s) : (!t, !t) -> !t
  %F3-square.y = onnx.MatMul(%F3-square.p, %square.3) "/F3-square/c" : (!t, tensor<8x8xf32>) -> !t
  // F3-bilinear
  %F3-bilinear.g = onnx.MatMul(%x, %gate) "/F3-bilinear/gate" : (!t, !u) -> !t
  %F3-bilinear.h = onnx.MatMul(%x, %up) "/F3-bilinear/up" : (!t, !u) -> !t
  %F3-bilinear.p = onnx.Mul(%F3-bilinear.h, %F3-bilinear.g) : (!t, !t) -> !t
  %F3-bilinear.y = onnx.MatMul(%F3-bilinear.p, %down) "/F3-bilinear/down" : (!t, !d) -> !t
  // F3-clipped
  %F3-clipped.g = onnx.MatMul(%x, %gate) "/F3-clipped/gate" : (!t, !u) -> !t
  %F3-clipped.h = onnx.MatMul(%x, %up) "/F3-clipped/up" : (!t, !u) -> !t
  %F3-clipped.c = onnx.Clip(%F3-clipped.g, %zero, %limit) : (!t, tensor<f32>, tensor<f32>) -> !t
  %F3-clipped.d = onnx.Clip(%F3-clipped.h, %minus.limit, %limit) : (!t, tensor<f32>, tensor<f32>) -> !t
  %F3-clipped.e = onnx.Add(%F3-clipped.d, %one) : (!t, tensor<f32>) -> !t
  %F3-clipped.s = onnx.Sigmoid(%F3-clipped.c) : (!t) -> !t
  %F3-clipped.t = onnx.Mul(%F3-clipped.c, %F3-clipped.s) : (!t, !t) -> !t
  %F3-clipped.p = onnx.Mul(%F3-clipped.e, %F3-clipped.t) : (!t, !t) -> !t
  %F3-clipped.y = onnx.MatMul(%F3-clipped.p, %down) "/F3-clipped/down" : (!t, !d) -> !t
  // F9
  %F9.g = onnx.MatMul(%x, %gate) "/F9/gate" : (!t, !u) -> !t
  %F9.h = onnx.MatMul(%x, %up) "/F9/up" : (!t, !u) -> !t
  %F9.s = onnx.Gelu(%F9.g) {approximate = "tanh"} : (!t) -> !t
  %F9.p = onnx.Mul(%F9.s, %F9.h) : (!t, !t) -> !t
  %F9.c = onnx.Clip(%F9.p, %low, %high) : (!t, tensor<f32>, tensor<f32>) -> !t
  %F9.d = onnx.Dropout(%F9.c) : (!t) -> !t
  %F9.e = onnx.Cast(%F9.d) {to = 1 : i64} : (!t) -> !t
  %F9.y = onnx.MatMul(%F9.e, %down) "/F9/down" : (!t, !d) -> !t
  // F9-half
  %F9-half.h = onnx.MatMul(%x, %up) "/F9-half/up" : (!t, !u) -> !t
  %F9-half.a = onnx.Relu(%F9-half.h) : (!t) -> !t
  %F9-half.c = onnx.Cast(%F9-half.a) {to = 10 : i64} : (!t) -> !t
  %F9-half.y = onnx.MatMul(%F9-half.c, %down.half) "/F9-half/down" : (!t, tensor<16x8xf16>) -> !t
  %F9-half.z = onnx.Cast(%F9-half.y) {to = 1 : i64} : (!t) -> !t
  // F11
  %F11.n = onnx.LayerNormalization(%x, %scale) : (!t, tensor<8xf32>) -> !t
  %F11.q = onnx.MatMul(%F11.n, %square) "/attention" : (!t, tensor<8x8xf32>) -> !t
  %F11.k = onnx.Softmax(%F11.q) : (!t) -> !t
  %F11.h = onnx.MatMul(%F11.n, %up) "/F11/up" : (!t, !u) -> !t
  %F11.a = onnx.Relu(%F11.h) : (!t) -> !t
  %F11.y = onnx.MatMul(%F11.a, %down) "/F11/down" : (!t, !d) -> !t
  %F11.r = onnx.Add(%F11.y, %F11.k) : (!t, !t) -> !t
  %F11.s = onnx.Add(%F11.r, %x) : (!t, !t) -> !t
  // F12
  %F12.h = onnx.MatMul(%x, %up) "/F12/up" : (!t, !u) -> !t
  %F12.a = onnx.Relu(%F12.h) : (!t) -> !t
  %F12.y = onnx.MatMul(%F12.a, %down) "/F12/down" : (!t, !d) -> !t
  %F12.s = onnx.Mul(%F12.y, %scale) : (!t, tensor<8xf32>) -> !t
  %F12.p = onnx.Identity(%F12.s) : (!t) -> !t
  %F12.r = onnx.Add(%F12.p, %x) : (!t, !t) -> !t
  // F10-first
  %F10-first.h = onnx.MatMul(%x, %up) "/F10-first/up" : (!t, !u) -> !t
  %F10-first.a = onnx.Relu(%F10-first.h) : (!t) -> !t
  %F10-first.y = onnx.MatMul(%F10-first.a, %down) "/F10-first/down" : (!t, !d) -> !t
  %F10-first.r = onnx.Add(%F10-first.y, %x) : (!t, !t) -> !t
  %F10-first.n = onnx.Mul(%F10-first.r, %scale) : (!t, tensor<8xf32>) -> !t
  // F10-second
  %F10-second.h = onnx.MatMul(%F10-first.n, %up) "/F10-second/up" : (!t, !u) -> !t
  %F10-second.a = onnx.Relu(%F10-second.h) : (!t) -> !t
  %F10-second.y = onnx.MatMul(%F10-second.a, %down) "/F10-second/down" : (!t, !d) -> !t
  %F10-second.r = onnx.Add(%F10-second.y, %F10-first.n) : (!t, !t) -> !t
  // F17
  %F17.h = onnx.MatMul(%x, %up) "/F17/up" : (!t, !u) -> !t
  %F17.a = onnx.Relu(%F17.h) : (!t) -> !t
  %F17.y = onnx.MatMul(%F17.a, %down) "/F17/down" : (!t, !d) -> !t
  %F17.tap = onnx.Softmax(%F17.a) : (!t) -> !t
  %F17.tap2 = onnx.Softmax(%F17.h) : (!t) -> !t
  return
}
