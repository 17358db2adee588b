// RUN: slin-opt %s --verify-roundtrip | FileCheck %s
// RUN: slin-opt %s --canonicalize --cse | FileCheck %s

// Nodes keep names, attributes and unread results whatever passes run.

// CHECK: #[[DIMS:.*]] = #onnx.dims<"batch", "time", 4>
// CHECK-LABEL: func.func @typed(
func.func @typed(%x: tensor<?x?x4xf32, #onnx.dims<"batch", "time", 4>> {onnx.name = "x"}) -> (tensor<?x?x4xf32> {onnx.name = "y"})
    attributes {onnx.graph = {name = "g"}} {
  // CHECK: %[[NONE:.*]] = onnx.none
  %none = onnx.none
  // CHECK: %w = onnx.initializer "w" #onnx.synthetic<normal, seed = 1> : tensor<4x4xf32>
  %w = onnx.initializer "w" #onnx.synthetic<normal, seed = 1> : tensor<4x4xf32>
  // CHECK: %fc.MatMul = onnx.MatMul(%{{.*}}, %w) "/fc/MatMul" :
  %0 = onnx.MatMul(%x, %w) "/fc/MatMul" : (tensor<?x?x4xf32, #onnx.dims<"batch", "time", 4>>, tensor<4x4xf32>) -> !onnx.unknown
  // Twice the same, and one that nobody reads: still three nodes.
  // CHECK-COUNT-3: onnx.Relu(%fc.MatMul)
  %1 = onnx.Relu(%0) "/a"
  %2 = onnx.Relu(%0) "/b"
  %3 = onnx.Relu(%0) "/c"
  // CHECK: onnx.Clip(%a, %[[NONE]], %[[NONE]]) "/clip" outputs ["clipped"] :
  %4 = onnx.Clip(%1, %none, %none) "/clip" outputs ["clipped"] : (!onnx.unknown, none, none) -> !onnx.unknown
  // CHECK: onnx.Add(%clipped, %b) "/add" outputs ["y"] info {doc_string = "sum"} :
  %5 = onnx.Add(%4, %2) "/add" outputs ["y"] info {doc_string = "sum"} : (!onnx.unknown, !onnx.unknown) -> tensor<?x?x4xf32>
  return %5 : tensor<?x?x4xf32>
}

// CHECK-LABEL: func.func @generic(
func.func @generic(%c: tensor<i1> {onnx.name = "c"}) -> (!onnx.unknown {onnx.name = "y"}) attributes {onnx.graph = {}} {
  // CHECK: onnx.node "Selector" domain "com.example" overload "v" (%{{.*}}) "/s" {mode = "all", "odd name" = 1.000000e+00 : f32} :
  %0 = onnx.node "Selector" domain "com.example" overload "v" (%c) "/s" {mode = "all", "odd name" = 1.0 : f32} : (tensor<i1>) -> !onnx.unknown
  // CHECK: onnx.node "If" (%{{.*}}) "/if" outputs ["y"] graphs
  // CHECK-SAME: ({
  // CHECK:   onnx.yield %s : !onnx.unknown
  // CHECK: }, {
  // CHECK:   onnx.yield %else : !onnx.unknown
  // CHECK: }) : (tensor<i1>) -> !onnx.unknown
  %1 = onnx.node "If" (%c) "/if" outputs ["y"] graphs [{attribute = "then_branch", inputs = [], outputs = [{onnx.name = "/s_output_0"}]},
      {attribute = "else_branch", inputs = [], outputs = [{onnx.name = "/else_output_0"}]}] ({
    onnx.yield %0 : !onnx.unknown
  }, {
    %2 = onnx.Neg(%0) "/else"
    onnx.yield %2 : !onnx.unknown
  }) : (tensor<i1>) -> !onnx.unknown
  return %1 : !onnx.unknown
}

// CHECK: onnx.metadata {
// CHECK-NEXT: 0 = {{\[\[}}"stack", "line 1"{{\]\]}}
// CHECK-NEXT: }
onnx.metadata {
  0 = [["stack", "line 1"]]
}
