// RUN: slin-opt %s | slin-opt | FileCheck %s

// CHECK-LABEL: func.func @rows
// CHECK: slin.slice %arg0 out 2 in 0 : !slin.linop<4 -> 6, f32> -> !slin.linop<4 -> 3, f32>
func.func @rows(%a: !slin.linop<4 -> 6, f32>) {
  %0 = slin.slice %a out 2 in 0 : !slin.linop<4 -> 6, f32> -> !slin.linop<4 -> 3, f32>
  return
}

// CHECK-LABEL: func.func @columns
// CHECK: slin.slice %arg0 out 0 in 3 : !slin.linop<4 -> 6, f32> -> !slin.linop<1 -> 6, f32>
func.func @columns(%a: !slin.linop<4 -> 6, f32>) {
  %0 = slin.slice %a out 0 in 3 : !slin.linop<4 -> 6, f32> -> !slin.linop<1 -> 6, f32>
  return
}
