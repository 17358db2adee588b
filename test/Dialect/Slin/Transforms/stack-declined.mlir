// RUN: slin-opt %s --split-input-file --slin-stack='tokens=1 target=%S/Inputs/target-products.json' --remark-format=emitRemark --remarks-filter=slin-stack -o %t.mlir 2>&1 | FileCheck %s
// RUN: FileCheck %s --check-prefix=KEPT --input-file=%t.mlir
// RUN: not slin-opt %s --split-input-file --slin-stack='tokens=0' 2>&1 | FileCheck %s --check-prefix=TOKENS
// RUN: not slin-opt %s --split-input-file --slin-stack='target=sm_12' 2>&1 | FileCheck %s --check-prefix=TARGET
// RUN: not slin-opt %s --split-input-file --slin-stack='include=/none' 2>&1 | FileCheck %s --check-prefix=PATTERN

// TOKENS: error: slin-stack: expected token counts of at least 1, found 0
// TARGET: error: slin-stack: expected a target of cpu, sm_100, sm_120, sm_80, sm_86, sm_89, sm_90 or the path of a .json file, found 'sm_12'
// PATTERN: error: slin-stack: expected '/none' of include to match
// KEPT-NOT: stacked
// KEPT-NOT: part_

// CHECK: '/shared': expected a weight of one linear, found 2 linears
func.func @shared(%x: tensor<?x2xf32>) -> (tensor<?x2xf32>, tensor<?x2xf32>) {
  %q = slin.weight "q" dense<1.0> : tensor<2x2xf32>
  %0 = slin.dense %q : tensor<2x2xf32> -> !slin.linop<2 -> 2, f32>
  %1 = slin.apply %0, %x {path = "/shared"} : !slin.linop<2 -> 2, f32>, tensor<?x2xf32> -> tensor<?x2xf32>
  %2 = slin.apply %0, %1 {path = "/again"} : !slin.linop<2 -> 2, f32>, tensor<?x2xf32> -> tensor<?x2xf32>
  return %1, %2 : tensor<?x2xf32>, tensor<?x2xf32>
}

// -----

// CHECK: '/biased': expected a bias that is a constant, or none
// CHECK: '/axes': expected a bias of one axis
// CHECK: '/argument': expected a constant weight, found a block argument
// CHECK: '/scaled': expected an operator that is its weight, found one that is scaled by 2
func.func @reasons(%x: tensor<?x2xf32>, %b: tensor<2xf32>, %k: tensor<2x2xf32>) -> (tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>) {
  %q = slin.weight "q" dense<1.0> : tensor<2x2xf32>
  %v = slin.weight "v" dense<1.0> : tensor<2x2xf32>
  %w = slin.weight "w" dense<1.0> : tensor<2x2xf32>
  %c = slin.weight "c" dense<1.0> : tensor<1x2xf32>
  %0 = slin.dense %q : tensor<2x2xf32> -> !slin.linop<2 -> 2, f32>
  %1 = slin.dense %k : tensor<2x2xf32> -> !slin.linop<2 -> 2, f32>
  %2 = slin.dense %v : tensor<2x2xf32> -> !slin.linop<2 -> 2, f32>
  %3 = slin.scale %2 by 2.0 : !slin.linop<2 -> 2, f32>
  %4 = slin.dense %w : tensor<2x2xf32> -> !slin.linop<2 -> 2, f32>
  %5 = slin.apply %0, %x bias %b : tensor<2xf32> {path = "/biased"} : !slin.linop<2 -> 2, f32>, tensor<?x2xf32> -> tensor<?x2xf32>
  %6 = slin.apply %4, %x bias %c : tensor<1x2xf32> {path = "/axes"} : !slin.linop<2 -> 2, f32>, tensor<?x2xf32> -> tensor<?x2xf32>
  %7 = slin.apply %1, %x {path = "/argument"} : !slin.linop<2 -> 2, f32>, tensor<?x2xf32> -> tensor<?x2xf32>
  %8 = slin.apply %3, %x {path = "/scaled"} : !slin.linop<2 -> 2, f32>, tensor<?x2xf32> -> tensor<?x2xf32>
  return %5, %6, %7, %8 : tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>
}

// -----

// The target has no throughput of f64. Values that differ and cuts that overlap
// make no group.

// CHECK: '/first': expected an element type that 'products' has a throughput for, found f64
func.func @types(%x: tensor<?x1xf64>, %y: tensor<?x1xf32>, %z: tensor<?x1xf32>) -> (tensor<?x1xf64>, tensor<?x1xf64>, tensor<?x1xf32>, tensor<?x2xf32>, tensor<?x2xf32>) {
  %a = slin.weight "a" dense<1.0> : tensor<1x1xf64>
  %b = slin.weight "b" dense<1.0> : tensor<1x1xf64>
  %c = slin.weight "c" dense<1.0> : tensor<1x1xf32>
  %d = slin.weight "d" dense<1.0> : tensor<3x1xf32>
  %0 = slin.dense %a : tensor<1x1xf64> -> !slin.linop<1 -> 1, f64>
  %1 = slin.dense %b : tensor<1x1xf64> -> !slin.linop<1 -> 1, f64>
  %2 = slin.dense %c : tensor<1x1xf32> -> !slin.linop<1 -> 1, f32>
  %3 = slin.dense %d : tensor<3x1xf32> -> !slin.linop<1 -> 3, f32>
  %4 = slin.apply %0, %x {path = "/first"} : !slin.linop<1 -> 1, f64>, tensor<?x1xf64> -> tensor<?x1xf64>
  %5 = slin.apply %1, %x {path = "/second"} : !slin.linop<1 -> 1, f64>, tensor<?x1xf64> -> tensor<?x1xf64>
  %6 = slin.apply %2, %y {path = "/other"} : !slin.linop<1 -> 1, f32>, tensor<?x1xf32> -> tensor<?x1xf32>
  %7 = slin.apply %3, %z {path = "/cut"} : !slin.linop<1 -> 3, f32>, tensor<?x1xf32> -> tensor<?x3xf32>
  %id = slin.identity : !slin.linop<3 -> 3, f32>
  %8 = slin.slice %id out 1 in 0 : !slin.linop<3 -> 3, f32> -> !slin.linop<3 -> 2, f32>
  %9 = slin.slice %id out 0 in 0 : !slin.linop<3 -> 3, f32> -> !slin.linop<3 -> 2, f32>
  %10 = slin.apply %8, %7 : !slin.linop<3 -> 2, f32>, tensor<?x3xf32> -> tensor<?x2xf32>
  %11 = slin.apply %9, %7 : !slin.linop<3 -> 2, f32>, tensor<?x3xf32> -> tensor<?x2xf32>
  return %4, %5, %6, %10, %11 : tensor<?x1xf64>, tensor<?x1xf64>, tensor<?x1xf32>, tensor<?x2xf32>, tensor<?x2xf32>
}
