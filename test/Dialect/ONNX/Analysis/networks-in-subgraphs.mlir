// RUN: slin-opt %s --slin-print-ffns -o /dev/null | FileCheck %s

// Networks in subgraphs (F16), with the weights outside of them, and in model-local
// functions. A cone never crosses the border of a graph.

// CHECK:      ffn '/then' plain relu in 'main'{{$}}
// CHECK-NEXT: up '/then/up' 8 -> 16
// CHECK-NEXT: down '/then/down' 16 -> 8
// CHECK-NEXT: ffn '/else' plain relu in 'main'{{$}}
// CHECK:      ffn '/function' plain tanh in 'block'{{$}}
// CHECK:      declined '/outside/up': 'If' holds subgraphs
// CHECK-NEXT: declined '/outside/down': 'Add' adds a value of another branch before the next linear

!t = !onnx.unknown
func.func @main(%x: !t, %c: tensor<i1>) -> !t {
  %up = onnx.initializer "up" #onnx.synthetic<normal, seed = 1> : tensor<8x16xf32>
  %down = onnx.initializer "down" #onnx.synthetic<normal, seed = 2> : tensor<16x8xf32>
  %outside = onnx.MatMul(%x, %up) "/outside/up" : (!t, tensor<8x16xf32>) -> !t
  %y = onnx.node "If" (%c) "/if" graphs [{name = "then", kind = "then_branch"}, {}] ({
    %h = onnx.MatMul(%x, %up) "/then/up" : (!t, tensor<8x16xf32>) -> !t
    %a = onnx.Relu(%h) : (!t) -> !t
    %o = onnx.MatMul(%a, %down) "/then/down" : (!t, tensor<16x8xf32>) -> !t
    onnx.yield %o : !t
  }, {
    %h = onnx.MatMul(%x, %up) "/else/up" : (!t, tensor<8x16xf32>) -> !t
    %a = onnx.Relu(%h) : (!t) -> !t
    %o = onnx.MatMul(%a, %down) "/else/down" : (!t, tensor<16x8xf32>) -> !t
    %b = onnx.Relu(%outside) : (!t) -> !t
    %p = onnx.MatMul(%b, %down) "/outside/down" : (!t, tensor<16x8xf32>) -> !t
    %s = onnx.Add(%o, %p) : (!t, !t) -> !t
    onnx.yield %s : !t
  }) : (tensor<i1>) -> !t
  return %y : !t
}

func.func @block(%x: !t) -> !t attributes {onnx.function = {name = "Block", domain = "local"}} {
  %up = onnx.Constant "/up" {value = #onnx.synthetic<normal, seed = 1> : tensor<8x16xf32>} : () -> !t
  %down = onnx.Constant "/down" {value = #onnx.synthetic<normal, seed = 2> : tensor<16x8xf32>} : () -> !t
  %h = onnx.MatMul(%x, %up) "/function/up" : (!t, !t) -> !t
  %a = onnx.Tanh(%h) : (!t) -> !t
  %o = onnx.MatMul(%a, %down) "/function/down" : (!t, !t) -> !t
  return %o : !t
}
