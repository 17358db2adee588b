// RUN: slin-opt %s -split-input-file -verify-diagnostics

func.func @permutation_c1_not_square() {
  // expected-error@+1 {{'slin.permutation' op expected as many outputs as inputs, found 2 -> 3}}
  %0 = slin.permutation [0, 1] : !slin.linop<2 -> 3, f32>
  return
}

// -----

func.func @permutation_c1_count() {
  // expected-error@+1 {{'slin.permutation' op expected 3 indices, found 2}}
  %0 = slin.permutation [0, 1] : !slin.linop<3 -> 3, f32>
  return
}

// -----

func.func @permutation_c2_repeated() {
  // expected-error@+1 {{'slin.permutation' op expected each of 0 to 3 exclusive once}}
  %0 = slin.permutation [0, 1, 1] : !slin.linop<3 -> 3, f32>
  return
}

// -----

func.func @permutation_c2_out_of_range() {
  // expected-error@+1 {{'slin.permutation' op expected each of 0 to 3 exclusive once}}
  %0 = slin.permutation [0, 1, -1] : !slin.linop<3 -> 3, f32>
  return
}

// -----

func.func @shuffle_c1_lengths() {
  // expected-error@+1 {{'slin.shuffle' op expected one place per radix: 2, found 1}}
  %0 = slin.shuffle [2, 3] order [0] : !slin.linop<6 -> 6, f32>
  return
}

// -----

func.func @shuffle_c1_radix() {
  // expected-error@+1 {{'slin.shuffle' op expected positive radices, found 0}}
  %0 = slin.shuffle [0, 3] order [1, 0] : !slin.linop<6 -> 6, f32>
  return
}

// -----

func.func @shuffle_c1_order() {
  // expected-error@+1 {{'slin.shuffle' op expected an order that names each of the 2 digits once}}
  %0 = slin.shuffle [2, 3] order [1, 1] : !slin.linop<6 -> 6, f32>
  return
}

// -----

func.func @shuffle_c1_overflow() {
  // expected-error@+1 {{'slin.shuffle' op expected fewer than 2^63 features, found more}}
  %0 = slin.shuffle [4294967296, 4294967296] order [1, 0] : !slin.linop<6 -> 6, f32>
  return
}

// -----

func.func @shuffle_c2_not_square() {
  // expected-error@+1 {{'slin.shuffle' op expected as many outputs as inputs, found 6 -> 5}}
  %0 = slin.shuffle [2, 3] order [1, 0] : !slin.linop<6 -> 5, f32>
  return
}

// -----

func.func @shuffle_c2_product() {
  // expected-error@+1 {{'slin.shuffle' op expected radices with the product 6, found 8}}
  %0 = slin.shuffle [2, 4] order [1, 0] : !slin.linop<6 -> 6, f32>
  return
}

// -----

func.func @identity_c1_not_square() {
  // expected-error@+1 {{'slin.identity' op expected as many outputs as inputs, found 6 -> 5}}
  %0 = slin.identity : !slin.linop<6 -> 5, f32>
  return
}
