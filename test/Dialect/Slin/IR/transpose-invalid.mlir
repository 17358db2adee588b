// RUN: slin-opt %s -split-input-file -verify-diagnostics

func.func @c1_in(%a: !slin.linop<4 -> 6, f32>) {
  // expected-error@+1 {{'slin.transpose' op expected in = 6, found 4}}
  %0 = slin.transpose %a : !slin.linop<4 -> 6, f32> -> !slin.linop<4 -> 4, f32>
  return
}

// -----

func.func @c1_out(%a: !slin.linop<4 -> 6, f32>) {
  // expected-error@+1 {{'slin.transpose' op expected out = 4, found 6}}
  %0 = slin.transpose %a : !slin.linop<4 -> 6, f32> -> !slin.linop<6 -> 6, f32>
  return
}

// -----

func.func @c2_element_type(%a: !slin.linop<4 -> 6, f16>) {
  // expected-error@+1 {{'slin.transpose' op expected 'linop' with elements of type 'f32', found 'f16'}}
  %0 = slin.transpose %a : !slin.linop<4 -> 6, f16> -> !slin.linop<6 -> 4, f32>
  return
}
