// RUN: slin-opt %s | slin-opt | FileCheck %s

// CHECK-LABEL: func.func @rectangular
// CHECK: slin.transpose %arg0 : !slin.linop<4 -> 6, f32> -> !slin.linop<6 -> 4, f32>
func.func @rectangular(%a: !slin.linop<4 -> 6, f32>) {
  %0 = slin.transpose %a : !slin.linop<4 -> 6, f32> -> !slin.linop<6 -> 4, f32>
  return
}
