// REQUIRES: slin-run
// RUN: slin-opt %s --slin-densify --data-file=%t.data | FileCheck %s --check-prefix=DENSE
// RUN: slin-opt %s --slin-densify --slin-recover-structure -o %t.again.mlir --remarks-filter=slin-recover-structure 2>&1 | FileCheck %s --check-prefix=REMARK
// RUN: FileCheck %s --input-file=%t.again.mlir
// RUN: slin-run %t.again.mlir --tokens=5 --check=%s | FileCheck %s --check-prefix=EXECUTED

// Structures that were made dense are found again, with as many parameters, and
// compute the same.

// DENSE-COUNT-8: slin.apply %dense,
// EXECUTED-COUNT-7: checked: max relative error

// REMARK-DAG: remark: [Passed] Recovered | Category:slin-recover-structure | Function=/low | {{.*}}Remark="'/low' is low_rank, rank 3, 120 of 384 parameters, tail {{[0-9.]+}}e-0{{[789]}}, Frobenius error {{[0-9.]+}}e-0{{[789]}}"
// REMARK-DAG: Remark="'/diagonal' is block_diagonal, blocks 4, 96 of 384 parameters, tail 0.0e+00, Frobenius error 0.0e+00"
// REMARK-DAG: Remark="'/dense' is block_dense, rank 4, blocks 2, 112 of 384 parameters, tail
// REMARK-DAG: Remark="'/shuffle' is block_shuffle, blocks 4 and 4, 128 of 256 parameters, tail
// REMARK-DAG: Remark="'/uneven' is block_shuffle, blocks 4 and 4, 108 of 288 parameters, tail
// REMARK-DAG: Remark="'/brain' is low_rank, rank 3, 120 of 384 parameters, tail {{[0-9.]+}}e-0{{[34]}},
// REMARK-DAG: Remark="'/half' is block_dense, rank 4, blocks 2, 112 of 384 parameters, tail {{[0-9.]+}}e-0{{[45]}},

// CHECK-LABEL: func.func @low_rank
// CHECK: %[[U:.*]] = slin.weight "/low/slin_u" {{.*}} : tensor<16x3xf32>
// CHECK: %[[V:.*]] = slin.weight "/low/slin_v" {{.*}} : tensor<3x24xf32>
// CHECK: %[[L:.*]] = slin.low_rank %[[U]], %[[V]]
// CHECK: slin.apply %[[L]], %arg0 bias %arg1
func.func @low_rank(%x: tensor<?x24xf32>, %b: tensor<16xf32>) -> tensor<?x16xf32> {
  %u = slin.weight "u" #onnx.synthetic<normal, seed = 1> : tensor<16x3xf32>
  %v = slin.weight "v" #onnx.synthetic<normal, seed = 2> : tensor<3x24xf32>
  %w = slin.low_rank %u, %v : tensor<16x3xf32>, tensor<3x24xf32> -> !slin.linop<24 -> 16, f32>
  %y = slin.apply %w, %x bias %b : tensor<16xf32> {path = "/low"} : !slin.linop<24 -> 16, f32>, tensor<?x24xf32> -> tensor<?x16xf32>
  return %y : tensor<?x16xf32>
}

// CHECK-LABEL: func.func @block_diagonal
// CHECK: slin.weight "/diagonal/slin_blocks"
// CHECK: slin.block_diagonal %{{.*}} : tensor<4x4x6xf32> -> !slin.linop<24 -> 16, f32>
func.func @block_diagonal(%x: tensor<?x24xf32>) -> tensor<?x16xf32> {
  %d = slin.weight "d" #onnx.synthetic<normal, seed = 3> : tensor<4x4x6xf32>
  %w = slin.block_diagonal %d : tensor<4x4x6xf32> -> !slin.linop<24 -> 16, f32>
  %y = slin.apply %w, %x {path = "/diagonal"} : !slin.linop<24 -> 16, f32>, tensor<?x24xf32> -> tensor<?x16xf32>
  return %y : tensor<?x16xf32>
}

// Of two linears.
// CHECK-LABEL: func.func @block_dense
// CHECK: slin.weight "/dense/slin_blocks"
// CHECK: %[[D:.*]] = slin.block_dense %{{.*}}, %{{.*}} : tensor<16x4xf32>, tensor<2x2x12xf32>
// CHECK: slin.apply %[[D]], %arg0
// CHECK: slin.apply %[[D]], %{{.*}}
func.func @block_dense(%x: tensor<?x24xf32>) -> (tensor<?x16xf32>, tensor<?x16xf32>) {
  %l = slin.weight "l" #onnx.synthetic<normal, seed = 4> : tensor<16x4xf32>
  %d = slin.weight "d2" #onnx.synthetic<normal, seed = 5> : tensor<2x2x12xf32>
  %w = slin.block_dense %l, %d : tensor<16x4xf32>, tensor<2x2x12xf32> -> !slin.linop<24 -> 16, f32>
  %0 = slin.apply %w, %x {path = "/dense"} : !slin.linop<24 -> 16, f32>, tensor<?x24xf32> -> tensor<?x16xf32>
  %1 = slin.apply %w, %x {path = "/dense/again"} : !slin.linop<24 -> 16, f32>, tensor<?x24xf32> -> tensor<?x16xf32>
  return %0, %1 : tensor<?x16xf32>, tensor<?x16xf32>
}

// CHECK-LABEL: func.func @block_shuffle
// CHECK: slin.weight "/shuffle/slin_second"
// CHECK: slin.block_shuffle %{{.*}}, %{{.*}} : tensor<4x4x4xf32>, tensor<4x4x4xf32>
func.func @block_shuffle(%x: tensor<?x16xf32>) -> tensor<?x16xf32> {
  %a = slin.weight "a" #onnx.synthetic<normal, seed = 6> : tensor<4x4x4xf32>
  %b = slin.weight "b" #onnx.synthetic<normal, seed = 7> : tensor<4x4x4xf32>
  %w = slin.block_shuffle %a, %b : tensor<4x4x4xf32>, tensor<4x4x4xf32> -> !slin.linop<16 -> 16, f32>
  %y = slin.apply %w, %x {path = "/shuffle"} : !slin.linop<16 -> 16, f32>, tensor<?x16xf32> -> tensor<?x16xf32>
  return %y : tensor<?x16xf32>
}

// Four blocks do not divide three rows per block.
// CHECK-LABEL: func.func @uneven
// CHECK: slin.weight "/uneven/slin_second"
// CHECK: slin.block_shuffle %{{.*}}, %{{.*}} : tensor<4x3x3xf32>, tensor<4x6x3xf32>
func.func @uneven(%x: tensor<?x12xf32>) -> tensor<?x24xf32> {
  %a = slin.weight "a2" #onnx.synthetic<normal, seed = 8> : tensor<4x3x3xf32>
  %b = slin.weight "b2" #onnx.synthetic<normal, seed = 9> : tensor<4x6x3xf32>
  %w = slin.block_shuffle %a, %b : tensor<4x3x3xf32>, tensor<4x6x3xf32> -> !slin.linop<12 -> 24, f32>
  %y = slin.apply %w, %x {path = "/uneven"} : !slin.linop<12 -> 24, f32>, tensor<?x12xf32> -> tensor<?x24xf32>
  return %y : tensor<?x24xf32>
}

// Narrow weights have a tolerance of their own.
// CHECK-LABEL: func.func @narrow
// CHECK: slin.weight "/brain/slin_v"
// CHECK: slin.low_rank %{{.*}}, %{{.*}} : tensor<16x3xbf16>, tensor<3x24xbf16>
func.func @narrow(%x: tensor<?x24xbf16>) -> tensor<?x16xbf16> {
  %u = slin.weight "u3" #onnx.synthetic<normal, seed = 1> : tensor<16x3xbf16>
  %v = slin.weight "v3" #onnx.synthetic<normal, seed = 2> : tensor<3x24xbf16>
  %w = slin.low_rank %u, %v : tensor<16x3xbf16>, tensor<3x24xbf16> -> !slin.linop<24 -> 16, bf16>
  %y = slin.apply %w, %x {path = "/brain"} : !slin.linop<24 -> 16, bf16>, tensor<?x24xbf16> -> tensor<?x16xbf16>
  return %y : tensor<?x16xbf16>
}

// CHECK-LABEL: func.func @half
// CHECK: slin.weight "/half/slin_blocks"
// CHECK: slin.block_dense %{{.*}}, %{{.*}} : tensor<16x4xf16>, tensor<2x2x12xf16>
func.func @half(%x: tensor<?x24xf16>) -> tensor<?x16xf16> {
  %l = slin.weight "l4" #onnx.synthetic<normal, seed = 4> : tensor<16x4xf16>
  %d = slin.weight "d4" #onnx.synthetic<normal, seed = 5> : tensor<2x2x12xf16>
  %w = slin.block_dense %l, %d : tensor<16x4xf16>, tensor<2x2x12xf16> -> !slin.linop<24 -> 16, f16>
  %y = slin.apply %w, %x {path = "/half"} : !slin.linop<24 -> 16, f16>, tensor<?x24xf16> -> tensor<?x16xf16>
  return %y : tensor<?x16xf16>
}
