// RUN: slin-opt %s --slin-print-ffns -o /dev/null | FileCheck %s

// Linears with constant weights that are recognised, but not rewritten.

// CHECK-NOT: ffn
// CHECK: declined '/L9': 'ms.FusedGemm' holds the activation too: it is not rewritten yet; export without ONNX Runtime's fusions
// CHECK-NEXT: declined '/L10': 'ms.GemmFastGelu' holds the activation too
// CHECK-NEXT: declined '/L16': quantized weights (DequantizeLinear) are recognised but not rewritten; compress the model before it is quantized
// CHECK-NEXT: declined '/L17': quantized weights (ms.MatMulNBits) are recognised but not rewritten
// CHECK-NEXT: declined '/L18': quantized weights (MatMulInteger) are recognised
// CHECK-NEXT: declined '/L19': a convolution of kernel 1 as a linear is not rewritten yet
// CHECK-NEXT: declined '/L19-group': a grouped convolution of kernel 1 is block-diagonal already
// CHECK-NEXT: declined '/L20': 'Einsum' as a linear is not rewritten yet
// CHECK-NEXT: declined '/L23': 'Gemm' adds '', which is no constant bias of 16 elements
// CHECK-NEXT: declined '/transA': 'Gemm' transposes its input (transA), expected 0
// CHECK-NEXT: declined '/transBatchA': 'FusedMatMul' transposes its input (transBatchA), expected 0
// CHECK-NEXT: declined '/L24': the weight is the left operand: it mixes tokens, or its input is transposed
// CHECK-NEXT: declined '/F8': quantized weights (ms.MatMulNBitsMlp) are recognised
// CHECK-NEXT: declined '/F15': experts in one node (ms.MoE) are not rewritten yet
// CHECK-NEXT: declined '/experts': weight 'experts' has rank 3, expected 2: one matrix per expert or head is not rewritten yet
// CHECK-NEXT: declined '/F18': weight 'w' is an input of the graph; make it an initializer that is no input
// CHECK-NEXT: declined '/ints': weight 'ints' has element type i32, expected f16, bf16, f32 or f64
// CHECK-NEXT: declined '/folded': its weight comes through 'Add', which is not folded; fold constants first

!t = !onnx.unknown
!u = tensor<8x16xf32>
!d = tensor<16x8xf32>
func.func @declined(%x: !t, %w: tensor<8x16xf32> {onnx.name = "w"}) {
  %up = onnx.initializer "up" #onnx.synthetic<normal, seed = 1> : tensor<8x16xf32>
  %q = onnx.initializer "q" dense<1> : tensor<8x16xi8>
  %scale = onnx.initializer "scale" dense<0.1> : tensor<f32>
  %experts = onnx.initializer "experts" #onnx.synthetic<normal, seed = 2> : tensor<4x8x16xf32>
  %kernel = onnx.initializer "kernel" #onnx.synthetic<normal, seed = 3> : tensor<16x8x1xf32>
  %square = onnx.initializer "square" #onnx.synthetic<normal, seed = 4> : tensor<8x8xf32>
  %group = onnx.initializer "group" #onnx.synthetic<normal, seed = 4> : tensor<16x4x1xf32>
  %ints = onnx.initializer "ints" dense<1> : tensor<8x16xi32>
  %L9 = onnx.ms.FusedGemm(%x, %up) "/L9" {activation = "Relu"} : (!t, !u) -> !t
  %L10 = onnx.ms.GemmFastGelu(%x, %up) "/L10" : (!t, !u) -> !t
  %dq = onnx.DequantizeLinear(%q, %scale) : (tensor<8x16xi8>, tensor<f32>) -> !t
  %L16 = onnx.MatMul(%x, %dq) "/L16" : (!t, !t) -> !t
  %L17 = onnx.node "MatMulNBits" domain "com.microsoft" (%x, %q, %scale) "/L17" : (!t, tensor<8x16xi8>, tensor<f32>) -> !t
  %L18 = onnx.node "MatMulInteger" (%x, %q) "/L18" : (!t, tensor<8x16xi8>) -> !t
  %L19 = onnx.Conv(%x, %kernel) "/L19" : (!t, tensor<16x8x1xf32>) -> !t
  %L19.group = onnx.Conv(%x, %group) "/L19-group" {group = 2 : i64} : (!t, tensor<16x4x1xf32>) -> !t
  %L20 = onnx.Einsum(%x, %up) "/L20" {equation = "abc,cd->abd"} : (!t, !u) -> !t
  %L23 = onnx.Gemm(%x, %up, %x) "/L23" : (!t, !u, !t) -> !t
  %transA = onnx.Gemm(%x, %up) "/transA" {transA = 1 : i64} : (!t, !u) -> !t
  %transBatchA = onnx.ms.FusedMatMul(%x, %up) "/transBatchA" {transBatchA = 1 : i64} : (!t, !u) -> !t
  %L24 = onnx.MatMul(%square, %x) "/L24" : (tensor<8x8xf32>, !t) -> !t
  %F8 = onnx.node "MatMulNBitsMlp" domain "com.microsoft" (%x, %q) "/F8" : (!t, tensor<8x16xi8>) -> !t
  %F15 = onnx.node "MoE" domain "com.microsoft" (%x, %x, %experts) "/F15" : (!t, !t, tensor<4x8x16xf32>) -> !t
  %experts.y = onnx.MatMul(%x, %experts) "/experts" : (!t, tensor<4x8x16xf32>) -> !t
  %F18 = onnx.MatMul(%x, %w) "/F18" : (!t, tensor<8x16xf32>) -> !t
  %ints.y = onnx.MatMul(%x, %ints) "/ints" : (!t, tensor<8x16xi32>) -> !t
  %sum = onnx.Add(%up, %up) : (!u, !u) -> !t
  %folded = onnx.MatMul(%x, %sum) "/folded" : (!t, !t) -> !t
  return
}
