// RUN: slin-opt %s -split-input-file -verify-diagnostics

func.func @c1_rank_first(%a: tensor<2x4xf32>, %b: tensor<2x3x4xf32>) {
  // expected-error@+1 {{'slin.block_shuffle' op expected 'first' of rank 3, found rank 2}}
  %0 = slin.block_shuffle %a, %b : tensor<2x4xf32>, tensor<2x3x4xf32> -> !slin.linop<4 -> 6, f32>
  return
}

// -----

func.func @c1_rank_second(%a: tensor<2x4x2xf32>, %b: tensor<3x4xf32>) {
  // expected-error@+1 {{'slin.block_shuffle' op expected 'second' of rank 3, found rank 2}}
  %0 = slin.block_shuffle %a, %b : tensor<2x4x2xf32>, tensor<3x4xf32> -> !slin.linop<4 -> 6, f32>
  return
}

// -----

func.func @c2_in(%a: tensor<2x4x3xf32>, %b: tensor<2x3x4xf32>) {
  // expected-error@+1 {{'slin.block_shuffle' op expected kp = in = 4, found 2 * 3}}
  %0 = slin.block_shuffle %a, %b : tensor<2x4x3xf32>, tensor<2x3x4xf32> -> !slin.linop<4 -> 6, f32>
  return
}

// -----

func.func @c2_out(%a: tensor<2x4x2xf32>, %b: tensor<2x2x4xf32>) {
  // expected-error@+1 {{'slin.block_shuffle' op expected ls = out = 6, found 2 * 2}}
  %0 = slin.block_shuffle %a, %b : tensor<2x4x2xf32>, tensor<2x2x4xf32> -> !slin.linop<4 -> 6, f32>
  return
}

// -----

func.func @c2_middle(%a: tensor<2x4x2xf32>, %b: tensor<2x3x3xf32>) {
  // expected-error@+1 {{'slin.block_shuffle' op expected kq = lr = 6, found 2 * 4}}
  %0 = slin.block_shuffle %a, %b : tensor<2x4x2xf32>, tensor<2x3x3xf32> -> !slin.linop<4 -> 6, f32>
  return
}

// -----

func.func @c2_overflow(%a: tensor<4294967296x1x4294967296xf32>, %b: tensor<2x3x3xf32>) {
  // expected-error@+1 {{'slin.block_shuffle' op expected kp = in = 4, found 4294967296 * 4294967296}}
  %0 = slin.block_shuffle %a, %b : tensor<4294967296x1x4294967296xf32>, tensor<2x3x3xf32> -> !slin.linop<4 -> 6, f32>
  return
}

// -----

func.func @c3_wider_first(%a: tensor<2x4x2xf32>, %b: tensor<2x3x4xf16>) {
  // expected-error@+1 {{'slin.block_shuffle' op expected 'first' with elements not wider than 'f16', found 'f32'}}
  %0 = slin.block_shuffle %a, %b : tensor<2x4x2xf32>, tensor<2x3x4xf16> -> !slin.linop<4 -> 6, f16>
  return
}

// -----

func.func @c3_wider_second(%a: tensor<2x4x2xf16>, %b: tensor<2x3x4xf32>) {
  // expected-error@+1 {{'slin.block_shuffle' op expected 'second' with elements not wider than 'f16', found 'f32'}}
  %0 = slin.block_shuffle %a, %b : tensor<2x4x2xf16>, tensor<2x3x4xf32> -> !slin.linop<4 -> 6, f16>
  return
}

// -----

func.func @c2_transposed(%a: tensor<2x4x3xf32>, %b: tensor<3x4x2xf32>) {
  // expected-error@+1 {{'slin.block_shuffle' op expected kp = in = 8, found 2 * 3}}
  %0 = slin.block_shuffle %a, %b : tensor<2x4x3xf32>, tensor<3x4x2xf32> -> !slin.linop<8 -> 12, f32>
  return
}
