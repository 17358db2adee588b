// RUN: slin-opt %s --onnx-split-norms --remark-format=emitRemark --remarks-filter=onnx-split-norms 2>%t.remarks | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARKS --input-file=%t.remarks
// RUN: slin-opt %s --onnx-split-norms --onnx-raise-linears --slin-merge=verify-exact=true --slin-to-onnx | FileCheck %s --check-prefix=FOLDED
// RUN: slin-opt %s --onnx-split-norms -o %t.executed.mlir && slin-run %t.executed.mlir --tokens=4 --check=%s | FileCheck %s --check-prefix=EXECUTED

// EXECUTED-COUNT-2: checked: max relative error

// REMARKS: remark: [Passed] Split | Category:onnx-split-norms | {{.*}}scale and shift of '/norm' are nodes of their own
// REMARKS: remark: [Passed] Split | Category:onnx-split-norms | {{.*}}scale and shift of '/rms' are nodes of their own
// REMARKS: '/read' keeps its scale: '/add' reads it, which is no linear
// REMARKS: '/computed' keeps its scale: expected a scale and a shift that are stored vectors
// REMARKS: '/axes' keeps its scale: expected a normalisation of the last axis
// REMARKS: '/mean' keeps its scale: its other results are read
// REMARKS-NOT: '/ones'

module attributes {onnx.opset_imports = [["", 23]]} {
// W diag(γ) and W β + b, W being [out, in] = [[1, 3], [2, 4]].
// CHECK-LABEL: func.func @folds
// CHECK: %[[N:.*]] = onnx.LayerNormalization(%{{.*}}, %norm.slin_ones, %norm.slin_zeros) "/norm/slin_normalised" {axis = -1 : i64, epsilon =
// CHECK: %[[S:.*]] = onnx.Mul(%[[N]], %g)
// CHECK: %[[T:.*]] = onnx.Add(%[[S]], %b)
// CHECK: onnx.MatMul(%[[T]],
// CHECK: onnx.RMSNormalization(%{{.*}}, %rms.slin_ones)
// CHECK: onnx.Mul(
// CHECK-NEXT: onnx.MatMul(
// FOLDED-LABEL: func.func @folds
// FOLDED-DAG: dense<{{\[}}[2.000000e+00, 4.000000e+00], [9.000000e+00, 1.200000e+01]]>
// FOLDED-DAG: dense<[1.900000e+01, 2.800000e+01]>
// FOLDED: onnx.LayerNormalization(
// FOLDED-NEXT: onnx.MatMul(
// FOLDED-NEXT: onnx.Add(
// FOLDED-NEXT: onnx.RMSNormalization(
// FOLDED-NEXT: onnx.MatMul(
func.func @folds(%x: tensor<?x2xf32> {onnx.name = "x"}) -> (!onnx.unknown {onnx.name = "y"}, !onnx.unknown {onnx.name = "z"}) attributes {onnx.graph = {}} {
  %g = onnx.initializer "g" dense<[2.0, 3.0]> : tensor<2xf32>
  %b = onnx.initializer "b" dense<[4.0, 5.0]> : tensor<2xf32>
  %w = onnx.initializer "w" dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %v = onnx.initializer "v" dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %n = onnx.LayerNormalization(%x, %g, %b) "/norm" {axis = -1 : i64, epsilon = 1.0e-05 : f32} : (tensor<?x2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<?x2xf32>
  %y = onnx.MatMul(%n, %w) "/fc" outputs ["y"] : (tensor<?x2xf32>, tensor<2x2xf32>) -> !onnx.unknown
  %m = onnx.RMSNormalization(%x, %g) "/rms" : (tensor<?x2xf32>, tensor<2xf32>) -> tensor<?x2xf32>
  %z = onnx.MatMul(%m, %v) "/fc2" outputs ["z"] : (tensor<?x2xf32>, tensor<2x2xf32>) -> !onnx.unknown
  return %y, %z : !onnx.unknown, !onnx.unknown
}

// CHECK-LABEL: func.func @stays
// CHECK-NOT: slin_ones
func.func @stays(%x: tensor<?x2xf32> {onnx.name = "p"}, %s: tensor<2xf32> {onnx.name = "s"}) -> (!onnx.unknown {onnx.name = "q"}, !onnx.unknown {onnx.name = "r"}, !onnx.unknown {onnx.name = "t"}, !onnx.unknown {onnx.name = "u"}, !onnx.unknown {onnx.name = "v"}, !onnx.unknown {onnx.name = "mean"}) attributes {onnx.graph = {}} {
  %g = onnx.initializer "g2" dense<[2.0, 3.0]> : tensor<2xf32>
  %one = onnx.initializer "one" dense<1.0> : tensor<2xf32>
  %w = onnx.initializer "w2" dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %a = onnx.LayerNormalization(%x, %g) "/read" : (tensor<?x2xf32>, tensor<2xf32>) -> tensor<?x2xf32>
  %b = onnx.MatMul(%a, %w) "/fc3" : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
  %q = onnx.Add(%a, %b) "/add" outputs ["q"] : (tensor<?x2xf32>, tensor<?x2xf32>) -> !onnx.unknown
  %c = onnx.LayerNormalization(%x, %s) "/computed" : (tensor<?x2xf32>, tensor<2xf32>) -> tensor<?x2xf32>
  %r = onnx.MatMul(%c, %w) "/fc4" outputs ["r"] : (tensor<?x2xf32>, tensor<2x2xf32>) -> !onnx.unknown
  %d = onnx.LayerNormalization(%x, %g) "/axes" {axis = 0 : i64} : (tensor<?x2xf32>, tensor<2xf32>) -> tensor<?x2xf32>
  %t = onnx.MatMul(%d, %w) "/fc5" outputs ["t"] : (tensor<?x2xf32>, tensor<2x2xf32>) -> !onnx.unknown
  %e = onnx.LayerNormalization(%x, %one) "/ones" : (tensor<?x2xf32>, tensor<2xf32>) -> tensor<?x2xf32>
  %u = onnx.MatMul(%e, %w) "/fc6" outputs ["u"] : (tensor<?x2xf32>, tensor<2x2xf32>) -> !onnx.unknown
  %f, %mean = onnx.LayerNormalization(%x, %g) "/mean" outputs ["f", "mean"] : (tensor<?x2xf32>, tensor<2xf32>) -> (tensor<?x2xf32>, !onnx.unknown)
  %v = onnx.MatMul(%f, %w) "/fc7" outputs ["v"] : (tensor<?x2xf32>, tensor<2x2xf32>) -> !onnx.unknown
  return %q, %r, %t, %u, %v, %mean : !onnx.unknown, !onnx.unknown, !onnx.unknown, !onnx.unknown, !onnx.unknown, !onnx.unknown
}
}
