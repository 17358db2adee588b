// RUN: slin-opt %s | slin-opt | FileCheck %s

// CHECK-LABEL: func.func @one
// CHECK: slin.compose %arg0 : !slin.linop<4 -> 6, f32> -> !slin.linop<4 -> 6, f32>
func.func @one(%a: !slin.linop<4 -> 6, f32>) {
  %0 = slin.compose %a : !slin.linop<4 -> 6, f32> -> !slin.linop<4 -> 6, f32>
  return
}

// CHECK-LABEL: func.func @three
// CHECK: slin.compose %arg0, %arg1, %arg2 : !slin.linop<2 -> 6, f32>, !slin.linop<3 -> 2, f32>, !slin.linop<4 -> 3, f32> -> !slin.linop<4 -> 6, f32>
func.func @three(%a: !slin.linop<2 -> 6, f32>, %b: !slin.linop<3 -> 2, f32>, %c: !slin.linop<4 -> 3, f32>) {
  %0 = slin.compose %a, %b, %c : !slin.linop<2 -> 6, f32>, !slin.linop<3 -> 2, f32>, !slin.linop<4 -> 3, f32> -> !slin.linop<4 -> 6, f32>
  return
}
