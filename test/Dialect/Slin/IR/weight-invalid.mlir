// RUN: slin-opt %s -split-input-file -verify-diagnostics

func.func @c1_no_elements() {
  // expected-error@+1 {{'slin.weight' op expected 'value' to hold elements, found 5 : i32}}
  %0 = slin.weight "bias" 5 : i32
  return
}
