// RUN: slin-opt %s --slin-cpu | FileCheck %s
// RUN: slin-opt %s --pass-pipeline='builtin.module(slin-cpu{vector-bits=512 tokens=4})' | FileCheck %s --check-prefix=WIDE

// From slin ops to the LLVM dialect, with nothing else left.

// CHECK: module attributes {slin.weights = {[[PANELS:.*]] = {{.*}} : tensor<2x6x16xf32>}}
// CHECK: llvm.mlir.global external constant @[[PANELS]]()
// CHECK: llvm.func @f(
// CHECK: llvm.call @slin_parallel_for
// CHECK: llvm.func @_mlir_ciface_f(
// CHECK-NOT: {{(func|scf|arith|vector|memref|linalg|math|builtin)\.}}
// WIDE: vector<16xf32>
func.func @f(%x: tensor<?x6xf32>) -> tensor<?x32xf32> {
  %0 = slin.weight "w" #onnx.synthetic<normal, seed = 1> : tensor<32x6xf32>
  %w = slin.dense %0 : tensor<32x6xf32> -> !slin.linop<6 -> 32, f32>
  %y = slin.apply %w, %x : !slin.linop<6 -> 32, f32>, tensor<?x6xf32> -> tensor<?x32xf32>
  %a = slin.activation gelu_tanh(%v = %y : tensor<?x32xf32>) -> tensor<?x32xf32> { slin.yield %v : tensor<?x32xf32> }
  return %a : tensor<?x32xf32>
}
