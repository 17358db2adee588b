// RUN: slin-opt %s --slin-print-ffns -o /dev/null | FileCheck %s

// What looks like a feed-forward network and is none (mlp-like), and forms that are
// recognised, but not rewritten. Both say why, once for the cone and once for each
// of its linears.

// CHECK:      ffn '/head' mlp-like pointwise in 'main', not rewritten: its last linear gives 50 features, expected the 8 that the first one reads
// CHECK:      ffn '/pooler' mlp-like tanh in 'main', not rewritten: its input is not per token: 'Gather' picks one token
// CHECK:      ffn '/sliced' mlp-like relu in 'main', not rewritten: its input is not per token: 'Slice' picks one token
// CHECK:      ffn '/mean' mlp-like relu in 'main', not rewritten: its input is not per token: 'ReduceMean' pools tokens
// CHECK:      ffn '/squeeze' mlp-like relu in 'main', not rewritten: its input is not per token: 'GlobalAveragePool' pools tokens
// CHECK:      ffn '/time' mlp-like silu in 'main', not rewritten: its input is not per token: 'Sin' makes an embedding of time or place
// CHECK:      ffn '/gate' mlp-like relu in 'main', not rewritten: its result is a gate: 'Sigmoid' reads it
// CHECK:      ffn '/chain' mlp-like relu in 'main', not rewritten: more than two linears follow each other: a head
// CHECK:      ffn '/chain' mlp-like relu in 'main', not rewritten: more than two linears follow each other: a head
// CHECK:      ffn '/F4' gated pointwise in 'main', not rewritten: outputs of one 'Split': a gate and up projection in one linear is not rewritten yet
// CHECK:      ffn '/F5' gated pointwise in 'main', not rewritten: 'Slice' of one linear: a gate and up projection in one linear is not rewritten yet
// CHECK:      ffn '/F7' gated pointwise in 'main', not rewritten: 'ms.BiasSplitGelu' cuts one linear into gate and up: not rewritten yet
// CHECK:      ffn '/F13' plain pointwise in 'main', not rewritten: norm inside: 'LayerNormalization' stands between the linears, which is not rewritten yet

// CHECK: declined '/head/up': its last linear gives 50 features, expected the 8 that the first one reads
// CHECK: declined '/head/down': its last linear gives 50 features, expected the 8 that the first one reads
// CHECK: declined '/pooler/up': its input is not per token: 'Gather' picks one token
// CHECK: declined '/pooler/down': its input is not per token: 'Gather' picks one token
// CHECK: declined '/sliced/up': its input is not per token: 'Slice' picks one token
// CHECK: declined '/sliced/down': its input is not per token: 'Slice' picks one token
// CHECK: declined '/mean/up': its input is not per token: 'ReduceMean' pools tokens
// CHECK: declined '/mean/down': its input is not per token: 'ReduceMean' pools tokens
// CHECK: declined '/squeeze/up': its input is not per token: 'GlobalAveragePool' pools tokens
// CHECK: declined '/squeeze/down': its input is not per token: 'GlobalAveragePool' pools tokens
// CHECK: declined '/time/up': its input is not per token: 'Sin' makes an embedding of time or place
// CHECK: declined '/time/down': its input is not per token: 'Sin' makes an embedding of time or place
// CHECK: declined '/gate/up': its result is a gate: 'Sigmoid' reads it
// CHECK: declined '/gate/down': its result is a gate: 'Sigmoid' reads it
// CHECK: declined '/chain/up': more than two linears follow each other: a head
// CHECK: declined '/chain/down': more than two linears follow each other: a head
// CHECK: declined '/chain/last': more than two linears follow each other: a head
// CHECK: declined '/F4/up': outputs of one 'Split': a gate and up projection in one linear is not rewritten yet
// CHECK: declined '/F4/down': outputs of one 'Split': a gate and up projection in one linear is not rewritten yet
// CHECK: declined '/F5/up': 'Slice' of one linear: a gate and up projection in one linear is not rewritten yet
// CHECK: declined '/F5/down': 'Slice' of one linear: a gate and up projection in one linear is not rewritten yet
// CHECK: declined '/F7/up': 'ms.BiasSplitGelu' cuts one linear into gate and up: not rewritten yet; export without ONNX Runtime's fusions
// CHECK: declined '/F7/down': 'ms.BiasSplitGelu' cuts
// CHECK: declined '/F13/up': norm inside: 'LayerNormalization' stands between the linears, which is not rewritten yet
// CHECK: declined '/F13/down': norm inside: 'LayerNormalization' stands between the linears, which is not rewritten yet
// CHECK: declined '/shuffled/up': the features are shuffled between the linears: not rewritten yet
// CHECK: declined '/shuffled/down': the features are shuffled between the linears: not rewritten yet

// CHECK: declined '/sum/up': '/sum/up' and '/sum/gate' are joined, but not by a product
// CHECK: declined '/sum/gate': '/sum/up' and '/sum/gate' are joined, but not by a product
// CHECK: declined '/sum/down': '/sum/up' and '/sum/gate' are joined, but not by a product
// CHECK: declined '/L21/up': there is no activation between '/L21/up' and '/L21/down'
// CHECK: declined '/L21/down': there is no activation between '/L21/up' and '/L21/down'
// CHECK: declined '/attention/query': 'MatMul' multiplies two activations
// CHECK: declined '/attention/key': 'MatMul' multiplies two activations
// CHECK: declined '/attention/value': 'MatMul' multiplies two activations
// CHECK: declined '/attention/output': 'Add' adds a value of another branch before the next linear
// CHECK: declined '/gated-attention/gate': 'Mul' combines it with a value that comes from elsewhere
// CHECK: declined '/gated-attention/output': no other linear reads its result: it is an output of the graph
// CHECK-NOT: {{declined|ffn}}

!t = !onnx.unknown
!u = tensor<8x16xf32>
!d = tensor<16x8xf32>
func.func @main(%x: !t) {
  %up = onnx.initializer "up" #onnx.synthetic<normal, seed = 1> : tensor<8x16xf32>
  %gate = onnx.initializer "gate" #onnx.synthetic<normal, seed = 2> : tensor<8x16xf32>
  %down = onnx.initializer "down" #onnx.synthetic<normal, seed = 3> : tensor<16x8xf32>
  %square = onnx.initializer "square" #onnx.synthetic<normal, seed = 5> : tensor<8x8xf32>
  %vocabulary = onnx.initializer "vocabulary" #onnx.synthetic<normal, seed = 6> : tensor<8x50xf32>
  %norm = onnx.initializer "norm" #onnx.synthetic<normal, seed = 7> : tensor<8xf32>
  %norm.16 = onnx.initializer "norm.16" #onnx.synthetic<normal, seed = 7> : tensor<16xf32>
  %first = onnx.initializer "first" dense<0> : tensor<i64>
  %start = onnx.initializer "start" dense<0> : tensor<1xi64>
  %end = onnx.initializer "end" dense<1> : tensor<1xi64>
  %axis = onnx.initializer "axis" dense<1> : tensor<1xi64>
  %last = onnx.initializer "last" dense<-1> : tensor<1xi64>
  %half = onnx.initializer "half" dense<8> : tensor<1xi64>
  %whole = onnx.initializer "whole" dense<16> : tensor<1xi64>
  %down.half = onnx.initializer "down.half" #onnx.synthetic<normal, seed = 8> : tensor<8x8xf32>
  %shuffle.1 = onnx.initializer "shuffle.1" dense<[-1, 2, 8]> : tensor<3xi64>
  %shuffle.2 = onnx.initializer "shuffle.2" dense<[-1, 16]> : tensor<2xi64>
  // head
  %head.h = onnx.MatMul(%x, %square) "/head/up" : (!t, tensor<8x8xf32>) -> !t
  %head.a = onnx.ms.Gelu(%head.h) : (!t) -> !t
  %head.n = onnx.LayerNormalization(%head.a, %norm) : (!t, tensor<8xf32>) -> !t
  %head.y = onnx.MatMul(%head.n, %vocabulary) "/head/down" : (!t, tensor<8x50xf32>) -> !t
  // pooler
  %pooler.0 = onnx.Gather(%x, %first) {axis = 1 : i64} : (!t, tensor<i64>) -> !t
  %pooler.h = onnx.Gemm(%pooler.0, %square) "/pooler/up" : (!t, tensor<8x8xf32>) -> !t
  %pooler.a = onnx.Tanh(%pooler.h) : (!t) -> !t
  %pooler.y = onnx.Gemm(%pooler.a, %square) "/pooler/down" : (!t, tensor<8x8xf32>) -> !t
  // sliced
  %sliced.0 = onnx.Slice(%x, %start, %end, %axis) : (!t, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> !t
  %sliced.1 = onnx.LayerNormalization(%sliced.0, %norm) : (!t, tensor<8xf32>) -> !t
  %sliced.h = onnx.MatMul(%sliced.1, %up) "/sliced/up" : (!t, !u) -> !t
  %sliced.a = onnx.Relu(%sliced.h) : (!t) -> !t
  %sliced.y = onnx.MatMul(%sliced.a, %down) "/sliced/down" : (!t, !d) -> !t
  // mean
  %mean.0 = onnx.ReduceMean(%x) {axes = array<i64: 1>} : (!t) -> !t
  %mean.h = onnx.MatMul(%mean.0, %up) "/mean/up" : (!t, !u) -> !t
  %mean.a = onnx.Relu(%mean.h) : (!t) -> !t
  %mean.y = onnx.MatMul(%mean.a, %down) "/mean/down" : (!t, !d) -> !t
  // squeeze
  %squeeze.0 = onnx.node "GlobalAveragePool" (%x) : (!t) -> !t
  %squeeze.1 = onnx.Flatten(%squeeze.0) : (!t) -> !t
  %squeeze.h = onnx.Gemm(%squeeze.1, %up) "/squeeze/up" : (!t, !u) -> !t
  %squeeze.a = onnx.Relu(%squeeze.h) : (!t) -> !t
  %squeeze.y = onnx.Gemm(%squeeze.a, %down) "/squeeze/down" : (!t, !d) -> !t
  %squeeze.s = onnx.Sigmoid(%squeeze.y) : (!t) -> !t
  %squeeze.z = onnx.Mul(%x, %squeeze.s) : (!t, !t) -> !t
  // time
  %time.0 = onnx.node "Sin" (%x) : (!t) -> !t
  %time.h = onnx.Gemm(%time.0, %up) "/time/up" : (!t, !u) -> !t
  %time.s = onnx.Sigmoid(%time.h) : (!t) -> !t
  %time.a = onnx.Mul(%time.h, %time.s) : (!t, !t) -> !t
  %time.y = onnx.Gemm(%time.a, %down) "/time/down" : (!t, !d) -> !t
  // gate
  %gate.h = onnx.MatMul(%x, %up) "/gate/up" : (!t, !u) -> !t
  %gate.a = onnx.Relu(%gate.h) : (!t) -> !t
  %gate.y = onnx.MatMul(%gate.a, %down) "/gate/down" : (!t, !d) -> !t
  %gate.s = onnx.Sigmoid(%gate.y) : (!t) -> !t
  %gate.z = onnx.Mul(%x, %gate.s) : (!t, !t) -> !t
  // chain
  %chain.h = onnx.MatMul(%x, %square) "/chain/up" : (!t, tensor<8x8xf32>) -> !t
  %chain.a = onnx.Relu(%chain.h) : (!t) -> !t
  %chain.y = onnx.MatMul(%chain.a, %square) "/chain/down" : (!t, tensor<8x8xf32>) -> !t
  %chain.b = onnx.Relu(%chain.y) : (!t) -> !t
  %chain.z = onnx.MatMul(%chain.b, %square) "/chain/last" : (!t, tensor<8x8xf32>) -> !t
  // F4
  %F4.h = onnx.MatMul(%x, %up) "/F4/up" : (!t, !u) -> !t
  %F4.a, %F4.b = onnx.Split(%F4.h) {axis = -1 : i64} : (!t) -> (!t, !t)
  %F4.s = onnx.ms.Gelu(%F4.b) : (!t) -> !t
  %F4.p = onnx.Mul(%F4.a, %F4.s) : (!t, !t) -> !t
  %F4.y = onnx.MatMul(%F4.p, %down.half) "/F4/down" : (!t, tensor<8x8xf32>) -> !t
  // F5
  %F5.h = onnx.MatMul(%x, %up) "/F5/up" : (!t, !u) -> !t
  %F5.a = onnx.Slice(%F5.h, %start, %half, %last) : (!t, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> !t
  %F5.b = onnx.Slice(%F5.h, %half, %whole, %last) : (!t, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> !t
  %F5.s = onnx.ms.Gelu(%F5.b) : (!t) -> !t
  %F5.p = onnx.Mul(%F5.a, %F5.s) : (!t, !t) -> !t
  %F5.y = onnx.MatMul(%F5.p, %down.half) "/F5/down" : (!t, tensor<8x8xf32>) -> !t
  // F7
  %F7.h = onnx.MatMul(%x, %up) "/F7/up" : (!t, !u) -> !t
  %F7.p = onnx.ms.BiasSplitGelu(%F7.h, %norm.16) : (!t, tensor<16xf32>) -> !t
  %F7.y = onnx.MatMul(%F7.p, %down.half) "/F7/down" : (!t, tensor<8x8xf32>) -> !t
  // F13
  %F13.h = onnx.MatMul(%x, %up) "/F13/up" : (!t, !u) -> !t
  %F13.a = onnx.Relu(%F13.h) : (!t) -> !t
  %F13.n = onnx.LayerNormalization(%F13.a, %norm.16) : (!t, tensor<16xf32>) -> !t
  %F13.y = onnx.MatMul(%F13.n, %down) "/F13/down" : (!t, !d) -> !t
  // shuffled
  %shuffled.h = onnx.MatMul(%x, %up) "/shuffled/up" : (!t, !u) -> !t
  %shuffled.a = onnx.Relu(%shuffled.h) : (!t) -> !t
  %shuffled.0 = onnx.Reshape(%shuffled.a, %shuffle.1) : (!t, tensor<3xi64>) -> !t
  %shuffled.1 = onnx.Transpose(%shuffled.0) {perm = array<i64: 0, 2, 1>} : (!t) -> !t
  %shuffled.2 = onnx.Reshape(%shuffled.1, %shuffle.2) : (!t, tensor<2xi64>) -> !t
  %shuffled.y = onnx.MatMul(%shuffled.2, %down) "/shuffled/down" : (!t, !d) -> !t
  // sum
  %sum.h = onnx.MatMul(%x, %up) "/sum/up" : (!t, !u) -> !t
  %sum.g = onnx.MatMul(%x, %gate) "/sum/gate" : (!t, !u) -> !t
  %sum.a = onnx.Relu(%sum.h) : (!t) -> !t
  %sum.p = onnx.Add(%sum.a, %sum.g) : (!t, !t) -> !t
  %sum.y = onnx.MatMul(%sum.p, %down) "/sum/down" : (!t, !d) -> !t
  // L21
  %L21.h = onnx.MatMul(%x, %up) "/L21/up" : (!t, !u) -> !t
  %L21.y = onnx.MatMul(%L21.h, %down) "/L21/down" : (!t, !d) -> !t
  // attention
  %attention.h = onnx.MatMul(%x, %square) "/attention/query" : (!t, tensor<8x8xf32>) -> !t
  %attention.k = onnx.MatMul(%x, %square) "/attention/key" : (!t, tensor<8x8xf32>) -> !t
  %attention.t = onnx.Transpose(%attention.k) {perm = array<i64: 0, 2, 1>} : (!t) -> !t
  %attention.s = onnx.MatMul(%attention.h, %attention.t) : (!t, !t) -> !t
  %attention.p = onnx.Softmax(%attention.s) : (!t) -> !t
  %attention.v = onnx.MatMul(%x, %square) "/attention/value" : (!t, tensor<8x8xf32>) -> !t
  %attention.c = onnx.MatMul(%attention.p, %attention.v) : (!t, !t) -> !t
  %attention.y = onnx.MatMul(%attention.c, %square) "/attention/output" : (!t, tensor<8x8xf32>) -> !t
  %attention.r = onnx.Add(%x, %attention.y) : (!t, !t) -> !t
  // gated-attention
  %gated-attention.g = onnx.MatMul(%x, %square) "/gated-attention/gate" : (!t, tensor<8x8xf32>) -> !t
  %gated-attention.s = onnx.Sigmoid(%gated-attention.g) : (!t) -> !t
  %gated-attention.p = onnx.Softmax(%x) : (!t) -> !t
  %gated-attention.c = onnx.Mul(%gated-attention.p, %gated-attention.s) : (!t, !t) -> !t
  %gated-attention.y = onnx.MatMul(%gated-attention.c, %square) "/gated-attention/output" : (!t, tensor<8x8xf32>) -> !t
  return
}
