// RUN: slin-opt %s | slin-opt | FileCheck %s

// CHECK-LABEL: func.func @list
// CHECK: slin.permutation [2, 0, 1] : !slin.linop<3 -> 3, f32>
func.func @list() {
  %0 = slin.permutation [2, 0, 1] : !slin.linop<3 -> 3, f32>
  return
}

// CHECK-LABEL: func.func @shuffle_two_digits
// CHECK: slin.shuffle [2, 3] order [1, 0] : !slin.linop<6 -> 6, f32>
func.func @shuffle_two_digits() {
  %0 = slin.shuffle [2, 3] order [1, 0] : !slin.linop<6 -> 6, f32>
  return
}

// CHECK-LABEL: func.func @shuffle_no_digits
// CHECK: slin.shuffle [] order [] : !slin.linop<1 -> 1, f32>
func.func @shuffle_no_digits() {
  %0 = slin.shuffle [] order [] : !slin.linop<1 -> 1, f32>
  return
}

// CHECK-LABEL: func.func @identity
// CHECK: slin.identity : !slin.linop<6 -> 6, f16>
func.func @identity() {
  %0 = slin.identity : !slin.linop<6 -> 6, f16>
  return
}
