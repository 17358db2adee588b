// REQUIRES: slin-run
// RUN: slin-opt %s --slin-premerge='tokens=1,512 target=%S/Inputs/target.json' -o %t.mlir
// RUN: FileCheck %s --check-prefix=FORMS --input-file=%t.mlir
// RUN: slin-run %t.mlir --tokens=1 --check=%s | FileCheck %s
// RUN: slin-run %t.mlir --tokens=600 --check=%s | FileCheck %s

// Either side of the bound computes what the factors did.

// FORMS: slin.by_tokens [17]
// CHECK: checked: max relative error {{.*}} <= 1.0e-05
func.func @low_rank(%x: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %u = slin.weight "u" #onnx.synthetic<normal, seed = 1, scale = 0.2> : tensor<64x8xf32>
  %v = slin.weight "v" #onnx.synthetic<normal, seed = 2, scale = 0.2> : tensor<8x64xf32>
  %w = slin.low_rank %u, %v : tensor<64x8xf32>, tensor<8x64xf32> -> !slin.linop<64 -> 64, f32>
  %0 = slin.apply %w, %x {path = "/low"} : !slin.linop<64 -> 64, f32>, tensor<?x64xf32> -> tensor<?x64xf32>
  return %0 : tensor<?x64xf32>
}
