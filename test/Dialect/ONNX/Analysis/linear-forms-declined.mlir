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
// CHECK-NEXT: declined '/L20': no other linear reads its result: it is an output of the graph
// CHECK-NEXT: declined '/L23': 'Gemm' adds '', which is no constant bias of 16 elements
// CHECK-NEXT: declined '/transA': 'Gemm' transposes its input (transA), expected 0
// CHECK-NEXT: declined '/transBatchA': 'FusedMatMul' transposes its input (transBatchA), expected 0
// CHECK-NEXT: declined '/L24': the weight is the left operand: it mixes tokens, or its input is transposed
// CHECK-NEXT: declined '/F8': quantized weights (ms.MatMulNBitsMlp) are recognised
// CHECK-NEXT: declined '/F15': experts in one node (ms.MoE) are not rewritten yet
// CHECK-NEXT: declined '/experts': weight 'experts' has rank 3, expected 2: one matrix per expert or head is not rewritten yet
// CHECK-NEXT: declined '/F18': weight 'w' is an input of the graph; make it an initializer that is no input
// CHECK-NEXT: declined '/ints': weight 'ints' has element type i32, expected f16, bf16, f32 or f64
// CHECK-NEXT: declined '/folded': its weight comes through 'Gather', which is not folded; fold constants first

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
  %picked = onnx.Gather(%up, %ints) : (!u, tensor<8x16xi32>) -> !t
  %folded = onnx.MatMul(%x, %picked) "/folded" : (!t, !t) -> !t
  return
}
module attributes {onnx.model = {file = "structured-ffn-ffn-block-diagonal-static-no-bias-dynamo-opset18.onnx", ir_version = 10 : i64, producer_name = "pytorch", producer_version = "2.15.0+cu132"}, onnx.opset_imports = [["", 18]]} {
  func.func @main_graph(%arg0: tensor<2x5x16xf32> {onnx.name = "x"}) -> (tensor<2x5x16xf32> {onnx.name = "_unsafe_view_1"}) attributes {onnx.graph = {name = "main_graph", value_info = [{onnx.details = {type = tensor<3xi64>}, onnx.name = "val_4"}, {onnx.details = {type = tensor<2x8x16xf32>}, onnx.name = "transpose_1"}, {onnx.details = {type = tensor<3xi64>}, onnx.name = "val_9"}, {onnx.details = {type = tensor<3xi64>}, onnx.name = "val_26"}, {onnx.details = {type = tensor<2x16x8xf32>}, onnx.name = "transpose_4"}, {onnx.details = {type = tensor<3xi64>}, onnx.name = "val_31"}, {onnx.details = {type = tensor<f32>}, onnx.name = "val_10"}, {onnx.details = {type = tensor<f32>}, onnx.name = "val_12"}, {onnx.details = {type = tensor<f32>}, onnx.name = "val_15"}, {onnx.details = {type = tensor<f32>}, onnx.name = "val_18"}, {onnx.details = {type = tensor<f32>}, onnx.name = "val_20"}, "view", "transpose", "bmm", "transpose_2", "_unsafe_view", "val_11", "val_13", "val_14", "val_16", "val_17", "val_19", "val_21", "gelu", "view_1", "transpose_3", "bmm_1", "transpose_5"]}} {
    %val_4 = onnx.initializer "val_4" dense<[-1, 2, 8]> : tensor<3xi64>
    %transpose_1 = onnx.initializer "transpose_1" #onnx.weight<"structured-ffn-ffn-block-diagonal-static-no-bias-dynamo-opset18.onnx", 1125, 1024> : tensor<2x8x16xf32>
    %val_9 = onnx.initializer "val_9" dense<[2, 5, 32]> : tensor<3xi64>
    %val_26 = onnx.initializer "val_26" dense<[-1, 2, 16]> : tensor<3xi64>
    %transpose_4 = onnx.initializer "transpose_4" #onnx.weight<"structured-ffn-ffn-block-diagonal-static-no-bias-dynamo-opset18.onnx", 2255, 1024> : tensor<2x16x8xf32>
    %val_31 = onnx.initializer "val_31" dense<[2, 5, 16]> : tensor<3xi64>
    %val_10 = onnx.initializer "val_10" dense<3.000000e+00> : tensor<f32>
    %val_12 = onnx.initializer "val_12" dense<4.471500e-02> : tensor<f32>
    %val_15 = onnx.initializer "val_15" dense<0.797884583> : tensor<f32>
    %val_18 = onnx.initializer "val_18" dense<1.000000e+00> : tensor<f32>
    %val_20 = onnx.initializer "val_20" dense<5.000000e-01> : tensor<f32>
    %view = onnx.Reshape(%arg0, %val_4) "node_view" outputs ["view"] {allowzero = 1 : i64} : (tensor<2x5x16xf32>, tensor<3xi64>) -> tensor<10x2x8xf32>
    %transpose = onnx.Transpose(%view) "node_transpose" outputs ["transpose"] {perm = array<i64: 1, 0, 2>} : (tensor<10x2x8xf32>) -> tensor<2x10x8xf32>
    %bmm = onnx.MatMul(%transpose, %transpose_1) "node_bmm" outputs ["bmm"] : (tensor<2x10x8xf32>, tensor<2x8x16xf32>) -> tensor<2x10x16xf32>
    %transpose_2 = onnx.Transpose(%bmm) "node_transpose_2" outputs ["transpose_2"] {perm = array<i64: 1, 0, 2>} : (tensor<2x10x16xf32>) -> tensor<10x2x16xf32>
    %_unsafe_view = onnx.Reshape(%transpose_2, %val_9) "node__unsafe_view" outputs ["_unsafe_view"] {allowzero = 1 : i64} : (tensor<10x2x16xf32>, tensor<3xi64>) -> tensor<2x5x32xf32>
    %val_11 = onnx.Pow(%_unsafe_view, %val_10) "node_Pow_11" outputs ["val_11"] : (tensor<2x5x32xf32>, tensor<f32>) -> tensor<2x5x32xf32>
    %val_13 = onnx.Mul(%val_12, %val_11) "node_Mul_13" outputs ["val_13"] : (tensor<f32>, tensor<2x5x32xf32>) -> tensor<2x5x32xf32>
    %val_14 = onnx.Add(%_unsafe_view, %val_13) "node_Add_14" outputs ["val_14"] : (tensor<2x5x32xf32>, tensor<2x5x32xf32>) -> tensor<2x5x32xf32>
    %val_16 = onnx.Mul(%val_15, %val_14) "node_Mul_16" outputs ["val_16"] : (tensor<f32>, tensor<2x5x32xf32>) -> tensor<2x5x32xf32>
    %val_17 = onnx.Tanh(%val_16) "node_Tanh_17" outputs ["val_17"] : (tensor<2x5x32xf32>) -> tensor<2x5x32xf32>
    %val_19 = onnx.Add(%val_17, %val_18) "node_Add_19" outputs ["val_19"] : (tensor<2x5x32xf32>, tensor<f32>) -> tensor<2x5x32xf32>
    %val_21 = onnx.Mul(%val_20, %val_19) "node_Mul_21" outputs ["val_21"] : (tensor<f32>, tensor<2x5x32xf32>) -> tensor<2x5x32xf32>
    %gelu = onnx.Mul(%_unsafe_view, %val_21) "node_gelu" outputs ["gelu"] : (tensor<2x5x32xf32>, tensor<2x5x32xf32>) -> tensor<2x5x32xf32>
    %view_1 = onnx.Reshape(%gelu, %val_26) "node_view_1" outputs ["view_1"] {allowzero = 1 : i64} : (tensor<2x5x32xf32>, tensor<3xi64>) -> tensor<10x2x16xf32>
    %transpose_3 = onnx.Transpose(%view_1) "node_transpose_3" outputs ["transpose_3"] {perm = array<i64: 1, 0, 2>} : (tensor<10x2x16xf32>) -> tensor<2x10x16xf32>
    %bmm_1 = onnx.MatMul(%transpose_3, %transpose_4) "node_bmm_1" outputs ["bmm_1"] : (tensor<2x10x16xf32>, tensor<2x16x8xf32>) -> tensor<2x10x8xf32>
    %transpose_5 = onnx.Transpose(%bmm_1) "node_transpose_5" outputs ["transpose_5"] {perm = array<i64: 1, 0, 2>} : (tensor<2x10x8xf32>) -> tensor<10x2x8xf32>
    %_unsafe_view_1 = onnx.Reshape(%transpose_5, %val_31) "node__unsafe_view_1" outputs ["_unsafe_view_1"] {allowzero = 1 : i64} : (tensor<10x2x8xf32>, tensor<3xi64>) -> tensor<2x5x16xf32>
    return %_unsafe_view_1 : tensor<2x5x16xf32>
  }
}

