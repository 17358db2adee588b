// RUN: slin-opt %s -split-input-file -verify-diagnostics

func.func @c1_one(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{'slin.add' op expected at least two summands, found 1}}
  %0 = slin.add %x : tensor<2x4xf32> -> tensor<2x4xf32>
  return
}

// -----

func.func @c2_features(%x: tensor<2x4xf32>, %y: tensor<2x1xf32>) {
  // expected-error@+1 {{'slin.add' op expected 'summand 1' with a last axis of 4, found 1}}
  %0 = slin.add %x, %y : tensor<2x4xf32>, tensor<2x1xf32> -> tensor<2x4xf32>
  return
}

// -----

func.func @c3_arguments(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{'slin.add' op expected 0 region arguments, found 1}}
  %0 = "slin.add"(%x, %x) ({
  ^bb0(%a: tensor<2x4xf32>):
    "slin.yield"(%a) : (tensor<2x4xf32>) -> ()
  }) : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @c3_yield(%x: tensor<2x4xf32>, %y: tensor<1x4xf32>) {
  // expected-error@+1 {{'slin.add' op expected the region to yield 'tensor<2x4xf32>' as value 0, found 'tensor<1x4xf32>'}}
  %0 = slin.add %x, %x : tensor<2x4xf32>, tensor<2x4xf32> -> tensor<2x4xf32> from {
    slin.yield %y : tensor<1x4xf32>
  }
  return
}
