// RUN: slin-opt %s -split-input-file -verify-diagnostics

func.func @c1_empty() {
  // expected-error@+1 {{'slin.stack' op expected at least one part, found none}}
  %0 = "slin.stack"() : () -> !slin.linop<4 -> 6, f32>
  return
}

// -----

func.func @c2_in(%a: !slin.linop<4 -> 6, f32>, %b: !slin.linop<3 -> 6, f32>) {
  // expected-error@+1 {{'slin.stack' op expected in of part 1 = 4, found 3}}
  %0 = slin.stack %a, %b : !slin.linop<4 -> 6, f32>, !slin.linop<3 -> 6, f32> -> !slin.linop<4 -> 12, f32>
  return
}

// -----

func.func @c3_out(%a: !slin.linop<4 -> 6, f32>, %b: !slin.linop<4 -> 6, f32>) {
  // expected-error@+1 {{'slin.stack' op expected out = 12, found 13}}
  %0 = slin.stack %a, %b : !slin.linop<4 -> 6, f32>, !slin.linop<4 -> 6, f32> -> !slin.linop<4 -> 13, f32>
  return
}

// -----

func.func @c3_overflow(%a: !slin.linop<4 -> 9223372036854775807, f32>, %b: !slin.linop<4 -> 1, f32>) {
  // expected-error@+1 {{'slin.stack' op expected fewer than 2^63 outputs, found more}}
  %0 = slin.stack %a, %b : !slin.linop<4 -> 9223372036854775807, f32>, !slin.linop<4 -> 1, f32> -> !slin.linop<4 -> 13, f32>
  return
}

// -----

func.func @c4_element_type(%a: !slin.linop<4 -> 6, f32>, %b: !slin.linop<4 -> 6, f16>) {
  // expected-error@+1 {{'slin.stack' op expected 'parts' with elements of type 'f32', found 'f16'}}
  %0 = slin.stack %a, %b : !slin.linop<4 -> 6, f32>, !slin.linop<4 -> 6, f16> -> !slin.linop<4 -> 12, f32>
  return
}
