// RUN: slin-opt %s --split-input-file --onnx-to-slin=mlp-like=true --remarks-filter=onnx-to-slin --remark-format=emitRemark -o /dev/null 2>&1 | FileCheck %s
// RUN: slin-opt %s --split-input-file --onnx-to-slin=mlp-like=true | FileCheck %s --check-prefix=KEPT

// Networks that the analysis finds and that cannot become regions: a remark at the
// first linear says why, and the nodes stay where they are.

// The If reads the hidden value and gives the shape that the network asks for.
// KEPT-LABEL: func.func @comes_back
// KEPT-NOT: slin.
func.func @comes_back(%x: tensor<?x4xf32>, %c: tensor<i1>) -> !onnx.unknown {
  %w1 = onnx.initializer "w1" #onnx.synthetic<normal, seed = 1> : tensor<4x16xf32>
  %w2 = onnx.initializer "w2" #onnx.synthetic<normal, seed = 2> : tensor<16x4xf32>
  // CHECK: networks-declined.mlir:[[#@LINE+1]]:{{.*}} FFNNotConverted | Category:onnx-to-slin | Remark="an inner value leaves the network and comes back into it"
  %0 = onnx.MatMul(%x, %w1) "/up" : (tensor<?x4xf32>, tensor<4x16xf32>) -> tensor<?x16xf32>
  %1 = onnx.Relu(%0) "/act" : (tensor<?x16xf32>) -> tensor<?x16xf32>
  %2 = onnx.node "If" (%c) "/if" graphs [{attribute = "then_branch"}] ({
    %5 = onnx.Shape(%1) "/shape" : (tensor<?x16xf32>) -> tensor<2xi64>
    onnx.yield %5 : tensor<2xi64>
  }) : (tensor<i1>) -> tensor<2xi64>
  %3 = onnx.Reshape(%1, %2) "/reshape" : (tensor<?x16xf32>, tensor<2xi64>) -> tensor<?x16xf32>
  %4 = onnx.MatMul(%3, %w2) "/down" : (tensor<?x16xf32>, tensor<16x4xf32>) -> !onnx.unknown
  return %4 : !onnx.unknown
}

// -----

// KEPT-LABEL: func.func @recorded_type
// KEPT-NOT: slin.
func.func @recorded_type(%x: tensor<?x4xf32>) -> !onnx.unknown {
  %w1 = onnx.Constant "/w1" outputs ["w1"] {value = dense<1.0> : tensor<4x16xf32>} : () -> tensor<4x?xf32>
  %w2 = onnx.initializer "w2" #onnx.synthetic<normal, seed = 2> : tensor<16x4xf32>
  // CHECK: networks-declined.mlir:[[#@LINE+1]]:{{.*}} Remark="the recorded type of 'w1' is not that of its elements"
  %0 = onnx.MatMul(%x, %w1) "/up" : (tensor<?x4xf32>, tensor<4x?xf32>) -> !onnx.unknown
  %1 = onnx.Relu(%0) "/act" : (!onnx.unknown) -> !onnx.unknown
  %2 = onnx.MatMul(%1, %w2) "/down" : (!onnx.unknown, tensor<16x4xf32>) -> !onnx.unknown
  return %2 : !onnx.unknown
}

// -----

// An output keeps the type that the model says, even where that is none.
// KEPT-LABEL: func.func @output
// KEPT-NOT: slin.
func.func @output(%x: tensor<?x4xf32>) -> (!onnx.unknown, !onnx.unknown) {
  %w1 = onnx.initializer "w1" #onnx.synthetic<normal, seed = 1> : tensor<4x16xf32>
  %w2 = onnx.Constant "/w2" outputs ["w2"] {value = dense<1.0> : tensor<16x4xf32>} : () -> !onnx.unknown
  // CHECK: networks-declined.mlir:[[#@LINE+1]]:{{.*}} Remark="the recorded type of 'w2' is not that of its elements"
  %0 = onnx.MatMul(%x, %w1) "/up" : (tensor<?x4xf32>, tensor<4x16xf32>) -> !onnx.unknown
  %1 = onnx.Relu(%0) "/act" : (!onnx.unknown) -> !onnx.unknown
  %2 = onnx.MatMul(%1, %w2) "/down" : (!onnx.unknown, !onnx.unknown) -> !onnx.unknown
  return %2, %w2 : !onnx.unknown, !onnx.unknown
}

// -----

// Of two networks that share a linear, the first keeps it.
// KEPT-LABEL: func.func @shared
// KEPT: slin.ffn "/up"
// KEPT-NOT: slin.ffn
func.func @shared(%x: tensor<?x4xf32>) -> !onnx.unknown {
  %w = onnx.initializer "w" #onnx.synthetic<normal, seed = 1> : tensor<4x4xf32>
  %0 = onnx.MatMul(%x, %w) "/up" : (tensor<?x4xf32>, tensor<4x4xf32>) -> !onnx.unknown
  %1 = onnx.Relu(%0) "/act" : (!onnx.unknown) -> !onnx.unknown
  // CHECK: networks-declined.mlir:[[#@LINE+1]]:{{.*}} Remark="its nodes belong to another network"
  %2 = onnx.MatMul(%1, %w) "/down" : (!onnx.unknown, tensor<4x4xf32>) -> !onnx.unknown
  %3 = onnx.Relu(%2) "/act2" : (!onnx.unknown) -> !onnx.unknown
  %4 = onnx.MatMul(%3, %w) "/last" : (!onnx.unknown, tensor<4x4xf32>) -> !onnx.unknown
  return %4 : !onnx.unknown
}

// -----

// A weight that the graph computes by a Reshape to another number of elements, and one whose
// data is not there.
// KEPT-LABEL: func.func @reshaped
// KEPT-NOT: slin.
func.func @reshaped(%x: tensor<?x4xf32>) -> !onnx.unknown {
  %w1 = onnx.initializer "w1" #onnx.synthetic<normal, seed = 1> : tensor<8x16xf32>
  %w2 = onnx.initializer "w2" #onnx.synthetic<normal, seed = 2> : tensor<16x4xf32>
  %shape = onnx.Constant "/shape" {value_ints = array<i64: 4, 16>}
  %w = onnx.Reshape(%w1, %shape) "/weight/reshape" : (tensor<8x16xf32>, !onnx.unknown) -> !onnx.unknown
  // CHECK: networks-declined.mlir:[[#@LINE+1]]:{{.*}} Remark="'/weight/reshape' cannot be evaluated"
  %0 = onnx.MatMul(%x, %w) "/up" : (tensor<?x4xf32>, !onnx.unknown) -> !onnx.unknown
  %1 = onnx.Relu(%0) "/act" : (!onnx.unknown) -> !onnx.unknown
  %2 = onnx.MatMul(%1, %w2) "/down" : (!onnx.unknown, tensor<16x4xf32>) -> !onnx.unknown
  return %2 : !onnx.unknown
}

// -----

// KEPT-LABEL: func.func @missing
// KEPT-NOT: slin.
func.func @missing(%x: tensor<?x4xf32>) -> !onnx.unknown {
  %w1 = onnx.initializer "w1" #onnx.weight<"missing.data", 0, 256> : tensor<16x4xf32>
  %w2 = onnx.initializer "w2" #onnx.synthetic<normal, seed = 2> : tensor<16x4xf32>
  %shape = onnx.Constant "/shape" {value_ints = array<i64: 4, 16>}
  %w = onnx.Reshape(%w1, %shape) "/weight/reshape" : (tensor<16x4xf32>, !onnx.unknown) -> !onnx.unknown
  // CHECK: networks-declined.mlir:[[#@LINE+1]]:{{.*}} Remark="{{.*}}missing.data{{.*}}"
  %0 = onnx.MatMul(%x, %w) "/up" : (tensor<?x4xf32>, !onnx.unknown) -> !onnx.unknown
  %1 = onnx.Relu(%0) "/act" : (!onnx.unknown) -> !onnx.unknown
  %2 = onnx.MatMul(%1, %w2) "/down" : (!onnx.unknown, tensor<16x4xf32>) -> !onnx.unknown
  return %2 : !onnx.unknown
}
