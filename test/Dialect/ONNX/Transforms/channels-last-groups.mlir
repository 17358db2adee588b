// RUN: slin-opt %s --onnx-channels-last --remarks-filter=onnx-channels-last -o %t.mlir 2> %t.remarks
// RUN: FileCheck %s --input-file=%t.mlir
// RUN: FileCheck %s --input-file=%t.remarks --check-prefix=REMARK
// RUN: slin-opt %t.mlir --onnx-channels-last -o %t.again.mlir && diff %t.mlir %t.again.mlir
// RUN: slin-opt %t.mlir --onnx-raise-linears --slin-merge | FileCheck %s --check-prefix=RAISED
// RUN: slin-opt %s --slin-verify-exact --onnx-channels-last --onnx-raise-linears --slin-merge --slin-to-onnx -o %t.merged.mlir
// RUN: slin-run %t.merged.mlir --check=%s --dim=2,3 | FileCheck %s --check-prefix=EXECUTED

// EXECUTED: groups: checked: max relative error
// EXECUTED: chain: checked: max relative error

// A grouped 1x1 convolution keeps its channels on axis 1 between two Transposes; raising sees its blocks.

module attributes {onnx.opset_imports = [["", 17]]} {
// REMARK-DAG: "'/up' and 1 more 1x1 convolutions are products of the last axis; 1 values enter, 1 leave"
// CHECK-LABEL: func.func @groups
// CHECK: %[[X:.*]] = onnx.Transpose(%arg0) "/up/slin_channels_last" {perm = array<i64: 0, 2, 3, 1>}
// CHECK-NEXT: %[[F:.*]] = onnx.Transpose(%[[X]]) "/up/slin_channels_first" {perm = array<i64: 0, 3, 1, 2>}
// CHECK-NEXT: %[[C:.*]] = onnx.Conv(%[[F]], %u, %b) "/up" {group = 2 : i64}
// CHECK-NEXT: %[[L:.*]] = onnx.Transpose(%[[C]]) "/up/slin_channels_last_1" {perm = array<i64: 0, 2, 3, 1>}
// CHECK-NEXT: %[[A:.*]] = onnx.Relu(%[[L]]) "/act"
// CHECK-NEXT: %[[D:.*]] = onnx.MatMul(%[[A]], %{{.*}}) "/down"
// RAISED-LABEL: func.func @groups
// RAISED: slin.block_diagonal %{{.*}} : tensor<2x3x2xf32> -> !slin.linop<4 -> 6, f32>
// RAISED: slin.apply %block_diagonal, %{{.*}} bias %b
func.func @groups(%x: tensor<?x4x?x3xf32> {onnx.name = "x"}) -> (!onnx.unknown {onnx.name = "y"}) attributes {onnx.graph = {}} {
  %u = onnx.initializer "u" #onnx.synthetic<normal, seed = 1> : tensor<6x2x1x1xf32>
  %d = onnx.initializer "d" #onnx.synthetic<normal, seed = 2> : tensor<4x6x1x1xf32>
  %b = onnx.initializer "b" #onnx.synthetic<normal, seed = 3> : tensor<6xf32>
  %0 = onnx.Conv(%x, %u, %b) "/up" {group = 2 : i64} : (tensor<?x4x?x3xf32>, tensor<6x2x1x1xf32>, tensor<6xf32>) -> !onnx.unknown
  %1 = onnx.Relu(%0) "/act"
  %2 = onnx.Conv(%1, %d) "/down" : (!onnx.unknown, tensor<4x6x1x1xf32>) -> !onnx.unknown
  return %2 : !onnx.unknown
}

// Two of them behind each other, and a product behind these, are one matrix.
// REMARK-DAG: "'/a' and 2 more 1x1 convolutions are products of the last axis; 1 values enter, 1 leave"
// CHECK-LABEL: func.func @chain
// CHECK-COUNT-2: onnx.Conv
// CHECK: onnx.MatMul
// RAISED-LABEL: func.func @chain
// RAISED: slin.apply
// RAISED-NOT: slin.apply
func.func @chain(%x: tensor<?x4x?xf32> {onnx.name = "x"}) -> (!onnx.unknown {onnx.name = "y"}) attributes {onnx.graph = {}} {
  %u = onnx.initializer "u1" #onnx.synthetic<normal, seed = 1> : tensor<4x2x1xf32>
  %d = onnx.initializer "d1" #onnx.synthetic<normal, seed = 2> : tensor<2x4x1xf32>
  %0 = onnx.Conv(%x, %u) "/a" {group = 2 : i64} : (tensor<?x4x?xf32>, tensor<4x2x1xf32>) -> !onnx.unknown
  %1 = onnx.Conv(%0, %u) "/b" {group = 2 : i64} : (!onnx.unknown, tensor<4x2x1xf32>) -> !onnx.unknown
  %2 = onnx.Conv(%1, %d) "/c" : (!onnx.unknown, tensor<2x4x1xf32>) -> !onnx.unknown
  return %2 : !onnx.unknown
}
}
