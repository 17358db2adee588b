// RUN: slin-opt %s -split-input-file -verify-diagnostics -allow-unregistered-dialect

func.func @c1_no_name(%h: tensor<2x6xf32>) {
  // expected-error@+1 {{'slin.activation' op expected the name of a function, found none}}
  %0 = slin.activation ""(%v = %h : tensor<2x6xf32>) -> tensor<2x6xf32> {
    slin.yield %v : tensor<2x6xf32>
  }
  return
}

// -----

func.func @c2_no_operand(%h: tensor<2x6xf32>) {
  // expected-error@+1 {{'slin.activation' op expected at least one operand, found none}}
  %0 = slin.activation relu() -> tensor<2x6xf32> {
    slin.yield %h : tensor<2x6xf32>
  }
  return
}

// -----

func.func @c3_count(%h: tensor<2x6xf32>) {
  // expected-error@+1 {{'slin.activation' op expected 1 region arguments, found 0}}
  %0 = "slin.activation"(%h) <{function = "relu"}> ({
    slin.yield %h : tensor<2x6xf32>
  }) : (tensor<2x6xf32>) -> tensor<2x6xf32>
  return
}

// -----

func.func @c3_type(%h: tensor<2x6xf32>) {
  // expected-error@+1 {{'slin.activation' op expected region argument 0 of type 'tensor<2x6xf32>', found 'tensor<6xf32>'}}
  %0 = "slin.activation"(%h) <{function = "relu"}> ({
  ^bb0(%v: tensor<6xf32>):
    slin.yield %h : tensor<2x6xf32>
  }) : (tensor<2x6xf32>) -> tensor<2x6xf32>
  return
}

// -----

func.func @c4_count(%h: tensor<2x6xf32>) {
  // expected-error@+1 {{'slin.activation' op expected the region to yield 1 values, found 2}}
  %0 = slin.activation relu(%v = %h : tensor<2x6xf32>) -> tensor<2x6xf32> {
    slin.yield %v, %v : tensor<2x6xf32>, tensor<2x6xf32>
  }
  return
}

// -----

func.func @c4_type(%h: tensor<2x6xf32>) {
  // expected-error@+1 {{'slin.activation' op expected the region to yield 'tensor<6xf32>' as value 0, found 'tensor<2x6xf32>'}}
  %0 = slin.activation relu(%v = %h : tensor<2x6xf32>) -> tensor<6xf32> {
    slin.yield %v : tensor<2x6xf32>
  }
  return
}

// -----

func.func @c4_no_yield(%h: tensor<2x6xf32>) {
  // expected-error@+1 {{'slin.activation' op expected the region to end in 'slin.yield', found 'test.op'}}
  %0 = slin.activation relu(%v = %h : tensor<2x6xf32>) -> tensor<2x6xf32> {
    "test.op"() : () -> ()
  }
  return
}

// -----

func.func @empty_region(%h: tensor<2x6xf32>) {
  // expected-error@+1 {{'slin.activation' op expects a non-empty block}}
  %0 = slin.activation relu(%v = %h : tensor<2x6xf32>) -> tensor<2x6xf32> {
  }
  return
}

// -----

func.func @c5_parameter(%h: tensor<2x6xf32>) {
  // expected-error@+1 {{'slin.activation' op expected a finite parameter, found}}
  %0 = slin.activation elu(%v = %h : tensor<2x6xf32>) -> tensor<2x6xf32> {
    slin.yield %v : tensor<2x6xf32>
  } {parameter = 0x7FF0000000000000 : f64}
  return
}

// -----

func.func @syntax_missing_operand(%h: tensor<2x6xf32>) {
  // expected-error@+1 {{expected '='}}
  %0 = slin.activation relu(%v : tensor<2x6xf32>) -> tensor<2x6xf32> {
    slin.yield %v : tensor<2x6xf32>
  }
  return
}

// -----

func.func @yield_c1_parent(%h: tensor<2x6xf32>) {
  // expected-error@+1 {{'slin.yield' op expects parent op to be one of 'slin.apply, slin.add, slin.activation, slin.ffn'}}
  slin.yield %h : tensor<2x6xf32>
}
