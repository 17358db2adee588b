// RUN: slin-opt %s --slin-to-onnx --split-input-file --verify-diagnostics

// Linears whose operator cannot be written: where it comes from, and its numbers.

func.func @argument(%w: !slin.linop<2 -> 2, f32>, %x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  // expected-error @below {{'/fc' cannot be written as ONNX: expected an operator made by an op, found a block argument}}
  %0 = slin.apply %w, %x {path = "/fc"} : !slin.linop<2 -> 2, f32>, tensor<?x2xf32> -> tensor<?x2xf32>
  return %0 : tensor<?x2xf32>
}

// -----

func.func private @make() -> !slin.linop<2 -> 2, f32>
func.func @call(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %w = call @make() : () -> !slin.linop<2 -> 2, f32>
  // expected-error @below {{'linear' cannot be written as ONNX: expected an op that makes a linear operator, found 'func.call'}}
  %0 = slin.apply %w, %x : !slin.linop<2 -> 2, f32>, tensor<?x2xf32> -> tensor<?x2xf32>
  return %0 : tensor<?x2xf32>
}

// -----

func.func @computed(%w: tensor<2x2xf32>, %x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %0 = slin.dense %w : tensor<2x2xf32> -> !slin.linop<2 -> 2, f32>
  // expected-error @below {{'/fc' cannot be written as ONNX: a factor of '/fc' is no constant}}
  %1 = slin.apply %0, %x {path = "/fc"} : !slin.linop<2 -> 2, f32>, tensor<?x2xf32> -> tensor<?x2xf32>
  return %1 : tensor<?x2xf32>
}

// -----

func.func @unreadable(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %w = slin.weight "w" #onnx.weight<"nowhere.data", 0, 16> : tensor<2x2xf32>
  %0 = slin.dense %w : tensor<2x2xf32> -> !slin.linop<2 -> 2, f32>
  // expected-error @below {{'/fc' cannot be written as ONNX: the weights file 'nowhere.data' is not in '.' and not in any folder given by --data-dir}}
  %1 = slin.apply %0, %x {path = "/fc"} : !slin.linop<2 -> 2, f32>, tensor<?x2xf32> -> tensor<?x2xf32>
  return %1 : tensor<?x2xf32>
}
