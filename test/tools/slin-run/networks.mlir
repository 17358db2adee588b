// REQUIRES: slin-run
// RUN: slin-run %s --tokens=9 --check=reference | FileCheck %s
// RUN: slin-run %s --dim=2,3 --input='random(7)' --check=reference --threads=2 | FileCheck %s
// RUN: slin-run %s --tokens=1 --check=reference --vector-bits=128 | FileCheck %s
// RUN: slin-run %s --tokens=4 --check=reference --vector-bits=0 | FileCheck %s

// Whole networks, and activations of every rank.

// CHECK-NOT: error
// CHECK-COUNT-8: checked: max relative error
func.func @plain(%x: tensor<?x?x24xf32>) -> tensor<?x?x24xf32> {
  %0 = slin.weight "w1" #onnx.synthetic<normal, seed = 1, scale = 0.2> : tensor<80x24xf32>
  %1 = slin.weight "w2" #onnx.synthetic<normal, seed = 2, scale = 0.2> : tensor<24x80xf32>
  %2 = slin.weight "b1" #onnx.synthetic<normal, seed = 3> : tensor<80xf32>
  %3 = slin.weight "b2" #onnx.synthetic<normal, seed = 4> : tensor<1x1x24xf32>
  %w1 = slin.dense %0 : tensor<80x24xf32> -> !slin.linop<24 -> 80, f32>
  %w2 = slin.dense %1 : tensor<24x80xf32> -> !slin.linop<80 -> 24, f32>
  %y = slin.ffn "/mlp" (%t = %x : tensor<?x?x24xf32>) -> tensor<?x?x24xf32> {
    %h = slin.apply %w1, %t bias %2 : tensor<80xf32> {role = "up"} : !slin.linop<24 -> 80, f32>, tensor<?x?x24xf32> -> tensor<?x?x80xf32>
    %a = slin.activation gelu(%v = %h : tensor<?x?x80xf32>) -> tensor<?x?x80xf32> { slin.yield %v : tensor<?x?x80xf32> }
    %o = slin.apply %w2, %a bias %3 : tensor<1x1x24xf32> {role = "down"} : !slin.linop<80 -> 24, f32>, tensor<?x?x80xf32> -> tensor<?x?x24xf32>
    slin.yield %o : tensor<?x?x24xf32>
  }
  return %y : tensor<?x?x24xf32>
}
// Two results: the network's, and the gate as a tap.
func.func @gated(%x: tensor<?x24xf32>) -> (tensor<?x24xf32>, tensor<?x64xf32>) {
  %0 = slin.weight "gate" #onnx.synthetic<normal, seed = 1, scale = 0.2> : tensor<24x64xf32>
  %1 = slin.weight "up.u" #onnx.synthetic<normal, seed = 2, scale = 0.2> : tensor<64x8xf32>
  %2 = slin.weight "up.v" #onnx.synthetic<normal, seed = 3, scale = 0.2> : tensor<8x24xf32>
  %3 = slin.weight "down.a" #onnx.synthetic<normal, seed = 4, scale = 0.2> : tensor<4x6x16xf32>
  %4 = slin.weight "down.b" #onnx.synthetic<normal, seed = 5, scale = 0.2> : tensor<4x6x6xf32>
  %gate = slin.dense %0 transposed : tensor<24x64xf32> -> !slin.linop<24 -> 64, f32>
  %up = slin.low_rank %1, %2 : tensor<64x8xf32>, tensor<8x24xf32> -> !slin.linop<24 -> 64, f32>
  %down = slin.block_shuffle %3, %4 : tensor<4x6x16xf32>, tensor<4x6x6xf32> -> !slin.linop<64 -> 24, f32>
  %y, %tap = slin.ffn "/mlp" (%t = %x : tensor<?x24xf32>) -> (tensor<?x24xf32>, tensor<?x64xf32>) {
    %g = slin.apply %gate, %t {role = "gate"} : !slin.linop<24 -> 64, f32>, tensor<?x24xf32> -> tensor<?x64xf32>
    %u = slin.apply %up, %t {role = "up"} : !slin.linop<24 -> 64, f32>, tensor<?x24xf32> -> tensor<?x64xf32>
    %a = slin.activation silu(%v = %g : tensor<?x64xf32>, %w = %u : tensor<?x64xf32>) -> tensor<?x64xf32> { slin.yield %v : tensor<?x64xf32> }
    %o = slin.apply %down, %a {role = "down"} : !slin.linop<64 -> 24, f32>, tensor<?x64xf32> -> tensor<?x24xf32>
    slin.yield %o, %g : tensor<?x24xf32>, tensor<?x64xf32>
  }
  return %y, %tap : tensor<?x24xf32>, tensor<?x64xf32>
}
// One operator twice, a bias of one element, and a result that is an argument.
func.func @shared(%x: tensor<4x5x8xf32>) -> (tensor<4x5x8xf32>, tensor<4x5x8xf32>) {
  %0 = slin.weight "w" #onnx.synthetic<normal, seed = 1> : tensor<8x8xf32>
  %1 = slin.weight "b" dense<0.5> : tensor<1xf32>
  %w = slin.dense %0 : tensor<8x8xf32> -> !slin.linop<8 -> 8, f32>
  %h = slin.apply %w, %x bias %1 : tensor<1xf32> : !slin.linop<8 -> 8, f32>, tensor<4x5x8xf32> -> tensor<4x5x8xf32>
  %y = slin.apply %w, %h bias %1 : tensor<1xf32> : !slin.linop<8 -> 8, f32>, tensor<4x5x8xf32> -> tensor<4x5x8xf32>
  return %y, %x : tensor<4x5x8xf32>, tensor<4x5x8xf32>
}
func.func @scalar_bias(%x: tensor<2x8xf32>) -> tensor<2x1xf32> {
  %0 = slin.weight "w" #onnx.synthetic<normal, seed = 1> : tensor<1x8xf32>
  %1 = slin.weight "b" dense<0.5> : tensor<f32>
  %w = slin.dense %0 : tensor<1x8xf32> -> !slin.linop<8 -> 1, f32>
  %y = slin.apply %w, %x bias %1 : tensor<f32> : !slin.linop<8 -> 1, f32>, tensor<2x8xf32> -> tensor<2x1xf32>
  return %y : tensor<2x1xf32>
}
func.func @scalar_bias_spread(%x: tensor<2x8xf32>) -> tensor<2x5xf32> {
  %0 = slin.weight "w" #onnx.synthetic<normal, seed = 1> : tensor<5x8xf32>
  %1 = slin.weight "b" dense<0.5> : tensor<f32>
  %w = slin.dense %0 : tensor<5x8xf32> -> !slin.linop<8 -> 5, f32>
  %y = slin.apply %w, %x bias %1 : tensor<f32> : !slin.linop<8 -> 5, f32>, tensor<2x8xf32> -> tensor<2x5xf32>
  return %y : tensor<2x5xf32>
}
func.func @rank_one(%x: tensor<8xf32>) -> tensor<12xf32> {
  %0 = slin.weight "d" #onnx.synthetic<normal, seed = 1> : tensor<4x3x2xf32>
  %w = slin.block_diagonal %0 : tensor<4x3x2xf32> -> !slin.linop<8 -> 12, f32>
  %y = slin.apply %w, %x : !slin.linop<8 -> 12, f32>, tensor<8xf32> -> tensor<12xf32>
  return %y : tensor<12xf32>
}
func.func @rank_four(%x: tensor<2x?x3x8xf32>) -> tensor<2x?x3x12xf32> {
  %0 = slin.weight "d" #onnx.synthetic<normal, seed = 1> : tensor<4x3x2xf32>
  %w = slin.block_diagonal %0 : tensor<4x3x2xf32> -> !slin.linop<8 -> 12, f32>
  %y = slin.apply %w, %x : !slin.linop<8 -> 12, f32>, tensor<2x?x3x8xf32> -> tensor<2x?x3x12xf32>
  return %y : tensor<2x?x3x12xf32>
}
// The model's own nodes are not what is lowered.
func.func @with_source(%x: tensor<?x8xf32>) -> tensor<?x12xf32> {
  %0 = slin.weight "w" #onnx.synthetic<normal, seed = 1> : tensor<8x12xf32>
  %w = slin.dense %0 transposed : tensor<8x12xf32> -> !slin.linop<8 -> 12, f32>
  %y = slin.apply %w, %x : !slin.linop<8 -> 12, f32>, tensor<?x8xf32> -> tensor<?x12xf32> from {
    %1 = onnx.MatMul(%x, %0) "/fc" : (tensor<?x8xf32>, tensor<8x12xf32>) -> tensor<?x12xf32>
    slin.yield %1 : tensor<?x12xf32>
  }
  return %y : tensor<?x12xf32>
}
