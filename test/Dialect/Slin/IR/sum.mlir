// RUN: slin-opt %s | slin-opt | FileCheck %s

// CHECK-LABEL: func.func @two
// CHECK: slin.sum %arg0, %arg1 : !slin.linop<4 -> 6, f32>
func.func @two(%a: !slin.linop<4 -> 6, f32>, %b: !slin.linop<4 -> 6, f32>) {
  %0 = slin.sum %a, %b : !slin.linop<4 -> 6, f32>
  return
}

// CHECK-LABEL: func.func @one
// CHECK: slin.sum %arg0 : !slin.linop<4 -> 6, f32>
func.func @one(%a: !slin.linop<4 -> 6, f32>) {
  %0 = slin.sum %a : !slin.linop<4 -> 6, f32>
  return
}

// CHECK-LABEL: func.func @scale
// CHECK: slin.scale %arg0 by 5.000000e-01 : !slin.linop<4 -> 6, f32>
func.func @scale(%a: !slin.linop<4 -> 6, f32>) {
  %0 = slin.scale %a by 5.000000e-01 : !slin.linop<4 -> 6, f32>
  return
}

// CHECK-LABEL: func.func @scale_negative
// CHECK: slin.scale %arg0 by -2.000000e+00 {note = 1 : i32} : !slin.linop<4 -> 6, f32>
func.func @scale_negative(%a: !slin.linop<4 -> 6, f32>) {
  %0 = slin.scale %a by -2.000000e+00 {note = 1 : i32} : !slin.linop<4 -> 6, f32>
  return
}
