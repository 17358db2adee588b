// RUN: slin-opt %s -split-input-file -verify-diagnostics

func.func @c1_rank_left(%l: tensor<6xf32>, %d: tensor<2x2x2xf32>) {
  // expected-error@+1 {{'slin.block_dense' op expected 'left' of rank 2, found rank 1}}
  %0 = slin.block_dense %l, %d : tensor<6xf32>, tensor<2x2x2xf32> -> !slin.linop<4 -> 6, f32>
  return
}

// -----

func.func @c1_rank_blocks(%l: tensor<6x4xf32>, %d: tensor<4x4xf32>) {
  // expected-error@+1 {{'slin.block_dense' op expected 'blocks' of rank 3, found rank 2}}
  %0 = slin.block_dense %l, %d : tensor<6x4xf32>, tensor<4x4xf32> -> !slin.linop<4 -> 6, f32>
  return
}

// -----

func.func @c2_left(%l: tensor<5x4xf32>, %d: tensor<2x2x2xf32>) {
  // expected-error@+1 {{'slin.block_dense' op expected 'left' to be [out, r] = [6, 4], found [5, 4]}}
  %0 = slin.block_dense %l, %d : tensor<5x4xf32>, tensor<2x2x2xf32> -> !slin.linop<4 -> 6, f32>
  return
}

// -----

func.func @c2_divides_r(%l: tensor<6x3xf32>, %d: tensor<2x2x2xf32>) {
  // expected-error@+1 {{'slin.block_dense' op expected a block count that divides r = 3, found 2}}
  %0 = slin.block_dense %l, %d : tensor<6x3xf32>, tensor<2x2x2xf32> -> !slin.linop<4 -> 6, f32>
  return
}

// -----

func.func @c2_divides_in(%l: tensor<6x3xf32>, %d: tensor<3x1x1xf32>) {
  // expected-error@+1 {{'slin.block_dense' op expected a block count that divides in = 4, found 3}}
  %0 = slin.block_dense %l, %d : tensor<6x3xf32>, tensor<3x1x1xf32> -> !slin.linop<4 -> 6, f32>
  return
}

// -----

func.func @c2_blocks(%l: tensor<6x4xf32>, %d: tensor<2x2x1xf32>) {
  // expected-error@+1 {{'slin.block_dense' op expected 'blocks' to be [b, r/b, in/b] = [2, 2, 2], found [2, 2, 1]}}
  %0 = slin.block_dense %l, %d : tensor<6x4xf32>, tensor<2x2x1xf32> -> !slin.linop<4 -> 6, f32>
  return
}

// -----

func.func @c3_wider_left(%l: tensor<6x4xf32>, %d: tensor<2x2x2xf16>) {
  // expected-error@+1 {{'slin.block_dense' op expected 'left' with elements not wider than 'f16', found 'f32'}}
  %0 = slin.block_dense %l, %d : tensor<6x4xf32>, tensor<2x2x2xf16> -> !slin.linop<4 -> 6, f16>
  return
}

// -----

func.func @c3_wider_blocks(%l: tensor<6x4xf16>, %d: tensor<2x2x2xf32>) {
  // expected-error@+1 {{'slin.block_dense' op expected 'blocks' with elements not wider than 'f16', found 'f32'}}
  %0 = slin.block_dense %l, %d : tensor<6x4xf16>, tensor<2x2x2xf32> -> !slin.linop<4 -> 6, f16>
  return
}

// -----

func.func @c2_transposed(%l: tensor<6x4xf32>, %d: tensor<2x3x2xf32>) {
  // expected-error@+1 {{'slin.block_dense' op expected 'left' to be [r, out]}}
  %0 = slin.block_dense %l transposed, %d transposed : tensor<6x4xf32>, tensor<2x3x2xf32> -> !slin.linop<6 -> 7, f32>
  return
}
