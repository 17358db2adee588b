// RUN: slin-opt %s --slin-select | FileCheck %s --check-prefixes=CHECK,FC,PROJ
// RUN: slin-opt %s --slin-select='include=/h.0/mlp/c_fc' | FileCheck %s --check-prefixes=CHECK,FC,NO-PROJ
// RUN: slin-opt %s --slin-select='exclude=re:c_fc' | FileCheck %s --check-prefixes=CHECK,NO-FC,PROJ
// RUN: slin-opt %s --slin-select='include=*/c_proj,*/shared' | FileCheck %s --check-prefixes=CHECK,NO-FC,PARTLY
// RUN: not slin-opt %s --slin-select='include=/h.0/mlp/c_fcc' 2>&1 | FileCheck %s --check-prefix=INVALID
// RUN: not slin-opt %s --slin-select='exclude=[' 2>&1 | FileCheck %s --check-prefix=BAD-GLOB

// INVALID: error: slin-select: expected '/h.0/mlp/c_fcc' of include to match {{.*}}, found no match; the nearest are '/h.0/mlp/c_fc',
// BAD-GLOB: error: slin-select: exclude: expected a glob, found '['

// CHECK-LABEL: func.func @main
// FC: slin.apply {{.*}} {decision = {decision = "dense"}, path = "/h.0/mlp/c_fc"}
// NO-FC: slin.apply {{.*}} {path = "/h.0/mlp/c_fc"}
// PROJ: slin.apply {{.*}} {decision = {decision = "dense"}, path = "/h.0/mlp/c_proj"}
// PROJ: slin.apply {{.*}} {decision = {decision = "dense"}, path = "/h.0/mlp/shared"}
// NO-PROJ: slin.apply {{.*}} {path = "/h.0/mlp/c_proj"}
// PARTLY: slin.apply {{.*}} {decision = {decision = "dense", reason = "expected all 3 linears that share the weight 'w2' to be selected, found 2"}, path = "/h.0/mlp/c_proj"}
func.func @main(%x: tensor<?x2xf32>) -> (tensor<?x3xf32>, tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>) {
  %w1 = slin.weight "w1" dense<1.0> : tensor<3x2xf32>
  %w2 = slin.weight "w2" dense<1.0> : tensor<2x3xf32>
  %0 = slin.dense %w1 : tensor<3x2xf32> -> !slin.linop<2 -> 3, f32>
  %1 = slin.dense %w2 : tensor<2x3xf32> -> !slin.linop<3 -> 2, f32>
  %h = slin.apply %0, %x {path = "/h.0/mlp/c_fc"} : !slin.linop<2 -> 3, f32>, tensor<?x2xf32> -> tensor<?x3xf32>
  %a = slin.apply %1, %h {path = "/h.0/mlp/c_proj"} : !slin.linop<3 -> 2, f32>, tensor<?x3xf32> -> tensor<?x2xf32>
  %b = slin.apply %1, %h {path = "/h.0/mlp/shared"} : !slin.linop<3 -> 2, f32>, tensor<?x3xf32> -> tensor<?x2xf32>
  %c = slin.apply %1, %h {path = "/h.0/mlp/other"} : !slin.linop<3 -> 2, f32>, tensor<?x3xf32> -> tensor<?x2xf32>
  return %h, %a, %b, %c : tensor<?x3xf32>, tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>
}
