// RUN: slin-opt %s --slin-recover-structure --remarks-filter=slin-recover-structure -o /dev/null 2>&1 | FileCheck %s
// RUN: slin-opt %s --slin-recover-structure | FileCheck %s --check-prefix=KEPT
// RUN: slin-opt %s --slin-recover-structure=structures=block_diagonal --remarks-filter=slin-recover-structure -o /dev/null 2>&1 | FileCheck %s --check-prefix=STRUCTURES
// RUN: slin-opt %s --slin-recover-structure='structures=block_diagonal,monarch greatest-blocks=2' --remarks-filter=slin-recover-structure -o /dev/null 2>&1 | FileCheck %s --check-prefix=MONARCH
// RUN: slin-opt %s --slin-recover-structure=tolerance=1e-9 --remarks-filter=slin-recover-structure -o /dev/null 2>&1 | FileCheck %s --check-prefix=TOLERANCE
// RUN: slin-opt %s --slin-recover-structure=exclude=/low --remarks-filter=slin-recover-structure -o /dev/null 2>&1 | FileCheck %s --check-prefix=EXCLUDED

// What stays dense, and why.

// CHECK-DAG: remark: [Missed] NotRecovered | Category:slin-recover-structure | Function=/random | {{.*}}Remark="'/random': expected a structure of fewer than 384 parameters, found none (the rank is 16)"
// CHECK-DAG: Remark="'/tied': expected the weight 'tied' to be read by the selected linears only, found 'func.return'"
// CHECK-DAG: Remark="'/given': expected a constant weight, found a block argument"
// CHECK-DAG: Remark="'/infinite': expected finite entries of the weight, found inf at [0, 0]"
// CHECK-DAG: [Passed] Recovered | Category:slin-recover-structure | Function=/low

// KEPT-COUNT-3: slin.apply %dense
// KEPT: slin.apply %low_rank
// KEPT: slin.apply %dense

// STRUCTURES: Remark="'/low': expected a structure of fewer than 384 parameters, found none"
// MONARCH: Remark="'/low' is block_shuffle, blocks 2 and 2, 160 of 384 parameters, tail
// TOLERANCE: Remark="'/low': expected a structure of fewer than 384 parameters, found none (the rank is 14)"
// EXCLUDED-NOT: /low
func.func @main(%x: tensor<?x24xf32>, %given: tensor<16x24xf32>) -> (tensor<?x16xf32>, tensor<?x16xf32>, tensor<?x16xf32>, tensor<?x16xf32>, tensor<?x16xf32>, tensor<16x24xf32>) {
  %w0 = slin.weight "random" #onnx.synthetic<normal, seed = 1> : tensor<16x24xf32>
  %w1 = slin.weight "tied" #onnx.synthetic<low_rank 2, seed = 2> : tensor<16x24xf32>
  %w2 = slin.weight "infinite" dense<0x7F800000> : tensor<16x24xf32>
  %w3 = slin.weight "low" #onnx.synthetic<low_rank 2, seed = 3> : tensor<16x24xf32>
  %d0 = slin.dense %w0 : tensor<16x24xf32> -> !slin.linop<24 -> 16, f32>
  %d1 = slin.dense %w1 : tensor<16x24xf32> -> !slin.linop<24 -> 16, f32>
  %d2 = slin.dense %w2 : tensor<16x24xf32> -> !slin.linop<24 -> 16, f32>
  %d3 = slin.dense %w3 : tensor<16x24xf32> -> !slin.linop<24 -> 16, f32>
  %d4 = slin.dense %given : tensor<16x24xf32> -> !slin.linop<24 -> 16, f32>
  %0 = slin.apply %d0, %x {path = "/random"} : !slin.linop<24 -> 16, f32>, tensor<?x24xf32> -> tensor<?x16xf32>
  %1 = slin.apply %d1, %x {path = "/tied"} : !slin.linop<24 -> 16, f32>, tensor<?x24xf32> -> tensor<?x16xf32>
  %2 = slin.apply %d2, %x {path = "/infinite"} : !slin.linop<24 -> 16, f32>, tensor<?x24xf32> -> tensor<?x16xf32>
  %3 = slin.apply %d3, %x {path = "/low"} : !slin.linop<24 -> 16, f32>, tensor<?x24xf32> -> tensor<?x16xf32>
  %4 = slin.apply %d4, %x {path = "/given"} : !slin.linop<24 -> 16, f32>, tensor<?x24xf32> -> tensor<?x16xf32>
  return %0, %1, %2, %3, %4, %w1 : tensor<?x16xf32>, tensor<?x16xf32>, tensor<?x16xf32>, tensor<?x16xf32>, tensor<?x16xf32>, tensor<16x24xf32>
}
