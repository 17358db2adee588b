// RUN: slin-opt %s --slin-factorize='rank=2 weight-only' | FileCheck %s
// RUN: slin-opt %s --slin-factorize='structure=block_dense blocks=3 rank=2 weight-only include=/rank' | FileCheck %s --check-prefix=INPUTS
// RUN: slin-opt %s --slin-factorize='structure=block_dense blocks=2 rank=3 weight-only include=/rank' | FileCheck %s --check-prefix=BLOCKS
// RUN: slin-opt %s --slin-factorize='structure=block_dense blocks=2 rank=4 weight-only include=/rank' | FileCheck %s --check-prefix=BREAK-EVEN
// RUN: slin-opt %s --slin-factorize='structure=block_diagonal blocks=3 weight-only include=/rank' | FileCheck %s --check-prefix=SIDES
// RUN: slin-opt %s --slin-factorize='structure=block_shuffle blocks=1 weight-only include=/rank' | FileCheck %s --check-prefix=PARAMETERS
// RUN: slin-opt %s --slin-factorize='ratio=0.1 weight-only include=/rank' 2>&1 | FileCheck %s --check-prefix=SMALL
// RUN: %python %S/Inputs/statistics.py %t.safetensors x!mean:5:0,0,0,0:1,1,1,1 y!second_moment:5:0,0,0,0:1,1,1,1 z:5:0,0,0,0:1,1,nan,1
// RUN: slin-opt %s --slin-factorize='rank=1 statistics=%t.safetensors' | FileCheck %s --check-prefix=STATISTICS

// CHECK-NOT: slin.replaced
// CHECK: {decision = {decision = "dense", parameters_after = 8 : i64, parameters_before = 8 : i64,
// CHECK-SAME: reason = "expected a rank of at most 1, above which the factors are larger than the weight, found 2", structure = "low_rank"}
// INPUTS: reason = "expected inputs that 3 blocks divide, found 4"
// BLOCKS: reason = "expected a rank that 2 blocks divide, found 3"
// BREAK-EVEN: reason = "expected a rank of at most 2, above which the factors are larger than the weight, found 4"
// SIDES: reason = "expected sides that 3 blocks divide, found a weight of 2 x 4"
// PARAMETERS: reason = "expected at most the 8 parameters of the weight, found 12 with blocks = 1"
// SMALL: reason = "expected room for rank 8, found factors larger than the weight above rank 1"
// STATISTICS: reason = "expected statistics 'x/mean', found none"
func.func @rank(%x: tensor<?x4xf32>) -> tensor<?x2xf32> {
  %w = slin.weight "w1" dense<1.0> : tensor<2x4xf32>
  %0 = slin.dense %w : tensor<2x4xf32> -> !slin.linop<4 -> 2, f32>
  %1 = slin.apply %0, %x {path = "/rank", input_name = "x"} : !slin.linop<4 -> 2, f32>, tensor<?x4xf32> -> tensor<?x2xf32>
    from {
      // CHECK: onnx.MatMul
      %2 = "onnx.MatMul"(%x, %w) : (tensor<?x4xf32>, tensor<2x4xf32>) -> tensor<?x2xf32>
      slin.yield %2 : tensor<?x2xf32>
    }
  return %1 : tensor<?x2xf32>
}

// CHECK-LABEL: func @not_finite
// CHECK: reason = "expected finite entries of the weight, found nan at [1, 3]"
// STATISTICS-LABEL: func @not_finite
// STATISTICS: reason = "expected statistics 'y/second_moment', found none"
func.func @not_finite(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %w = slin.weight "w2" dense<[[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0x7FC00000], [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]> : tensor<4x4xf32>
  %0 = slin.dense %w : tensor<4x4xf32> -> !slin.linop<4 -> 4, f32>
  %1 = slin.apply %0, %x {path = "/finite", input_name = "y"} : !slin.linop<4 -> 4, f32>, tensor<?x4xf32> -> tensor<?x4xf32>
  return %1 : tensor<?x4xf32>
}

// STATISTICS-LABEL: func @no_input_name
// STATISTICS: reason = "expected the name of the input, by which statistics are found, found none"
func.func @no_input_name(%x: tensor<?x4xf32>) -> tensor<?x2xf32> {
  %w = slin.weight "w8" dense<1.0> : tensor<2x4xf32>
  %0 = slin.dense %w : tensor<2x4xf32> -> !slin.linop<4 -> 2, f32>
  %1 = slin.apply %0, %x {path = "/nameless"} : !slin.linop<4 -> 2, f32>, tensor<?x4xf32> -> tensor<?x2xf32>
  return %1 : tensor<?x2xf32>
}

// CHECK-LABEL: func @argument
// CHECK: reason = "expected a constant weight, found a block argument"
func.func @argument(%x: tensor<?x4xf32>, %w: tensor<4x4xf32>) -> tensor<?x4xf32> {
  %0 = slin.dense %w : tensor<4x4xf32> -> !slin.linop<4 -> 4, f32>
  %1 = slin.apply %0, %x {path = "/argument"} : !slin.linop<4 -> 4, f32>, tensor<?x4xf32> -> tensor<?x4xf32>
  return %1 : tensor<?x4xf32>
}

// CHECK-LABEL: func @computed
// CHECK: reason = "expected a constant weight, found a result of 'onnx.Identity'"
func.func @computed(%x: tensor<?x4xf32>, %w: tensor<4x4xf32>) -> tensor<?x4xf32> {
  %v = "onnx.Identity"(%w) : (tensor<4x4xf32>) -> tensor<4x4xf32>
  %0 = slin.dense %v : tensor<4x4xf32> -> !slin.linop<4 -> 4, f32>
  %1 = slin.apply %0, %x {path = "/computed"} : !slin.linop<4 -> 4, f32>, tensor<?x4xf32> -> tensor<?x4xf32>
  return %1 : tensor<?x4xf32>
}

// CHECK-LABEL: func @part_of_operator
// CHECK: reason = "expected an operator that only linears use, found a use by 'slin.compose'"
func.func @part_of_operator(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %w = slin.weight "w3" dense<1.0> : tensor<4x4xf32>
  %0 = slin.dense %w : tensor<4x4xf32> -> !slin.linop<4 -> 4, f32>
  %1 = slin.scale %0 by 2.0 : !slin.linop<4 -> 4, f32>
  %2 = slin.compose %1, %1 : !slin.linop<4 -> 4, f32>, !slin.linop<4 -> 4, f32> -> !slin.linop<4 -> 4, f32>
  %3 = slin.apply %0, %x {path = "/part"} : !slin.linop<4 -> 4, f32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %4 = slin.apply %2, %3 {path = "/composed"} : !slin.linop<4 -> 4, f32>, tensor<?x4xf32> -> tensor<?x4xf32>
  return %4 : tensor<?x4xf32>
}

// A weight that somebody else reads would stay behind.
// CHECK-LABEL: func @other_reader
// CHECK: reason = "expected the weight 'w4' to be read by the selected linears only, found 'func.return'"
// CHECK: reason = "expected the weight 'w5' to be read by the selected linears only, found 'slin.dense'"
// STATISTICS-LABEL: func @moment_not_finite
// STATISTICS: reason = "expected finite entries of the moment, found nan at [2, 2]"
func.func @other_reader(%x: tensor<?x4xf32>) -> (tensor<?x4xf32>, tensor<4x4xf32>) {
  %w = slin.weight "w4" dense<1.0> : tensor<4x4xf32>
  %v = slin.weight "w5" dense<1.0> : tensor<4x4xf32>
  %0 = slin.dense %w : tensor<4x4xf32> -> !slin.linop<4 -> 4, f32>
  %1 = slin.dense %v : tensor<4x4xf32> -> !slin.linop<4 -> 4, f32>
  %2 = slin.dense %v transposed : tensor<4x4xf32> -> !slin.linop<4 -> 4, f32>
  %3 = "onnx.Identity"(%w) : (tensor<4x4xf32>) -> tensor<4x4xf32>
  %4 = slin.apply %0, %x {path = "/returned"} : !slin.linop<4 -> 4, f32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %5 = slin.apply %1, %4 {path = "/twice"} : !slin.linop<4 -> 4, f32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %6 = slin.apply %2, %5 {path = "/other_way"} : !slin.linop<4 -> 4, f32>, tensor<?x4xf32> -> tensor<?x4xf32>
  return %6, %3 : tensor<?x4xf32>, tensor<4x4xf32>
}

func.func @moment_not_finite(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %w = slin.weight "w6" dense<1.0> : tensor<4x4xf32>
  %0 = slin.dense %w : tensor<4x4xf32> -> !slin.linop<4 -> 4, f32>
  %1 = slin.apply %0, %x {path = "/moment", input_name = "z"} : !slin.linop<4 -> 4, f32>, tensor<?x4xf32> -> tensor<?x4xf32>
  return %1 : tensor<?x4xf32>
}
