// RUN: slin-opt %s --slin-linalg-to-vector --verify-diagnostics
// RUN: not slin-opt %s --slin-linalg-to-vector=vector-bits=100 2>&1 | FileCheck %s

// CHECK: error: expected vector-bits of 0, 128, 256 or 512, found 100

// A weight whose file is not there.

// expected-error @below {{the weight cannot be read}}
memref.global "private" constant @w : memref<5x32xf32> = #onnx.weight<"there-is-no-such-file", 0, 640>
func.func @f(%x: memref<?x5xf32>, %y: memref<?x32xf32>) {
  %w = memref.get_global @w : memref<5x32xf32>
  linalg.matmul ins(%x, %w : memref<?x5xf32>, memref<5x32xf32>) outs(%y : memref<?x32xf32>)
  return
}
