// RUN: slin-opt %s --split-input-file --onnx-to-slin | FileCheck %s
// RUN: slin-opt %s --onnx-to-slin --slin-to-onnx=respell -o %t.executed.mlir && slin-run %t.executed.mlir --dim=2,3,4 --check=%s | FileCheck %s --check-prefix=EXECUTED

// EXECUTED-COUNT-3: checked: max relative error

// What lowering needs to know of an activation besides its nodes.

// CHECK-LABEL: func.func @slope
// CHECK: slin.activation leaky_relu
// CHECK: } {parameter = 1.250000e-01 : f64}
func.func @slope(%x: tensor<?x4xf32> {onnx.name = "x"}) -> (!onnx.unknown {onnx.name = "y"}) attributes {onnx.graph = {}} {
  %w1 = onnx.initializer "w1" #onnx.synthetic<normal, seed = 1> : tensor<4x16xf32>
  %w2 = onnx.initializer "w2" #onnx.synthetic<normal, seed = 2> : tensor<16x4xf32>
  %0 = onnx.MatMul(%x, %w1) "/up" : (tensor<?x4xf32>, tensor<4x16xf32>) -> !onnx.unknown
  %1 = onnx.LeakyRelu(%0) "/act" {alpha = 0.125 : f32}
  %2 = onnx.MatMul(%1, %w2) "/down" outputs ["y"] : (!onnx.unknown, tensor<16x4xf32>) -> !onnx.unknown
  return %2 : !onnx.unknown
}

// -----

// A gate that is the identity has this name; one that is affine has none.
// CHECK-LABEL: func.func @bilinear
// CHECK: slin.activation identity(
func.func @bilinear(%x: tensor<?x4xf32> {onnx.name = "x"}) -> (!onnx.unknown {onnx.name = "y"}) attributes {onnx.graph = {}} {
  %w1 = onnx.initializer "w1" #onnx.synthetic<normal, seed = 1> : tensor<4x16xf32>
  %w2 = onnx.initializer "w2" #onnx.synthetic<normal, seed = 2> : tensor<16x4xf32>
  %w3 = onnx.initializer "w3" #onnx.synthetic<normal, seed = 3> : tensor<4x16xf32>
  %0 = onnx.MatMul(%x, %w1) "/gate" : (tensor<?x4xf32>, tensor<4x16xf32>) -> !onnx.unknown
  %1 = onnx.MatMul(%x, %w3) "/up" : (tensor<?x4xf32>, tensor<4x16xf32>) -> !onnx.unknown
  %2 = onnx.Mul(%0, %1) "/mul" : (!onnx.unknown, !onnx.unknown) -> !onnx.unknown
  %3 = onnx.MatMul(%2, %w2) "/down" outputs ["y"] : (!onnx.unknown, tensor<16x4xf32>) -> !onnx.unknown
  return %3 : !onnx.unknown
}

// -----

// CHECK-LABEL: func.func @affine_gate
// CHECK: slin.activation pointwise(
func.func @affine_gate(%x: tensor<?x4xf32> {onnx.name = "x"}) -> (!onnx.unknown {onnx.name = "y"}) attributes {onnx.graph = {}} {
  %w1 = onnx.initializer "w1" #onnx.synthetic<normal, seed = 1> : tensor<4x16xf32>
  %w2 = onnx.initializer "w2" #onnx.synthetic<normal, seed = 2> : tensor<16x4xf32>
  %w3 = onnx.initializer "w3" #onnx.synthetic<normal, seed = 3> : tensor<4x16xf32>
  %half = onnx.initializer "half" dense<0.5> : tensor<f32>
  %0 = onnx.MatMul(%x, %w1) "/gate" : (tensor<?x4xf32>, tensor<4x16xf32>) -> !onnx.unknown
  %s = onnx.Mul(%0, %half) "/scale" : (!onnx.unknown, tensor<f32>) -> !onnx.unknown
  %1 = onnx.MatMul(%x, %w3) "/up" : (tensor<?x4xf32>, tensor<4x16xf32>) -> !onnx.unknown
  %2 = onnx.Mul(%s, %1) "/mul" : (!onnx.unknown, !onnx.unknown) -> !onnx.unknown
  %3 = onnx.MatMul(%2, %w2) "/down" outputs ["y"] : (!onnx.unknown, tensor<16x4xf32>) -> !onnx.unknown
  return %3 : !onnx.unknown
}
