// RUN: slin-opt %s -split-input-file -verify-diagnostics

func.func @c1_end(%a: !slin.linop<4 -> 6, f32>) {
  // expected-error@+1 {{'slin.slice' op expected a range within the operand's out = 6, found 3 at 4}}
  %0 = slin.slice %a out 4 in 0 : !slin.linop<4 -> 6, f32> -> !slin.linop<4 -> 3, f32>
  return
}

// -----

func.func @c1_negative(%a: !slin.linop<4 -> 6, f32>) {
  // expected-error@+1 {{'slin.slice' op expected a range within the operand's out = 6, found 3 at -1}}
  %0 = slin.slice %a out -1 in 0 : !slin.linop<4 -> 6, f32> -> !slin.linop<4 -> 3, f32>
  return
}

// -----

func.func @c1_overflow(%a: !slin.linop<4 -> 6, f32>) {
  // expected-error@+1 {{'slin.slice' op expected a range within the operand's out = 6, found 3 at 9223372036854775807}}
  %0 = slin.slice %a out 9223372036854775807 in 0 : !slin.linop<4 -> 6, f32> -> !slin.linop<4 -> 3, f32>
  return
}

// -----

func.func @c2_size(%a: !slin.linop<4 -> 6, f32>) {
  // expected-error@+1 {{'slin.slice' op expected a range within the operand's in = 4, found 5 at 0}}
  %0 = slin.slice %a out 0 in 0 : !slin.linop<4 -> 6, f32> -> !slin.linop<5 -> 6, f32>
  return
}

// -----

func.func @c3_element_type(%a: !slin.linop<4 -> 6, f16>) {
  // expected-error@+1 {{'slin.slice' op expected 'linop' with elements of type 'f32', found 'f16'}}
  %0 = slin.slice %a out 0 in 0 : !slin.linop<4 -> 6, f16> -> !slin.linop<4 -> 6, f32>
  return
}
