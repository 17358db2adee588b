// RUN: slin-opt %s --slin-print-ffns -o /dev/null | FileCheck %s

// Contractions that make one structured linear, by what stands between them.

!t = !onnx.unknown

// Thin matrices, on either side of the product, in a Gemm.
// CHECK: ffn '/rank' plain relu in 'low_rank'
// CHECK-NEXT: up '/rank/v' 8 -> 16 f32 low_rank rank 2 bias
// CHECK-NEXT: down '/rank/a' 16 -> 8 f32 low_rank rank 4 scale 0.5
func.func @low_rank(%x: tensor<?x8xf32> {onnx.name = "x"}) -> (!t {onnx.name = "y"}) attributes {onnx.graph = {}} {
  %v = onnx.initializer "v" #onnx.synthetic<normal, seed = 1> : tensor<8x2xf32>
  %u = onnx.initializer "u" #onnx.synthetic<normal, seed = 2> : tensor<2x16xf32>
  %b = onnx.initializer "b" #onnx.synthetic<normal, seed = 3> : tensor<16xf32>
  %a = onnx.initializer "a" #onnx.synthetic<normal, seed = 4> : tensor<4x16xf32>
  %c = onnx.initializer "c" #onnx.synthetic<normal, seed = 5> : tensor<4x8xf32>
  %0 = onnx.MatMul(%x, %v) "/rank/v" : (tensor<?x8xf32>, tensor<8x2xf32>) -> !t
  %1 = onnx.Dropout(%0) "/rank/dropout"
  %2 = onnx.MatMul(%1, %u) "/rank/u" : (!t, tensor<2x16xf32>) -> !t
  %3 = onnx.Add(%2, %b) "/rank/bias" : (!t, tensor<16xf32>) -> !t
  %4 = onnx.Relu(%3) "/rank/act"
  %5 = onnx.Gemm(%4, %a) "/rank/a" {transB = 1 : i64, alpha = 0.5 : f32} : (!t, tensor<4x16xf32>) -> !t
  %6 = onnx.MatMul(%5, %c) "/rank/c" outputs ["y"] : (!t, tensor<4x8xf32>) -> !t
  return %6 : !t
}

// Blocks by a Reshape and Transposes, the shape computed from the input's.
// CHECK: ffn '/block' plain relu in 'blocks'
// CHECK-NEXT: up '/block/up' 8 -> 16 f32 block_diagonal blocks 2
// CHECK-NEXT: down '/block/down' 16 -> 8 f32 block_diagonal blocks 4
func.func @blocks(%x: tensor<?x?x8xf32> {onnx.name = "x"}) -> (!t {onnx.name = "y"}) attributes {onnx.graph = {}} {
  %d = onnx.initializer "d" #onnx.synthetic<normal, seed = 1> : tensor<2x4x8xf32>
  %e = onnx.initializer "e" #onnx.synthetic<normal, seed = 2> : tensor<4x2x4xf32>
  %start = onnx.Constant "/start" {value_ints = array<i64: 0>}
  %end = onnx.Constant "/end" {value_ints = array<i64: -1>}
  %cut = onnx.Constant "/cut" {value_ints = array<i64: -1, 2, 4>}
  %wide = onnx.Constant "/wide" {value_ints = array<i64: 16>}
  %shape = onnx.Shape(%x) "/shape" : (tensor<?x?x8xf32>) -> !t
  %leading = onnx.Slice(%shape, %start, %end) "/leading"
  %joined = onnx.Concat(%leading, %wide) "/joined" {axis = 0 : i64}
  %0 = onnx.Reshape(%x, %cut) "/block/cut" : (tensor<?x?x8xf32>, !t) -> !t
  %1 = onnx.Transpose(%0) "/block/swap" {perm = array<i64: 1, 0, 2>}
  %2 = onnx.MatMul(%1, %d) "/block/up" : (!t, tensor<2x4x8xf32>) -> !t
  %3 = onnx.Transpose(%2) "/block/back" {perm = array<i64: 1, 0, 2>}
  %4 = onnx.Reshape(%3, %joined) "/block/join"
  %5 = onnx.Relu(%4) "/block/act"

  // Weight on the left, tokens on the last axis.
  %shape2 = onnx.Shape(%5) "/shape2"
  %leading2 = onnx.Slice(%shape2, %start, %end) "/leading2"
  %narrow = onnx.Constant "/narrow" {value_ints = array<i64: 8>}
  %joined2 = onnx.Concat(%leading2, %narrow) "/joined2" {axis = 0 : i64}
  %cut2 = onnx.Constant "/cut2" {value_ints = array<i64: -1, 4, 4>}
  %6 = onnx.Reshape(%5, %cut2) "/block/cut2"
  %7 = onnx.Transpose(%6) "/block/turn" {perm = array<i64: 1, 2, 0>}
  %8 = onnx.MatMul(%e, %7) "/block/down" : (tensor<4x2x4xf32>, !t) -> !t
  %9 = onnx.Transpose(%8) "/block/turned" {perm = array<i64: 2, 0, 1>}
  %10 = onnx.Reshape(%9, %joined2) "/block/join2" outputs ["y"]
  return %10 : !t
}

// Two einsums with a shuffle between them, of blocks that do not divide each other.
// CHECK: ffn '/shuffle' plain relu in 'shuffle'
// CHECK-NEXT: up '/shuffle/first' 12 -> 20 f32 block_shuffle blocks 2
// CHECK-NEXT: down '/shuffle/dense' 20 -> 12 f32 stored [in, out]
func.func @shuffle(%x: tensor<?x12xf32> {onnx.name = "x"}) -> (!t {onnx.name = "y"}) attributes {onnx.graph = {}} {
  %d1 = onnx.initializer "d1" #onnx.synthetic<normal, seed = 1> : tensor<2x5x6xf32>
  %d2 = onnx.initializer "d2" #onnx.synthetic<normal, seed = 2> : tensor<5x4x2xf32>
  %w = onnx.initializer "w" #onnx.synthetic<normal, seed = 3> : tensor<20x12xf32>
  %cut = onnx.Constant "/cut" {value_ints = array<i64: -1, 2, 6>}
  %recut = onnx.Constant "/recut" {value_ints = array<i64: -1, 2, 5>}
  %join = onnx.Constant "/join" {value_ints = array<i64: -1, 20>}
  %0 = onnx.Reshape(%x, %cut) "/shuffle/cut" : (tensor<?x12xf32>, !t) -> !t
  %1 = onnx.node "Einsum" (%d1, %0) "/shuffle/first" {equation = "kqp,bkp->bkq"} : (tensor<2x5x6xf32>, !t) -> !t
  %2 = onnx.Reshape(%1, %recut) "/shuffle/recut"
  %3 = onnx.Transpose(%2) "/shuffle/swap" {perm = array<i64: 0, 2, 1>}
  %4 = onnx.node "Einsum" (%d2, %3) "/shuffle/second" {equation = "lsr,blr->bsl"} : (tensor<5x4x2xf32>, !t) -> !t
  %5 = onnx.Reshape(%4, %join) "/shuffle/join"
  %6 = onnx.Relu(%5) "/shuffle/act"
  %7 = onnx.MatMul(%6, %w) "/shuffle/dense" outputs ["y"] : (!t, tensor<20x12xf32>) -> !t
  return %7 : !t
}
