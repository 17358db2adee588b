// RUN: slin-opt %s --slin-linalg-to-vector --verify-diagnostics

// A weight whose file is not there.

// expected-error @below {{the weight cannot be read}}
memref.global "private" constant @w : memref<5x32xf32> = #onnx.weight<"there-is-no-such-file", 0, 640>
func.func @f(%x: memref<?x5xf32>, %y: memref<?x32xf32>) {
  %w = memref.get_global @w : memref<5x32xf32>
  linalg.matmul ins(%x, %w : memref<?x5xf32>, memref<5x32xf32>) outs(%y : memref<?x32xf32>)
  return
}
