// RUN: slin-opt %s | slin-opt | FileCheck %s

// CHECK-LABEL: func.func @one_bound
// CHECK: slin.by_tokens [16] %arg0, %arg1 : !slin.linop<4 -> 6, f32>
func.func @one_bound(%a: !slin.linop<4 -> 6, f32>, %b: !slin.linop<4 -> 6, f32>) {
  %0 = slin.by_tokens [16] %a, %b : !slin.linop<4 -> 6, f32>
  return
}

// CHECK-LABEL: func.func @two_bounds
// CHECK: slin.by_tokens [2, 512] %arg0, %arg1, %arg0 : !slin.linop<4 -> 6, f32>
func.func @two_bounds(%a: !slin.linop<4 -> 6, f32>, %b: !slin.linop<4 -> 6, f32>) {
  %0 = slin.by_tokens [2, 512] %a, %b, %a : !slin.linop<4 -> 6, f32>
  return
}

// CHECK-LABEL: func.func @no_bound
// CHECK: slin.by_tokens [] %arg0 : !slin.linop<4 -> 6, f32>
func.func @no_bound(%a: !slin.linop<4 -> 6, f32>) {
  %0 = slin.by_tokens [] %a : !slin.linop<4 -> 6, f32>
  return
}
