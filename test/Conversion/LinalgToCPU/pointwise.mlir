// RUN: slin-opt %s --split-input-file --slin-linalg-to-vector='vector-bits=256' | FileCheck %s
// RUN: slin-opt %s --split-input-file --slin-linalg-to-vector='vector-bits=0' | FileCheck %s --check-prefix=NONE

// Rows in parallel, features in vectors; what is left of a row under a mask.
// CHECK-LABEL: func.func @bias
// CHECK: scf.parallel (%[[ROW:.*]]) =
// CHECK: scf.for %[[I:.*]] = %c0{{.*}} to %c16
// CHECK: vector.load %arg0[%[[ROW]], %[[I]]] : memref<?x20xf32>, vector<8xf32>
// CHECK: vector.load %arg1[%[[I]]] : memref<20xf32>, vector<8xf32>
// CHECK: arith.addf {{.*}} : vector<8xf32>
// CHECK: vector.create_mask
// CHECK: vector.maskedstore
// NONE-LABEL: func.func @bias
// NONE: linalg.generic
func.func @bias(%x: memref<?x20xf32>, %b: memref<20xf32>, %y: memref<?x20xf32>) {
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
    ins(%x, %b : memref<?x20xf32>, memref<20xf32>) outs(%y : memref<?x20xf32>) {
  ^bb0(%p: f32, %q: f32, %r: f32):
    %s = arith.addf %p, %q : f32
    linalg.yield %s : f32
  }
  return
}

// -----

// f64 halves the lanes.
// CHECK-LABEL: func.func @wide
// CHECK: vector.load {{.*}} vector<4xf32>
// CHECK: arith.extf {{.*}} : vector<4xf32> to vector<4xf64>
func.func @wide(%x: memref<3x8xf32>, %y: memref<3x8xf64>) {
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
    ins(%x : memref<3x8xf32>) outs(%y : memref<3x8xf64>) {
  ^bb0(%p: f32, %r: f64):
    %s = arith.extf %p : f32 to f64
    linalg.yield %s : f64
  }
  return
}

// -----

// Copies are pointwise ops too; a transposition is left.
// CHECK-LABEL: func.func @copies
// CHECK-NOT: memref.copy
// CHECK: vector.store
// CHECK: linalg.transpose
// NONE-LABEL: func.func @copies
// NONE-NOT: memref.copy
// NONE: linalg.generic
func.func @copies(%x: memref<3x8xf32, strided<[16, 1]>>, %y: memref<3x8xf32>, %z: memref<8x3xf32>) {
  memref.copy %x, %y : memref<3x8xf32, strided<[16, 1]>> to memref<3x8xf32>
  linalg.transpose ins(%y : memref<3x8xf32>) outs(%z : memref<8x3xf32>) permutation = [1, 0]
  return
}

// -----

// Two unknown sizes of one: upstream computes at most one of them.
// CHECK-LABEL: func.func @expansion
// CHECK: memref.reinterpret_cast %arg0 to offset: [0], sizes: [%arg1, %arg2, 8]
// CHECK-NOT: memref.expand_shape
func.func @expansion(%x: memref<?x8xf32>, %a: index, %b: index) -> memref<?x?x8xf32> {
  %y = memref.expand_shape %x [[0, 1], [2]] output_shape [%a, %b, 8] : memref<?x8xf32> into memref<?x?x8xf32>
  return %y : memref<?x?x8xf32>
}
