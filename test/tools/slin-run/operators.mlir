// REQUIRES: slin-run
// RUN: slin-run %s --tokens=3 --check=reference | FileCheck %s
// RUN: slin-run %s --tokens=21 --check=reference --vector-bits=512 --threads=2 | FileCheck %s
// RUN: slin-run %s --tokens=7 --check=reference --vector-bits=256 | FileCheck %s
// RUN: slin-run %s --tokens=1 --check=reference --vector-bits=128 | FileCheck %s
// RUN: slin-run %s --tokens=2 --check=reference --vector-bits=0 | FileCheck %s

// Each operator in machine code against its term in f64.

// CHECK-NOT: error
// CHECK-COUNT-23: checked: max relative error {{.*}} <= 1.0e-05
func.func @dense(%x: tensor<?x6xf32>) -> tensor<?x10xf32> {
  %0 = slin.weight "w" #onnx.synthetic<normal, seed = 1> : tensor<10x6xf32>
  %w = slin.dense %0 : tensor<10x6xf32> -> !slin.linop<6 -> 10, f32>
  %y = slin.apply %w, %x : !slin.linop<6 -> 10, f32>, tensor<?x6xf32> -> tensor<?x10xf32>
  return %y : tensor<?x10xf32>
}
func.func @dense_transposed(%x: tensor<?x6xf32>) -> tensor<?x40xf32> {
  %0 = slin.weight "w" #onnx.synthetic<normal, seed = 1> : tensor<6x40xf32>
  %w = slin.dense %0 transposed : tensor<6x40xf32> -> !slin.linop<6 -> 40, f32>
  %y = slin.apply %w, %x : !slin.linop<6 -> 40, f32>, tensor<?x6xf32> -> tensor<?x40xf32>
  return %y : tensor<?x40xf32>
}
func.func @dense_long_sum(%x: tensor<?x900xf32>) -> tensor<?x33xf32> {
  %0 = slin.weight "w" #onnx.synthetic<normal, seed = 1> : tensor<33x900xf32>
  %w = slin.dense %0 : tensor<33x900xf32> -> !slin.linop<900 -> 33, f32>
  %y = slin.apply %w, %x : !slin.linop<900 -> 33, f32>, tensor<?x900xf32> -> tensor<?x33xf32>
  return %y : tensor<?x33xf32>
}
// The weight is a value, not a constant.
func.func @dense_argument(%0: tensor<10x6xf32>, %x: tensor<?x6xf32>) -> tensor<?x10xf32> {
  %w = slin.dense %0 : tensor<10x6xf32> -> !slin.linop<6 -> 10, f32>
  %y = slin.apply %w, %x : !slin.linop<6 -> 10, f32>, tensor<?x6xf32> -> tensor<?x10xf32>
  return %y : tensor<?x10xf32>
}
func.func @low_rank(%x: tensor<?x6xf32>) -> tensor<?x10xf32> {
  %0 = slin.weight "u" #onnx.synthetic<normal, seed = 1> : tensor<10x3xf32>
  %1 = slin.weight "v" #onnx.synthetic<normal, seed = 2> : tensor<3x6xf32>
  %w = slin.low_rank %0, %1 : tensor<10x3xf32>, tensor<3x6xf32> -> !slin.linop<6 -> 10, f32>
  %y = slin.apply %w, %x : !slin.linop<6 -> 10, f32>, tensor<?x6xf32> -> tensor<?x10xf32>
  return %y : tensor<?x10xf32>
}
func.func @block_diagonal(%x: tensor<?x6xf32>) -> tensor<?x15xf32> {
  %0 = slin.weight "d" #onnx.synthetic<normal, seed = 1> : tensor<3x5x2xf32>
  %w = slin.block_diagonal %0 : tensor<3x5x2xf32> -> !slin.linop<6 -> 15, f32>
  %y = slin.apply %w, %x : !slin.linop<6 -> 15, f32>, tensor<?x6xf32> -> tensor<?x15xf32>
  return %y : tensor<?x15xf32>
}
func.func @block_dense(%x: tensor<?x6xf32>) -> tensor<?x10xf32> {
  %0 = slin.weight "l" #onnx.synthetic<normal, seed = 1> : tensor<10x4xf32>
  %1 = slin.weight "d" #onnx.synthetic<normal, seed = 2> : tensor<2x2x3xf32>
  %w = slin.block_dense %0, %1 : tensor<10x4xf32>, tensor<2x2x3xf32> -> !slin.linop<6 -> 10, f32>
  %y = slin.apply %w, %x : !slin.linop<6 -> 10, f32>, tensor<?x6xf32> -> tensor<?x10xf32>
  return %y : tensor<?x10xf32>
}
// Four blocks share a vector; with three the result is scattered.
func.func @block_shuffle(%x: tensor<?x8xf32>) -> tensor<?x20xf32> {
  %0 = slin.weight "a" #onnx.synthetic<normal, seed = 1> : tensor<4x3x2xf32>
  %1 = slin.weight "b" #onnx.synthetic<normal, seed = 2> : tensor<4x5x3xf32>
  %w = slin.block_shuffle %0, %1 : tensor<4x3x2xf32>, tensor<4x5x3xf32> -> !slin.linop<8 -> 20, f32>
  %y = slin.apply %w, %x : !slin.linop<8 -> 20, f32>, tensor<?x8xf32> -> tensor<?x20xf32>
  return %y : tensor<?x20xf32>
}
func.func @block_shuffle_scattered(%x: tensor<?x4xf32>) -> tensor<?x6xf32> {
  %0 = slin.weight "a" #onnx.synthetic<normal, seed = 1> : tensor<2x3x2xf32>
  %1 = slin.weight "b" #onnx.synthetic<normal, seed = 2> : tensor<3x2x2xf32>
  %w = slin.block_shuffle %0, %1 : tensor<2x3x2xf32>, tensor<3x2x2xf32> -> !slin.linop<4 -> 6, f32>
  %y = slin.apply %w, %x : !slin.linop<4 -> 6, f32>, tensor<?x4xf32> -> tensor<?x6xf32>
  return %y : tensor<?x6xf32>
}
func.func @block_shuffle_scattered_long_sum(%x: tensor<?x1200xf32>) -> tensor<?x33xf32> {
  %0 = slin.weight "a" #onnx.synthetic<normal, seed = 1> : tensor<2x600x600xf32>
  %1 = slin.weight "b" #onnx.synthetic<normal, seed = 2> : tensor<3x11x400xf32>
  %w = slin.block_shuffle %0, %1 : tensor<2x600x600xf32>, tensor<3x11x400xf32> -> !slin.linop<1200 -> 33, f32>
  %y = slin.apply %w, %x : !slin.linop<1200 -> 33, f32>, tensor<?x1200xf32> -> tensor<?x33xf32>
  return %y : tensor<?x33xf32>
}
func.func @diagonal(%x: tensor<?x9xf32>) -> tensor<?x9xf32> {
  %0 = slin.weight "d" #onnx.synthetic<normal, seed = 1> : tensor<9xf32>
  %w = slin.diagonal %0 : tensor<9xf32> -> !slin.linop<9 -> 9, f32>
  %y = slin.apply %w, %x : !slin.linop<9 -> 9, f32>, tensor<?x9xf32> -> tensor<?x9xf32>
  return %y : tensor<?x9xf32>
}
func.func @permutation(%x: tensor<?x5xf32>) -> tensor<?x5xf32> {
  %w = slin.permutation [2, 0, 4, 1, 3] : !slin.linop<5 -> 5, f32>
  %y = slin.apply %w, %x : !slin.linop<5 -> 5, f32>, tensor<?x5xf32> -> tensor<?x5xf32>
  return %y : tensor<?x5xf32>
}
func.func @shuffle(%x: tensor<?x24xf32>) -> tensor<?x24xf32> {
  %w = slin.shuffle [2, 3, 4] order [2, 0, 1] : !slin.linop<24 -> 24, f32>
  %y = slin.apply %w, %x : !slin.linop<24 -> 24, f32>, tensor<?x24xf32> -> tensor<?x24xf32>
  return %y : tensor<?x24xf32>
}
func.func @identity(%x: tensor<?x5xf32>) -> tensor<?x5xf32> {
  %w = slin.identity : !slin.linop<5 -> 5, f32>
  %y = slin.apply %w, %x : !slin.linop<5 -> 5, f32>, tensor<?x5xf32> -> tensor<?x5xf32>
  return %y : tensor<?x5xf32>
}
func.func @compose(%x: tensor<?x8xf32>) -> tensor<?x6xf32> {
  %0 = slin.weight "w" #onnx.synthetic<normal, seed = 1> : tensor<6x8xf32>
  %1 = slin.weight "d" #onnx.synthetic<normal, seed = 2> : tensor<8xf32>
  %a = slin.dense %0 : tensor<6x8xf32> -> !slin.linop<8 -> 6, f32>
  %b = slin.diagonal %1 : tensor<8xf32> -> !slin.linop<8 -> 8, f32>
  %c = slin.shuffle [2, 4] order [1, 0] : !slin.linop<8 -> 8, f32>
  %d = slin.permutation [7, 6, 5, 4, 3, 2, 0, 1] : !slin.linop<8 -> 8, f32>
  %w = slin.compose %a, %c, %b, %d : !slin.linop<8 -> 6, f32>, !slin.linop<8 -> 8, f32>, !slin.linop<8 -> 8, f32>, !slin.linop<8 -> 8, f32> -> !slin.linop<8 -> 6, f32>
  %y = slin.apply %w, %x : !slin.linop<8 -> 6, f32>, tensor<?x8xf32> -> tensor<?x6xf32>
  return %y : tensor<?x6xf32>
}
func.func @sum(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %0 = slin.weight "w" #onnx.synthetic<normal, seed = 1> : tensor<8x8xf32>
  %a = slin.dense %0 : tensor<8x8xf32> -> !slin.linop<8 -> 8, f32>
  %b = slin.shuffle [2, 4] order [1, 0] : !slin.linop<8 -> 8, f32>
  %c = slin.identity : !slin.linop<8 -> 8, f32>
  %w = slin.sum %a, %b, %c : !slin.linop<8 -> 8, f32>
  %y = slin.apply %w, %x : !slin.linop<8 -> 8, f32>, tensor<?x8xf32> -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
func.func @scale(%x: tensor<?x6xf32>) -> tensor<?x15xf32> {
  %0 = slin.weight "d" #onnx.synthetic<normal, seed = 1> : tensor<3x5x2xf32>
  %a = slin.block_diagonal %0 : tensor<3x5x2xf32> -> !slin.linop<6 -> 15, f32>
  %w = slin.scale %a by -2.5 : !slin.linop<6 -> 15, f32>
  %y = slin.apply %w, %x : !slin.linop<6 -> 15, f32>, tensor<?x6xf32> -> tensor<?x15xf32>
  return %y : tensor<?x15xf32>
}
func.func @transpose(%x: tensor<?x20xf32>) -> tensor<?x8xf32> {
  %0 = slin.weight "a" #onnx.synthetic<normal, seed = 1> : tensor<4x3x2xf32>
  %1 = slin.weight "b" #onnx.synthetic<normal, seed = 2> : tensor<4x5x3xf32>
  %a = slin.block_shuffle %0, %1 : tensor<4x3x2xf32>, tensor<4x5x3xf32> -> !slin.linop<8 -> 20, f32>
  %w = slin.transpose %a : !slin.linop<8 -> 20, f32> -> !slin.linop<20 -> 8, f32>
  %y = slin.apply %w, %x : !slin.linop<20 -> 8, f32>, tensor<?x20xf32> -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
func.func @stack(%x: tensor<?x6xf32>) -> tensor<?x29xf32> {
  %0 = slin.weight "a" #onnx.synthetic<normal, seed = 1> : tensor<8x6xf32>
  %1 = slin.weight "b" #onnx.synthetic<normal, seed = 2> : tensor<3x5x2xf32>
  %a = slin.dense %0 : tensor<8x6xf32> -> !slin.linop<6 -> 8, f32>
  %b = slin.block_diagonal %1 : tensor<3x5x2xf32> -> !slin.linop<6 -> 15, f32>
  %c = slin.identity : !slin.linop<6 -> 6, f32>
  %w = slin.stack %a, %b, %c : !slin.linop<6 -> 8, f32>, !slin.linop<6 -> 15, f32>, !slin.linop<6 -> 6, f32> -> !slin.linop<6 -> 29, f32>
  %y = slin.apply %w, %x : !slin.linop<6 -> 29, f32>, tensor<?x6xf32> -> tensor<?x29xf32>
  return %y : tensor<?x29xf32>
}
func.func @slice(%x: tensor<?x4xf32>) -> tensor<?x7xf32> {
  %0 = slin.weight "w" #onnx.synthetic<normal, seed = 1> : tensor<10x6xf32>
  %a = slin.dense %0 : tensor<10x6xf32> -> !slin.linop<6 -> 10, f32>
  %w = slin.slice %a out 2 in 1 : !slin.linop<6 -> 10, f32> -> !slin.linop<4 -> 7, f32>
  %y = slin.apply %w, %x : !slin.linop<4 -> 7, f32>, tensor<?x4xf32> -> tensor<?x7xf32>
  return %y : tensor<?x7xf32>
}
// One block and a half, and inputs that the part does not read.
func.func @slice_of_blocks(%x: tensor<?x6xf32>) -> tensor<?x7xf32> {
  %0 = slin.weight "d" #onnx.synthetic<normal, seed = 1> : tensor<3x5x2xf32>
  %a = slin.block_diagonal %0 : tensor<3x5x2xf32> -> !slin.linop<6 -> 15, f32>
  %w = slin.slice %a out 5 in 0 : !slin.linop<6 -> 15, f32> -> !slin.linop<6 -> 7, f32>
  %y = slin.apply %w, %x : !slin.linop<6 -> 7, f32>, tensor<?x6xf32> -> tensor<?x7xf32>
  return %y : tensor<?x7xf32>
}
func.func @slice_of_nothing(%x: tensor<?x2xf32>) -> tensor<?x5xf32> {
  %0 = slin.weight "d" #onnx.synthetic<normal, seed = 1> : tensor<3x5x2xf32>
  %a = slin.block_diagonal %0 : tensor<3x5x2xf32> -> !slin.linop<6 -> 15, f32>
  %w = slin.slice %a out 5 in 0 : !slin.linop<6 -> 15, f32> -> !slin.linop<2 -> 5, f32>
  %y = slin.apply %w, %x : !slin.linop<2 -> 5, f32>, tensor<?x2xf32> -> tensor<?x5xf32>
  return %y : tensor<?x5xf32>
}
// The second form from 3 tokens on; they differ, so that the choice is seen.
func.func @by_tokens(%x: tensor<?x6xf32>) -> tensor<?x10xf32> {
  %0 = slin.weight "a" #onnx.synthetic<normal, seed = 1> : tensor<10x6xf32>
  %1 = slin.weight "b" #onnx.synthetic<normal, seed = 2> : tensor<10x6xf32>
  %a = slin.dense %0 : tensor<10x6xf32> -> !slin.linop<6 -> 10, f32>
  %b = slin.dense %1 : tensor<10x6xf32> -> !slin.linop<6 -> 10, f32>
  %w = slin.by_tokens [3] %a, %b : !slin.linop<6 -> 10, f32>
  %y = slin.apply %w, %x : !slin.linop<6 -> 10, f32>, tensor<?x6xf32> -> tensor<?x10xf32>
  return %y : tensor<?x10xf32>
}
