// RUN: slin-opt %s --split-input-file --slin-to-linalg | FileCheck %s
// RUN: slin-opt %s --split-input-file --slin-to-linalg='tokens=16' | FileCheck %s --check-prefix=TOKENS

// Tokens, element types, biases, activations and networks.

// Leading axes are one axis of tokens meanwhile.
// CHECK-LABEL: func.func @leading_axes
// CHECK: tensor.collapse_shape %arg0 {{\[\[}}0, 1, 2], [3]] : tensor<2x?x3x6xf32> into tensor<?x6xf32>
// CHECK: linalg.matmul {{.*}} -> tensor<?x4xf32>
// CHECK: tensor.expand_shape {{.*}} into tensor<2x?x3x4xf32>
func.func @leading_axes(%x: tensor<2x?x3x6xf32>, %0: tensor<4x6xf32>) -> tensor<2x?x3x4xf32> {
  %w = slin.dense %0 : tensor<4x6xf32> -> !slin.linop<6 -> 4, f32>
  %y = slin.apply %w, %x : !slin.linop<6 -> 4, f32>, tensor<2x?x3x6xf32> -> tensor<2x?x3x4xf32>
  return %y : tensor<2x?x3x4xf32>
}

// -----

// Sums of f16 are f32; they are rounded once, after the bias.
// CHECK-LABEL: func.func @half
// CHECK: linalg.matmul {{.*}} ins(%arg0, %arg1 : tensor<2x6xf16>, tensor<3x6xf16>) outs({{.*}} : tensor<2x3xf32>)
// CHECK: linalg.matmul {{.*}} tensor<2x3xf32>, tensor<4x3xf16>) outs({{.*}} : tensor<2x4xf32>)
// CHECK: linalg.generic {{.*}} outs({{.*}} : tensor<2x4xf16>)
// CHECK: %[[B:.*]] = arith.extf
// CHECK: %[[S:.*]] = arith.addf %{{.*}}, %[[B]] : f32
// CHECK: arith.truncf %[[S]] : f32 to f16
func.func @half(%x: tensor<2x6xf16>, %v: tensor<3x6xf16>, %u: tensor<4x3xf16>, %b: tensor<4xf16>) -> tensor<2x4xf16> {
  %w = slin.low_rank %u, %v : tensor<4x3xf16>, tensor<3x6xf16> -> !slin.linop<6 -> 4, f16>
  %y = slin.apply %w, %x bias %b : tensor<4xf16> : !slin.linop<6 -> 4, f16>, tensor<2x6xf16> -> tensor<2x4xf16>
  return %y : tensor<2x4xf16>
}

// -----

// The name is lowered, the region is not.
// CHECK-LABEL: func.func @activation
// CHECK: linalg.generic {{.*}} ins(%arg0, %arg1
// CHECK: %[[NEGATIVE:.*]] = arith.cmpf olt
// CHECK: %[[F:.*]] = arith.select %[[NEGATIVE]]
// CHECK: arith.mulf %[[F]]
// CHECK-NOT: onnx.Tanh
func.func @activation(%g: tensor<?x6xf32>, %u: tensor<?x6xf32>) -> tensor<?x6xf32> {
  %y = slin.activation leaky_relu(%a = %g : tensor<?x6xf32>, %b = %u : tensor<?x6xf32>) -> tensor<?x6xf32> {
    %0 = onnx.Tanh(%a) "/tanh" : (tensor<?x6xf32>) -> tensor<?x6xf32>
    slin.yield %0 : tensor<?x6xf32>
  } {parameter = 0.25 : f64}
  return %y : tensor<?x6xf32>
}

// -----

// Three tokens take the first form, sixteen the second one.
// CHECK-LABEL: func.func @by_tokens
// CHECK: linalg.matmul {{.*}} ins(%arg0, %arg1
// TOKENS-LABEL: func.func @by_tokens
// TOKENS: linalg.matmul {{.*}} ins(%arg0, %arg2
func.func @by_tokens(%x: tensor<3x6xf32>, %0: tensor<4x6xf32>, %1: tensor<4x6xf32>) -> tensor<3x4xf32> {
  %a = slin.dense %0 : tensor<4x6xf32> -> !slin.linop<6 -> 4, f32>
  %b = slin.dense %1 : tensor<4x6xf32> -> !slin.linop<6 -> 4, f32>
  %w = slin.by_tokens [16] %a, %b : !slin.linop<6 -> 4, f32>
  %y = slin.apply %w, %x : !slin.linop<6 -> 4, f32>, tensor<3x6xf32> -> tensor<3x4xf32>
  return %y : tensor<3x4xf32>
}

// -----

// A network is opened; its weights are constants of the function, each once.
// CHECK-LABEL: func.func @network
// CHECK: arith.constant #onnx.synthetic
// CHECK-NOT: arith.constant #onnx.synthetic
// CHECK-COUNT-2: linalg.matmul
// CHECK-NOT: slin.
func.func @network(%x: tensor<?x6xf32>) -> tensor<?x6xf32> {
  %0 = slin.weight "w" #onnx.synthetic<normal, seed = 1> : tensor<6x6xf32>
  %w = slin.dense %0 : tensor<6x6xf32> -> !slin.linop<6 -> 6, f32>
  %y = slin.ffn (%t = %x : tensor<?x6xf32>) -> tensor<?x6xf32> {
    %h = slin.apply %w, %t : !slin.linop<6 -> 6, f32>, tensor<?x6xf32> -> tensor<?x6xf32>
    %a = slin.activation relu(%v = %h : tensor<?x6xf32>) -> tensor<?x6xf32> { slin.yield %v : tensor<?x6xf32> }
    %o = slin.apply %w, %a : !slin.linop<6 -> 6, f32>, tensor<?x6xf32> -> tensor<?x6xf32>
    slin.yield %o : tensor<?x6xf32>
  }
  return %y : tensor<?x6xf32>
}
