// RUN: slin-opt %s -split-input-file -verify-diagnostics

func.func @sum_c1_empty() {
  // expected-error@+1 {{'slin.sum' op expected at least one summand, found none}}
  %0 = "slin.sum"() : () -> !slin.linop<4 -> 6, f32>
  return
}

// -----

func.func @sum_c2_type(%a: !slin.linop<4 -> 6, f32>, %b: !slin.linop<4 -> 5, f32>) {
  // expected-error@+1 {{'slin.sum' op expected summand 1 of type '!slin.linop<4 -> 6, f32>', found '!slin.linop<4 -> 5, f32>'}}
  %0 = "slin.sum"(%a, %b) : (!slin.linop<4 -> 6, f32>, !slin.linop<4 -> 5, f32>) -> !slin.linop<4 -> 6, f32>
  return
}

// -----

func.func @scale_c1_type(%a: !slin.linop<4 -> 6, f32>) {
  // expected-error@+1 {{'slin.scale' op failed to verify that all of {linop, result} have same type}}
  %0 = "slin.scale"(%a) {factor = 1.0 : f64} : (!slin.linop<4 -> 6, f32>) -> !slin.linop<4 -> 5, f32>
  return
}

// -----

func.func @scale_c2_infinite(%a: !slin.linop<4 -> 6, f32>) {
  // expected-error@+1 {{'slin.scale' op expected a finite factor, found infinity}}
  %0 = slin.scale %a by 0x7FF0000000000000 : !slin.linop<4 -> 6, f32>
  return
}

// -----

func.func @scale_c2_nan(%a: !slin.linop<4 -> 6, f32>) {
  // expected-error@+1 {{'slin.scale' op expected a finite factor, found NaN}}
  %0 = slin.scale %a by 0x7FF8000000000000 : !slin.linop<4 -> 6, f32>
  return
}
