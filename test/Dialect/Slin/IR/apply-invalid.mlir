// RUN: slin-opt %s -split-input-file -verify-diagnostics -allow-unregistered-dialect

func.func @c1_in(%w: !slin.linop<4 -> 6, f32>, %x: tensor<2x5xf32>) {
  // expected-error@+1 {{'slin.apply' op expected 'input' with a last axis of 4, found 5}}
  %0 = slin.apply %w, %x : !slin.linop<4 -> 6, f32>, tensor<2x5xf32> -> tensor<2x6xf32>
  return
}

// -----

func.func @c1_rank_0(%w: !slin.linop<4 -> 6, f32>, %x: tensor<f32>) {
  // expected-error@+1 {{'slin.apply' op expected 'input' with a last axis of 4, found rank 0}}
  %0 = slin.apply %w, %x : !slin.linop<4 -> 6, f32>, tensor<f32> -> tensor<2x6xf32>
  return
}

// -----

func.func @c2_out(%w: !slin.linop<4 -> 6, f32>, %x: tensor<2x4xf32>) {
  // expected-error@+1 {{'slin.apply' op expected 'result' with a last axis of 6, found 5}}
  %0 = slin.apply %w, %x : !slin.linop<4 -> 6, f32>, tensor<2x4xf32> -> tensor<2x5xf32>
  return
}

// -----

func.func @c3_size(%w: !slin.linop<4 -> 6, f32>, %x: tensor<2x4xf32>, %b: tensor<5xf32>) {
  // expected-error@+1 {{'slin.apply' op expected a bias of 6 elements along its last axis, or of one, found 'tensor<5xf32>'}}
  %0 = slin.apply %w, %x bias %b : tensor<5xf32> : !slin.linop<4 -> 6, f32>, tensor<2x4xf32> -> tensor<2x6xf32>
  return
}

// -----

func.func @c3_wrong_axis(%w: !slin.linop<4 -> 6, f32>, %x: tensor<2x4xf32>, %b: tensor<6x1xf32>) {
  // expected-error@+1 {{'slin.apply' op expected a bias of 6 elements along its last axis, or of one, found 'tensor<6x1xf32>'}}
  %0 = slin.apply %w, %x bias %b : tensor<6x1xf32> : !slin.linop<4 -> 6, f32>, tensor<2x4xf32> -> tensor<2x6xf32>
  return
}

// -----

func.func @c4_type(%w: !slin.linop<4 -> 6, f32>, %x: tensor<2x4xf32>) {
  // expected-error@+1 {{'slin.apply' op expected the region to yield 'tensor<2x6xf32>' as value 0, found 'tensor<2x4xf32>'}}
  %0 = slin.apply %w, %x : !slin.linop<4 -> 6, f32>, tensor<2x4xf32> -> tensor<2x6xf32> from {
    slin.yield %x : tensor<2x4xf32>
  }
  return
}

// -----

func.func @c4_count(%w: !slin.linop<4 -> 6, f32>, %x: tensor<2x4xf32>) {
  // expected-error@+1 {{'slin.apply' op expected the region to yield 1 values, found 0}}
  %0 = slin.apply %w, %x : !slin.linop<4 -> 6, f32>, tensor<2x4xf32> -> tensor<2x6xf32> from {
    slin.yield
  }
  return
}

// -----

func.func @c4_no_yield(%w: !slin.linop<4 -> 6, f32>, %x: tensor<2x4xf32>) {
  // expected-error@+1 {{'slin.apply' op expected the region to end in 'slin.yield', found 'test.op'}}
  %0 = slin.apply %w, %x : !slin.linop<4 -> 6, f32>, tensor<2x4xf32> -> tensor<2x6xf32> from {
    "test.op"() : () -> ()
  }
  return
}

// -----

func.func @c4_arguments(%w: !slin.linop<4 -> 6, f32>, %x: tensor<2x4xf32>, %y: tensor<2x6xf32>) {
  // expected-error@+1 {{'slin.apply' op expected 0 region arguments, found 1}}
  %0 = "slin.apply"(%w, %x) ({
  ^bb0(%v: tensor<2x4xf32>):
    slin.yield %y : tensor<2x6xf32>
  }) : (!slin.linop<4 -> 6, f32>, tensor<2x4xf32>) -> tensor<2x6xf32>
  return
}

// -----

func.func @c4_blocks(%w: !slin.linop<4 -> 6, f32>, %x: tensor<2x4xf32>, %y: tensor<2x6xf32>) {
  // expected-error@+1 {{'slin.apply' op expects region #0 to have 0 or 1 blocks}}
  %0 = "slin.apply"(%w, %x) ({
    slin.yield %y : tensor<2x6xf32>
  ^bb1:
    slin.yield %y : tensor<2x6xf32>
  }) : (!slin.linop<4 -> 6, f32>, tensor<2x4xf32>) -> tensor<2x6xf32>
  return
}

// -----

func.func @c5_role(%w: !slin.linop<4 -> 6, f32>, %x: tensor<2x4xf32>) {
  // expected-error@+1 {{'slin.apply' op expected the role 'up', 'gate' or 'down', found 'side'}}
  %0 = slin.apply %w, %x {role = "side"} : !slin.linop<4 -> 6, f32>, tensor<2x4xf32> -> tensor<2x6xf32>
  return
}
