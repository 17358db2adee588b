// RUN: slin-opt %s -split-input-file -verify-diagnostics

// expected-error@+1 {{expected at least one feature on either side, found 0 -> 3}}
func.func private @c1_no_input(!slin.linop<0 -> 3, f32>)

// -----

// expected-error@+1 {{expected at least one feature on either side, found 3 -> -1}}
func.func private @c1_negative_output(!slin.linop<3 -> -1, f32>)

// -----

// expected-error@+1 {{expected a floating-point element type, found 'i32'}}
func.func private @c2_integer(!slin.linop<3 -> 3, i32>)

// -----

// expected-error@+1 {{expected a floating-point element type, found 'tensor<1xf32>'}}
func.func private @c2_tensor(!slin.linop<3 -> 3, tensor<1xf32>>)
