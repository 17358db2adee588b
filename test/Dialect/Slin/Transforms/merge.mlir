// REQUIRES: slin-run
// RUN: slin-opt %s --slin-merge=verify-exact=true -o %t.mlir
// RUN: FileCheck %s --input-file=%t.mlir
// RUN: slin-run %s --tokens=5 --check=reference | FileCheck %s --check-prefix=EXECUTED
// RUN: slin-run %t.mlir --tokens=5 --check=%s | FileCheck %s --check-prefix=EXECUTED

// Linear paths become single operators, and compute the same.

// EXECUTED-COUNT-4: checked: max relative error {{.*}} <= 1.0e-05

// Biases between linears: b = W2 b1 + b2.
// CHECK-LABEL: func.func @chain
// CHECK: slin.apply %{{.*}} bias {{.*}}!slin.linop<8 -> 4, f32>
// CHECK-NOT: slin.apply
// CHECK: return
func.func @chain(%x: tensor<?x8xf32>) -> tensor<?x4xf32> {
  %0 = slin.weight "w1" #onnx.synthetic<normal, seed = 1> : tensor<32x8xf32>
  %1 = slin.weight "w2" #onnx.synthetic<normal, seed = 2> : tensor<4x32xf32>
  %2 = slin.weight "b1" #onnx.synthetic<normal, seed = 3> : tensor<32xf32>
  %3 = slin.weight "b2" #onnx.synthetic<normal, seed = 4> : tensor<4xf32>
  %a = slin.dense %0 : tensor<32x8xf32> -> !slin.linop<8 -> 32, f32>
  %b = slin.dense %1 : tensor<4x32xf32> -> !slin.linop<32 -> 4, f32>
  %h = slin.apply %a, %x bias %2 : tensor<32xf32> {path = "/a"} : !slin.linop<8 -> 32, f32>, tensor<?x8xf32> -> tensor<?x32xf32>
  %y = slin.apply %b, %h bias %3 : tensor<4xf32> {path = "/b"} : !slin.linop<32 -> 4, f32>, tensor<?x32xf32> -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// A bias between the factors of a low rank moves behind them; the factors stay.
// CHECK-LABEL: func.func @low_rank
// CHECK: slin.low_rank %{{.*}}, %{{.*}} : tensor<16x2xf32>, tensor<2x16xf32>
// CHECK-COUNT-1: slin.apply
// CHECK-NOT: slin.apply
// CHECK: return
func.func @low_rank(%x: tensor<?x16xf32>) -> tensor<?x16xf32> {
  %0 = slin.weight "v" #onnx.synthetic<normal, seed = 1> : tensor<2x16xf32>
  %1 = slin.weight "u" #onnx.synthetic<normal, seed = 2> : tensor<16x2xf32>
  %2 = slin.weight "b" #onnx.synthetic<normal, seed = 3> : tensor<2xf32>
  %3 = slin.weight "c" #onnx.synthetic<normal, seed = 4> : tensor<16xf32>
  %a = slin.dense %0 : tensor<2x16xf32> -> !slin.linop<16 -> 2, f32>
  %b = slin.dense %1 : tensor<16x2xf32> -> !slin.linop<2 -> 16, f32>
  %h = slin.apply %a, %x bias %2 : tensor<2xf32> {path = "/v"} : !slin.linop<16 -> 2, f32>, tensor<?x16xf32> -> tensor<?x2xf32>
  %y = slin.apply %b, %h bias %3 : tensor<16xf32> {path = "/u"} : !slin.linop<2 -> 16, f32>, tensor<?x2xf32> -> tensor<?x16xf32>
  return %y : tensor<?x16xf32>
}

// Parallel branches and a residual: W2 (W1 + R + I).
// CHECK-LABEL: func.func @branches
// CHECK: slin.dense
// CHECK-COUNT-1: slin.apply
// CHECK-NOT: slin.a
// CHECK: return
func.func @branches(%x: tensor<?x8xf32>) -> tensor<?x4xf32> {
  %0 = slin.weight "w" #onnx.synthetic<normal, seed = 1> : tensor<8x8xf32>
  %1 = slin.weight "r" #onnx.synthetic<normal, seed = 2> : tensor<8x8xf32>
  %2 = slin.weight "d" #onnx.synthetic<normal, seed = 3> : tensor<4x8xf32>
  %w = slin.dense %0 : tensor<8x8xf32> -> !slin.linop<8 -> 8, f32>
  %r = slin.dense %1 : tensor<8x8xf32> -> !slin.linop<8 -> 8, f32>
  %d = slin.dense %2 : tensor<4x8xf32> -> !slin.linop<8 -> 4, f32>
  %a = slin.apply %w, %x {path = "/w"} : !slin.linop<8 -> 8, f32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %b = slin.apply %r, %x {path = "/r"} : !slin.linop<8 -> 8, f32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %s = slin.add %a, %b, %x {path = "/add"} : tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %y = slin.apply %d, %s {path = "/d"} : !slin.linop<8 -> 4, f32>, tensor<?x8xf32> -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// A diagonal goes into the blocks behind it, which stay blocks.
// CHECK-LABEL: func.func @blocks
// CHECK: slin.block_diagonal %{{.*}} transposed : tensor<4x2x2xf32>
// CHECK-COUNT-1: slin.apply
// CHECK-NOT: slin.apply
// CHECK: return
func.func @blocks(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %0 = slin.weight "d" #onnx.synthetic<normal, seed = 1> : tensor<8xf32>
  %1 = slin.weight "b" #onnx.synthetic<normal, seed = 2> : tensor<4x2x2xf32>
  %d = slin.diagonal %0 : tensor<8xf32> -> !slin.linop<8 -> 8, f32>
  %b = slin.block_diagonal %1 : tensor<4x2x2xf32> -> !slin.linop<8 -> 8, f32>
  %h = slin.apply %d, %x {path = "/scale"} : !slin.linop<8 -> 8, f32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %y = slin.apply %b, %h {path = "/blocks"} : !slin.linop<8 -> 8, f32>, tensor<?x8xf32> -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
