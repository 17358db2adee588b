// RUN: slin-opt %s --onnx-channels-last --remarks-filter=onnx-channels-last -o %t.mlir 2> %t.remarks
// RUN: FileCheck %s --input-file=%t.mlir
// RUN: FileCheck %s --input-file=%t.remarks --check-prefix=REMARK
// RUN: slin-opt %t.mlir --onnx-channels-last -o %t.again.mlir && diff %t.mlir %t.again.mlir
// RUN: slin-run %t.mlir --entry=pointwise --dim=2,3 --check=%s | FileCheck %s --check-prefix=EXECUTED
// RUN: slin-run %t.mlir --entry=signal --dim=2,3 --check=%s | FileCheck %s --check-prefix=EXECUTED
// RUN: slin-run %t.mlir --entry=views --dim=2,3,4,5 --check=%s | FileCheck %s --check-prefix=EXECUTED
// RUN: slin-run %t.mlir --entry=convolutions --dim=2,3 --check=%s | FileCheck %s --check-prefix=EXECUTED

// EXECUTED: checked: max relative error

// Between 1x1 convolutions channels become the last axis; every convolution that stays says why.

module attributes {onnx.opset_imports = [["", 17]]} {
// Constants of all spellings, a mask, parts of the channels, a batch norm; no types are recorded behind the input.
// REMARK-DAG: "'/up' and 1 more 1x1 convolutions are products of the last axis; 1 values enter, 2 leave"
// CHECK-LABEL: func.func @pointwise
// CHECK-DAG: %[[UP:.*]] = onnx.initializer "/up/slin_w" dense<{{\[\[}}1.000000e+00, 3.000000e+00], [2.000000e+00, 4.000000e+00]]> : tensor<2x2xf32>
// CHECK-DAG: %[[GAIN:.*]] = onnx.initializer "/gain/slin_c" dense<[5.000000e+00, 6.000000e+00]> : tensor<2xf32>
// CHECK-DAG: %[[SHIFT:.*]] = onnx.initializer "/shift/slin_c" dense<[7.000000e+00, 8.000000e+00]> : tensor<2xf32>
// CHECK-DAG: %[[MASK:.*]] = onnx.initializer "/where/slin_c" dense<[true, false]> : tensor<2xi1>
// CHECK-DAG: %[[ROW:.*]] = onnx.initializer "/row/slin_c" dense<{{\[\[}}1.000000e+00], [2.000000e+00], [3.000000e+00]]> : tensor<3x1xf32>
// CHECK-DAG: %[[AXIS:.*]] = onnx.initializer "/first/slin_axis" dense<-1> : tensor<1xi32>
// CHECK: %[[X:.*]] = onnx.Transpose(%arg0) "/up/slin_channels_last" {perm = array<i64: 0, 2, 3, 1>}
// CHECK-NEXT: %[[H:.*]] = onnx.MatMul(%[[X]], %[[UP]]) "/up" outputs ["/up/slin_product_output_0"]
// CHECK-NEXT: %[[B:.*]] = onnx.Add(%[[H]], %b) "/up/slin_bias_add" outputs ["/up_output_0"]
// CHECK-NEXT: %[[A:.*]] = onnx.Relu(%[[B]]) "/act"
// CHECK-NEXT: %[[G:.*]] = onnx.Mul(%[[GAIN]], %[[A]]) "/gain"
// CHECK-NEXT: %[[S:.*]] = onnx.Sub(%[[G]], %[[SHIFT]]) "/shift"
// CHECK-NEXT: %[[W:.*]] = onnx.Where(%[[MASK]], %[[S]], %[[B]]) "/where"
// CHECK-NEXT: %[[R:.*]] = onnx.Add(%[[W]], %[[ROW]]) "/row"
// CHECK-NEXT: %[[F:.*]] = onnx.Slice(%[[R]], %zero, %one, %[[AXIS]]) "/first"
// CHECK-NEXT: %{{.*}}, %[[P:.*]] = onnx.Split(%[[R]]) "/parts" {axis = -1 : i64}
// CHECK-NEXT: %[[C:.*]] = onnx.Concat(%[[F]], %[[P]]) "/join" {axis = -1 : i64}
// CHECK-NEXT: %[[O:.*]] = onnx.Gather(%[[C]], %order) "/order" outputs ["/order_output_0_channels_last"] {axis = -1 : i64}
// CHECK-NEXT: %[[OUT:.*]] = onnx.Transpose(%[[O]]) "/order/slin_channels_first" outputs ["/order_output_0"] {perm = array<i64: 0, 3, 1, 2>}
// CHECK-NEXT: %[[TO:.*]] = onnx.Transpose(%[[O]]) "/norm/slin_channels_first" {perm = array<i64: 0, 3, 1, 2>}
// CHECK-NEXT: %[[N:.*]] = onnx.BatchNormalization(%[[TO]], %b, %b, %b, %b) "/norm"
// CHECK-NEXT: %[[BACK:.*]] = onnx.Transpose(%[[N]]) "/norm/slin_channels_last" {perm = array<i64: 0, 2, 3, 1>}
// CHECK-NEXT: %[[D:.*]] = onnx.MatMul(%[[BACK]], %{{.*}}) "/down"
// CHECK-NEXT: %[[Y:.*]] = onnx.Add(%[[X]], %[[D]]) "/add" outputs ["y_channels_last"]
// CHECK-NEXT: %{{.*}} = onnx.Transpose(%[[Y]]) "/add/slin_channels_first" outputs ["y"] {perm = array<i64: 0, 3, 1, 2>} : (!onnx.unknown) -> tensor<?x2x?x3xf32>
// CHECK-NEXT: onnx.node "GlobalAveragePool" (%[[OUT]])
func.func @pointwise(%x: tensor<?x2x?x3xf32> {onnx.name = "x"}) -> (tensor<?x2x?x3xf32> {onnx.name = "y"}, !onnx.unknown {onnx.name = "z"}) attributes {onnx.graph = {}} {
  %u = onnx.initializer "u" dense<[[[[1.0]], [[2.0]]], [[[3.0]], [[4.0]]]]> : tensor<2x2x1x1xf32>
  %d = onnx.initializer "d" #onnx.synthetic<normal, seed = 1> : tensor<2x2x1x1xf32>
  %b = onnx.initializer "b" dense<[1.0, 2.0]> : tensor<2xf32>
  %g = onnx.initializer "g" dense<[[[5.0]], [[6.0]]]> : tensor<2x1x1xf32>
  %s = onnx.initializer "s" dense<[[[[7.0]], [[8.0]]]]> : tensor<1x2x1x1xf32>
  %m = onnx.initializer "m" dense<[[[true]], [[false]]]> : tensor<2x1x1xi1>
  %r = onnx.initializer "r" dense<[1.0, 2.0, 3.0]> : tensor<3xf32>
  %zero = onnx.initializer "zero" dense<0> : tensor<1xi32>
  %one = onnx.initializer "one" dense<1> : tensor<1xi32>
  %order = onnx.initializer "order" dense<[1, 0]> : tensor<2xi64>
  %0 = onnx.Conv(%x, %u, %b) "/up" {dilations = array<i64: 2, 2>, group = 1 : i64, kernel_shape = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>} : (tensor<?x2x?x3xf32>, tensor<2x2x1x1xf32>, tensor<2xf32>) -> !onnx.unknown
  %1 = onnx.Relu(%0) "/act"
  %2 = onnx.Mul(%g, %1) "/gain" : (tensor<2x1x1xf32>, !onnx.unknown) -> !onnx.unknown
  %3 = onnx.Sub(%2, %s) "/shift" : (!onnx.unknown, tensor<1x2x1x1xf32>) -> !onnx.unknown
  %4 = onnx.Where(%m, %3, %0) "/where" : (tensor<2x1x1xi1>, !onnx.unknown, !onnx.unknown) -> !onnx.unknown
  %5 = onnx.Add(%4, %r) "/row" : (!onnx.unknown, tensor<3xf32>) -> !onnx.unknown
  %6 = onnx.Slice(%5, %zero, %one, %one) "/first" : (!onnx.unknown, tensor<1xi32>, tensor<1xi32>, tensor<1xi32>) -> !onnx.unknown
  %7:2 = onnx.Split(%5) "/parts" {axis = 1 : i64} : (!onnx.unknown) -> (!onnx.unknown, !onnx.unknown)
  %8 = onnx.Concat(%6, %7#1) "/join" {axis = -3 : i64}
  %9 = onnx.Gather(%8, %order) "/order" {axis = 1 : i64} : (!onnx.unknown, tensor<2xi64>) -> !onnx.unknown
  %10 = onnx.BatchNormalization(%9, %b, %b, %b, %b) "/norm" : (!onnx.unknown, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> !onnx.unknown
  %11 = onnx.Conv(%10, %d) "/down" : (!onnx.unknown, tensor<2x2x1x1xf32>) -> !onnx.unknown
  %y = onnx.Add(%x, %11) "/add" outputs ["y"] : (tensor<?x2x?x3xf32>, !onnx.unknown) -> tensor<?x2x?x3xf32>
  %z = onnx.node "GlobalAveragePool" (%9) "/pool" outputs ["z"] : (!onnx.unknown) -> !onnx.unknown
  return %y, %z : tensor<?x2x?x3xf32>, !onnx.unknown
}

// Signals; the Transposes that the model has at the ends are taken for those of the region.
// REMARK-DAG: "'/first' and 1 more 1x1 convolutions are products of the last axis; 0 values enter, 1 leave"
// CHECK-LABEL: func.func @signal
// CHECK-NEXT: onnx.initializer
// CHECK: %[[A:.*]] = onnx.MatMul(%arg0, %{{.*}}) "/first"
// CHECK-NEXT: %[[B:.*]] = onnx.MatMul(%[[A]], %{{.*}}) "/second"
// CHECK-NEXT: onnx.Transpose(%[[B]]) "/second/slin_channels_first" outputs ["y"] {perm = array<i64: 0, 2, 1>}
func.func @signal(%x: tensor<?x?x2xf32> {onnx.name = "x"}) -> (!onnx.unknown {onnx.name = "y"}) attributes {onnx.graph = {}} {
  %u = onnx.initializer "u1" #onnx.synthetic<normal, seed = 1> : tensor<4x2x1xf32>
  %d = onnx.initializer "d1" #onnx.synthetic<normal, seed = 2> : tensor<2x4x1xf32>
  %0 = onnx.Transpose(%x) "/in" {perm = array<i64: 0, 2, 1>} : (tensor<?x?x2xf32>) -> !onnx.unknown
  %1 = onnx.Conv(%0, %u) "/first" : (!onnx.unknown, tensor<4x2x1xf32>) -> !onnx.unknown
  %y = onnx.Conv(%1, %d) "/second" outputs ["y"] : (!onnx.unknown, tensor<2x4x1xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// A constant and a view of it end together; both are written once.
// CHECK-LABEL: func.func @views
// CHECK-NEXT: onnx.initializer "/one/slin_w"
// CHECK-NEXT: onnx.initializer "/scaled/slin_c" dense<[3.000000e+00, 4.000000e+00]> : tensor<2xf32>
// CHECK-NEXT: onnx.initializer "/shifted/slin_c" dense<{{\[\[}}3.000000e+00], [4.000000e+00]]> : tensor<2x1xf32>
// CHECK-NEXT: onnx.Transpose
// CHECK-NOT: onnx.initializer
// CHECK-NOT: onnx.Unsqueeze
// CHECK: return
func.func @views(%x: tensor<?x2x2x2xf32> {onnx.name = "x"}) -> (!onnx.unknown {onnx.name = "y"}) attributes {onnx.graph = {}} {
  %w = onnx.initializer "w1" #onnx.synthetic<normal, seed = 1> : tensor<2x2x1x1xf32>
  %c = onnx.initializer "c1" dense<[3.0, 4.0]> : tensor<2xf32>
  %axes = onnx.initializer "axes" dense<[1, 2]> : tensor<2xi64>
  %0 = onnx.Conv(%x, %w) "/one" : (tensor<?x2x2x2xf32>, tensor<2x2x1x1xf32>) -> !onnx.unknown
  %1 = onnx.Unsqueeze(%c, %axes) "/view" : (tensor<2xf32>, tensor<2xi64>) -> !onnx.unknown
  %2 = onnx.Mul(%0, %1) "/scaled"
  %3 = onnx.Add(%2, %c) "/shifted" : (!onnx.unknown, tensor<2xf32>) -> !onnx.unknown
  %y = onnx.Conv(%3, %w) "/two" outputs ["y"] : (!onnx.unknown, tensor<2x2x1x1xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// Each of these convolutions is another operator than a product of channels.
// REMARK-DAG: "'/kernel' keeps its channels on axis 1: its kernel spans several pixels"
// REMARK-DAG: "'/groups' keeps its channels on axis 1: no other 1x1 convolution is reached from it: '/kernel' (Conv) is no 1x1 convolution; '/strides' (Conv) is no 1x1 convolution"
// REMARK-DAG: "'/strides' keeps its channels on axis 1: its strides leave pixels out"
// REMARK-DAG: "'/pads' keeps its channels on axis 1: it pads the image"
// REMARK-DAG: "'/weight' keeps its channels on axis 1: its weight is no stored tensor"
// REMARK-DAG: "'/constant' keeps its channels on axis 1: it reads a constant"
// CHECK-LABEL: func.func @convolutions
// CHECK-NOT: onnx.MatMul
func.func @convolutions(%x: tensor<1x2x4x4xf32> {onnx.name = "x"}, %v: tensor<2x2x1x1xf32> {onnx.name = "v"}) -> (!onnx.unknown {onnx.name = "y"}, !onnx.unknown {onnx.name = "z"}) attributes {onnx.graph = {}} {
  %k = onnx.initializer "k" #onnx.synthetic<normal, seed = 1> : tensor<2x2x3x3xf32>
  %g = onnx.initializer "g2" #onnx.synthetic<normal, seed = 2> : tensor<2x1x1x1xf32>
  %w = onnx.initializer "w2" #onnx.synthetic<normal, seed = 3> : tensor<2x2x1x1xf32>
  %0 = onnx.Conv(%x, %k) "/kernel" : (tensor<1x2x4x4xf32>, tensor<2x2x3x3xf32>) -> !onnx.unknown
  %1 = onnx.Conv(%0, %g) "/groups" {group = 2 : i64} : (!onnx.unknown, tensor<2x1x1x1xf32>) -> !onnx.unknown
  %2 = onnx.Conv(%1, %w) "/strides" {strides = array<i64: 2, 2>} : (!onnx.unknown, tensor<2x2x1x1xf32>) -> !onnx.unknown
  %3 = onnx.Conv(%2, %w) "/pads" {pads = array<i64: 1, 1, 1, 1>} : (!onnx.unknown, tensor<2x2x1x1xf32>) -> !onnx.unknown
  %y = onnx.Conv(%3, %v) "/weight" outputs ["y"] : (!onnx.unknown, tensor<2x2x1x1xf32>) -> !onnx.unknown
  %z = onnx.Conv(%w, %w) "/constant" outputs ["z"] : (tensor<2x2x1x1xf32>, tensor<2x2x1x1xf32>) -> !onnx.unknown
  return %y, %z : !onnx.unknown, !onnx.unknown
}

// REMARK-DAG: "'/uneven' keeps its channels on axis 1: its groups do not divide its channels"
// CHECK-LABEL: func.func @invalid
func.func @invalid(%x: tensor<1x4x4x4xf32> {onnx.name = "x"}) -> (!onnx.unknown {onnx.name = "y"}) attributes {onnx.graph = {}} {
  %g = onnx.initializer "g5" #onnx.synthetic<normal, seed = 2> : tensor<4x2x1x1xf32>
  %y = onnx.Conv(%x, %g) "/uneven" outputs ["y"] {group = 3 : i64} : (tensor<1x4x4x4xf32>, tensor<4x2x1x1xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// One convolution on each side of a node that is no part of a region.
// REMARK-DAG: "'/before' keeps its channels on axis 1: no other 1x1 convolution is reached from it: '/pool' (AveragePool) does not act on each pixel alone"
// REMARK-DAG: "'/last' keeps its channels on axis 1: no other 1x1 convolution is reached from it: '/softmax' (Softmax) does not act on each pixel alone; '/softmax_1' (Softmax) does not act on each pixel alone"
// REMARK-DAG: "'/third' keeps its channels on axis 1: no other 1x1 convolution is reached from it: '/softmax_1' (Softmax) does not act on each pixel alone; '/unknown' (Add) reads a value whose rank is not known"
// REMARK-DAG: "'/fourth' keeps its channels on axis 1: no other 1x1 convolution is reached from it: '/rows' (Concat) acts along another axis than the channels; '/softmax_2' (Softmax) does not act on each pixel alone"
// REMARK-DAG: "'/fifth' keeps its channels on axis 1: no other 1x1 convolution is reached from it: '/cut' (Slice) cuts along another axis than the channels; '/training' (BatchNormalization) computes the statistics of its batch"
// REMARK-DAG: "'/sixth' keeps its channels on axis 1: no other 1x1 convolution is reached from it: '/training' (BatchNormalization) computes the statistics of its batch"
// CHECK-LABEL: func.func @between
// CHECK-NOT: onnx.MatMul
func.func @between(%x: tensor<1x2x4x4xf32> {onnx.name = "x"}, %o: !onnx.unknown {onnx.name = "o"}) -> (!onnx.unknown {onnx.name = "y"}) attributes {onnx.graph = {}} {
  %w = onnx.initializer "w3" #onnx.synthetic<normal, seed = 3> : tensor<2x2x1x1xf32>
  %p = onnx.initializer "p3" dense<1.0> : tensor<2xf32>
  %two = onnx.initializer "two" dense<2> : tensor<1xi64>
  %0 = onnx.Conv(%x, %w) "/before" : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) -> !onnx.unknown
  %1 = onnx.node "AveragePool" (%0) "/pool" {kernel_shape = [1, 1]} : (!onnx.unknown) -> !onnx.unknown
  %2 = onnx.Softmax(%1) "/softmax" {axis = 3 : i64}
  %3 = onnx.Conv(%2, %w) "/last" : (!onnx.unknown, tensor<2x2x1x1xf32>) -> !onnx.unknown
  %4 = onnx.Softmax(%3) "/softmax_1" {axis = 3 : i64}
  %5 = onnx.Conv(%4, %w) "/third" : (!onnx.unknown, tensor<2x2x1x1xf32>) -> !onnx.unknown
  %6 = onnx.Add(%5, %o) "/unknown"
  %7 = onnx.node "Relu6" domain "other" (%6) "/other" : (!onnx.unknown) -> !onnx.unknown
  %8 = onnx.Concat(%7, %7) "/rows" {axis = 2 : i64}
  %9 = onnx.Conv(%8, %w) "/fourth" : (!onnx.unknown, tensor<2x2x1x1xf32>) -> !onnx.unknown
  %10 = onnx.Softmax(%9) "/softmax_2" {axis = 3 : i64}
  %11 = onnx.Slice(%10, %two, %two, %two) "/cut" : (!onnx.unknown, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> !onnx.unknown
  %12 = onnx.Conv(%11, %w) "/fifth" : (!onnx.unknown, tensor<2x2x1x1xf32>) -> !onnx.unknown
  %13 = onnx.BatchNormalization(%12, %p, %p, %p, %p) "/training" {training_mode = 1 : i64} : (!onnx.unknown, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> !onnx.unknown
  %y = onnx.Conv(%13, %w) "/sixth" outputs ["y"] : (!onnx.unknown, tensor<2x2x1x1xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}
}
