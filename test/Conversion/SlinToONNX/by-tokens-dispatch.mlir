// RUN: slin-opt %s --split-input-file --slin-to-onnx='dispatch=if tokens=20' --remarks-filter=slin-to-onnx -o %t.mlir 2>&1 | FileCheck %s --check-prefix=REMARK
// RUN: FileCheck %s --input-file=%t.mlir
// RUN: not slin-opt %s --split-input-file --slin-to-onnx=dispatch=always 2>&1 | FileCheck %s --check-prefix=INVALID

// INVALID: error: slin-to-onnx: expected a dispatch of one or if, found 'always'

// All forms, the bias once, weights outside. 16 tokens of 8 features are 128 elements.
// CHECK-LABEL: func.func @by_tokens
// CHECK-DAG: %[[D:.*]] = onnx.initializer "/fc/slin_w_weight" {{.*}} : tensor<8x12xf32>
// CHECK-DAG: %[[V:.*]] = onnx.initializer "/fc/slin_v_weight" {{.*}} : tensor<8x4xf32>
// CHECK-DAG: %[[U:.*]] = onnx.initializer "/fc/slin_u_weight" {{.*}} : tensor<4x12xf32>
// CHECK-DAG: %[[LIMIT:.*]] = onnx.initializer "/fc/slin_bound" dense<128> : tensor<i64>
// CHECK: %[[SHAPE:.*]] = onnx.Shape(%arg0) "/fc/slin_shape"
// CHECK: %[[COUNT:.*]] = onnx.ReduceProd(%[[SHAPE]]) "/fc/slin_elements" {keepdims = 0 : i64}
// CHECK: %[[FEWER:.*]] = onnx.Less(%[[COUNT]], %[[LIMIT]]) "/fc/slin_fewer"
// CHECK: %[[Y:.*]] = onnx.node "If" (%[[FEWER]]) "/fc/slin_if" graphs [
// CHECK-SAME: attribute = "then_branch", inputs = [], name = "/fc/slin_then_branch"
// CHECK: %[[A:.*]] = onnx.MatMul(%arg0, %[[D]]) "/fc/slin_w"
// CHECK: onnx.yield %[[A]]
// CHECK: %[[B:.*]] = onnx.MatMul(%arg0, %[[V]]) "/fc/slin_v"
// CHECK: %[[C:.*]] = onnx.MatMul(%[[B]], %[[U]]) "/fc/slin_u"
// CHECK: onnx.yield %[[C]]
// CHECK: onnx.Add(%[[Y]], %{{.*}}) "/fc/slin_bias{{.*}}" outputs ["y"]
// CHECK-NOT: onnx.Add
func.func @by_tokens(%x: tensor<?x?x8xf32> {onnx.name = "x"}) -> (tensor<?x?x12xf32> {onnx.name = "y"}) attributes {onnx.graph = {}} {
  %d = slin.weight "/fc/slin_w" #onnx.synthetic<normal, seed = 3> : tensor<12x8xf32>
  %u = slin.weight "/fc/slin_u" #onnx.synthetic<normal, seed = 1> : tensor<12x4xf32>
  %v = slin.weight "/fc/slin_v" #onnx.synthetic<normal, seed = 2> : tensor<4x8xf32>
  %b = slin.weight "/fc/slin_b" dense<1.0> : tensor<12xf32>
  %0 = slin.dense %d : tensor<12x8xf32> -> !slin.linop<8 -> 12, f32>
  %1 = slin.low_rank %u, %v : tensor<12x4xf32>, tensor<4x8xf32> -> !slin.linop<8 -> 12, f32>
  %w = slin.by_tokens [16] %0, %1 : !slin.linop<8 -> 12, f32>
  %y = slin.apply %w, %x bias %b : tensor<12xf32> {path = "/fc", onnx.output_name = "y"} : !slin.linop<8 -> 12, f32>, tensor<?x?x8xf32> -> tensor<?x?x12xf32>
  return %y : tensor<?x?x12xf32>
}

// -----

// A choice within an expression, and one of three: If within If. The identity is a
// branch of its own.
// CHECK-LABEL: func.func @nested
// CHECK: onnx.node "If"
// CHECK: onnx.Identity(%arg0)
// CHECK: onnx.node "If"
// CHECK: onnx.Mul(%arg0
// CHECK: onnx.MatMul
func.func @nested(%x: tensor<?x4xf32> {onnx.name = "x"}) -> (tensor<?x4xf32> {onnx.name = "y"}) attributes {onnx.graph = {}} {
  %d = slin.weight "d" #onnx.synthetic<normal, seed = 3> : tensor<4xf32>
  %m = slin.weight "m" #onnx.synthetic<normal, seed = 3> : tensor<4x4xf32>
  %0 = slin.identity : !slin.linop<4 -> 4, f32>
  %1 = slin.diagonal %d : tensor<4xf32> -> !slin.linop<4 -> 4, f32>
  %2 = slin.dense %m : tensor<4x4xf32> -> !slin.linop<4 -> 4, f32>
  %3 = slin.by_tokens [2, 8] %0, %1, %2 : !slin.linop<4 -> 4, f32>
  %4 = slin.compose %3, %0 : !slin.linop<4 -> 4, f32>, !slin.linop<4 -> 4, f32> -> !slin.linop<4 -> 4, f32>
  %y = slin.apply %4, %x {path = "/fc", onnx.output_name = "y"} : !slin.linop<4 -> 4, f32>, tensor<?x4xf32> -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

// Known token counts have one form, whatever the option says.
// CHECK-LABEL: func.func @static
// CHECK-NOT: onnx.node "If"
// CHECK: onnx.Identity
func.func @static(%x: tensor<3x5x4xf32> {onnx.name = "x"}) -> (tensor<3x5x4xf32> {onnx.name = "y"}) attributes {onnx.graph = {}} {
  %d = slin.weight "d" #onnx.synthetic<normal, seed = 3> : tensor<4xf32>
  %0 = slin.identity : !slin.linop<4 -> 4, f32>
  %1 = slin.diagonal %d : tensor<4xf32> -> !slin.linop<4 -> 4, f32>
  %2 = slin.by_tokens [16] %0, %1 : !slin.linop<4 -> 4, f32>
  %y = slin.apply %2, %x {path = "/fc", onnx.output_name = "y"} : !slin.linop<4 -> 4, f32>, tensor<3x5x4xf32> -> tensor<3x5x4xf32>
  return %y : tensor<3x5x4xf32>
}

// -----

// REMARK: remark: [Missed] Dispatch | Category:slin-to-onnx | Remark="expected opset 9 or later for a choice by token count, found 8; the form for 20 tokens is written"
// CHECK-LABEL: func.func @old
// CHECK-NOT: onnx.node "If"
// CHECK: onnx.Mul
module attributes {onnx.opset_imports = [["", 8]]} {
func.func @old(%x: tensor<?x4xf32> {onnx.name = "x"}) -> (tensor<?x4xf32> {onnx.name = "y"}) attributes {onnx.graph = {}} {
  %d = slin.weight "d" #onnx.synthetic<normal, seed = 3> : tensor<4xf32>
  %0 = slin.identity : !slin.linop<4 -> 4, f32>
  %1 = slin.diagonal %d : tensor<4xf32> -> !slin.linop<4 -> 4, f32>
  %2 = slin.by_tokens [16] %0, %1 : !slin.linop<4 -> 4, f32>
  %y = slin.apply %2, %x {path = "/fc", onnx.output_name = "y"} : !slin.linop<4 -> 4, f32>, tensor<?x4xf32> -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
}
