// RUN: slin-opt %s --slin-print-ffns -o /dev/null | FileCheck %s

// Activations by their fingerprint (A12, A14 to A16). Different constants per
// feature have no name.

// CHECK: ffn '/relu' plain relu in 'main'
// CHECK: ffn '/relu-max' plain relu in 'main'
// CHECK: ffn '/relu-where' plain relu in 'main'
// CHECK: ffn '/relu6' plain relu6 in 'main'
// CHECK: ffn '/relu6-old' plain relu6 in 'main'
// CHECK: ffn '/leaky' plain leaky_relu 0.01 in 'main'
// CHECK: ffn '/leaky-slope' plain leaky_relu 0.2 in 'main'
// CHECK: ffn '/prelu' plain leaky_relu 0.25 in 'main'
// CHECK: ffn '/prelu-channels' plain pointwise in 'main'
// CHECK: ffn '/elu' plain elu 1 in 'main'
// CHECK: ffn '/celu' plain pointwise in 'main'
// CHECK: ffn '/selu' plain selu in 'main'
// CHECK: ffn '/silu' plain silu in 'main'
// CHECK: ffn '/silu-exp' plain silu in 'main'
// CHECK: ffn '/silu-reshape' plain silu in 'main'
// CHECK: ffn '/swish' plain silu in 'main'
// CHECK: ffn '/ms-silu' plain silu in 'main'
// CHECK: ffn '/hard-swish' plain hard_swish in 'main'
// CHECK: ffn '/hard-sigmoid' plain hard_swish in 'main'
// CHECK: ffn '/mish' plain mish in 'main'
// CHECK: ffn '/mish-parts' plain mish in 'main'
// CHECK: ffn '/tanh' plain tanh in 'main'
// CHECK: ffn '/sigmoid' plain sigmoid in 'main'
// CHECK: ffn '/squared-pow' plain relu_squared in 'main'
// CHECK: ffn '/squared-mul' plain relu_squared in 'main'
// CHECK: ffn '/softplus' plain softplus in 'main'
// CHECK: ffn '/softsign' plain softsign in 'main'
// CHECK: ffn '/bias-gelu' plain pointwise in 'main'
// CHECK-NOT: declined

!t = !onnx.unknown
!u = tensor<8x16xf32>
!d = tensor<16x8xf32>
func.func @main(%x: !t) {
  %up = onnx.initializer "up" #onnx.synthetic<normal, seed = 1> : tensor<8x16xf32>
  %down = onnx.initializer "down" #onnx.synthetic<normal, seed = 2> : tensor<16x8xf32>
  %zero = onnx.initializer "zero" dense<0.0> : tensor<f32>
  %one = onnx.initializer "one" dense<1.0> : tensor<f32>
  %two = onnx.initializer "two" dense<2.0> : tensor<f32>
  %six = onnx.initializer "six" dense<6.0> : tensor<f32>
  %slope = onnx.initializer "slope" dense<0.25> : tensor<1xf32>
  %slopes = onnx.initializer "slopes" dense<[0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]> : tensor<16xf32>
  %bias = onnx.initializer "bias" dense<[0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]> : tensor<16xf32>
  %flat = onnx.initializer "flat" dense<[-1, 16]> : tensor<2xi64>
  %back = onnx.initializer "back" dense<[2, -1, 16]> : tensor<3xi64>
  // relu
  %relu.h = onnx.MatMul(%x, %up) "/relu/up" : (!t, !u) -> !t
  %relu.1 = onnx.Relu(%relu.h) : (!t) -> !t
  %relu.y = onnx.MatMul(%relu.1, %down) "/relu/down" : (!t, !d) -> !t
  // relu-max
  %relu-max.h = onnx.MatMul(%x, %up) "/relu-max/up" : (!t, !u) -> !t
  %relu-max.1 = onnx.Max(%zero, %relu-max.h) : (tensor<f32>, !t) -> !t
  %relu-max.y = onnx.MatMul(%relu-max.1, %down) "/relu-max/down" : (!t, !d) -> !t
  // relu-where
  %relu-where.h = onnx.MatMul(%x, %up) "/relu-where/up" : (!t, !u) -> !t
  %relu-where.0 = onnx.node "Greater" (%relu-where.h, %zero) : (!t, tensor<f32>) -> !t
  %relu-where.1 = onnx.Where(%relu-where.0, %relu-where.h, %zero) : (!t, !t, tensor<f32>) -> !t
  %relu-where.y = onnx.MatMul(%relu-where.1, %down) "/relu-where/down" : (!t, !d) -> !t
  // relu6
  %relu6.h = onnx.MatMul(%x, %up) "/relu6/up" : (!t, !u) -> !t
  %relu6.1 = onnx.Clip(%relu6.h, %zero, %six) : (!t, tensor<f32>, tensor<f32>) -> !t
  %relu6.y = onnx.MatMul(%relu6.1, %down) "/relu6/down" : (!t, !d) -> !t
  // relu6-old
  %relu6-old.h = onnx.MatMul(%x, %up) "/relu6-old/up" : (!t, !u) -> !t
  %relu6-old.1 = onnx.Clip(%relu6-old.h) {max = 6.0 : f32, min = 0.0 : f32} : (!t) -> !t
  %relu6-old.y = onnx.MatMul(%relu6-old.1, %down) "/relu6-old/down" : (!t, !d) -> !t
  // leaky
  %leaky.h = onnx.MatMul(%x, %up) "/leaky/up" : (!t, !u) -> !t
  %leaky.1 = onnx.LeakyRelu(%leaky.h) : (!t) -> !t
  %leaky.y = onnx.MatMul(%leaky.1, %down) "/leaky/down" : (!t, !d) -> !t
  // leaky-slope
  %leaky-slope.h = onnx.MatMul(%x, %up) "/leaky-slope/up" : (!t, !u) -> !t
  %leaky-slope.1 = onnx.LeakyRelu(%leaky-slope.h) {alpha = 0.2 : f32} : (!t) -> !t
  %leaky-slope.y = onnx.MatMul(%leaky-slope.1, %down) "/leaky-slope/down" : (!t, !d) -> !t
  // prelu
  %prelu.h = onnx.MatMul(%x, %up) "/prelu/up" : (!t, !u) -> !t
  %prelu.1 = onnx.PRelu(%prelu.h, %slope) : (!t, tensor<1xf32>) -> !t
  %prelu.y = onnx.MatMul(%prelu.1, %down) "/prelu/down" : (!t, !d) -> !t
  // prelu-channels
  %prelu-channels.h = onnx.MatMul(%x, %up) "/prelu-channels/up" : (!t, !u) -> !t
  %prelu-channels.1 = onnx.PRelu(%prelu-channels.h, %slopes) : (!t, tensor<16xf32>) -> !t
  %prelu-channels.y = onnx.MatMul(%prelu-channels.1, %down) "/prelu-channels/down" : (!t, !d) -> !t
  // elu
  %elu.h = onnx.MatMul(%x, %up) "/elu/up" : (!t, !u) -> !t
  %elu.1 = onnx.Elu(%elu.h) : (!t) -> !t
  %elu.y = onnx.MatMul(%elu.1, %down) "/elu/down" : (!t, !d) -> !t
  // celu
  %celu.h = onnx.MatMul(%x, %up) "/celu/up" : (!t, !u) -> !t
  %celu.1 = onnx.Celu(%celu.h) {alpha = 2.0 : f32} : (!t) -> !t
  %celu.y = onnx.MatMul(%celu.1, %down) "/celu/down" : (!t, !d) -> !t
  // selu
  %selu.h = onnx.MatMul(%x, %up) "/selu/up" : (!t, !u) -> !t
  %selu.1 = onnx.Selu(%selu.h) : (!t) -> !t
  %selu.y = onnx.MatMul(%selu.1, %down) "/selu/down" : (!t, !d) -> !t
  // silu
  %silu.h = onnx.MatMul(%x, %up) "/silu/up" : (!t, !u) -> !t
  %silu.1 = onnx.Sigmoid(%silu.h) : (!t) -> !t
  %silu.2 = onnx.Mul(%silu.1, %silu.h) : (!t, !t) -> !t
  %silu.y = onnx.MatMul(%silu.2, %down) "/silu/down" : (!t, !d) -> !t
  // silu-exp
  %silu-exp.h = onnx.MatMul(%x, %up) "/silu-exp/up" : (!t, !u) -> !t
  %silu-exp.0 = onnx.Neg(%silu-exp.h) : (!t) -> !t
  %silu-exp.1 = onnx.Exp(%silu-exp.0) : (!t) -> !t
  %silu-exp.2 = onnx.Add(%silu-exp.1, %one) : (!t, tensor<f32>) -> !t
  %silu-exp.3 = onnx.Reciprocal(%silu-exp.2) : (!t) -> !t
  %silu-exp.4 = onnx.Mul(%silu-exp.h, %silu-exp.3) : (!t, !t) -> !t
  %silu-exp.y = onnx.MatMul(%silu-exp.4, %down) "/silu-exp/down" : (!t, !d) -> !t
  // silu-reshape
  %silu-reshape.h = onnx.MatMul(%x, %up) "/silu-reshape/up" : (!t, !u) -> !t
  %silu-reshape.0 = onnx.Reshape(%silu-reshape.h, %flat) : (!t, tensor<2xi64>) -> !t
  %silu-reshape.1 = onnx.Sigmoid(%silu-reshape.0) : (!t) -> !t
  %silu-reshape.2 = onnx.Reshape(%silu-reshape.1, %back) : (!t, tensor<3xi64>) -> !t
  %silu-reshape.3 = onnx.Mul(%silu-reshape.h, %silu-reshape.2) : (!t, !t) -> !t
  %silu-reshape.y = onnx.MatMul(%silu-reshape.3, %down) "/silu-reshape/down" : (!t, !d) -> !t
  // swish
  %swish.h = onnx.MatMul(%x, %up) "/swish/up" : (!t, !u) -> !t
  %swish.1 = onnx.Swish(%swish.h) : (!t) -> !t
  %swish.y = onnx.MatMul(%swish.1, %down) "/swish/down" : (!t, !d) -> !t
  // ms-silu
  %ms-silu.h = onnx.MatMul(%x, %up) "/ms-silu/up" : (!t, !u) -> !t
  %ms-silu.1 = onnx.ms.QuickGelu(%ms-silu.h) {alpha = 1.0 : f32} : (!t) -> !t
  %ms-silu.y = onnx.MatMul(%ms-silu.1, %down) "/ms-silu/down" : (!t, !d) -> !t
  // hard-swish
  %hard-swish.h = onnx.MatMul(%x, %up) "/hard-swish/up" : (!t, !u) -> !t
  %hard-swish.1 = onnx.HardSwish(%hard-swish.h) : (!t) -> !t
  %hard-swish.y = onnx.MatMul(%hard-swish.1, %down) "/hard-swish/down" : (!t, !d) -> !t
  // hard-sigmoid
  %hard-sigmoid.h = onnx.MatMul(%x, %up) "/hard-sigmoid/up" : (!t, !u) -> !t
  %hard-sigmoid.1 = onnx.HardSigmoid(%hard-sigmoid.h) {alpha = 0.16666667 : f32} : (!t) -> !t
  %hard-sigmoid.2 = onnx.Mul(%hard-sigmoid.1, %hard-sigmoid.h) : (!t, !t) -> !t
  %hard-sigmoid.y = onnx.MatMul(%hard-sigmoid.2, %down) "/hard-sigmoid/down" : (!t, !d) -> !t
  // mish
  %mish.h = onnx.MatMul(%x, %up) "/mish/up" : (!t, !u) -> !t
  %mish.1 = onnx.Mish(%mish.h) : (!t) -> !t
  %mish.y = onnx.MatMul(%mish.1, %down) "/mish/down" : (!t, !d) -> !t
  // mish-parts
  %mish-parts.h = onnx.MatMul(%x, %up) "/mish-parts/up" : (!t, !u) -> !t
  %mish-parts.1 = onnx.Softplus(%mish-parts.h) : (!t) -> !t
  %mish-parts.2 = onnx.Tanh(%mish-parts.1) : (!t) -> !t
  %mish-parts.3 = onnx.Mul(%mish-parts.h, %mish-parts.2) : (!t, !t) -> !t
  %mish-parts.y = onnx.MatMul(%mish-parts.3, %down) "/mish-parts/down" : (!t, !d) -> !t
  // tanh
  %tanh.h = onnx.MatMul(%x, %up) "/tanh/up" : (!t, !u) -> !t
  %tanh.1 = onnx.Tanh(%tanh.h) : (!t) -> !t
  %tanh.y = onnx.MatMul(%tanh.1, %down) "/tanh/down" : (!t, !d) -> !t
  // sigmoid
  %sigmoid.h = onnx.MatMul(%x, %up) "/sigmoid/up" : (!t, !u) -> !t
  %sigmoid.1 = onnx.Sigmoid(%sigmoid.h) : (!t) -> !t
  %sigmoid.y = onnx.MatMul(%sigmoid.1, %down) "/sigmoid/down" : (!t, !d) -> !t
  // squared-pow
  %squared-pow.h = onnx.MatMul(%x, %up) "/squared-pow/up" : (!t, !u) -> !t
  %squared-pow.1 = onnx.Relu(%squared-pow.h) : (!t) -> !t
  %squared-pow.2 = onnx.Pow(%squared-pow.1, %two) : (!t, tensor<f32>) -> !t
  %squared-pow.y = onnx.MatMul(%squared-pow.2, %down) "/squared-pow/down" : (!t, !d) -> !t
  // squared-mul
  %squared-mul.h = onnx.MatMul(%x, %up) "/squared-mul/up" : (!t, !u) -> !t
  %squared-mul.1 = onnx.Relu(%squared-mul.h) : (!t) -> !t
  %squared-mul.2 = onnx.Mul(%squared-mul.1, %squared-mul.1) : (!t, !t) -> !t
  %squared-mul.y = onnx.MatMul(%squared-mul.2, %down) "/squared-mul/down" : (!t, !d) -> !t
  // softplus
  %softplus.h = onnx.MatMul(%x, %up) "/softplus/up" : (!t, !u) -> !t
  %softplus.1 = onnx.Softplus(%softplus.h) : (!t) -> !t
  %softplus.y = onnx.MatMul(%softplus.1, %down) "/softplus/down" : (!t, !d) -> !t
  // softsign
  %softsign.h = onnx.MatMul(%x, %up) "/softsign/up" : (!t, !u) -> !t
  %softsign.1 = onnx.Softsign(%softsign.h) : (!t) -> !t
  %softsign.y = onnx.MatMul(%softsign.1, %down) "/softsign/down" : (!t, !d) -> !t
  // bias-gelu
  %bias-gelu.h = onnx.MatMul(%x, %up) "/bias-gelu/up" : (!t, !u) -> !t
  %bias-gelu.1 = onnx.ms.BiasGelu(%bias-gelu.h, %bias) : (!t, tensor<16xf32>) -> !t
  %bias-gelu.y = onnx.MatMul(%bias-gelu.1, %down) "/bias-gelu/down" : (!t, !d) -> !t
  return
}
