// RUN: slin-opt %s -split-input-file -verify-diagnostics

func.func @c1_empty() {
  // expected-error@+1 {{'slin.compose' op expected at least one factor, found none}}
  %0 = "slin.compose"() : () -> !slin.linop<4 -> 6, f32>
  return
}

// -----

func.func @c2_inner(%a: !slin.linop<2 -> 6, f32>, %b: !slin.linop<4 -> 3, f32>) {
  // expected-error@+1 {{'slin.compose' op expected out of factor 1 = 2, found 3}}
  %0 = slin.compose %a, %b : !slin.linop<2 -> 6, f32>, !slin.linop<4 -> 3, f32> -> !slin.linop<4 -> 6, f32>
  return
}

// -----

func.func @c3_out(%a: !slin.linop<2 -> 6, f32>, %b: !slin.linop<4 -> 2, f32>) {
  // expected-error@+1 {{'slin.compose' op expected out of the first factor = 5, found 6}}
  %0 = slin.compose %a, %b : !slin.linop<2 -> 6, f32>, !slin.linop<4 -> 2, f32> -> !slin.linop<4 -> 5, f32>
  return
}

// -----

func.func @c3_in(%a: !slin.linop<2 -> 6, f32>, %b: !slin.linop<4 -> 2, f32>) {
  // expected-error@+1 {{'slin.compose' op expected in of the last factor = 3, found 4}}
  %0 = slin.compose %a, %b : !slin.linop<2 -> 6, f32>, !slin.linop<4 -> 2, f32> -> !slin.linop<3 -> 6, f32>
  return
}

// -----

func.func @c4_element_type(%a: !slin.linop<2 -> 6, f32>, %b: !slin.linop<4 -> 2, f16>) {
  // expected-error@+1 {{'slin.compose' op expected 'factors' with elements of type 'f32', found 'f16'}}
  %0 = slin.compose %a, %b : !slin.linop<2 -> 6, f32>, !slin.linop<4 -> 2, f16> -> !slin.linop<4 -> 6, f32>
  return
}
