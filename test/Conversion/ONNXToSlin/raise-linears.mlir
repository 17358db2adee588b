// RUN: slin-opt %s --onnx-raise-linears -o %t.mlir
// RUN: FileCheck %s --input-file=%t.mlir
// RUN: slin-run %t.mlir --entry=norm --evaluate --dim=2,3 --check=%s | FileCheck %s --check-prefix=EXECUTED
// RUN: slin-run %t.mlir --entry=features --evaluate --dim=2,3 --check=%s | FileCheck %s --check-prefix=EXECUTED
// RUN: slin-run %t.mlir --entry=split --evaluate --dim=2,3 --check=%s | FileCheck %s --check-prefix=EXECUTED
// RUN: slin-opt %s -o %t.before && slin-opt %t.mlir --slin-to-onnx -o %t.after && diff %t.before %t.after

// Nodes that map features affinely become slin ops, compute the same, and come back as they were.

// EXECUTED: checked: max relative error

// A batch norm on axis 1, with the transposes that bring the features there: s = 2 / sqrt(3 + 1) = 1, t = 1 - 3 s.
// CHECK-LABEL: func.func @norm
// CHECK: slin.weight "/norm/slin_bias" dense<-2.000000e+00> : tensor<2xf64>
// CHECK: slin.scale %{{.*}} by 1.000000e+00
// CHECK: slin.apply %{{.*}}, %arg0 bias %{{.*}} : tensor<2xf64> {{.*}}path = "/norm"
// CHECK-NEXT: onnx.Transpose
// CHECK-NEXT: onnx.BatchNormalization
// CHECK-NEXT: onnx.Transpose
// CHECK: slin.apply %{{.*}}path = "/fc"
func.func @norm(%x: tensor<?x?x2xf32> {onnx.name = "x"}) -> (!onnx.unknown {onnx.name = "y"}) attributes {onnx.graph = {}} {
  %w = onnx.initializer "w" #onnx.synthetic<normal, seed = 1> : tensor<2x2xf32>
  %two = onnx.initializer "two" dense<2.0> : tensor<2xf32>
  %one = onnx.initializer "one" dense<1.0> : tensor<2xf32>
  %three = onnx.initializer "three" dense<3.0> : tensor<2xf32>
  %0 = onnx.Transpose(%x) "/to" {perm = array<i64: 0, 2, 1>} : (tensor<?x?x2xf32>) -> !onnx.unknown
  %1 = onnx.BatchNormalization(%0, %two, %one, %three, %three) "/norm" {epsilon = 1.0 : f32} : (!onnx.unknown, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> !onnx.unknown
  %2 = onnx.Transpose(%1) "/back" {perm = array<i64: 0, 2, 1>}
  %y = onnx.MatMul(%2, %w) "/fc" outputs ["y"] : (!onnx.unknown, tensor<2x2xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// Slices, a permutation, a join, a choice by a mask, products and sums with constants, a residual.
// CHECK-LABEL: func.func @features
// CHECK-DAG: slin.slice %{{.*}} out 2 in 0 : !slin.linop<4 -> 4, f32> -> !slin.linop<4 -> 2, f32>
// CHECK-DAG: slin.permutation [1, 3, 0, 2]
// CHECK-DAG: slin.weight "/where/slin_scale" dense<[1.000000e+00, 0.000000e+00, 0.000000e+00, 1.000000e+00]> : tensor<4xf64>
// CHECK-DAG: slin.weight "/divide/slin_scale" dense<[1.000000e+00, 5.000000e-01, 2.500000e-01, 1.250000e-01]> : tensor<4xf64>
// CHECK-DAG: slin.apply %{{.*}}, %{{.*}} bias %{{.*}} : tensor<4xf64> {{.*}}path = "/subtract"
// CHECK-DAG: slin.activation relu
// CHECK-DAG: slin.add %{{.*}}, %{{.*}} {{.*}}path = "/join"
// CHECK-DAG: slin.add %{{.*}}, %{{.*}} {{.*}}path = "/where"
// CHECK: slin.add %{{.*}}, %arg0 {{.*}}path = "/residual"
func.func @features(%x: tensor<?x4xf32> {onnx.name = "x"}) -> (!onnx.unknown {onnx.name = "y"}) attributes {onnx.graph = {}} {
  %w = onnx.initializer "w" #onnx.synthetic<normal, seed = 1> : tensor<4x4xf32>
  %v = onnx.initializer "v" #onnx.synthetic<normal, seed = 2> : tensor<4x4xf32>
  %c = onnx.initializer "c" dense<[1.0, 2.0, 4.0, 8.0]> : tensor<4xf32>
  %i = onnx.initializer "i" dense<[1, 3, 0, 2]> : tensor<4xi64>
  %m = onnx.initializer "m" dense<[true, false, false, true]> : tensor<4xi1>
  %a0 = onnx.initializer "a0" dense<0> : tensor<1xi64>
  %a2 = onnx.initializer "a2" dense<2> : tensor<1xi64>
  %a9 = onnx.initializer "a9" dense<9> : tensor<1xi64>
  %last = onnx.initializer "last" dense<-1> : tensor<1xi64>
  %h = onnx.MatMul(%x, %w) "/up" : (tensor<?x4xf32>, tensor<4x4xf32>) -> !onnx.unknown
  %0 = onnx.Slice(%h, %a0, %a2, %last) "/first" : (!onnx.unknown, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> !onnx.unknown
  %1 = onnx.Slice(%h, %a2, %a9, %last) "/second" : (!onnx.unknown, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> !onnx.unknown
  %2 = onnx.Relu(%0) "/act"
  %3 = onnx.Concat(%2, %1) "/join" {axis = -1 : i64}
  %4 = onnx.Gather(%3, %i) "/permute" {axis = -1 : i64} : (!onnx.unknown, tensor<4xi64>) -> !onnx.unknown
  %5 = onnx.Where(%m, %4, %h) "/where" : (tensor<4xi1>, !onnx.unknown, !onnx.unknown) -> !onnx.unknown
  %6 = onnx.Div(%5, %c) "/divide" : (!onnx.unknown, tensor<4xf32>) -> !onnx.unknown
  %7 = onnx.Sub(%6, %c) "/subtract" : (!onnx.unknown, tensor<4xf32>) -> !onnx.unknown
  %8 = onnx.MatMul(%7, %v) "/down" : (!onnx.unknown, tensor<4x4xf32>) -> !onnx.unknown
  %y = onnx.Add(%8, %x) "/residual" outputs ["y"] : (!onnx.unknown, tensor<?x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// Parts of a Split stay results of one node; a bound that is computed from a shape is a constant.
// CHECK-LABEL: func.func @split
// CHECK: %[[A:.*]], %[[B:.*]] = onnx.Split
// CHECK-DAG: slin.yield %[[A]] :
// CHECK-DAG: slin.yield %[[B]] :
// CHECK: slin.slice %{{.*}} out 1 in 0 : !slin.linop<4 -> 4, f32> -> !slin.linop<4 -> 3, f32>
func.func @split(%x: tensor<?x4xf32> {onnx.name = "x"}) -> (!onnx.unknown {onnx.name = "y"}, !onnx.unknown {onnx.name = "z"}) attributes {onnx.graph = {}} {
  %w = onnx.initializer "w" #onnx.synthetic<normal, seed = 1> : tensor<4x4xf32>
  %v = onnx.initializer "v" #onnx.synthetic<normal, seed = 2> : tensor<2x4xf32>
  %one = onnx.initializer "one" dense<1> : tensor<1xi64>
  %h = onnx.MatMul(%x, %w) "/up" : (tensor<?x4xf32>, tensor<4x4xf32>) -> !onnx.unknown
  %0:2 = onnx.Split(%h) "/split" {axis = -1 : i64} : (!onnx.unknown) -> (!onnx.unknown, !onnx.unknown)
  %a = onnx.MatMul(%0#0, %v) "/a" : (!onnx.unknown, tensor<2x4xf32>) -> !onnx.unknown
  %y = onnx.Add(%a, %h) "/sum" outputs ["y"]
  %b = onnx.MatMul(%0#1, %v) "/b" : (!onnx.unknown, tensor<2x4xf32>) -> !onnx.unknown
  %s = onnx.Shape(%b) "/shape"
  %end = onnx.Gather(%s, %one) "/end" {axis = 0 : i64} : (!onnx.unknown, tensor<1xi64>) -> !onnx.unknown
  %z = onnx.Slice(%b, %one, %end, %one) "/slice" outputs ["z"] : (!onnx.unknown, tensor<1xi64>, !onnx.unknown, tensor<1xi64>) -> !onnx.unknown
  return %y, %z : !onnx.unknown, !onnx.unknown
}

// How many channels there are is what the convolution and the norm say; no types are recorded.
// CHECK-LABEL: func.func @image
// CHECK: slin.apply %{{.*}}path = "/norm"
// CHECK-NEXT: onnx.Transpose
// CHECK-NEXT: onnx.BatchNormalization
// CHECK: slin.apply %{{.*}}path = "/fc"
func.func @image(%x: !onnx.unknown {onnx.name = "x"}) -> (!onnx.unknown {onnx.name = "y"}) attributes {onnx.graph = {}} {
  %k = onnx.initializer "k" #onnx.synthetic<normal, seed = 1> : tensor<2x2x3x3xf32>
  %w = onnx.initializer "w" #onnx.synthetic<normal, seed = 1> : tensor<2x2xf32>
  %one = onnx.initializer "one" dense<1.0> : tensor<2xf32>
  %0 = onnx.Conv(%x, %k) "/conv" : (!onnx.unknown, tensor<2x2x3x3xf32>) -> !onnx.unknown
  %1 = onnx.node "MaxPool" (%0) "/pool" {kernel_shape = array<i64: 2, 2>} : (!onnx.unknown) -> !onnx.unknown
  %2 = onnx.Transpose(%1) "/last" {perm = array<i64: 0, 2, 3, 1>}
  %3 = onnx.Transpose(%2) "/to" {perm = array<i64: 0, 3, 1, 2>}
  %4 = onnx.BatchNormalization(%3, %one, %one, %one, %one) "/norm" : (!onnx.unknown, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> !onnx.unknown
  %5 = onnx.Transpose(%4) "/back" {perm = array<i64: 0, 2, 3, 1>}
  %y = onnx.MatMul(%5, %w) "/fc" outputs ["y"] : (!onnx.unknown, tensor<2x2xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}
