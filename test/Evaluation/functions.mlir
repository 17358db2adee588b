// REQUIRES: slin-run
// RUN: slin-run %s --entry=main_graph --print-result | FileCheck %s
// RUN: not slin-run %s --entry=declined 2>&1 | FileCheck %s --check-prefix=DECLINED

// A node that calls a function of the model is what the function computes, each call for its own operands.
// CHECK: result 0: tensor<2xf32> [3, 5]
// CHECK-NEXT: result 1: tensor<2xf32> [7, 11]

// DECLINED: error: '/scale' cannot be evaluated: 'alpha' is no plain attribute
func.func @twice_plus_one(%x: !onnx.unknown {onnx.name = "x"}) -> (!onnx.unknown {onnx.name = "y"}) attributes {onnx.function = {name = "TwicePlusOne", domain = "com.example"}} {
  %one = onnx.Constant "/one" {value = dense<1.0> : tensor<f32>}
  %t = onnx.Add(%x, %x) "/twice"
  %y = onnx.Add(%t, %one) "/plus" outputs ["y"]
  return %y : !onnx.unknown
}
func.func @scaled(%x: !onnx.unknown {onnx.name = "x"}) -> (!onnx.unknown {onnx.name = "y"}) attributes {onnx.function = {name = "Scaled", domain = "com.example"}} {
  %y = onnx.node "LeakyRelu" (%x) "/scale" outputs ["y"] {alpha = #onnx.ref<"alpha", 1>} : (!onnx.unknown) -> !onnx.unknown
  return %y : !onnx.unknown
}
func.func @main_graph() -> (!onnx.unknown, !onnx.unknown) {
  %x = onnx.initializer "x" dense<[1.0, 2.0]> : tensor<2xf32>
  %a = onnx.node "TwicePlusOne" domain "com.example" (%x) "/first" : (tensor<2xf32>) -> !onnx.unknown
  %b = onnx.node "TwicePlusOne" domain "com.example" (%a) "/second" : (!onnx.unknown) -> !onnx.unknown
  return %a, %b : !onnx.unknown, !onnx.unknown
}
func.func @declined() -> !onnx.unknown {
  %x = onnx.initializer "x" dense<[1.0, 2.0]> : tensor<2xf32>
  %y = onnx.node "Scaled" domain "com.example" (%x) "/call" {alpha = 0.5 : f32} : (tensor<2xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}
