// REQUIRES: slin-run
// RUN: rm -rf %t && mkdir %t && cd %t
// RUN: slin-opt %s --slin-verify-exact --slin-stack='tokens=1 target=%S/Inputs/target-products.json' -o stacked.mlir
// RUN: FileCheck %s --check-prefix=STACKED --input-file=stacked.mlir
// RUN: slin-run stacked.mlir --tokens=5 --check=%s | FileCheck %s
// RUN: slin-opt stacked.mlir --slin-verify-exact --slin-stack='tokens=100000 target=%S/Inputs/target-products.json' -o apart.mlir
// RUN: FileCheck %s --check-prefix=APART --input-file=apart.mlir
// RUN: slin-run apart.mlir --tokens=5 --check=%s | FileCheck %s

// There and back again.

// STACKED-COUNT-3: slin.slice
// APART-NOT: slin.slice
// CHECK: checked: max relative error {{.*}} <= 1.0e-05
func.func @attention(%x: tensor<?x16xf32>) -> (tensor<?x16xf32>, tensor<?x16xf32>, tensor<?x8xf32>) {
  %q = slin.weight "q" #onnx.synthetic<normal, seed = 1, scale = 0.2> : tensor<16x16xf32>
  %k = slin.weight "k" #onnx.synthetic<normal, seed = 2, scale = 0.2> : tensor<16x16xf32>
  %v = slin.weight "v" #onnx.synthetic<normal, seed = 3, scale = 0.2> : tensor<8x16xf32>
  %bq = slin.weight "bq" #onnx.synthetic<normal, seed = 4, scale = 0.2> : tensor<16xf32>
  %bv = slin.weight "bv" dense<0.5> : tensor<f32>
  %0 = slin.dense %q : tensor<16x16xf32> -> !slin.linop<16 -> 16, f32>
  %1 = slin.dense %k transposed : tensor<16x16xf32> -> !slin.linop<16 -> 16, f32>
  %2 = slin.dense %v : tensor<8x16xf32> -> !slin.linop<16 -> 8, f32>
  %3 = slin.apply %0, %x bias %bq : tensor<16xf32> {path = "/q"} : !slin.linop<16 -> 16, f32>, tensor<?x16xf32> -> tensor<?x16xf32>
  %4 = slin.apply %1, %x {path = "/k"} : !slin.linop<16 -> 16, f32>, tensor<?x16xf32> -> tensor<?x16xf32>
  %5 = slin.apply %2, %x bias %bv : tensor<f32> {path = "/v"} : !slin.linop<16 -> 8, f32>, tensor<?x16xf32> -> tensor<?x8xf32>
  return %3, %4, %5 : tensor<?x16xf32>, tensor<?x16xf32>, tensor<?x8xf32>
}
