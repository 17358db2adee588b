// RUN: slin-opt %s -split-input-file -verify-diagnostics

func.func @c1_rank_u(%u: tensor<6xf32>, %v: tensor<2x4xf32>) {
  // expected-error@+1 {{'slin.low_rank' op expected 'u' of rank 2, found rank 1}}
  %0 = slin.low_rank %u, %v : tensor<6xf32>, tensor<2x4xf32> -> !slin.linop<4 -> 6, f32>
  return
}

// -----

func.func @c1_rank_v(%u: tensor<6x2xf32>, %v: tensor<2x4x1xf32>) {
  // expected-error@+1 {{'slin.low_rank' op expected 'v' of rank 2, found rank 3}}
  %0 = slin.low_rank %u, %v : tensor<6x2xf32>, tensor<2x4x1xf32> -> !slin.linop<4 -> 6, f32>
  return
}

// -----

func.func @c2_rows_of_u(%u: tensor<5x2xf32>, %v: tensor<2x4xf32>) {
  // expected-error@+1 {{'slin.low_rank' op expected 'u' to be [out, r] = [6, 2], found [5, 2]}}
  %0 = slin.low_rank %u, %v : tensor<5x2xf32>, tensor<2x4xf32> -> !slin.linop<4 -> 6, f32>
  return
}

// -----

func.func @c2_inner(%u: tensor<6x2xf32>, %v: tensor<3x4xf32>) {
  // expected-error@+1 {{'slin.low_rank' op expected 'v' to be [r, in] = [2, 4], found [3, 4]}}
  %0 = slin.low_rank %u, %v : tensor<6x2xf32>, tensor<3x4xf32> -> !slin.linop<4 -> 6, f32>
  return
}

// -----

func.func @c3_wider_u(%u: tensor<6x2xf32>, %v: tensor<2x4xf16>) {
  // expected-error@+1 {{'slin.low_rank' op expected 'u' with elements not wider than 'f16', found 'f32'}}
  %0 = slin.low_rank %u, %v : tensor<6x2xf32>, tensor<2x4xf16> -> !slin.linop<4 -> 6, f16>
  return
}

// -----

func.func @c3_wider_v(%u: tensor<6x2xf16>, %v: tensor<2x4xf32>) {
  // expected-error@+1 {{'slin.low_rank' op expected 'v' with elements not wider than 'f16', found 'f32'}}
  %0 = slin.low_rank %u, %v : tensor<6x2xf16>, tensor<2x4xf32> -> !slin.linop<4 -> 6, f16>
  return
}

// -----

func.func @c2_transposed(%u: tensor<2x6xf32>, %v: tensor<2x4xf32>) {
  // expected-error@+1 {{'slin.low_rank' op expected 'v' to be [in, r] = [4, 2], found [2, 4]}}
  %0 = slin.low_rank %u transposed, %v transposed : tensor<2x6xf32>, tensor<2x4xf32> -> !slin.linop<4 -> 6, f32>
  return
}
