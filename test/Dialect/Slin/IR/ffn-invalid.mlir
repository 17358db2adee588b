// RUN: slin-opt %s -split-input-file -verify-diagnostics -allow-unregistered-dialect

func.func @c1_no_operand(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{'slin.ffn' op expected at least one operand, found none}}
  %0 = slin.ffn () -> tensor<2x4xf32> {
    slin.yield %x : tensor<2x4xf32>
  }
  return
}

// -----

func.func @c1_no_result(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{'slin.ffn' op expected at least one result, found none}}
  slin.ffn (%t = %x : tensor<2x4xf32>) {
    slin.yield
  }
  return
}

// -----

func.func @c2_count(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{'slin.ffn' op expected 1 region arguments, found 0}}
  %0 = "slin.ffn"(%x) ({
    slin.yield %x : tensor<2x4xf32>
  }) : (tensor<2x4xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @c2_type(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{'slin.ffn' op expected region argument 0 of type 'tensor<2x4xf32>', found 'tensor<4xf32>'}}
  %0 = "slin.ffn"(%x) ({
  ^bb0(%t: tensor<4xf32>):
    slin.yield %x : tensor<2x4xf32>
  }) : (tensor<2x4xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @c3_count(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{'slin.ffn' op expected the region to yield 1 values, found 0}}
  %0 = slin.ffn (%t = %x : tensor<2x4xf32>) -> tensor<2x4xf32> {
    slin.yield
  }
  return
}

// -----

func.func @c3_type(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{'slin.ffn' op expected the region to yield 'tensor<4xf32>' as value 0, found 'tensor<2x4xf32>'}}
  %0 = slin.ffn (%t = %x : tensor<2x4xf32>) -> tensor<4xf32> {
    slin.yield %t : tensor<2x4xf32>
  }
  return
}

// -----

func.func @c3_no_yield(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{'slin.ffn' op expected the region to end in 'slin.yield', found 'test.op'}}
  %0 = slin.ffn (%t = %x : tensor<2x4xf32>) -> tensor<2x4xf32> {
    "test.op"() : () -> ()
  }
  return
}
