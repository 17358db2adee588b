// RUN: slin-opt %s --split-input-file --slin-externalize-weights --slin-outline-parallel-loops | FileCheck %s

// Weights out of the code, loops into functions.

// Small constants stay, private ones that nothing reads go.
// CHECK: module attributes {slin.weights = {large = #onnx.synthetic<normal, seed = 1> : tensor<17xf32>}}
// CHECK: memref.global constant @large : memref<17xf32>
// CHECK: memref.global "private" constant @small : memref<2xf32> = dense<1.000000e+00>
// CHECK-NOT: @unread
memref.global "private" constant @large : memref<17xf32> = #onnx.synthetic<normal, seed = 1> {alignment = 64 : i64}
memref.global "private" constant @small : memref<2xf32> = dense<1.0>
memref.global "private" constant @unread : memref<17xf32> = #onnx.synthetic<normal, seed = 2>
func.func @weights() -> (memref<17xf32>, memref<2xf32>) {
  %0 = memref.get_global @large : memref<17xf32>
  %1 = memref.get_global @small : memref<2xf32>
  return %0, %1 : memref<17xf32>, memref<2xf32>
}

// -----

// Of nested loops the outer one; constants are not captured.
// CHECK: llvm.func @slin_parallel_for(!llvm.ptr, !llvm.ptr, i64)
// CHECK-LABEL: func.func @loops
// CHECK: llvm.insertvalue %{{.*}}[0] : !llvm.struct<(struct<(ptr, ptr, i64, array<2 x i64>, array<2 x i64>)>)>
// CHECK: llvm.call @slin_parallel_for
// CHECK: llvm.func internal @loops_loop_0(%[[P:.*]]: !llvm.ptr, %[[B:.*]]: i64, %[[E:.*]]: i64)
// CHECK: scf.for
// CHECK: scf.parallel
func.func @loops(%x: memref<4x8xf32>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %v = arith.constant 1.0 : f32
  scf.parallel (%i) = (%c0) to (%n) step (%c1) {
    scf.parallel (%j) = (%c0) to (%c8) step (%c1) {
      memref.store %v, %x[%i, %j] : memref<4x8xf32>
    }
  }
  return
}

// -----

// Loops that start elsewhere are left.
// CHECK-LABEL: func.func @left
// CHECK: scf.parallel
// CHECK-NOT: slin_parallel_for
func.func @left(%x: memref<8xf32>, %n: index, %v: f32) {
  %c1 = arith.constant 1 : index
  scf.parallel (%i) = (%c1) to (%n) step (%c1) {
    memref.store %v, %x[%i] : memref<8xf32>
  }
  return
}
