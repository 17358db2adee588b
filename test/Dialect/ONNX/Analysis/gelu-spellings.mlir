// RUN: slin-opt %s --slin-print-ffns -o /dev/null | FileCheck %s

// Every spelling of GELU has one name (A1 to A13), whatever the order of operands
// and the spelling or rounding of constants; a similar function has none.

// CHECK: ffn '/erf-a' plain gelu in 'main'
// CHECK: ffn '/erf-b' plain gelu in 'main'
// CHECK: ffn '/erf-c' plain gelu in 'main'
// CHECK: ffn '/erf-d' plain gelu in 'main'
// CHECK: ffn '/tanh-a' plain gelu_tanh in 'main'
// CHECK: ffn '/tanh-b' plain gelu_tanh in 'main'
// CHECK: ffn '/tanh-c' plain gelu_tanh in 'main'
// CHECK: ffn '/tanh-d' plain gelu_tanh in 'main'
// CHECK: ffn '/tanh-e' plain gelu_tanh in 'main'
// CHECK: ffn '/half-constants' plain gelu_tanh in 'main'
// CHECK: ffn '/bfloat16-constants' plain gelu_tanh in 'main'
// CHECK: ffn '/cast-constant' plain gelu in 'main'
// CHECK: ffn '/node' plain gelu in 'main'
// CHECK: ffn '/node-tanh' plain gelu_tanh in 'main'
// CHECK: ffn '/ms-gelu' plain gelu in 'main'
// CHECK: ffn '/ms-fast-gelu' plain gelu_tanh in 'main'
// CHECK: ffn '/ms-quick-gelu' plain quick_gelu in 'main'
// CHECK: ffn '/quick' plain quick_gelu in 'main'
// CHECK: ffn '/quick-half' plain quick_gelu in 'main'
// CHECK: ffn '/almost' plain pointwise in 'main'
// CHECK-NOT: declined

!t = !onnx.unknown
!u = tensor<8x16xf32>
!d = tensor<16x8xf32>
func.func @main(%x: !t) {
  %up = onnx.initializer "up" #onnx.synthetic<normal, seed = 1> : tensor<8x16xf32>
  %down = onnx.initializer "down" #onnx.synthetic<normal, seed = 2> : tensor<16x8xf32>
  %one = onnx.initializer "one" dense<1.0> : tensor<f32>
  %half = onnx.initializer "half" dense<0.5> : tensor<f32>
  %two = onnx.initializer "two" dense<2.0> : tensor<f32>
  %three = onnx.initializer "three" dense<3.0> : tensor<f32>
  %three.int = onnx.initializer "three.int" dense<3> : tensor<i64>
  %sqrt2 = onnx.initializer "sqrt2" dense<1.4142135> : tensor<f32>
  %sqrt2.short = onnx.initializer "sqrt2.short" dense<1.41421> : tensor<f32>
  %rsqrt2 = onnx.initializer "rsqrt2" dense<0.70710677> : tensor<1xf32>
  %k = onnx.initializer "k" dense<0.044715> : tensor<f32>
  %s = onnx.initializer "s" dense<0.7978846> : tensor<f32>
  %k.half = onnx.initializer "k.half" dense<0.044715> : tensor<f16>
  %s.half = onnx.initializer "s.half" dense<0.7978846> : tensor<f16>
  %k.brain = onnx.initializer "k.brain" dense<0.044715> : tensor<bf16>
  %s.brain = onnx.initializer "s.brain" dense<0.7978846> : tensor<bf16>
  %q = onnx.initializer "q" dense<1.702> : tensor<f32>
  %q.half = onnx.initializer "q.half" dense<1.702> : tensor<f16>
  %q.other = onnx.initializer "q.other" dense<1.6> : tensor<f32>
  // erf-a
  %erf-a.h = onnx.MatMul(%x, %up) "/erf-a/up" : (!t, !u) -> !t
  %erf-a.1 = onnx.Div(%erf-a.h, %sqrt2) : (!t, tensor<f32>) -> !t
  %erf-a.2 = onnx.Erf(%erf-a.1) : (!t) -> !t
  %erf-a.3 = onnx.Add(%erf-a.2, %one) : (!t, tensor<f32>) -> !t
  %erf-a.4 = onnx.Mul(%erf-a.h, %half) : (!t, tensor<f32>) -> !t
  %erf-a.5 = onnx.Mul(%erf-a.4, %erf-a.3) : (!t, !t) -> !t
  %erf-a.y = onnx.MatMul(%erf-a.5, %down) "/erf-a/down" : (!t, !d) -> !t
  // erf-b
  %erf-b.h = onnx.MatMul(%x, %up) "/erf-b/up" : (!t, !u) -> !t
  %erf-b.1 = onnx.Div(%erf-b.h, %sqrt2.short) : (!t, tensor<f32>) -> !t
  %erf-b.2 = onnx.Erf(%erf-b.1) : (!t) -> !t
  %erf-b.3 = onnx.Add(%erf-b.2, %one) : (!t, tensor<f32>) -> !t
  %erf-b.4 = onnx.Mul(%erf-b.h, %erf-b.3) : (!t, !t) -> !t
  %erf-b.5 = onnx.Mul(%erf-b.4, %half) : (!t, tensor<f32>) -> !t
  %erf-b.y = onnx.MatMul(%erf-b.5, %down) "/erf-b/down" : (!t, !d) -> !t
  // erf-c
  %erf-c.h = onnx.MatMul(%x, %up) "/erf-c/up" : (!t, !u) -> !t
  %erf-c.0 = onnx.Sqrt(%two) : (tensor<f32>) -> !t
  %erf-c.1 = onnx.Div(%erf-c.h, %erf-c.0) : (!t, !t) -> !t
  %erf-c.2 = onnx.Erf(%erf-c.1) : (!t) -> !t
  %erf-c.3 = onnx.Add(%erf-c.2, %one) : (!t, tensor<f32>) -> !t
  %erf-c.4 = onnx.Mul(%half, %erf-c.3) : (tensor<f32>, !t) -> !t
  %erf-c.5 = onnx.Mul(%erf-c.h, %erf-c.4) : (!t, !t) -> !t
  %erf-c.y = onnx.MatMul(%erf-c.5, %down) "/erf-c/down" : (!t, !d) -> !t
  // erf-d
  %erf-d.h = onnx.MatMul(%x, %up) "/erf-d/up" : (!t, !u) -> !t
  %erf-d.1 = onnx.Mul(%erf-d.h, %rsqrt2) : (!t, tensor<1xf32>) -> !t
  %erf-d.2 = onnx.Erf(%erf-d.1) : (!t) -> !t
  %erf-d.3 = onnx.Add(%one, %erf-d.2) : (tensor<f32>, !t) -> !t
  %erf-d.4 = onnx.Mul(%half, %erf-d.h) : (tensor<f32>, !t) -> !t
  %erf-d.5 = onnx.Mul(%erf-d.3, %erf-d.4) : (!t, !t) -> !t
  %erf-d.y = onnx.MatMul(%erf-d.5, %down) "/erf-d/down" : (!t, !d) -> !t
  // tanh-a
  %tanh-a.h = onnx.MatMul(%x, %up) "/tanh-a/up" : (!t, !u) -> !t
  %tanh-a.1 = onnx.Pow(%tanh-a.h, %three) : (!t, tensor<f32>) -> !t
  %tanh-a.2 = onnx.Mul(%tanh-a.1, %k) : (!t, tensor<f32>) -> !t
  %tanh-a.3 = onnx.Add(%tanh-a.h, %tanh-a.2) : (!t, !t) -> !t
  %tanh-a.4 = onnx.Mul(%tanh-a.3, %s) : (!t, tensor<f32>) -> !t
  %tanh-a.5 = onnx.Tanh(%tanh-a.4) : (!t) -> !t
  %tanh-a.6 = onnx.Add(%tanh-a.5, %one) : (!t, tensor<f32>) -> !t
  %tanh-a.7 = onnx.Mul(%half, %tanh-a.h) : (tensor<f32>, !t) -> !t
  %tanh-a.8 = onnx.Mul(%tanh-a.7, %tanh-a.6) : (!t, !t) -> !t
  %tanh-a.y = onnx.MatMul(%tanh-a.8, %down) "/tanh-a/down" : (!t, !d) -> !t
  // tanh-b
  %tanh-b.h = onnx.MatMul(%x, %up) "/tanh-b/up" : (!t, !u) -> !t
  %tanh-b.1 = onnx.Pow(%tanh-b.h, %three.int) : (!t, tensor<i64>) -> !t
  %tanh-b.2 = onnx.Mul(%tanh-b.1, %k) : (!t, tensor<f32>) -> !t
  %tanh-b.3 = onnx.Add(%tanh-b.h, %tanh-b.2) : (!t, !t) -> !t
  %tanh-b.4 = onnx.Mul(%tanh-b.3, %s) : (!t, tensor<f32>) -> !t
  %tanh-b.5 = onnx.Tanh(%tanh-b.4) : (!t) -> !t
  %tanh-b.6 = onnx.Add(%tanh-b.5, %one) : (!t, tensor<f32>) -> !t
  %tanh-b.7 = onnx.Mul(%half, %tanh-b.6) : (tensor<f32>, !t) -> !t
  %tanh-b.8 = onnx.Mul(%tanh-b.h, %tanh-b.7) : (!t, !t) -> !t
  %tanh-b.y = onnx.MatMul(%tanh-b.8, %down) "/tanh-b/down" : (!t, !d) -> !t
  // tanh-c
  %tanh-c.h = onnx.MatMul(%x, %up) "/tanh-c/up" : (!t, !u) -> !t
  %tanh-c.1 = onnx.Mul(%tanh-c.h, %tanh-c.h) : (!t, !t) -> !t
  %tanh-c.2 = onnx.Mul(%tanh-c.h, %tanh-c.1) : (!t, !t) -> !t
  %tanh-c.3 = onnx.Mul(%k, %tanh-c.2) : (tensor<f32>, !t) -> !t
  %tanh-c.4 = onnx.Add(%tanh-c.h, %tanh-c.3) : (!t, !t) -> !t
  %tanh-c.5 = onnx.Mul(%s, %tanh-c.4) : (tensor<f32>, !t) -> !t
  %tanh-c.6 = onnx.Tanh(%tanh-c.5) : (!t) -> !t
  %tanh-c.7 = onnx.Add(%one, %tanh-c.6) : (tensor<f32>, !t) -> !t
  %tanh-c.8 = onnx.Mul(%tanh-c.h, %tanh-c.7) : (!t, !t) -> !t
  %tanh-c.9 = onnx.Mul(%tanh-c.8, %half) : (!t, tensor<f32>) -> !t
  %tanh-c.y = onnx.MatMul(%tanh-c.9, %down) "/tanh-c/down" : (!t, !d) -> !t
  // tanh-d
  %tanh-d.h = onnx.MatMul(%x, %up) "/tanh-d/up" : (!t, !u) -> !t
  %tanh-d.1 = onnx.Mul(%k, %tanh-d.h) : (tensor<f32>, !t) -> !t
  %tanh-d.2 = onnx.Mul(%tanh-d.h, %tanh-d.1) : (!t, !t) -> !t
  %tanh-d.3 = onnx.Mul(%tanh-d.h, %tanh-d.2) : (!t, !t) -> !t
  %tanh-d.4 = onnx.Add(%tanh-d.h, %tanh-d.3) : (!t, !t) -> !t
  %tanh-d.5 = onnx.Mul(%s, %tanh-d.4) : (tensor<f32>, !t) -> !t
  %tanh-d.6 = onnx.Tanh(%tanh-d.5) : (!t) -> !t
  %tanh-d.7 = onnx.Add(%one, %tanh-d.6) : (tensor<f32>, !t) -> !t
  %tanh-d.8 = onnx.Mul(%half, %tanh-d.7) : (tensor<f32>, !t) -> !t
  %tanh-d.9 = onnx.Mul(%tanh-d.8, %tanh-d.h) : (!t, !t) -> !t
  %tanh-d.y = onnx.MatMul(%tanh-d.9, %down) "/tanh-d/down" : (!t, !d) -> !t
  // tanh-e
  %tanh-e.h = onnx.MatMul(%x, %up) "/tanh-e/up" : (!t, !u) -> !t
  %tanh-e.1 = onnx.Mul(%tanh-e.h, %s) : (!t, tensor<f32>) -> !t
  %tanh-e.2 = onnx.Mul(%k, %tanh-e.h) : (tensor<f32>, !t) -> !t
  %tanh-e.3 = onnx.Mul(%tanh-e.2, %tanh-e.h) : (!t, !t) -> !t
  %tanh-e.4 = onnx.Add(%one, %tanh-e.3) : (tensor<f32>, !t) -> !t
  %tanh-e.5 = onnx.Mul(%tanh-e.1, %tanh-e.4) : (!t, !t) -> !t
  %tanh-e.6 = onnx.Tanh(%tanh-e.5) : (!t) -> !t
  %tanh-e.7 = onnx.Add(%one, %tanh-e.6) : (tensor<f32>, !t) -> !t
  %tanh-e.8 = onnx.Mul(%half, %tanh-e.h) : (tensor<f32>, !t) -> !t
  %tanh-e.9 = onnx.Mul(%tanh-e.8, %tanh-e.7) : (!t, !t) -> !t
  %tanh-e.y = onnx.MatMul(%tanh-e.9, %down) "/tanh-e/down" : (!t, !d) -> !t
  // half-constants
  %half-constants.h = onnx.MatMul(%x, %up) "/half-constants/up" : (!t, !u) -> !t
  %half-constants.1 = onnx.Pow(%half-constants.h, %three) : (!t, tensor<f32>) -> !t
  %half-constants.2 = onnx.Mul(%half-constants.1, %k.half) : (!t, tensor<f16>) -> !t
  %half-constants.3 = onnx.Cast(%half-constants.2) {to = 1 : i64} : (!t) -> !t
  %half-constants.4 = onnx.Add(%half-constants.h, %half-constants.3) : (!t, !t) -> !t
  %half-constants.5 = onnx.Mul(%half-constants.4, %s.half) : (!t, tensor<f16>) -> !t
  %half-constants.6 = onnx.Tanh(%half-constants.5) : (!t) -> !t
  %half-constants.7 = onnx.Add(%half-constants.6, %one) : (!t, tensor<f32>) -> !t
  %half-constants.8 = onnx.Mul(%half, %half-constants.h) : (tensor<f32>, !t) -> !t
  %half-constants.9 = onnx.Mul(%half-constants.8, %half-constants.7) : (!t, !t) -> !t
  %half-constants.y = onnx.MatMul(%half-constants.9, %down) "/half-constants/down" : (!t, !d) -> !t
  // bfloat16-constants
  %bfloat16-constants.h = onnx.MatMul(%x, %up) "/bfloat16-constants/up" : (!t, !u) -> !t
  %bfloat16-constants.1 = onnx.Pow(%bfloat16-constants.h, %three) : (!t, tensor<f32>) -> !t
  %bfloat16-constants.2 = onnx.Mul(%bfloat16-constants.1, %k.brain) : (!t, tensor<bf16>) -> !t
  %bfloat16-constants.3 = onnx.Add(%bfloat16-constants.h, %bfloat16-constants.2) : (!t, !t) -> !t
  %bfloat16-constants.4 = onnx.Mul(%bfloat16-constants.3, %s.brain) : (!t, tensor<bf16>) -> !t
  %bfloat16-constants.5 = onnx.Tanh(%bfloat16-constants.4) : (!t) -> !t
  %bfloat16-constants.6 = onnx.Add(%bfloat16-constants.5, %one) : (!t, tensor<f32>) -> !t
  %bfloat16-constants.7 = onnx.Mul(%half, %bfloat16-constants.h) : (tensor<f32>, !t) -> !t
  %bfloat16-constants.8 = onnx.Mul(%bfloat16-constants.7, %bfloat16-constants.6) : (!t, !t) -> !t
  %bfloat16-constants.y = onnx.MatMul(%bfloat16-constants.8, %down) "/bfloat16-constants/down" : (!t, !d) -> !t
  // cast-constant
  %cast-constant.h = onnx.MatMul(%x, %up) "/cast-constant/up" : (!t, !u) -> !t
  %cast-constant.0 = onnx.Cast(%two) {to = 1 : i64} : (tensor<f32>) -> !t
  %cast-constant.1 = onnx.Sqrt(%cast-constant.0) : (!t) -> !t
  %cast-constant.2 = onnx.CastLike(%cast-constant.1, %cast-constant.h) : (!t, !t) -> !t
  %cast-constant.3 = onnx.Div(%cast-constant.h, %cast-constant.2) : (!t, !t) -> !t
  %cast-constant.4 = onnx.Erf(%cast-constant.3) : (!t) -> !t
  %cast-constant.5 = onnx.Add(%cast-constant.4, %one) : (!t, tensor<f32>) -> !t
  %cast-constant.6 = onnx.Mul(%cast-constant.h, %cast-constant.5) : (!t, !t) -> !t
  %cast-constant.7 = onnx.Mul(%cast-constant.6, %half) : (!t, tensor<f32>) -> !t
  %cast-constant.y = onnx.MatMul(%cast-constant.7, %down) "/cast-constant/down" : (!t, !d) -> !t
  // node
  %node.h = onnx.MatMul(%x, %up) "/node/up" : (!t, !u) -> !t
  %node.1 = onnx.Gelu(%node.h) {approximate = "none"} : (!t) -> !t
  %node.y = onnx.MatMul(%node.1, %down) "/node/down" : (!t, !d) -> !t
  // node-tanh
  %node-tanh.h = onnx.MatMul(%x, %up) "/node-tanh/up" : (!t, !u) -> !t
  %node-tanh.1 = onnx.Gelu(%node-tanh.h) {approximate = "tanh"} : (!t) -> !t
  %node-tanh.y = onnx.MatMul(%node-tanh.1, %down) "/node-tanh/down" : (!t, !d) -> !t
  // ms-gelu
  %ms-gelu.h = onnx.MatMul(%x, %up) "/ms-gelu/up" : (!t, !u) -> !t
  %ms-gelu.1 = onnx.ms.Gelu(%ms-gelu.h) : (!t) -> !t
  %ms-gelu.y = onnx.MatMul(%ms-gelu.1, %down) "/ms-gelu/down" : (!t, !d) -> !t
  // ms-fast-gelu
  %ms-fast-gelu.h = onnx.MatMul(%x, %up) "/ms-fast-gelu/up" : (!t, !u) -> !t
  %ms-fast-gelu.1 = onnx.ms.FastGelu(%ms-fast-gelu.h) : (!t) -> !t
  %ms-fast-gelu.y = onnx.MatMul(%ms-fast-gelu.1, %down) "/ms-fast-gelu/down" : (!t, !d) -> !t
  // ms-quick-gelu
  %ms-quick-gelu.h = onnx.MatMul(%x, %up) "/ms-quick-gelu/up" : (!t, !u) -> !t
  %ms-quick-gelu.1 = onnx.ms.QuickGelu(%ms-quick-gelu.h) {alpha = 1.702 : f32} : (!t) -> !t
  %ms-quick-gelu.y = onnx.MatMul(%ms-quick-gelu.1, %down) "/ms-quick-gelu/down" : (!t, !d) -> !t
  // quick
  %quick.h = onnx.MatMul(%x, %up) "/quick/up" : (!t, !u) -> !t
  %quick.1 = onnx.Mul(%quick.h, %q) : (!t, tensor<f32>) -> !t
  %quick.2 = onnx.Sigmoid(%quick.1) : (!t) -> !t
  %quick.3 = onnx.Mul(%quick.h, %quick.2) : (!t, !t) -> !t
  %quick.y = onnx.MatMul(%quick.3, %down) "/quick/down" : (!t, !d) -> !t
  // quick-half
  %quick-half.h = onnx.MatMul(%x, %up) "/quick-half/up" : (!t, !u) -> !t
  %quick-half.1 = onnx.Mul(%q.half, %quick-half.h) : (tensor<f16>, !t) -> !t
  %quick-half.2 = onnx.Sigmoid(%quick-half.1) : (!t) -> !t
  %quick-half.3 = onnx.Mul(%quick-half.2, %quick-half.h) : (!t, !t) -> !t
  %quick-half.y = onnx.MatMul(%quick-half.3, %down) "/quick-half/down" : (!t, !d) -> !t
  // almost
  %almost.h = onnx.MatMul(%x, %up) "/almost/up" : (!t, !u) -> !t
  %almost.1 = onnx.Mul(%almost.h, %q.other) : (!t, tensor<f32>) -> !t
  %almost.2 = onnx.Sigmoid(%almost.1) : (!t) -> !t
  %almost.3 = onnx.Mul(%almost.h, %almost.2) : (!t, !t) -> !t
  %almost.y = onnx.MatMul(%almost.3, %down) "/almost/down" : (!t, !d) -> !t
  return
}
