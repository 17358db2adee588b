// RUN: slin-opt %s -split-input-file -verify-diagnostics

func.func @c1_count(%a: !slin.linop<4 -> 6, f32>) {
  // expected-error@+1 {{'slin.by_tokens' op expected one more alternative than the 1 bounds, found 3}}
  %0 = slin.by_tokens [16] %a, %a, %a : !slin.linop<4 -> 6, f32>
  return
}

// -----

func.func @c1_empty() {
  // expected-error@+1 {{'slin.by_tokens' op expected one more alternative than the 0 bounds, found 0}}
  %0 = "slin.by_tokens"() {bounds = array<i64>} : () -> !slin.linop<4 -> 6, f32>
  return
}

// -----

func.func @c2_below_two(%a: !slin.linop<4 -> 6, f32>) {
  // expected-error@+1 {{'slin.by_tokens' op expected a bound above 1, found 1}}
  %0 = slin.by_tokens [1] %a, %a : !slin.linop<4 -> 6, f32>
  return
}

// -----

func.func @c2_decreasing(%a: !slin.linop<4 -> 6, f32>) {
  // expected-error@+1 {{'slin.by_tokens' op expected a bound above 16, found 8}}
  %0 = slin.by_tokens [16, 8] %a, %a, %a : !slin.linop<4 -> 6, f32>
  return
}

// -----

func.func @c3_type(%a: !slin.linop<4 -> 6, f32>, %b: !slin.linop<4 -> 5, f32>) {
  // expected-error@+1 {{'slin.by_tokens' op expected alternative 1 of type '!slin.linop<4 -> 6, f32>', found '!slin.linop<4 -> 5, f32>'}}
  %0 = "slin.by_tokens"(%a, %b) {bounds = array<i64: 16>} : (!slin.linop<4 -> 6, f32>, !slin.linop<4 -> 5, f32>) -> !slin.linop<4 -> 6, f32>
  return
}
