// REQUIRES: slin-run
// RUN: slin-run %s --print-result | FileCheck %s

// Functions of nodes are evaluated; the numbers are those of the definitions.

// Integers of 64 bits are exact, smaller ones wrap, quotients are cut.
// CHECK: integers: result 0: tensor<1xi1> [1]
// CHECK-NEXT: result 1: tensor<1xi8> [-126]
// CHECK-NEXT: result 2: tensor<2xi64> [-3, 3]
func.func @integers() -> (!onnx.unknown, !onnx.unknown, !onnx.unknown) {
  %large = onnx.initializer "large" dense<9007199254740993> : tensor<1xi64>
  %less = onnx.initializer "less" dense<9007199254740992> : tensor<1xi64>
  %0 = onnx.node "Greater" (%large, %less) "/greater" : (tensor<1xi64>, tensor<1xi64>) -> !onnx.unknown
  %b = onnx.initializer "b" dense<65> : tensor<1xi8>
  %1 = onnx.Add(%b, %b) "/wrap" : (tensor<1xi8>, tensor<1xi8>) -> !onnx.unknown
  %n = onnx.initializer "n" dense<[-7, 7]> : tensor<2xi64>
  %two = onnx.initializer "two" dense<2> : tensor<i64>
  %2 = onnx.Div(%n, %two) "/cut" : (tensor<2xi64>, tensor<i64>) -> !onnx.unknown
  return %0, %1, %2 : !onnx.unknown, !onnx.unknown, !onnx.unknown
}

// A branch may read values outside; the other one is not evaluated.
// CHECK: branch: result 0: tensor<2xf32> [4, 6]
func.func @branch() -> !onnx.unknown {
  %x = onnx.initializer "x" dense<[2.0, 3.0]> : tensor<2xf32>
  %c = onnx.initializer "c" dense<true> : tensor<i1>
  %y = onnx.node "If" (%c) graphs [{attribute = "else_branch", outputs = [{onnx.name = "e"}]}, {attribute = "then_branch", outputs = [{onnx.name = "t"}]}] ({
    %e = onnx.node "Loop" (%x) "/loop" outputs ["e"] : (tensor<2xf32>) -> !onnx.unknown
    onnx.yield %e : !onnx.unknown
  }, {
    %t = onnx.Add(%x, %x) "/twice" outputs ["t"] : (tensor<2xf32>, tensor<2xf32>) -> !onnx.unknown
    onnx.yield %t : !onnx.unknown
  }) : (tensor<i1>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// Reals are not rounded to their type: what is less than a unit in the last place of f16 stays.
// CHECK: reals: result 0: tensor<f16> 0.0001
func.func @reals() -> !onnx.unknown {
  %one = onnx.initializer "one" dense<1.0> : tensor<f16>
  %little = onnx.initializer "little" dense<0.0001> : tensor<f32>
  %l = onnx.Cast(%little) "/cast" {to = 10 : i64} : (tensor<f32>) -> !onnx.unknown
  %s = onnx.Add(%one, %l) "/add" : (tensor<f16>, !onnx.unknown) -> !onnx.unknown
  %y = onnx.Sub(%s, %one) "/sub" : (!onnx.unknown, tensor<f16>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// Nodes that nothing reads may be of any operator; a mixture of nodes and slin ops is one function.
// CHECK: mixture: result 0: tensor<1x2xf32> {{\[\[}}0, 2]]
func.func @mixture() -> !onnx.unknown {
  %x = onnx.initializer "x" dense<[[-1.0, 1.0]]> : tensor<1x2xf32>
  %unread = onnx.node "Loop" (%x) "/loop" : (tensor<1x2xf32>) -> !onnx.unknown
  %i = slin.identity : !slin.linop<2 -> 2, f32>
  %w = slin.scale %i by 2.0 : !slin.linop<2 -> 2, f32>
  %h = slin.apply %w, %x : !slin.linop<2 -> 2, f32>, tensor<1x2xf32> -> tensor<1x2xf32>
  %y = onnx.Relu(%h) "/act" : (tensor<1x2xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}
