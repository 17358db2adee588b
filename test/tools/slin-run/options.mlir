// REQUIRES: slin-run
// RUN: slin-run %s --entry=f --print-result --check=reference | FileCheck %s
// RUN: slin-run %s | count 0
// RUN: slin-run %s --entry=f --repeat=3 --threads=2 | FileCheck %s --check-prefix=TIME
// RUN: cat %s | slin-run - --entry=f --print-result | FileCheck %s --check-prefix=PRINT

// RUN: sed -e 's/seed = 1/seed = 2/' %s > %t.mlir
// RUN: slin-run %s --check=%s | FileCheck %s --check-prefix=SAME
// RUN: not slin-run %s --entry=f --check=%t.mlir 2>&1 | FileCheck %s --check-prefix=DIFFERENT
// RUN: slin-run %s --entry=f --check=%t.mlir --tolerance=10 | FileCheck %s --check-prefix=SAME

// What is printed, and comparison with another definition of a function.

// CHECK: result 0: tensor<1x2xf32> {{\[\[}}{{-?[0-9.e-]+, -?[0-9.e-]+}}]]
// CHECK-NEXT: checked: max relative error {{.*}} <= 1.0e-05
// PRINT: result 0: tensor<1x2xf32>
// TIME: time: median {{.*}} ms, best {{.*}} ms of 3 runs, 2 threads
// SAME: checked:
// DIFFERENT: result 0 differs from the reference at [0, {{.}}]: expected {{.*}}, found {{.*}}; max relative error {{.*}} > 1.0e-05
func.func @f(%x: tensor<1x3xf32>) -> tensor<1x2xf32> {
  %0 = slin.weight "w" #onnx.synthetic<normal, seed = 1> : tensor<2x3xf32>
  %w = slin.dense %0 : tensor<2x3xf32> -> !slin.linop<3 -> 2, f32>
  %y = slin.apply %w, %x : !slin.linop<3 -> 2, f32>, tensor<1x3xf32> -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}
