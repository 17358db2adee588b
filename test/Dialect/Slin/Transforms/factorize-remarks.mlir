// RUN: slin-opt %s --slin-factorize='rank=1 weight-only' --remarks-filter=slin-factorize --remark-format=emitRemark -o /dev/null 2>&1 | FileCheck %s

// CHECK: factorize-remarks.mlir:[[#@LINE+8]]:8: remark: [Passed] Factorized | Category:slin-factorize | Function=/a | Remark="low_rank, rank 1, 4 of 4 parameters, Frobenius error 2.425e-01"
// CHECK: factorize-remarks.mlir:[[#@LINE+8]]:8: remark: [Missed] NotFactorized | Category:slin-factorize | Function=/b | Remark="expected a constant weight, found a block argument"
// CHECK: factorize-remarks.mlir:[[#@LINE+8]]:8: remark: [Missed] NotFactorized | Category:slin-factorize | Function=/c | Remark="expected a dense operator, found 'slin.identity'"
func.func @main(%x: tensor<?x2xf32>, %v: tensor<2x2xf32>) -> tensor<?x2xf32> {
  %w = slin.weight "w" dense<[[4.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf32>
  %0 = slin.dense %w : tensor<2x2xf32> -> !slin.linop<2 -> 2, f32>
  %1 = slin.dense %v : tensor<2x2xf32> -> !slin.linop<2 -> 2, f32>
  %2 = slin.identity : !slin.linop<2 -> 2, f32>
  %3 = slin.apply %0, %x {path = "/a"} : !slin.linop<2 -> 2, f32>, tensor<?x2xf32> -> tensor<?x2xf32>
  %4 = slin.apply %1, %3 {path = "/b"} : !slin.linop<2 -> 2, f32>, tensor<?x2xf32> -> tensor<?x2xf32>
  %5 = slin.apply %2, %4 {path = "/c"} : !slin.linop<2 -> 2, f32>, tensor<?x2xf32> -> tensor<?x2xf32>
  return %5 : tensor<?x2xf32>
}
