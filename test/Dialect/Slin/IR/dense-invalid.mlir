// RUN: slin-opt %s -split-input-file -verify-diagnostics

func.func @c1_rank(%w: tensor<6xf32>) {
  // expected-error@+1 {{'slin.dense' op expected 'weight' of rank 2, found rank 1}}
  %0 = slin.dense %w : tensor<6xf32> -> !slin.linop<4 -> 6, f32>
  return
}

// -----

func.func @c2_shape(%w: tensor<4x6xf32>) {
  // expected-error@+1 {{'slin.dense' op expected 'weight' to be [out, in] = [6, 4], found [4, 6]}}
  %0 = slin.dense %w : tensor<4x6xf32> -> !slin.linop<4 -> 6, f32>
  return
}

// -----

func.func @c2_shape_transposed(%w: tensor<6x4xf32>) {
  // expected-error@+1 {{'slin.dense' op expected 'weight' to be [in, out] = [4, 6], found [6, 4]}}
  %0 = slin.dense %w transposed : tensor<6x4xf32> -> !slin.linop<4 -> 6, f32>
  return
}

// -----

func.func @c3_wider(%w: tensor<6x4xf32>) {
  // expected-error@+1 {{'slin.dense' op expected 'weight' with elements not wider than 'f16', found 'f32'}}
  %0 = slin.dense %w : tensor<6x4xf32> -> !slin.linop<4 -> 6, f16>
  return
}

// -----

func.func @weight_dynamic(%w: tensor<?x4xf32>) {
  // expected-error@+1 {{'slin.dense' op operand #0 must be statically shaped tensor of floating-point values, but got 'tensor<?x4xf32>'}}
  %0 = slin.dense %w : tensor<?x4xf32> -> !slin.linop<4 -> 6, f32>
  return
}

// -----

func.func @weight_integer(%w: tensor<6x4xi8>) {
  // expected-error@+1 {{'slin.dense' op operand #0 must be statically shaped tensor of floating-point values, but got 'tensor<6x4xi8>'}}
  %0 = slin.dense %w : tensor<6x4xi8> -> !slin.linop<4 -> 6, f32>
  return
}
