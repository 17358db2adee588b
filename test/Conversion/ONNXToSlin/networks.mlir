// RUN: slin-opt %s --split-input-file --onnx-to-slin | FileCheck %s
// RUN: slin-opt %s --split-input-file --onnx-to-slin --slin-to-onnx | FileCheck %s --check-prefix=BACK
// RUN: slin-opt %s --onnx-to-slin --slin-to-onnx=respell -o %t.executed.mlir && slin-run %t.executed.mlir --dim=2,3,4 --check=%s | FileCheck %s --check-prefix=EXECUTED

// EXECUTED-COUNT-3: checked: max relative error

// Networks become regions; converting back gives the model's own nodes.

// CHECK-LABEL: func.func @plain
// CHECK: %[[W1:.*]] = slin.dense %w1 transposed : tensor<4x16xf32> -> !slin.linop<4 -> 16, f32>
// CHECK: %[[W2:.*]] = slin.dense %w2 transposed : tensor<16x4xf32> -> !slin.linop<16 -> 4, f32>
// CHECK: slin.ffn "/mlp" (%[[T:.*]] = %arg0 : tensor<?x4xf32>) -> !onnx.unknown {
// CHECK:   %[[H:.*]] = slin.apply %[[W1]], %[[T]] bias %b1 : tensor<16xf32> {{.*}} role = "up"
// CHECK:     onnx.MatMul(%[[T]], %w1) "/mlp/up/MatMul"
// CHECK:   %[[A:.*]] = slin.activation relu(%[[V:.*]] = %[[H]] : !onnx.unknown)
// CHECK:     onnx.Relu(%[[V]]) "/mlp/act/Relu"
// CHECK:   slin.apply %[[W2]], %[[A]] {{.*}} role = "down"
// CHECK: slin.yield
// BACK-LABEL: func.func @plain
// BACK-NOT: slin.
// BACK: onnx.MatMul({{.*}}) "/mlp/up/MatMul" :
// BACK: onnx.Add({{.*}}) "/mlp/up/Add" :
// BACK: onnx.Relu({{.*}}) "/mlp/act/Relu"{{$}}
// BACK: onnx.Neg({{.*}}) "/elsewhere" :
// BACK: onnx.MatMul({{.*}}) "/mlp/down/MatMul" :
// BACK: onnx.Add({{.*}}) "/residual" outputs ["y"] :
func.func @plain(%x: tensor<?x4xf32> {onnx.name = "x"}) -> (!onnx.unknown {onnx.name = "y"}, !onnx.unknown {onnx.name = "z"}) attributes {onnx.graph = {}} {
  %w1 = onnx.initializer "w1" #onnx.synthetic<normal, seed = 1> : tensor<4x16xf32>
  %b1 = onnx.initializer "b1" dense<1.0> : tensor<16xf32>
  %w2 = onnx.initializer "w2" #onnx.synthetic<normal, seed = 2> : tensor<16x4xf32>
  %0 = onnx.MatMul(%x, %w1) "/mlp/up/MatMul" : (tensor<?x4xf32>, tensor<4x16xf32>) -> !onnx.unknown
  %1 = onnx.Add(%0, %b1) "/mlp/up/Add" : (!onnx.unknown, tensor<16xf32>) -> !onnx.unknown
  %2 = onnx.Relu(%1) "/mlp/act/Relu"
  // Stands between the nodes of the network, and back in its place afterwards.
  %3 = onnx.Neg(%x) "/elsewhere" : (tensor<?x4xf32>) -> !onnx.unknown
  %4 = onnx.MatMul(%2, %w2) "/mlp/down/MatMul" : (!onnx.unknown, tensor<16x4xf32>) -> !onnx.unknown
  %5 = onnx.Add(%x, %4) "/residual" outputs ["y"] : (tensor<?x4xf32>, !onnx.unknown) -> !onnx.unknown
  return %5, %3 : !onnx.unknown, !onnx.unknown
}

// -----

// A tap is a further result; the hidden value is an output of the graph.
// CHECK-LABEL: func.func @tap
// CHECK: %[[F:.*]]:2 = slin.ffn
// CHECK: return %[[F]]#0, %[[F]]#1
// BACK-LABEL: func.func @tap
// BACK: onnx.Relu({{.*}}) "/act" outputs ["hidden"]{{$}}
func.func @tap(%x: tensor<?x4xf32> {onnx.name = "x"}) -> (!onnx.unknown {onnx.name = "y"}, !onnx.unknown {onnx.name = "hidden"}) attributes {onnx.graph = {}} {
  %w1 = onnx.initializer "w1" #onnx.synthetic<normal, seed = 1> : tensor<4x16xf32>
  %w2 = onnx.initializer "w2" #onnx.synthetic<normal, seed = 2> : tensor<16x4xf32>
  %0 = onnx.MatMul(%x, %w1) "/up" : (tensor<?x4xf32>, tensor<4x16xf32>) -> !onnx.unknown
  %1 = onnx.Relu(%0) "/act" outputs ["hidden"]
  %2 = onnx.MatMul(%1, %w2) "/down" outputs ["y"] : (!onnx.unknown, tensor<16x4xf32>) -> !onnx.unknown
  return %2, %1 : !onnx.unknown, !onnx.unknown
}

// -----

// Two networks that share their weights share the operators.
// CHECK-LABEL: func.func @shared
// CHECK-COUNT-2: slin.dense
// CHECK-NOT: slin.dense
// CHECK-COUNT-2: slin.ffn
func.func @shared(%x: tensor<?x4xf32> {onnx.name = "x"}) -> (!onnx.unknown {onnx.name = "y"}) attributes {onnx.graph = {}} {
  %w1 = onnx.initializer "w1" #onnx.synthetic<normal, seed = 1> : tensor<4x16xf32>
  %w2 = onnx.initializer "w2" #onnx.synthetic<normal, seed = 2> : tensor<16x4xf32>
  %0 = onnx.MatMul(%x, %w1) "/0/up" : (tensor<?x4xf32>, tensor<4x16xf32>) -> !onnx.unknown
  %1 = onnx.Relu(%0) "/0/act"
  %2 = onnx.MatMul(%1, %w2) "/0/down" : (!onnx.unknown, tensor<16x4xf32>) -> !onnx.unknown
  %r = onnx.Add(%x, %2) "/0/residual" : (tensor<?x4xf32>, !onnx.unknown) -> !onnx.unknown
  %3 = onnx.MatMul(%r, %w1) "/1/up" : (!onnx.unknown, tensor<4x16xf32>) -> !onnx.unknown
  %4 = onnx.Relu(%3) "/1/act"
  %5 = onnx.MatMul(%4, %w2) "/1/down" outputs ["y"] : (!onnx.unknown, tensor<16x4xf32>) -> !onnx.unknown
  return %5 : !onnx.unknown
}
