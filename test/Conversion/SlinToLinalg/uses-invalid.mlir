// RUN: slin-opt %s --split-input-file --slin-to-linalg --verify-diagnostics

// What has no lowering, and why. Names: the constraint in Passes.md.

func.func @c1_unknown_type(%w: tensor<4x6xf32>, %x: !onnx.unknown) -> tensor<?x4xf32> {
  %0 = slin.dense %w : tensor<4x6xf32> -> !slin.linop<6 -> 4, f32>
  // expected-error @below {{'/fc' cannot be lowered: expected 'input' to be a tensor of f64, f32, f16 or bf16 with known rank, found '!onnx.unknown'}}
  %y = slin.apply %0, %x {path = "/fc"} : !slin.linop<6 -> 4, f32>, !onnx.unknown -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

func.func @c1_unknown_features(%w: tensor<4x6xf32>, %x: tensor<2x6xf32>) -> tensor<2x?xf32> {
  %0 = slin.dense %w : tensor<4x6xf32> -> !slin.linop<6 -> 4, f32>
  // expected-error @below {{'linear' cannot be lowered: expected 'result' with a last axis of 4, found 'tensor<2x?xf32>'}}
  %y = slin.apply %0, %x : !slin.linop<6 -> 4, f32>, tensor<2x6xf32> -> tensor<2x?xf32>
  return %y : tensor<2x?xf32>
}

// -----

func.func @c1_unknown_bias(%w: tensor<4x6xf32>, %b: tensor<?xf32>, %x: tensor<2x6xf32>) -> tensor<2x4xf32> {
  %0 = slin.dense %w : tensor<4x6xf32> -> !slin.linop<6 -> 4, f32>
  // expected-error @below {{'linear' cannot be lowered: expected 'bias' of static shape, found 'tensor<?xf32>'}}
  %y = slin.apply %0, %x bias %b : tensor<?xf32> : !slin.linop<6 -> 4, f32>, tensor<2x6xf32> -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// -----

func.func @c2_no_name(%x: tensor<2x6xf32>) -> tensor<2x6xf32> {
  // expected-error @below {{activation 'pointwise' cannot be lowered: expected a function with a name that lowering knows, found 'pointwise'}}
  %y = slin.activation pointwise(%v = %x : tensor<2x6xf32>) -> tensor<2x6xf32> { slin.yield %v : tensor<2x6xf32> }
  return %y : tensor<2x6xf32>
}

// -----

func.func @c2_no_parameter(%x: tensor<2x6xf32>) -> tensor<2x6xf32> {
  // expected-error @below {{activation 'elu' cannot be lowered: expected a parameter of 'elu', found none}}
  %y = slin.activation elu(%v = %x : tensor<2x6xf32>) -> tensor<2x6xf32> { slin.yield %v : tensor<2x6xf32> }
  return %y : tensor<2x6xf32>
}

// -----

func.func @c2_parameter(%x: tensor<2x6xf32>) -> tensor<2x6xf32> {
  // expected-error @below {{activation 'relu' cannot be lowered: expected no parameter of 'relu', found one}}
  %y = slin.activation relu(%v = %x : tensor<2x6xf32>) -> tensor<2x6xf32> { slin.yield %v : tensor<2x6xf32> } {parameter = 1.0 : f64}
  return %y : tensor<2x6xf32>
}

// -----

func.func @c3_results(%x: tensor<2x6xf32>) -> tensor<2x6xf32> {
  // expected-error @below {{activation 'relu' cannot be lowered: expected one result, found 2: inner values that others read have no name}}
  %y:2 = slin.activation relu(%v = %x : tensor<2x6xf32>) -> (tensor<2x6xf32>, tensor<2x6xf32>) {
    slin.yield %v, %v : tensor<2x6xf32>, tensor<2x6xf32>
  }
  return %y#1 : tensor<2x6xf32>
}

// -----

func.func @c3_shapes(%x: tensor<2x6xf32>, %z: tensor<1x6xf32>) -> tensor<2x6xf32> {
  // expected-error @below {{activation 'relu' cannot be lowered: expected operands of the result's shape 'tensor<2x6xf32>', found 'tensor<1x6xf32>'}}
  %y = slin.activation relu(%v = %x : tensor<2x6xf32>, %u = %z : tensor<1x6xf32>) -> tensor<2x6xf32> { slin.yield %v : tensor<2x6xf32> }
  return %y : tensor<2x6xf32>
}

// -----

func.func @c3_types(%x: tensor<2x6xi32>) -> tensor<2x6xi32> {
  // expected-error @below {{activation 'relu' cannot be lowered: expected tensors of f64, f32, f16 or bf16 with known rank and features, found 'tensor<2x6xi32>'}}
  %y = slin.activation relu(%v = %x : tensor<2x6xi32>) -> tensor<2x6xi32> { slin.yield %v : tensor<2x6xi32> }
  return %y : tensor<2x6xi32>
}

// -----

func.func @c4_tokens(%x: tensor<?x6xf32>, %0: tensor<4x6xf32>) -> tensor<?x4xf32> {
  %a = slin.dense %0 : tensor<4x6xf32> -> !slin.linop<6 -> 4, f32>
  %w = slin.by_tokens [16] %a, %a : !slin.linop<6 -> 4, f32>
  // expected-error @below {{expected a known number of tokens for 'slin.by_tokens', found 'tensor<?x6xf32>': give the option tokens=N}}
  %y = slin.apply %w, %x : !slin.linop<6 -> 4, f32>, tensor<?x6xf32> -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

func.func @c5_used_elsewhere(%0: tensor<4x6xf32>) -> !slin.linop<6 -> 4, f32> {
  // expected-error @below {{an operator is left after lowering: expected 'slin.apply' to be its only use}}
  %a = slin.dense %0 : tensor<4x6xf32> -> !slin.linop<6 -> 4, f32>
  // expected-note @below {{it is used here}}
  return %a : !slin.linop<6 -> 4, f32>
}

// -----

func.func @no_term(%w: !slin.linop<2 -> 2, f32>, %x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  // expected-error @below {{'linear' cannot be lowered: expected an operator made by an op, found a block argument}}
  %0 = slin.apply %w, %x : !slin.linop<2 -> 2, f32>, tensor<?x2xf32> -> tensor<?x2xf32>
  return %0 : tensor<?x2xf32>
}
