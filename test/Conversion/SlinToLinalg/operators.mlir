// RUN: slin-opt %s --split-input-file --slin-to-linalg | FileCheck %s

// What terms become. Permutations beside a product are its maps, not copies.

// CHECK-LABEL: func.func @dense
// CHECK: %[[W:.*]] = arith.constant #onnx.synthetic<normal, seed = 1> : tensor<10x6xf32>
// CHECK: %[[Z:.*]] = linalg.fill
// CHECK: linalg.matmul indexing_maps = [#{{.*}}, #{{.*}}, #{{.*}}] ins(%arg0, %[[W]] : {{.*}}) outs(%[[Z]] : tensor<?x10xf32>)
// CHECK-NOT: slin.
func.func @dense(%x: tensor<?x6xf32>) -> tensor<?x10xf32> {
  %0 = slin.weight "w" #onnx.synthetic<normal, seed = 1> : tensor<10x6xf32>
  %w = slin.dense %0 : tensor<10x6xf32> -> !slin.linop<6 -> 10, f32>
  %y = slin.apply %w, %x : !slin.linop<6 -> 10, f32>, tensor<?x6xf32> -> tensor<?x10xf32>
  return %y : tensor<?x10xf32>
}

// -----

// CHECK-LABEL: func.func @dense_transposed
// CHECK: linalg.matmul ins(%arg0, %{{.*}} : tensor<?x6xf32>, tensor<6x10xf32>)
func.func @dense_transposed(%x: tensor<?x6xf32>) -> tensor<?x10xf32> {
  %0 = slin.weight "w" #onnx.synthetic<normal, seed = 1> : tensor<6x10xf32>
  %w = slin.dense %0 transposed : tensor<6x10xf32> -> !slin.linop<6 -> 10, f32>
  %y = slin.apply %w, %x : !slin.linop<6 -> 10, f32>, tensor<?x6xf32> -> tensor<?x10xf32>
  return %y : tensor<?x10xf32>
}

// -----

// Tokens, block, row, column: the input of the second product has blocks last,
// and so has its result.
// CHECK-DAG: #[[IN1:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d3)>
// CHECK-DAG: #[[WEIGHT:.*]] = affine_map<(d0, d1, d2, d3) -> (d1, d2, d3)>
// CHECK-DAG: #[[OUT1:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>
// CHECK-DAG: #[[IN2:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d3, d1)>
// CHECK-DAG: #[[OUT2:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d2, d1)>
// CHECK-LABEL: func.func @block_shuffle
// CHECK-NOT: linalg.transpose
// CHECK: linalg.contract indexing_maps = [#[[IN1]], #[[WEIGHT]], #[[OUT1]]] {{.*}} outs({{.*}} : tensor<?x4x3xf32>)
// CHECK: tensor.collapse_shape {{.*}} into tensor<?x12xf32>
// CHECK: tensor.expand_shape {{.*}} into tensor<?x3x4xf32>
// CHECK: linalg.contract indexing_maps = [#[[IN2]], #[[WEIGHT]], #[[OUT2]]] {{.*}} outs({{.*}} : tensor<?x5x4xf32>)
// CHECK-NOT: linalg.transpose
func.func @block_shuffle(%x: tensor<?x8xf32>) -> tensor<?x20xf32> {
  %0 = slin.weight "a" #onnx.synthetic<normal, seed = 1> : tensor<4x3x2xf32>
  %1 = slin.weight "b" #onnx.synthetic<normal, seed = 2> : tensor<4x5x3xf32>
  %w = slin.block_shuffle %0, %1 : tensor<4x3x2xf32>, tensor<4x5x3xf32> -> !slin.linop<8 -> 20, f32>
  %y = slin.apply %w, %x : !slin.linop<8 -> 20, f32>, tensor<?x8xf32> -> tensor<?x20xf32>
  return %y : tensor<?x20xf32>
}

// -----

// A matrix of permuted features is a product over two digits.
// CHECK-DAG: #[[IN:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d3, d2)>
// CHECK-LABEL: func.func @dense_after_shuffle
// CHECK-NOT: linalg.transpose
// CHECK: linalg.contract indexing_maps = [#[[IN]], {{.*}} tensor<?x2x4xf32>, tensor<6x4x2xf32>)
func.func @dense_after_shuffle(%x: tensor<?x8xf32>) -> tensor<?x6xf32> {
  %0 = slin.weight "w" #onnx.synthetic<normal, seed = 1> : tensor<6x8xf32>
  %a = slin.dense %0 : tensor<6x8xf32> -> !slin.linop<8 -> 6, f32>
  %b = slin.shuffle [2, 4] order [1, 0] : !slin.linop<8 -> 8, f32>
  %w = slin.compose %a, %b : !slin.linop<8 -> 6, f32>, !slin.linop<8 -> 8, f32> -> !slin.linop<8 -> 6, f32>
  %y = slin.apply %w, %x : !slin.linop<8 -> 6, f32>, tensor<?x8xf32> -> tensor<?x6xf32>
  return %y : tensor<?x6xf32>
}

// -----

// Without a product at either end there is a copy.
// CHECK-LABEL: func.func @shuffle
// CHECK: linalg.transpose {{.*}} permutation = [0, 2, 1]
func.func @shuffle(%x: tensor<?x6xf32>) -> tensor<?x6xf32> {
  %w = slin.shuffle [2, 3] order [1, 0] : !slin.linop<6 -> 6, f32>
  %y = slin.apply %w, %x : !slin.linop<6 -> 6, f32>, tensor<?x6xf32> -> tensor<?x6xf32>
  return %y : tensor<?x6xf32>
}

// -----

// CHECK-LABEL: func.func @permutation
// CHECK: %[[LIST:.*]] = arith.constant dense<[2, 0, 1]> : tensor<3xi64>
// CHECK: linalg.generic {{.*}} ins(%[[LIST]]
// CHECK: tensor.extract %arg0
func.func @permutation(%x: tensor<?x3xf32>) -> tensor<?x3xf32> {
  %w = slin.permutation [2, 0, 1] : !slin.linop<3 -> 3, f32>
  %y = slin.apply %w, %x : !slin.linop<3 -> 3, f32>, tensor<?x3xf32> -> tensor<?x3xf32>
  return %y : tensor<?x3xf32>
}

// -----

// The box of a weight, and the part of the input that it reads.
// CHECK-LABEL: func.func @slice
// CHECK: tensor.extract_slice %{{.*}}[2, 1] [7, 4] [1, 1] : tensor<10x6xf32> to tensor<7x4xf32>
func.func @slice(%x: tensor<?x4xf32>) -> tensor<?x7xf32> {
  %0 = slin.weight "w" #onnx.synthetic<normal, seed = 1> : tensor<10x6xf32>
  %a = slin.dense %0 : tensor<10x6xf32> -> !slin.linop<6 -> 10, f32>
  %w = slin.slice %a out 2 in 1 : !slin.linop<6 -> 10, f32> -> !slin.linop<4 -> 7, f32>
  %y = slin.apply %w, %x : !slin.linop<4 -> 7, f32>, tensor<?x4xf32> -> tensor<?x7xf32>
  return %y : tensor<?x7xf32>
}
