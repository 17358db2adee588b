// RUN: slin-opt %s --split-input-file --slin-to-onnx | FileCheck %s

// One linear per structure, written from its term. Weights are stored as MatMul
// wants its right operand, block products are one batched MatMul.

// CHECK-LABEL: func.func @low_rank_bias
// CHECK-DAG: %[[WV:.*]] = onnx.initializer "/fc/slin_v_weight" {{.*}} : tensor<8x4xf32>
// CHECK-DAG: %[[WU:.*]] = onnx.initializer "/fc/slin_u_weight" {{.*}} : tensor<4x12xf32>
// CHECK-DAG: %[[B:.*]] = onnx.initializer "/fc/slin_bias" dense<2.000000e+00> : tensor<12xf32>
// CHECK: %[[V:.*]] = onnx.MatMul(%arg0, %[[WV]]) "/fc/slin_v" :
// CHECK: %[[U:.*]] = onnx.MatMul(%[[V]], %[[WU]]) "/fc/slin_u" :
// CHECK: onnx.Add(%[[U]], %[[B]]) "/fc/slin_bias_1" outputs ["hidden"] : {{.*}} -> tensor<?x?x12xf32>
// CHECK-NOT: slin.low_rank
func.func @low_rank_bias(%x: tensor<?x?x8xf32> {onnx.name = "x"}) -> (tensor<?x?x12xf32> {onnx.name = "hidden"}) attributes {onnx.graph = {}} {
  %u = slin.weight "/fc/slin_u" #onnx.synthetic<normal, seed = 1> : tensor<12x4xf32>
  %v = slin.weight "/fc/slin_v" #onnx.synthetic<normal, seed = 2> : tensor<4x8xf32>
  %b = slin.weight "/fc/slin_bias" dense<2.0> : tensor<12xf32>
  %w = slin.low_rank %u, %v : tensor<12x4xf32>, tensor<4x8xf32> -> !slin.linop<8 -> 12, f32>
  %y = slin.apply %w, %x bias %b : tensor<12xf32> {path = "/fc", onnx.output_name = "hidden"}
      : !slin.linop<8 -> 12, f32>, tensor<?x?x8xf32> -> tensor<?x?x12xf32>
  return %y : tensor<?x?x12xf32>
}

// -----

// A factor that is narrower than the activations stays so in the model.
// CHECK-LABEL: func.func @low_rank_half_factors
// CHECK-DAG: onnx.initializer "/fc/slin_u_weight" {{.*}} : tensor<4x12xf16>
// CHECK: onnx.Cast(%fc.slin_u_weight) "/fc/slin_u_cast" {to = 1 : i64}
func.func @low_rank_half_factors(%x: tensor<?x8xf32> {onnx.name = "x"}) -> (tensor<?x12xf32> {onnx.name = "y"}) attributes {onnx.graph = {}} {
  %u = slin.weight "/fc/slin_u" #onnx.synthetic<normal, seed = 1> : tensor<12x4xf16>
  %v = slin.weight "/fc/slin_v" #onnx.synthetic<normal, seed = 2> : tensor<4x8xf16>
  %w = slin.low_rank %u, %v : tensor<12x4xf16>, tensor<4x8xf16> -> !slin.linop<8 -> 12, f32>
  %y = slin.apply %w, %x {path = "/fc", onnx.output_name = "y"} : !slin.linop<8 -> 12, f32>, tensor<?x8xf32> -> tensor<?x12xf32>
  return %y : tensor<?x12xf32>
}

// -----

// Two axes need no flattening.
// CHECK-LABEL: func.func @block_diagonal_matrix
// CHECK-NOT: onnx.Shape
// CHECK: %[[S:.*]] = onnx.Reshape(%arg0, %{{.*}}) "/fc/slin_split" :
// CHECK: %[[T:.*]] = onnx.Transpose(%[[S]]) "/fc/slin_transpose" {perm = array<i64: 1, 0, 2>}{{$}}
// CHECK: %[[D:.*]] = onnx.MatMul(%[[T]], %{{.*}}) "/fc/slin_d" : (!onnx.unknown, tensor<4x2x3xf32>)
// CHECK: %[[R:.*]] = onnx.Transpose(%[[D]]) "/fc/slin_transpose_1" {perm = array<i64: 1, 0, 2>}{{$}}
// CHECK: onnx.Reshape(%[[R]], %{{.*}}) "/fc/slin_join" outputs ["y"] :
func.func @block_diagonal_matrix(%x: tensor<?x8xf32> {onnx.name = "x"}) -> (tensor<?x12xf32> {onnx.name = "y"}) attributes {onnx.graph = {}} {
  %d = slin.weight "/fc/slin_d" #onnx.synthetic<normal, seed = 1> : tensor<4x3x2xf32>
  %w = slin.block_diagonal %d : tensor<4x3x2xf32> -> !slin.linop<8 -> 12, f32>
  %y = slin.apply %w, %x {path = "/fc", onnx.output_name = "y"} : !slin.linop<8 -> 12, f32>, tensor<?x8xf32> -> tensor<?x12xf32>
  return %y : tensor<?x12xf32>
}

// -----

// Any number of leading axes: they are flattened and restored.
// CHECK-LABEL: func.func @block_dense_unknown_rank
// CHECK: onnx.Shape(%arg0) "/fc/slin_shape"
// CHECK: onnx.Slice({{.*}}) "/fc/slin_leading"
// CHECK: onnx.Concat({{.*}}) "/fc/slin_result_shape" {axis = 0 : i64}
// CHECK: onnx.MatMul({{.*}}) "/fc/slin_d" : (!onnx.unknown, tensor<2x4x2xf32>)
// CHECK: onnx.MatMul({{.*}}) "/fc/slin_l" : (!onnx.unknown, tensor<4x12xf32>)
// CHECK: onnx.Reshape({{.*}}) "/fc/slin_restore" outputs ["y"]{{$}}
func.func @block_dense_unknown_rank(%x: !onnx.unknown {onnx.name = "x"}) -> (!onnx.unknown {onnx.name = "y"}) attributes {onnx.graph = {}} {
  %l = slin.weight "/fc/slin_l" #onnx.synthetic<normal, seed = 1> : tensor<12x4xf32>
  %d = slin.weight "/fc/slin_d" #onnx.synthetic<normal, seed = 2> : tensor<2x2x4xf32>
  %w = slin.block_dense %l, %d : tensor<12x4xf32>, tensor<2x2x4xf32> -> !slin.linop<8 -> 12, f32>
  %y = slin.apply %w, %x {path = "/fc", onnx.output_name = "y"} : !slin.linop<8 -> 12, f32>, !onnx.unknown -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// Blocks whose results are shuffled store their rows in the order in which these
// leave: what is transposed are runs of features, the last axis stays.
// CHECK-LABEL: func.func @block_shuffle_runs
// CHECK: onnx.MatMul({{.*}}) "/fc/slin_d1"
// CHECK: onnx.Reshape({{.*}}) "/fc/slin_split_1"
// CHECK: onnx.Transpose({{.*}}) "/fc/slin_transpose_1" {perm = array<i64: 2, 1, 0, 3>}{{$}}
// CHECK: onnx.MatMul({{.*}}) "/fc/slin_d2"
func.func @block_shuffle_runs(%x: tensor<?x8xf32> {onnx.name = "x"}) -> (tensor<?x12xf32> {onnx.name = "y"}) attributes {onnx.graph = {}} {
  %a = slin.weight "/fc/slin_d1" #onnx.synthetic<normal, seed = 1> : tensor<2x6x4xf32>
  %b = slin.weight "/fc/slin_d2" #onnx.synthetic<normal, seed = 2> : tensor<2x6x6xf32>
  %w = slin.block_shuffle %a, %b : tensor<2x6x4xf32>, tensor<2x6x6xf32> -> !slin.linop<8 -> 12, f32>
  %y = slin.apply %w, %x {path = "/fc", onnx.output_name = "y"} : !slin.linop<8 -> 12, f32>, tensor<?x8xf32> -> tensor<?x12xf32>
  return %y : tensor<?x12xf32>
}

// -----

// A shuffle between two block products is one transpose.
// CHECK-LABEL: func.func @block_shuffle
// CHECK-COUNT-3: onnx.Transpose
// CHECK-NOT: onnx.Transpose
func.func @block_shuffle(%x: tensor<?x8xf32> {onnx.name = "x"}) -> (tensor<?x12xf32> {onnx.name = "y"}) attributes {onnx.graph = {}} {
  %a = slin.weight "/fc/slin_d1" #onnx.synthetic<normal, seed = 1> : tensor<4x2x2xf32>
  %b = slin.weight "/fc/slin_d2" #onnx.synthetic<normal, seed = 2> : tensor<4x3x2xf32>
  %w = slin.block_shuffle %a, %b : tensor<4x2x2xf32>, tensor<4x3x2xf32> -> !slin.linop<8 -> 12, f32>
  %y = slin.apply %w, %x {path = "/fc", onnx.output_name = "y"} : !slin.linop<8 -> 12, f32>, tensor<?x8xf32> -> tensor<?x12xf32>
  return %y : tensor<?x12xf32>
}

// -----

// Functions have no initializers.
// CHECK-LABEL: func.func @function
// CHECK-NOT: onnx.initializer
// CHECK-COUNT-2: onnx.Constant "/fc/slin_{{[uv]}}_weight"
func.func @function(%x: !onnx.unknown {onnx.name = "x"}) -> (!onnx.unknown {onnx.name = "y"}) attributes {onnx.function = {name = "f", domain = "d"}} {
  %u = slin.weight "/fc/slin_u" #onnx.synthetic<normal, seed = 1> : tensor<12x4xf32>
  %v = slin.weight "/fc/slin_v" #onnx.synthetic<normal, seed = 2> : tensor<4x8xf32>
  %w = slin.low_rank %u, %v : tensor<12x4xf32>, tensor<4x8xf32> -> !slin.linop<8 -> 12, f32>
  %y = slin.apply %w, %x {path = "/fc", onnx.output_name = "y"} : !slin.linop<8 -> 12, f32>, !onnx.unknown -> !onnx.unknown
  return %y : !onnx.unknown
}
