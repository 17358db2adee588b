// RUN: slin-opt %s --slin-print-experts -o /dev/null | FileCheck %s
// RUN: slin-opt %s --onnx-unsplit-experts --remarks-filter=onnx-unsplit-experts -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK
// RUN: slin-opt %s --onnx-sink-gates --remarks-filter=onnx-sink-gates -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// What looks like a sum of experts and is none, each with its reason; a remark of the passes says
// the same at the node.
// REMARK-NOT: [Passed]
// REMARK: experts-declined.mlir:{{.*}}[Missed] {{.*}}"'/values': the experts read different values"

!t = !onnx.unknown
!x = tensor<?x?x4xf32>
module attributes {onnx.opset_imports = [["", 17]]} {

// (C2) of onnx-unsplit-experts.
// CHECK: // declined '/values': the experts read different values
func.func @values(%x: !x, %z: !x) -> !t {
  %u = onnx.initializer "u" #onnx.synthetic<normal, seed = 1> : tensor<4x3xf32>
  %d = onnx.initializer "d" #onnx.synthetic<normal, seed = 2> : tensor<3x4xf32>
  %h0 = onnx.MatMul(%x, %u) "/0/up" : (!x, tensor<4x3xf32>) -> !t
  %a0 = onnx.Relu(%h0) "/0/act"
  %y0 = onnx.MatMul(%a0, %d) "/0/down" : (!t, tensor<3x4xf32>) -> !t
  %h1 = onnx.MatMul(%z, %u) "/1/up" : (!x, tensor<4x3xf32>) -> !t
  %a1 = onnx.Relu(%h1) "/1/act"
  %y1 = onnx.MatMul(%a1, %d) "/1/down" : (!t, tensor<3x4xf32>) -> !t
  %y = onnx.Add(%y0, %y1) "/values"
  return %y : !t
}

// (C3): different functions.
// CHECK: // declined '/activations': the experts' activations differ: relu and silu
func.func @activations(%x: !x) -> !t {
  %u = onnx.initializer "u" #onnx.synthetic<normal, seed = 1> : tensor<4x3xf32>
  %d = onnx.initializer "d" #onnx.synthetic<normal, seed = 2> : tensor<3x4xf32>
  %h0 = onnx.MatMul(%x, %u) "/0/up" : (!x, tensor<4x3xf32>) -> !t
  %a0 = onnx.Relu(%h0) "/0/act"
  %y0 = onnx.MatMul(%a0, %d) "/0/down" : (!t, tensor<3x4xf32>) -> !t
  %h1 = onnx.MatMul(%x, %u) "/1/up" : (!x, tensor<4x3xf32>) -> !t
  %s1 = onnx.Sigmoid(%h1) "/1/sigmoid"
  %a1 = onnx.Mul(%h1, %s1) "/1/act"
  %y1 = onnx.MatMul(%a1, %d) "/1/down" : (!t, tensor<3x4xf32>) -> !t
  %y = onnx.Add(%y0, %y1) "/activations"
  return %y : !t
}

// (C3): a function of which nothing is known.
// CHECK: // declined '/unnamed': the activation in front of '/0/down' has no name: whether it is the same for all experts, and finite, is not known
func.func @unnamed(%x: !x) -> !t {
  %u = onnx.initializer "u" #onnx.synthetic<normal, seed = 1> : tensor<4x3xf32>
  %d = onnx.initializer "d" #onnx.synthetic<normal, seed = 2> : tensor<3x4xf32>
  %h0 = onnx.MatMul(%x, %u) "/0/up" : (!x, tensor<4x3xf32>) -> !t
  %a0 = onnx.Reciprocal(%h0) "/0/act"
  %y0 = onnx.MatMul(%a0, %d) "/0/down" : (!t, tensor<3x4xf32>) -> !t
  %h1 = onnx.MatMul(%x, %u) "/1/up" : (!x, tensor<4x3xf32>) -> !t
  %a1 = onnx.Reciprocal(%h1) "/1/act"
  %y1 = onnx.MatMul(%a1, %d) "/1/down" : (!t, tensor<3x4xf32>) -> !t
  %y = onnx.Add(%y0, %y1) "/unnamed"
  return %y : !t
}

// (C4).
// CHECK: // declined '/widths': the experts' widths differ: 4 to 4 and 4 to 1
func.func @widths(%x: !x) -> !t {
  %u = onnx.initializer "u" #onnx.synthetic<normal, seed = 1> : tensor<4x3xf32>
  %d = onnx.initializer "d" #onnx.synthetic<normal, seed = 2> : tensor<3x4xf32>
  %n = onnx.initializer "n" #onnx.synthetic<normal, seed = 3> : tensor<3x1xf32>
  %h0 = onnx.MatMul(%x, %u) "/0/up" : (!x, tensor<4x3xf32>) -> !t
  %a0 = onnx.Relu(%h0) "/0/act"
  %y0 = onnx.MatMul(%a0, %d) "/0/down" : (!t, tensor<3x4xf32>) -> !t
  %h1 = onnx.MatMul(%x, %u) "/1/up" : (!x, tensor<4x3xf32>) -> !t
  %a1 = onnx.Relu(%h1) "/1/act"
  %y1 = onnx.MatMul(%a1, %n) "/1/down" : (!t, tensor<3x1xf32>) -> !t
  %y = onnx.Add(%y0, %y1) "/widths"
  return %y : !t
}

// (C4).
// CHECK: // declined '/types': the experts' element types differ
func.func @types(%x: !x) -> !t {
  %u = onnx.initializer "u" #onnx.synthetic<normal, seed = 1> : tensor<4x3xf32>
  %d = onnx.initializer "d" #onnx.synthetic<normal, seed = 2> : tensor<3x4xf32>
  %n = onnx.initializer "n16" #onnx.synthetic<normal, seed = 3> : tensor<3x4xf16>
  %h0 = onnx.MatMul(%x, %u) "/0/up" : (!x, tensor<4x3xf32>) -> !t
  %a0 = onnx.Relu(%h0) "/0/act"
  %y0 = onnx.MatMul(%a0, %d) "/0/down" : (!t, tensor<3x4xf32>) -> !t
  %h1 = onnx.MatMul(%x, %u) "/1/up" : (!x, tensor<4x3xf32>) -> !t
  %a1 = onnx.Relu(%h1) "/1/act"
  %y1 = onnx.MatMul(%a1, %n) "/1/down" : (!t, tensor<3x4xf16>) -> !t
  %y = onnx.Add(%y0, %y1) "/types"
  return %y : !t
}

// (C5).
// CHECK: // declined '/tapped': '/1/act_output_0' is read outside of the experts
func.func @tapped(%x: !x) -> !t {
  %u = onnx.initializer "u" #onnx.synthetic<normal, seed = 1> : tensor<4x3xf32>
  %d = onnx.initializer "d" #onnx.synthetic<normal, seed = 2> : tensor<3x4xf32>
  %h0 = onnx.MatMul(%x, %u) "/0/up" : (!x, tensor<4x3xf32>) -> !t
  %a0 = onnx.Relu(%h0) "/0/act"
  %y0 = onnx.MatMul(%a0, %d) "/0/down" : (!t, tensor<3x4xf32>) -> !t
  %h1 = onnx.MatMul(%x, %u) "/1/up" : (!x, tensor<4x3xf32>) -> !t
  %a1 = onnx.Relu(%h1) "/1/act"
  %y1 = onnx.MatMul(%a1, %d) "/1/down" : (!t, tensor<3x4xf32>) -> !t
  %s = onnx.Add(%y0, %y1) "/tapped"
  %z = onnx.MatMul(%a1, %d) "/tap" : (!t, tensor<3x4xf32>) -> !t
  %y = onnx.Mul(%s, %z) "/user"
  return %y : !t
}

}
