// RUN: slin-opt %s --slin-print-experts -o /dev/null | FileCheck %s
// RUN: slin-opt %s --onnx-sink-gates --remarks-filter=onnx-sink-gates -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// Experts that share nodes, and what is not known of them.
// REMARK-NOT: [Passed]
// REMARK: [Missed] GatesNotSunk | Category:onnx-sink-gates | {{.*}}"'/twice': the indices of its experts are not those that a TopK chooses: one may stand twice"

!t = !onnx.unknown
!x = tensor<?x?x4xf32>
module attributes {onnx.opset_imports = [["", 17]]} {

// Each token gathers the weights of given experts: one may stand twice.
// CHECK: // declined '/twice': the indices of its experts are not those that a TopK chooses: one may stand twice
func.func @twice(%x: tensor<?x4xf32>, %i: tensor<?x2xi64>) -> !t {
  %r = onnx.initializer "r" #onnx.synthetic<normal, seed = 5> : tensor<4x2xf32>
  %su = onnx.initializer "su" #onnx.synthetic<normal, seed = 6> : tensor<2x3x4xf32>
  %sd = onnx.initializer "sd" #onnx.synthetic<normal, seed = 7> : tensor<2x4x3xf32>
  %one = onnx.initializer "one" dense<1> : tensor<1xi64>
  %scores = onnx.MatMul(%x, %r) "/router" : (tensor<?x4xf32>, tensor<4x2xf32>) -> !t
  %two = onnx.initializer "two" dense<2> : tensor<1xi64>
  %last = onnx.initializer "last" dense<-1> : tensor<1xi64>
  %axes = onnx.initializer "axes" dense<[1, 3]> : tensor<2xi64>
  %gu = onnx.Gather(%su, %i) "/gather/up" {axis = 0 : i64} : (tensor<2x3x4xf32>, tensor<?x2xi64>) -> !t
  %gd = onnx.Gather(%sd, %i) "/gather/down" {axis = 0 : i64} : (tensor<2x4x3xf32>, tensor<?x2xi64>) -> !t
  %column = onnx.Unsqueeze(%x, %axes) "/column" : (tensor<?x4xf32>, tensor<2xi64>) -> !t
  %h = onnx.MatMul(%gu, %column) "/up"
  %a = onnx.Relu(%h) "/act"
  %e = onnx.MatMul(%gd, %a) "/down"
  %s = onnx.Squeeze(%e, %last) "/squeeze" : (!t, tensor<1xi64>) -> !t
  %y = onnx.ReduceSum(%s, %one) "/twice" {keepdims = 0 : i64} : (!t, tensor<1xi64>) -> !t
  return %y : !t
}

// The chosen are weighted by their probabilities.
// CHECK: // declined '/weighted': its gates are not exactly 0 or 1: the chosen experts are multiplied by '/wide_output_0'
func.func @weighted(%x: tensor<?x4xf32>) -> !t {
  %r = onnx.initializer "r" #onnx.synthetic<normal, seed = 5> : tensor<4x2xf32>
  %su = onnx.initializer "su" #onnx.synthetic<normal, seed = 6> : tensor<2x3x4xf32>
  %sd = onnx.initializer "sd" #onnx.synthetic<normal, seed = 7> : tensor<2x4x3xf32>
  %one = onnx.initializer "one" dense<1> : tensor<1xi64>
  %scores = onnx.MatMul(%x, %r) "/router" : (tensor<?x4xf32>, tensor<4x2xf32>) -> !t
  %v, %i = onnx.TopK(%scores, %one) "/topk" : (!t, tensor<1xi64>) -> (!t, !t)
  %w = onnx.Unsqueeze(%v, %one) "/wide" : (!t, tensor<1xi64>) -> !t
  %two = onnx.initializer "two" dense<2> : tensor<1xi64>
  %last = onnx.initializer "last" dense<-1> : tensor<1xi64>
  %axes = onnx.initializer "axes" dense<[1, 3]> : tensor<2xi64>
  %gu = onnx.Gather(%su, %i) "/gather/up" {axis = 0 : i64} : (tensor<2x3x4xf32>, !t) -> !t
  %gd = onnx.Gather(%sd, %i) "/gather/down" {axis = 0 : i64} : (tensor<2x4x3xf32>, !t) -> !t
  %column = onnx.Unsqueeze(%x, %axes) "/column" : (tensor<?x4xf32>, tensor<2xi64>) -> !t
  %h = onnx.MatMul(%gu, %column) "/up"
  %a = onnx.Relu(%h) "/act"
  %e = onnx.MatMul(%gd, %a) "/down"
  %s = onnx.Squeeze(%e, %last) "/squeeze" : (!t, tensor<1xi64>) -> !t
  %m = onnx.Mul(%s, %w) "/weigh"
  %y = onnx.ReduceSum(%m, %one) "/weighted" {keepdims = 0 : i64} : (!t, tensor<1xi64>) -> !t
  return %y : !t
}

// A batch of rows for each expert is grouped already.
// CHECK: // declined '/own': each expert reads rows of its own
func.func @own(%x: tensor<2x?x4xf32>) -> !t {
  %bu = onnx.initializer "bu" #onnx.synthetic<normal, seed = 8> : tensor<2x4x3xf32>
  %bd = onnx.initializer "bd" #onnx.synthetic<normal, seed = 9> : tensor<2x3x4xf32>
  %first = onnx.initializer "first" dense<0> : tensor<1xi64>
  %h = onnx.MatMul(%x, %bu) "/up" : (tensor<2x?x4xf32>, tensor<2x4x3xf32>) -> !t
  %a = onnx.Relu(%h) "/act"
  %e = onnx.MatMul(%a, %bd) "/down" : (!t, tensor<2x3x4xf32>) -> !t
  %y = onnx.ReduceSum(%e, %first) "/own" {keepdims = 0 : i64} : (!t, tensor<1xi64>) -> !t
  return %y : !t
}

// An Expand that repeats tokens as well.
// CHECK: // declined '/expanded': each expert reads rows of its own
func.func @expanded(%x: tensor<1x1x4xf32>) -> !t {
  %shape = onnx.initializer "shape" dense<[2, 5, 1]> : tensor<3xi64>
  %z = onnx.Expand(%x, %shape) "/expand" : (tensor<1x1x4xf32>, tensor<3xi64>) -> !t
  %bu = onnx.initializer "bu" #onnx.synthetic<normal, seed = 8> : tensor<2x4x3xf32>
  %bd = onnx.initializer "bd" #onnx.synthetic<normal, seed = 9> : tensor<2x3x4xf32>
  %first = onnx.initializer "first" dense<0> : tensor<1xi64>
  %h = onnx.MatMul(%z, %bu) "/up" : (!t, tensor<2x4x3xf32>) -> !t
  %a = onnx.Relu(%h) "/act"
  %e = onnx.MatMul(%a, %bd) "/down" : (!t, tensor<2x3x4xf32>) -> !t
  %y = onnx.ReduceSum(%e, %first) "/expanded" {keepdims = 0 : i64} : (!t, tensor<1xi64>) -> !t
  return %y : !t
}

// Gates that are not multiplied token by token.
// CHECK: // declined '/broadcast': whether '/cast_output_0' has one gate for each token and expert is not known
func.func @broadcast(%x: tensor<?x4xf32>, %s: tensor<2x?x4xf32>) -> !t {
  %bu = onnx.initializer "bu" #onnx.synthetic<normal, seed = 8> : tensor<2x4x3xf32>
  %bd = onnx.initializer "bd" #onnx.synthetic<normal, seed = 9> : tensor<2x3x4xf32>
  %first = onnx.initializer "first" dense<0> : tensor<1xi64>
  %h = onnx.MatMul(%x, %bu) "/up" : (tensor<?x4xf32>, tensor<2x4x3xf32>) -> !t
  %a = onnx.Relu(%h) "/act"
  %e = onnx.MatMul(%a, %bd) "/down" : (!t, tensor<2x3x4xf32>) -> !t
  %half = onnx.initializer "half" dense<0.5> : tensor<f32>
  %more = onnx.node "Greater" (%s, %half) "/greater" : (tensor<2x?x4xf32>, tensor<f32>) -> !t
  %g = onnx.Cast(%more) "/cast" {to = 1 : i64}
  %m = onnx.Mul(%e, %g) "/gate"
  %y = onnx.ReduceSum(%m, %first) "/broadcast" {keepdims = 0 : i64} : (!t, tensor<1xi64>) -> !t
  return %y : !t
}

// A constant that repeats what it is multiplied with.
// CHECK: // declined '/constant': 'ones' has other axes than that of the experts
func.func @constant(%x: tensor<?x4xf32>) -> !t {
  %bu = onnx.initializer "bu" #onnx.synthetic<normal, seed = 8> : tensor<2x4x3xf32>
  %bd = onnx.initializer "bd" #onnx.synthetic<normal, seed = 9> : tensor<2x3x4xf32>
  %first = onnx.initializer "first" dense<0> : tensor<1xi64>
  %h = onnx.MatMul(%x, %bu) "/up" : (tensor<?x4xf32>, tensor<2x4x3xf32>) -> !t
  %a = onnx.Relu(%h) "/act"
  %e = onnx.MatMul(%a, %bd) "/down" : (!t, tensor<2x3x4xf32>) -> !t
  %g = onnx.initializer "ones" dense<1.0> : tensor<2x5x1xf32>
  %m = onnx.Mul(%e, %g) "/gate" : (!t, tensor<2x5x1xf32>) -> !t
  %y = onnx.ReduceSum(%m, %first) "/constant" {keepdims = 0 : i64} : (!t, tensor<1xi64>) -> !t
  return %y : !t
}

// The gate of which expert it is: of all of them at once.
// CHECK: // declined '/other': which expert '/cast_output_0' is a gate of is not known
func.func @other(%x: !x) -> !t {
  %u = onnx.initializer "u" #onnx.synthetic<normal, seed = 1> : tensor<4x3xf32>
  %d = onnx.initializer "d" #onnx.synthetic<normal, seed = 2> : tensor<3x4xf32>
  %r = onnx.initializer "r" #onnx.synthetic<normal, seed = 5> : tensor<4x2xf32>
  %su = onnx.initializer "su" #onnx.synthetic<normal, seed = 6> : tensor<2x3x4xf32>
  %sd = onnx.initializer "sd" #onnx.synthetic<normal, seed = 7> : tensor<2x4x3xf32>
  %one = onnx.initializer "one" dense<1> : tensor<1xi64>
  %scores = onnx.MatMul(%x, %r) "/router" : (!x, tensor<4x2xf32>) -> !t
  %half = onnx.initializer "half" dense<0.5> : tensor<f32>
  %more = onnx.node "Greater" (%scores, %half) "/greater" : (!t, tensor<f32>) -> !t
  %g = onnx.Cast(%more) "/cast" {to = 1 : i64}
  %h0 = onnx.MatMul(%x, %u) "/0/up" : (!x, tensor<4x3xf32>) -> !t
  %a0 = onnx.Relu(%h0) "/0/act"
  %y0 = onnx.MatMul(%a0, %d) "/0/down" : (!t, tensor<3x4xf32>) -> !t
  %h1 = onnx.MatMul(%x, %u) "/1/up" : (!x, tensor<4x3xf32>) -> !t
  %a1 = onnx.Relu(%h1) "/1/act"
  %y1 = onnx.MatMul(%a1, %d) "/1/down" : (!t, tensor<3x4xf32>) -> !t
  %z0 = onnx.Mul(%g, %y0) "/0/gate"
  %z1 = onnx.Mul(%g, %y1) "/1/gate"
  %y = onnx.Add(%z0, %z1) "/other"
  return %y : !t
}

}
