// RUN: slin-opt %s --onnx-pool-after-linears --remarks-filter=onnx-pool-after-linears 2>&1 | FileCheck %s
// RUN: slin-opt %s --onnx-pool-after-linears -o %t.executed.mlir && slin-run %t.executed.mlir --dim=2,3 --check=%s | FileCheck %s --check-prefix=EXECUTED

// EXECUTED-COUNT-2: checked: max relative error

// Linears act before tokens are pooled where another linear reads the tokens.

// CHECK-DAG: "'/p' acts before the pooling, beside '/q'"
// CHECK-DAG: "'/alone': no other linear reads the tokens"

module attributes {onnx.opset_imports = [["", 13]]} {
// A masked mean: products by and quotients of one number for each token commute too; Q Hᵀ is turned.
// CHECK-LABEL: func.func @masked
// CHECK-DAG: %[[P:.*]] = onnx.MatMul(%arg0, %w) "/p/slin_product"
// CHECK-DAG: %[[M:.*]] = onnx.Mul(%[[P]], %arg1) "/p/slin_pool"
// CHECK-DAG: %[[S:.*]] = onnx.ReduceSum(%[[M]], %{{.*}}) "/p/slin_pool_1"
// CHECK-DAG: onnx.Div(%[[S]], %arg2) "/p/slin_pool_2" outputs ["p"]
// CHECK-DAG: %[[Q:.*]] = onnx.MatMul(%arg0, %{{.*}}) "/q/slin_product" : (tensor<1x?x4xf32>, tensor<4x3xf32>)
// CHECK-DAG: onnx.Transpose(%[[Q]]) "/q/slin_transpose" outputs ["q"]
func.func @masked(%h: tensor<1x?x4xf32> {onnx.name = "h"}, %m: tensor<1x?x1xf32> {onnx.name = "m"}, %n: tensor<1x1x1xf32> {onnx.name = "n"}) -> (!onnx.unknown {onnx.name = "p"}, !onnx.unknown {onnx.name = "q"}) attributes {onnx.graph = {}} {
  %w = onnx.initializer "w" #onnx.synthetic<normal, seed = 1> : tensor<4x2xf32>
  %v = onnx.initializer "v" #onnx.synthetic<normal, seed = 2> : tensor<3x4xf32>
  %axis = onnx.initializer "axis" dense<1> : tensor<1xi64>
  %0 = onnx.Mul(%h, %m) "/mask" : (tensor<1x?x4xf32>, tensor<1x?x1xf32>) -> !onnx.unknown
  %1 = onnx.ReduceSum(%0, %axis) "/sum" : (!onnx.unknown, tensor<1xi64>) -> !onnx.unknown
  %2 = onnx.Div(%1, %n) "/mean" : (!onnx.unknown, tensor<1x1x1xf32>) -> !onnx.unknown
  %p = onnx.MatMul(%2, %w) "/p" outputs ["p"] : (!onnx.unknown, tensor<4x2xf32>) -> !onnx.unknown
  %3 = onnx.Transpose(%h) "/turn" {perm = array<i64: 0, 2, 1>} : (tensor<1x?x4xf32>) -> !onnx.unknown
  %q = onnx.MatMul(%v, %3) "/q" outputs ["q"] : (tensor<3x4xf32>, !onnx.unknown) -> !onnx.unknown
  return %p, %q : !onnx.unknown, !onnx.unknown
}

// Nobody else reads the tokens; a mean over features is another function.
// CHECK-LABEL: func.func @declined
// CHECK: onnx.MatMul(%{{.*}}) "/alone"
// CHECK: onnx.MatMul(%{{.*}}) "/features"
func.func @declined(%h: tensor<1x?x4xf32> {onnx.name = "h"}, %g: tensor<4x4xf32> {onnx.name = "g"}) -> (!onnx.unknown {onnx.name = "p"}, !onnx.unknown {onnx.name = "r"}, !onnx.unknown {onnx.name = "q"}) attributes {onnx.graph = {}} {
  %w = onnx.initializer "w" #onnx.synthetic<normal, seed = 1> : tensor<4x2xf32>
  %u = onnx.initializer "u" #onnx.synthetic<normal, seed = 2> : tensor<1x2xf32>
  %0 = onnx.ReduceMean(%h) "/mean" {axes = array<i64: 1>} : (tensor<1x?x4xf32>) -> !onnx.unknown
  %p = onnx.MatMul(%0, %w) "/alone" outputs ["p"] : (!onnx.unknown, tensor<4x2xf32>) -> !onnx.unknown
  %1 = onnx.ReduceMean(%g) "/over" {axes = array<i64: -1>} : (tensor<4x4xf32>) -> !onnx.unknown
  %r = onnx.MatMul(%1, %u) "/features" outputs ["r"] : (!onnx.unknown, tensor<1x2xf32>) -> !onnx.unknown
  %q = onnx.MatMul(%g, %w) "/q" outputs ["q"] : (tensor<4x4xf32>, tensor<4x2xf32>) -> !onnx.unknown
  return %p, %r, %q : !onnx.unknown, !onnx.unknown, !onnx.unknown
}
}
