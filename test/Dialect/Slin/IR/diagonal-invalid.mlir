// RUN: slin-opt %s -split-input-file -verify-diagnostics

func.func @c1_rank(%d: tensor<1x4xf32>) {
  // expected-error@+1 {{'slin.diagonal' op expected 'weight' of rank 1, found rank 2}}
  %0 = slin.diagonal %d : tensor<1x4xf32> -> !slin.linop<4 -> 4, f32>
  return
}

// -----

func.func @c2_not_square(%d: tensor<4xf32>) {
  // expected-error@+1 {{'slin.diagonal' op expected as many outputs as inputs, found 4 -> 5}}
  %0 = slin.diagonal %d : tensor<4xf32> -> !slin.linop<4 -> 5, f32>
  return
}

// -----

func.func @c2_size(%d: tensor<3xf32>) {
  // expected-error@+1 {{'slin.diagonal' op expected 'weight' to be [in] = [4], found [3]}}
  %0 = slin.diagonal %d : tensor<3xf32> -> !slin.linop<4 -> 4, f32>
  return
}

// -----

func.func @c3_wider(%d: tensor<4xf32>) {
  // expected-error@+1 {{'slin.diagonal' op expected 'weight' with elements not wider than 'f16', found 'f32'}}
  %0 = slin.diagonal %d : tensor<4xf32> -> !slin.linop<4 -> 4, f16>
  return
}
