// REQUIRES: slin-run
// RUN: slin-run %s --tokens=5 --check=reference | FileCheck %s
// RUN: slin-run %s --tokens=33 --check=reference --vector-bits=512 | FileCheck %s
// RUN: slin-run %s --tokens=2 --check=reference --vector-bits=0 | FileCheck %s

// Element types: weights, activations, results, and mixtures. Sums of narrow types
// are f32, and of whatever meets f64, f64.

// CHECK-NOT: error
// CHECK-COUNT-9: checked: max relative error
func.func @f64(%x: tensor<?x70xf64>) -> tensor<?x36xf64> {
  %0 = slin.weight "u" #onnx.synthetic<normal, seed = 1> : tensor<36x20xf64>
  %1 = slin.weight "v" #onnx.synthetic<normal, seed = 2> : tensor<20x70xf64>
  %2 = slin.weight "bias" #onnx.synthetic<normal, seed = 3> : tensor<36xf64>
  %w = slin.low_rank %0, %1 : tensor<36x20xf64>, tensor<20x70xf64> -> !slin.linop<70 -> 36, f64>
  %h = slin.apply %w, %x bias %2 : tensor<36xf64> : !slin.linop<70 -> 36, f64>, tensor<?x70xf64> -> tensor<?x36xf64>
  %y = slin.activation silu(%v = %h : tensor<?x36xf64>) -> tensor<?x36xf64> { slin.yield %v : tensor<?x36xf64> }
  return %y : tensor<?x36xf64>
}
func.func @f32(%x: tensor<?x70xf32>) -> tensor<?x36xf32> {
  %0 = slin.weight "u" #onnx.synthetic<normal, seed = 1> : tensor<36x20xf32>
  %1 = slin.weight "v" #onnx.synthetic<normal, seed = 2> : tensor<20x70xf32>
  %2 = slin.weight "bias" #onnx.synthetic<normal, seed = 3> : tensor<36xf32>
  %w = slin.low_rank %0, %1 : tensor<36x20xf32>, tensor<20x70xf32> -> !slin.linop<70 -> 36, f32>
  %h = slin.apply %w, %x bias %2 : tensor<36xf32> : !slin.linop<70 -> 36, f32>, tensor<?x70xf32> -> tensor<?x36xf32>
  %y = slin.activation silu(%v = %h : tensor<?x36xf32>) -> tensor<?x36xf32> { slin.yield %v : tensor<?x36xf32> }
  return %y : tensor<?x36xf32>
}
func.func @f16(%x: tensor<?x70xf16>) -> tensor<?x36xf16> {
  %0 = slin.weight "u" #onnx.synthetic<normal, seed = 1> : tensor<36x20xf16>
  %1 = slin.weight "v" #onnx.synthetic<normal, seed = 2> : tensor<20x70xf16>
  %2 = slin.weight "bias" #onnx.synthetic<normal, seed = 3> : tensor<36xf16>
  %w = slin.low_rank %0, %1 : tensor<36x20xf16>, tensor<20x70xf16> -> !slin.linop<70 -> 36, f16>
  %h = slin.apply %w, %x bias %2 : tensor<36xf16> : !slin.linop<70 -> 36, f16>, tensor<?x70xf16> -> tensor<?x36xf16>
  %y = slin.activation silu(%v = %h : tensor<?x36xf16>) -> tensor<?x36xf16> { slin.yield %v : tensor<?x36xf16> }
  return %y : tensor<?x36xf16>
}
func.func @bf16(%x: tensor<?x70xbf16>) -> tensor<?x36xbf16> {
  %0 = slin.weight "u" #onnx.synthetic<normal, seed = 1> : tensor<36x20xbf16>
  %1 = slin.weight "v" #onnx.synthetic<normal, seed = 2> : tensor<20x70xbf16>
  %2 = slin.weight "bias" #onnx.synthetic<normal, seed = 3> : tensor<36xbf16>
  %w = slin.low_rank %0, %1 : tensor<36x20xbf16>, tensor<20x70xbf16> -> !slin.linop<70 -> 36, bf16>
  %h = slin.apply %w, %x bias %2 : tensor<36xbf16> : !slin.linop<70 -> 36, bf16>, tensor<?x70xbf16> -> tensor<?x36xbf16>
  %y = slin.activation silu(%v = %h : tensor<?x36xbf16>) -> tensor<?x36xbf16> { slin.yield %v : tensor<?x36xbf16> }
  return %y : tensor<?x36xbf16>
}
func.func @f16_weights(%x: tensor<?x70xf32>) -> tensor<?x36xf32> {
  %0 = slin.weight "u" #onnx.synthetic<normal, seed = 1> : tensor<36x20xf16>
  %1 = slin.weight "v" #onnx.synthetic<normal, seed = 2> : tensor<20x70xf16>
  %2 = slin.weight "bias" #onnx.synthetic<normal, seed = 3> : tensor<36xf32>
  %w = slin.low_rank %0, %1 : tensor<36x20xf16>, tensor<20x70xf16> -> !slin.linop<70 -> 36, f32>
  %h = slin.apply %w, %x bias %2 : tensor<36xf32> : !slin.linop<70 -> 36, f32>, tensor<?x70xf32> -> tensor<?x36xf32>
  %y = slin.activation silu(%v = %h : tensor<?x36xf32>) -> tensor<?x36xf32> { slin.yield %v : tensor<?x36xf32> }
  return %y : tensor<?x36xf32>
}
func.func @bf16_weights(%x: tensor<?x70xf32>) -> tensor<?x36xf32> {
  %0 = slin.weight "u" #onnx.synthetic<normal, seed = 1> : tensor<36x20xbf16>
  %1 = slin.weight "v" #onnx.synthetic<normal, seed = 2> : tensor<20x70xbf16>
  %2 = slin.weight "bias" #onnx.synthetic<normal, seed = 3> : tensor<36xf32>
  %w = slin.low_rank %0, %1 : tensor<36x20xbf16>, tensor<20x70xbf16> -> !slin.linop<70 -> 36, f32>
  %h = slin.apply %w, %x bias %2 : tensor<36xf32> : !slin.linop<70 -> 36, f32>, tensor<?x70xf32> -> tensor<?x36xf32>
  %y = slin.activation silu(%v = %h : tensor<?x36xf32>) -> tensor<?x36xf32> { slin.yield %v : tensor<?x36xf32> }
  return %y : tensor<?x36xf32>
}
func.func @f32_weights_f64_sum(%x: tensor<?x70xf32>) -> tensor<?x36xf64> {
  %0 = slin.weight "u" #onnx.synthetic<normal, seed = 1> : tensor<36x20xf32>
  %1 = slin.weight "v" #onnx.synthetic<normal, seed = 2> : tensor<20x70xf32>
  %2 = slin.weight "bias" #onnx.synthetic<normal, seed = 3> : tensor<36xf32>
  %w = slin.low_rank %0, %1 : tensor<36x20xf32>, tensor<20x70xf32> -> !slin.linop<70 -> 36, f64>
  %h = slin.apply %w, %x bias %2 : tensor<36xf32> : !slin.linop<70 -> 36, f64>, tensor<?x70xf32> -> tensor<?x36xf64>
  %y = slin.activation silu(%v = %h : tensor<?x36xf64>) -> tensor<?x36xf64> { slin.yield %v : tensor<?x36xf64> }
  return %y : tensor<?x36xf64>
}
func.func @f16_to_bf16(%x: tensor<?x70xf16>) -> tensor<?x36xbf16> {
  %0 = slin.weight "u" #onnx.synthetic<normal, seed = 1> : tensor<36x20xf16>
  %1 = slin.weight "v" #onnx.synthetic<normal, seed = 2> : tensor<20x70xf16>
  %2 = slin.weight "bias" #onnx.synthetic<normal, seed = 3> : tensor<36xf16>
  %w = slin.low_rank %0, %1 : tensor<36x20xf16>, tensor<20x70xf16> -> !slin.linop<70 -> 36, f16>
  %h = slin.apply %w, %x bias %2 : tensor<36xf16> : !slin.linop<70 -> 36, f16>, tensor<?x70xf16> -> tensor<?x36xbf16>
  %y = slin.activation silu(%v = %h : tensor<?x36xbf16>) -> tensor<?x36xbf16> { slin.yield %v : tensor<?x36xbf16> }
  return %y : tensor<?x36xbf16>
}
func.func @f32_sum_of_bf16(%x: tensor<?x70xbf16>) -> tensor<?x36xf32> {
  %0 = slin.weight "u" #onnx.synthetic<normal, seed = 1> : tensor<36x20xbf16>
  %1 = slin.weight "v" #onnx.synthetic<normal, seed = 2> : tensor<20x70xbf16>
  %2 = slin.weight "bias" #onnx.synthetic<normal, seed = 3> : tensor<36xbf16>
  %w = slin.low_rank %0, %1 : tensor<36x20xbf16>, tensor<20x70xbf16> -> !slin.linop<70 -> 36, f32>
  %h = slin.apply %w, %x bias %2 : tensor<36xbf16> : !slin.linop<70 -> 36, f32>, tensor<?x70xbf16> -> tensor<?x36xf32>
  %y = slin.activation silu(%v = %h : tensor<?x36xf32>) -> tensor<?x36xf32> { slin.yield %v : tensor<?x36xf32> }
  return %y : tensor<?x36xf32>
}
