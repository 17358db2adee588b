// RUN: slin-opt %s -split-input-file -verify-diagnostics

func.func @c1_rank(%d: tensor<6x4xf32>) {
  // expected-error@+1 {{'slin.block_diagonal' op expected 'blocks' of rank 3, found rank 2}}
  %0 = slin.block_diagonal %d : tensor<6x4xf32> -> !slin.linop<4 -> 6, f32>
  return
}

// -----

func.func @c2_divides_out(%d: tensor<4x1x1xf32>) {
  // expected-error@+1 {{'slin.block_diagonal' op expected a block count that divides out = 6, found 4}}
  %0 = slin.block_diagonal %d : tensor<4x1x1xf32> -> !slin.linop<4 -> 6, f32>
  return
}

// -----

func.func @c2_divides_in(%d: tensor<3x2x1xf32>) {
  // expected-error@+1 {{'slin.block_diagonal' op expected a block count that divides in = 4, found 3}}
  %0 = slin.block_diagonal %d : tensor<3x2x1xf32> -> !slin.linop<4 -> 6, f32>
  return
}

// -----

func.func @c2_no_blocks(%d: tensor<0x3x2xf32>) {
  // expected-error@+1 {{'slin.block_diagonal' op expected a block count that divides out = 6, found 0}}
  %0 = slin.block_diagonal %d : tensor<0x3x2xf32> -> !slin.linop<4 -> 6, f32>
  return
}

// -----

func.func @c2_shape(%d: tensor<2x2x3xf32>) {
  // expected-error@+1 {{'slin.block_diagonal' op expected 'blocks' to be [b, out/b, in/b] = [2, 3, 2], found [2, 2, 3]}}
  %0 = slin.block_diagonal %d : tensor<2x2x3xf32> -> !slin.linop<4 -> 6, f32>
  return
}

// -----

func.func @c3_wider(%d: tensor<2x3x2xf32>) {
  // expected-error@+1 {{'slin.block_diagonal' op expected 'blocks' with elements not wider than 'bf16', found 'f32'}}
  %0 = slin.block_diagonal %d : tensor<2x3x2xf32> -> !slin.linop<4 -> 6, bf16>
  return
}

// -----

func.func @c2_transposed(%d: tensor<2x3x2xf32>) {
  // expected-error@+1 {{'slin.block_diagonal' op expected 'blocks' to be [b, in/b, out/b] = [2, 2, 3], found [2, 3, 2]}}
  %0 = slin.block_diagonal %d transposed : tensor<2x3x2xf32> -> !slin.linop<4 -> 6, f32>
  return
}
