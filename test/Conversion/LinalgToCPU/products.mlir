// RUN: slin-opt %s --split-input-file --slin-linalg-to-vector='vector-bits=256' | FileCheck %s

// Products of a constant in registers. (What they compute is executed in
// test/tools/slin-run.)

// Two vectors of eight: a panel is 16 wide. Zeros before the product are not
// written.
// CHECK: memref.global "private" constant @w_panels : memref<2x5x16xf32>
// CHECK-LABEL: func.func @full_panels
// CHECK-NOT: linalg.fill
// CHECK: scf.parallel
// CHECK: %[[ROW:.*]] = vector.load %{{.*}} : memref<2x5x16xf32>, vector<8xf32>
// CHECK: memref.load %arg0
// CHECK: vector.broadcast
// CHECK: vector.fma
// CHECK: vector.store {{.*}} %arg1
memref.global "private" constant @w : memref<5x32xf32> = #onnx.synthetic<normal, seed = 1>
func.func @full_panels(%x: memref<?x5xf32>, %y: memref<?x32xf32>) {
  %zero = arith.constant 0.0 : f32
  %w = memref.get_global @w : memref<5x32xf32>
  linalg.fill ins(%zero : f32) outs(%y : memref<?x32xf32>)
  linalg.matmul ins(%x, %w : memref<?x5xf32>, memref<5x32xf32>) outs(%y : memref<?x32xf32>)
  return
}

// -----

// The last panel is not full, and old values count.
// CHECK: constant @w_panels : memref<2x5x16xf32>
// CHECK-LABEL: func.func @masks
// CHECK: vector.create_mask
// CHECK: vector.maskedload %arg1
// CHECK: vector.maskedstore %arg1
memref.global "private" constant @w : memref<5x30xf32> = #onnx.synthetic<normal, seed = 1>
func.func @masks(%x: memref<?x5xf32>, %y: memref<?x30xf32>) {
  %w = memref.get_global @w : memref<5x30xf32>
  linalg.matmul ins(%x, %w : memref<?x5xf32>, memref<5x30xf32>) outs(%y : memref<?x30xf32>)
  return
}

// -----

// Columns of four blocks alternate: four inputs are repeated over the vector.
// CHECK-LABEL: func.func @alternating
// CHECK: vector.load {{.*}} vector<4xf32>
// CHECK: vector.shuffle {{.*}} [0, 1, 2, 3, 0, 1, 2, 3] : vector<4xf32>, vector<4xf32>
// CHECK: vector.fma
// CHECK-NOT: vector.scatter
memref.global "private" constant @w : memref<4x8x3xf32> = #onnx.synthetic<normal, seed = 1>
func.func @alternating(%x: memref<?x3x4xf32>, %y: memref<?x8x4xf32>) {
  %w = memref.get_global @w : memref<4x8x3xf32>
  linalg.contract indexing_maps = [affine_map<(t, b, n, k) -> (t, k, b)>, affine_map<(t, b, n, k) -> (b, n, k)>, affine_map<(t, b, n, k) -> (t, n, b)>]
    ins(%x, %w : memref<?x3x4xf32>, memref<4x8x3xf32>) outs(%y : memref<?x8x4xf32>)
  return
}

// -----

// Columns of three blocks do not divide a vector.
// CHECK-LABEL: func.func @scattered
// CHECK: vector.scatter
memref.global "private" constant @w : memref<3x8x3xf32> = #onnx.synthetic<normal, seed = 1>
func.func @scattered(%x: memref<?x3x3xf32>, %y: memref<?x8x3xf32>) {
  %w = memref.get_global @w : memref<3x8x3xf32>
  linalg.contract indexing_maps = [affine_map<(t, b, n, k) -> (t, k, b)>, affine_map<(t, b, n, k) -> (b, n, k)>, affine_map<(t, b, n, k) -> (t, n, b)>]
    ins(%x, %w : memref<?x3x3xf32>, memref<3x8x3xf32>) outs(%y : memref<?x8x3xf32>)
  return
}

// -----

// What it is not for: a weight that is no constant, and a result of integers.
// CHECK-LABEL: func.func @left
// CHECK-COUNT-2: linalg.matmul
func.func @left(%x: memref<?x5xf32>, %w: memref<5x30xf32>, %y: memref<?x30xf32>, %i: memref<4x4xi32>) {
  linalg.matmul ins(%x, %w : memref<?x5xf32>, memref<5x30xf32>) outs(%y : memref<?x30xf32>)
  linalg.matmul ins(%i, %i : memref<4x4xi32>, memref<4x4xi32>) outs(%i : memref<4x4xi32>)
  return
}
