// RUN: slin-opt %s | slin-opt | FileCheck %s

// CHECK-LABEL: func.func @gate_and_up
// CHECK: slin.stack %arg0, %arg1 : !slin.linop<4 -> 6, f32>, !slin.linop<4 -> 2, f32> -> !slin.linop<4 -> 8, f32>
func.func @gate_and_up(%a: !slin.linop<4 -> 6, f32>, %b: !slin.linop<4 -> 2, f32>) {
  %0 = slin.stack %a, %b : !slin.linop<4 -> 6, f32>, !slin.linop<4 -> 2, f32> -> !slin.linop<4 -> 8, f32>
  return
}
