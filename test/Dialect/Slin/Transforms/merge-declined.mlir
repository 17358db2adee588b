// RUN: slin-opt %s --slin-merge -o %t.mlir --remarks-filter=slin-merge --remark-format=emitRemark 2>&1 | FileCheck %s --check-prefix=REMARK
// RUN: FileCheck %s --input-file=%t.mlir
// RUN: slin-opt %s --slin-merge=shortcut=always | FileCheck %s --check-prefix=ALWAYS

// What is exact and does not gain, or could not be told to be the same.

// The identity of a residual is not rounded into a matrix of a narrow type, unless it is asked for.
// REMARK-DAG: "'/half' keeps its residual: the identity would be rounded to f16 in a matrix, and 'shortcut' does not ask for it"
// CHECK-LABEL: func.func @half
// CHECK: slin.add
// ALWAYS-LABEL: func.func @half
// ALWAYS-NOT: slin.add
// ALWAYS: return
func.func @half(%x: tensor<?x8xf16>) -> tensor<?x8xf16> {
  %0 = slin.weight "w" #onnx.synthetic<normal, seed = 1> : tensor<8x8xf16>
  %w = slin.dense %0 : tensor<8x8xf16> -> !slin.linop<8 -> 8, f16>
  %h = slin.apply %w, %x {path = "/w"} : !slin.linop<8 -> 8, f16>, tensor<?x8xf16> -> tensor<?x8xf16>
  %y = slin.add %h, %x {path = "/half"} : tensor<?x8xf16>, tensor<?x8xf16> -> tensor<?x8xf16>
  return %y : tensor<?x8xf16>
}

// A value that others read as well stays, and so does what is merged into it alone.
// REMARK-DAG: "'/a' is not merged into all that read it: 'func.return' reads it as well, and that would take 0 multiply-accumulates per token more"
// CHECK-LABEL: func.func @shared
// CHECK-COUNT-2: slin.apply
func.func @shared(%x: tensor<?x8xf32>) -> (tensor<?x8xf32>, tensor<?x8xf32>) {
  %0 = slin.weight "a" #onnx.synthetic<normal, seed = 1> : tensor<8x8xf32>
  %1 = slin.weight "b" #onnx.synthetic<normal, seed = 2> : tensor<8x8xf32>
  %a = slin.dense %0 : tensor<8x8xf32> -> !slin.linop<8 -> 8, f32>
  %b = slin.dense %1 : tensor<8x8xf32> -> !slin.linop<8 -> 8, f32>
  %h = slin.apply %a, %x {path = "/a"} : !slin.linop<8 -> 8, f32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %y = slin.apply %b, %h {path = "/b"} : !slin.linop<8 -> 8, f32>, tensor<?x8xf32> -> tensor<?x8xf32>
  return %h, %y : tensor<?x8xf32>, tensor<?x8xf32>
}

// The rank is not above half of the width: the product stays.
// REMARK-DAG: "'/u' keeps its factors: they take 64 multiply-accumulates per token, one matrix would take 64"
// CHECK-LABEL: func.func @half_of_the_width
// CHECK: slin.low_rank
func.func @half_of_the_width(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %0 = slin.weight "v" #onnx.synthetic<normal, seed = 1> : tensor<4x8xf32>
  %1 = slin.weight "u" #onnx.synthetic<normal, seed = 2> : tensor<8x4xf32>
  %v = slin.dense %0 : tensor<4x8xf32> -> !slin.linop<8 -> 4, f32>
  %u = slin.dense %1 : tensor<8x4xf32> -> !slin.linop<4 -> 8, f32>
  %b = slin.weight "b" dense<1.0> : tensor<4xf32>
  %c = slin.weight "c" dense<1.0> : tensor<8xf32>
  %h = slin.apply %v, %x bias %b : tensor<4xf32> {path = "/v"} : !slin.linop<8 -> 4, f32>, tensor<?x8xf32> -> tensor<?x4xf32>
  %y = slin.apply %u, %h bias %c : tensor<8xf32> {path = "/u"} : !slin.linop<4 -> 8, f32>, tensor<?x4xf32> -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// Weights that are no constants, and choices by token count, are not looked through.
// REMARK-DAG: "'/given' is not merged with the linears around it: its weights are no constants of floating point"
// CHECK-LABEL: func.func @not_constant
// CHECK-COUNT-2: slin.apply
func.func @not_constant(%x: tensor<?x8xf32>, %w: tensor<8x8xf32>) -> tensor<?x8xf32> {
  %0 = slin.weight "a" #onnx.synthetic<normal, seed = 1> : tensor<8x8xf32>
  %a = slin.dense %0 : tensor<8x8xf32> -> !slin.linop<8 -> 8, f32>
  %b = slin.dense %w : tensor<8x8xf32> -> !slin.linop<8 -> 8, f32>
  %h = slin.apply %b, %x {path = "/given"} : !slin.linop<8 -> 8, f32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %y = slin.apply %a, %h {path = "/behind"} : !slin.linop<8 -> 8, f32>, tensor<?x8xf32> -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
// REMARK-DAG: "'/choice' is not merged with the linears around it: its operator is a choice by token count"
// CHECK-LABEL: func.func @by_tokens
// CHECK-COUNT-2: slin.apply
func.func @by_tokens(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %0 = slin.weight "a" #onnx.synthetic<normal, seed = 1> : tensor<8x8xf32>
  %a = slin.dense %0 : tensor<8x8xf32> -> !slin.linop<8 -> 8, f32>
  %c = slin.by_tokens [4] %a, %a : !slin.linop<8 -> 8, f32>
  %h = slin.apply %a, %x {path = "/first"} : !slin.linop<8 -> 8, f32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %y = slin.apply %c, %h {path = "/choice"} : !slin.linop<8 -> 8, f32>, tensor<?x8xf32> -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// Numbers that do not fit the element type: an inner value overflows, or is not finite to begin with.
// REMARK-DAG: "'/overflows' is not merged: expected numbers within the range of f16, found 3.600e+05"
// CHECK-LABEL: func.func @overflow
// CHECK-COUNT-2: slin.apply
func.func @overflow(%x: tensor<?x1xf16>) -> tensor<?x1xf16> {
  %0 = slin.weight "large" dense<600.0> : tensor<1x1xf16>
  %a = slin.dense %0 : tensor<1x1xf16> -> !slin.linop<1 -> 1, f16>
  %h = slin.apply %a, %x {path = "/first"} : !slin.linop<1 -> 1, f16>, tensor<?x1xf16> -> tensor<?x1xf16>
  %y = slin.apply %a, %h {path = "/overflows"} : !slin.linop<1 -> 1, f16>, tensor<?x1xf16> -> tensor<?x1xf16>
  return %y : tensor<?x1xf16>
}

// REMARK-DAG: "'/infinite' is not merged: expected numbers within the range of f32, found INF"
// CHECK-LABEL: func.func @infinite
// CHECK-COUNT-2: slin.apply
func.func @infinite(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %0 = slin.weight "one" dense<1.0> : tensor<2x2xf32>
  %i = slin.weight "infinity" dense<0x7F800000> : tensor<2xf32>
  %a = slin.dense %0 : tensor<2x2xf32> -> !slin.linop<2 -> 2, f32>
  %h = slin.apply %a, %x bias %i : tensor<2xf32> {path = "/before"} : !slin.linop<2 -> 2, f32>, tensor<?x2xf32> -> tensor<?x2xf32>
  %y = slin.apply %a, %h {path = "/infinite"} : !slin.linop<2 -> 2, f32>, tensor<?x2xf32> -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}

// A bias that gives a vector a further axis is no vector of the sum of biases.
// REMARK-DAG: "'/row' is not merged with the linears around it: its bias is no constant vector of its outputs"
// CHECK-LABEL: func.func @bias_of_more_axes
// CHECK-COUNT-2: slin.apply
func.func @bias_of_more_axes(%x: tensor<4xf32>) -> tensor<1x4xf32> {
  %0 = slin.weight "a" #onnx.synthetic<normal, seed = 1> : tensor<4x4xf32>
  %b = slin.weight "b" #onnx.synthetic<normal, seed = 2> : tensor<1x4xf32>
  %c = slin.weight "c" #onnx.synthetic<normal, seed = 3> : tensor<4xf32>
  %a = slin.dense %0 : tensor<4x4xf32> -> !slin.linop<4 -> 4, f32>
  %h = slin.apply %a, %x bias %b : tensor<1x4xf32> {path = "/row"} : !slin.linop<4 -> 4, f32>, tensor<4xf32> -> tensor<1x4xf32>
  %y = slin.apply %a, %h bias %c : tensor<4xf32> {path = "/behind_row"} : !slin.linop<4 -> 4, f32>, tensor<1x4xf32> -> tensor<1x4xf32>
  return %y : tensor<1x4xf32>
}

// Zeros stay where a sum has its axes from them.
// CHECK-LABEL: func.func @axes_of_zeros
// CHECK: slin.scale %{{.*}} by 0.000000e+00
// CHECK: slin.add
func.func @axes_of_zeros(%x: tensor<?x4xf32>, %r: tensor<4xf32>) -> tensor<?x4xf32> {
  %i = slin.identity : !slin.linop<4 -> 4, f32>
  %zero = slin.scale %i by 0.0 : !slin.linop<4 -> 4, f32>
  %0 = slin.weight "a" #onnx.synthetic<normal, seed = 1> : tensor<4x4xf32>
  %a = slin.dense %0 : tensor<4x4xf32> -> !slin.linop<4 -> 4, f32>
  %n = slin.apply %zero, %x {path = "/zero"} : !slin.linop<4 -> 4, f32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %s = slin.apply %a, %r {path = "/vector"} : !slin.linop<4 -> 4, f32>, tensor<4xf32> -> tensor<4xf32>
  %y = slin.add %n, %s : tensor<?x4xf32>, tensor<4xf32> -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// A sum without linears is not cut to what an activation of it needs.
// CHECK-LABEL: func.func @sum_before_an_activation
// CHECK: slin.activation relu(%{{.*}}: tensor<?x4xf32>)
func.func @sum_before_an_activation(%x: tensor<?x4xf32>, %r: tensor<?x4xf32>) -> tensor<?x2xf32> {
  %i = slin.identity : !slin.linop<4 -> 4, f32>
  %two = slin.slice %i out 0 in 0 : !slin.linop<4 -> 4, f32> -> !slin.linop<4 -> 2, f32>
  %0 = slin.weight "a" #onnx.synthetic<normal, seed = 1> : tensor<2x2xf32>
  %a = slin.dense %0 : tensor<2x2xf32> -> !slin.linop<2 -> 2, f32>
  %s = slin.add %x, %r : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %g = slin.activation relu(%v = %s : tensor<?x4xf32>) -> tensor<?x4xf32> { slin.yield %v : tensor<?x4xf32> }
  %p = slin.apply %two, %g {path = "/two"} : !slin.linop<4 -> 2, f32>, tensor<?x4xf32> -> tensor<?x2xf32>
  %y = slin.apply %a, %p {path = "/of_two"} : !slin.linop<2 -> 2, f32>, tensor<?x2xf32> -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}

// An activation with a slope for each channel is not narrowed.
// CHECK-LABEL: func.func @slopes
// CHECK: slin.activation prelu(%{{.*}}: tensor<?x4xf32>)
func.func @slopes(%x: tensor<?x4xf32>) -> tensor<?x2xf32> {
  %i = slin.identity : !slin.linop<4 -> 4, f32>
  %two = slin.slice %i out 0 in 0 : !slin.linop<4 -> 4, f32> -> !slin.linop<4 -> 2, f32>
  %0 = slin.weight "a" #onnx.synthetic<normal, seed = 1> : tensor<2x2xf32>
  %1 = slin.weight "up" #onnx.synthetic<normal, seed = 2> : tensor<4x4xf32>
  %slope = slin.weight "slope" dense<0.25> : tensor<4xf32>
  %a = slin.dense %0 : tensor<2x2xf32> -> !slin.linop<2 -> 2, f32>
  %up = slin.dense %1 : tensor<4x4xf32> -> !slin.linop<4 -> 4, f32>
  %u = slin.apply %up, %x {path = "/slopes_up"} : !slin.linop<4 -> 4, f32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %g = slin.activation prelu(%v = %u : tensor<?x4xf32>) -> tensor<?x4xf32> {
    %r = onnx.PRelu(%v, %slope) "/prelu" : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
    slin.yield %r : tensor<?x4xf32>
  }
  %p = slin.apply %two, %g {path = "/slopes_two"} : !slin.linop<4 -> 2, f32>, tensor<?x4xf32> -> tensor<?x2xf32>
  %y = slin.apply %a, %p {path = "/slopes_down"} : !slin.linop<2 -> 2, f32>, tensor<?x2xf32> -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}

// A norm of each token, and rounding, stand between linears.
// REMARK-DAG: "'/behind_norm' is not merged with '/before_norm': 'onnx.LayerNormalization' stands between them and is not linear"
// CHECK-LABEL: func.func @norm_between
// CHECK-COUNT-2: slin.apply
func.func @norm_between(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %0 = slin.weight "a" #onnx.synthetic<normal, seed = 1> : tensor<8x8xf32>
  %one = slin.weight "one" dense<1.0> : tensor<8xf32>
  %a = slin.dense %0 : tensor<8x8xf32> -> !slin.linop<8 -> 8, f32>
  %h = slin.apply %a, %x {path = "/before_norm"} : !slin.linop<8 -> 8, f32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %n = onnx.LayerNormalization(%h, %one, %one) "/norm" : (tensor<?x8xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  %y = slin.apply %a, %n {path = "/behind_norm"} : !slin.linop<8 -> 8, f32>, tensor<?x8xf32> -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
// REMARK-DAG: "'/behind_cast' is not merged with '/before_cast': 'onnx.Cast' stands between them and rounds to f16"
// CHECK-LABEL: func.func @narrowing_cast_between
// CHECK-COUNT-2: slin.apply
func.func @narrowing_cast_between(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %0 = slin.weight "a" #onnx.synthetic<normal, seed = 1> : tensor<8x8xf32>
  %a = slin.dense %0 : tensor<8x8xf32> -> !slin.linop<8 -> 8, f32>
  %h = slin.apply %a, %x {path = "/before_cast"} : !slin.linop<8 -> 8, f32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %n = onnx.Cast(%h) "/narrow" {to = 10 : i64} : (tensor<?x8xf32>) -> tensor<?x8xf16>
  %w = onnx.Cast(%n) "/wide" {to = 1 : i64} : (tensor<?x8xf16>) -> tensor<?x8xf32>
  %y = slin.apply %a, %w {path = "/behind_cast"} : !slin.linop<8 -> 8, f32>, tensor<?x8xf32> -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// A residual of what a LayerNormalization reads does not go into the matrix of what it gives; the idle path behind it
// does become one (RePaViT, section 2.3).
// REMARK-DAG: "'/residual' keeps its residual: 'onnx.LayerNormalization' stands between it and the linears and is not linear"
// CHECK-LABEL: func.func @residual_of_a_norm
// CHECK: slin.apply {{.*}}-> 4, f32>
// CHECK-NEXT: slin.add %arg0, %
// CHECK-NEXT: return
func.func @residual_of_a_norm(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %0 = slin.weight "up" #onnx.synthetic<normal, seed = 1> : tensor<8x4xf32>
  %1 = slin.weight "down" #onnx.synthetic<normal, seed = 2> : tensor<4x8xf32>
  %one = slin.weight "one" dense<1.0> : tensor<4xf32>
  %a = slin.dense %0 : tensor<8x4xf32> -> !slin.linop<4 -> 8, f32>
  %b = slin.dense %1 : tensor<4x8xf32> -> !slin.linop<8 -> 4, f32>
  %n = onnx.LayerNormalization(%x, %one, %one) "/pre_norm" : (tensor<?x4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
  %u = slin.apply %a, %n {path = "/norm_up"} : !slin.linop<4 -> 8, f32>, tensor<?x4xf32> -> tensor<?x8xf32>
  %d = slin.apply %b, %u {path = "/norm_down"} : !slin.linop<8 -> 4, f32>, tensor<?x8xf32> -> tensor<?x4xf32>
  %y = slin.add %x, %d {path = "/residual"} : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// A norm that a function reads as well stays for it, and then gains nothing in the linear behind it.
// REMARK-DAG: "'/bn' is not merged into all that read it: 'onnx.Softmax' reads it as well, and that would take 0 multiply-accumulates per token more"
// CHECK-LABEL: func.func @norm_read_elsewhere
// CHECK: slin.apply {{.*}}path = "/bn"
// CHECK: slin.apply {{.*}}path = "/bn_up"
func.func @norm_read_elsewhere(%x: tensor<?x4xf32>) -> (tensor<?x4xf32>, tensor<?x8xf32>) {
  %0 = slin.weight "up" #onnx.synthetic<normal, seed = 1> : tensor<8x4xf32>
  %s = slin.weight "s" #onnx.synthetic<normal, seed = 2> : tensor<4xf32>
  %t = slin.weight "t" #onnx.synthetic<normal, seed = 3> : tensor<4xf32>
  %a = slin.dense %0 : tensor<8x4xf32> -> !slin.linop<4 -> 8, f32>
  %b = slin.diagonal %s : tensor<4xf32> -> !slin.linop<4 -> 4, f32>
  %n = slin.apply %b, %x bias %t : tensor<4xf32> {path = "/bn"} : !slin.linop<4 -> 4, f32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %g = onnx.Softmax(%n) "/softmax" : (tensor<?x4xf32>) -> tensor<?x4xf32>
  %u = slin.apply %a, %n {path = "/bn_up"} : !slin.linop<4 -> 8, f32>, tensor<?x4xf32> -> tensor<?x8xf32>
  return %g, %u : tensor<?x4xf32>, tensor<?x8xf32>
}

// Where merging gains, the value is computed for the others all the same.
// REMARK-DAG: "'/wide' stays beside what it is merged into: 'onnx.Softmax' reads it as well"
// CHECK-LABEL: func.func @merged_and_read_elsewhere
// CHECK: slin.apply {{.*}}path = "/wide"
// CHECK: slin.apply {{.*}}path = "/narrow"} : !slin.linop<4 -> 2, f32>
func.func @merged_and_read_elsewhere(%x: tensor<?x4xf32>) -> (tensor<?x8xf32>, tensor<?x2xf32>) {
  %0 = slin.weight "wide" #onnx.synthetic<normal, seed = 1> : tensor<8x4xf32>
  %1 = slin.weight "narrow" #onnx.synthetic<normal, seed = 2> : tensor<2x8xf32>
  %a = slin.dense %0 : tensor<8x4xf32> -> !slin.linop<4 -> 8, f32>
  %b = slin.dense %1 : tensor<2x8xf32> -> !slin.linop<8 -> 2, f32>
  %h = slin.apply %a, %x {path = "/wide"} : !slin.linop<4 -> 8, f32>, tensor<?x4xf32> -> tensor<?x8xf32>
  %g = onnx.Softmax(%h) "/softmax" : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %y = slin.apply %b, %h {path = "/narrow"} : !slin.linop<8 -> 2, f32>, tensor<?x8xf32> -> tensor<?x2xf32>
  return %g, %y : tensor<?x8xf32>, tensor<?x2xf32>
}

// W2 (act(u) + u): the part of u would be one matrix, and the activated part costs as much as before (section 2.3).
// REMARK-DAG: "'/act_plus_u' is not merged into all that read it: that would take {{[0-9]+}} multiply-accumulates per token more"
// REMARK-DAG: "'/act_plus_u' is not merged with '/act_up': 'relu' stands between them and is not linear"
// CHECK-LABEL: func.func @activated_plus_itself
// CHECK: slin.activation relu(%{{.*}}: tensor<?x8xf32>)
// CHECK: slin.add
// CHECK: slin.apply {{.*}}path = "/act_down"
func.func @activated_plus_itself(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %0 = slin.weight "up" #onnx.synthetic<normal, seed = 1> : tensor<8x4xf32>
  %1 = slin.weight "down" #onnx.synthetic<normal, seed = 2> : tensor<4x8xf32>
  %a = slin.dense %0 : tensor<8x4xf32> -> !slin.linop<4 -> 8, f32>
  %b = slin.dense %1 : tensor<4x8xf32> -> !slin.linop<8 -> 4, f32>
  %u = slin.apply %a, %x {path = "/act_up"} : !slin.linop<4 -> 8, f32>, tensor<?x4xf32> -> tensor<?x8xf32>
  %g = slin.activation relu(%v = %u : tensor<?x8xf32>) -> tensor<?x8xf32> { slin.yield %v : tensor<?x8xf32> }
  %s = slin.add %g, %u {path = "/act_plus_u"} : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %y = slin.apply %b, %s {path = "/act_down"} : !slin.linop<8 -> 4, f32>, tensor<?x8xf32> -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
