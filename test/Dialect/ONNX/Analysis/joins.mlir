// RUN: slin-opt %s --slin-print-ffns -o /dev/null | FileCheck %s
// RUN: slin-opt %s --onnx-to-slin | FileCheck %s --check-prefix=SLIN

// Linears of parts of the features, and of one value, that are one together.

!t = !onnx.unknown

// Biases of the parts, one of them missing; slices that count from the end.
// CHECK: ffn '/blocks' plain relu in 'blocks'
// CHECK-NEXT: up '/blocks/a' 8 -> 12 f32 block_diagonal blocks 2 bias
// CHECK-NEXT: down '/blocks/c' 12 -> 8 f32 block_diagonal blocks 2
// SLIN-LABEL: func.func @blocks
// SLIN: %[[UP:.*]] = slin.weight "/blocks/a/slin_blocks" {{.*}} : tensor<2x4x6xf32>
// SLIN: slin.block_diagonal %[[UP]] transposed : tensor<2x4x6xf32> -> !slin.linop<8 -> 12, f32>
// SLIN: %[[DOWN:.*]] = slin.weight "/blocks/c/slin_blocks" {{.*}} : tensor<2x4x6xf32>
// SLIN: slin.block_diagonal %[[DOWN]] : tensor<2x4x6xf32> -> !slin.linop<12 -> 8, f32>
// SLIN: slin.weight "/blocks/a/slin_bias" dense<[1.000000e+00, 2.000000e+00, 3.000000e+00, 4.000000e+00, 5.000000e+00, 6.000000e+00, 0.000000e+00, 0.000000e+00, 0.000000e+00, 0.000000e+00, 0.000000e+00, 0.000000e+00]> : tensor<12xf32>
func.func @blocks(%x: tensor<?x8xf32> {onnx.name = "x"}) -> (!t {onnx.name = "y"}) attributes {onnx.graph = {}} {
  %a = onnx.initializer "a" #onnx.synthetic<normal, seed = 1> : tensor<4x6xf32>
  %b = onnx.initializer "b" #onnx.synthetic<normal, seed = 2> : tensor<4x6xf32>
  %c = onnx.initializer "c" #onnx.synthetic<normal, seed = 3> : tensor<4x6xf32>
  %d = onnx.initializer "d" #onnx.synthetic<normal, seed = 4> : tensor<4x6xf32>
  %bias = onnx.initializer "bias" dense<[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]> : tensor<6xf32>
  %p, %q = onnx.Split(%x) "/blocks/split" {axis = -1 : i64} : (tensor<?x8xf32>) -> (!t, !t)
  %0 = onnx.MatMul(%p, %a) "/blocks/a" : (!t, tensor<4x6xf32>) -> !t
  %1 = onnx.Add(%0, %bias) "/blocks/bias" : (!t, tensor<6xf32>) -> !t
  %2 = onnx.MatMul(%q, %b) "/blocks/b" : (!t, tensor<4x6xf32>) -> !t
  %3 = onnx.Concat(%1, %2) "/blocks/up" {axis = 1 : i64}
  %4 = onnx.Relu(%3) "/blocks/act"
  %zero = onnx.Constant "/zero" {value_ints = array<i64: 0>}
  %six = onnx.Constant "/six" {value_ints = array<i64: -6>}
  %end = onnx.Constant "/end" {value_ints = array<i64: 9223372036854775807>}
  %last = onnx.Constant "/last" {value_ints = array<i64: -1>}
  %5 = onnx.Slice(%4, %zero, %six, %last) "/blocks/first"
  %6 = onnx.Slice(%4, %six, %end, %last) "/blocks/second"
  %7 = onnx.Gemm(%5, %c) "/blocks/c" {transB = 1 : i64} : (!t, tensor<4x6xf32>) -> !t
  %8 = onnx.Gemm(%6, %d) "/blocks/d" {transB = 1 : i64} : (!t, tensor<4x6xf32>) -> !t
  %9 = onnx.Concat(%7, %8) "/blocks/down" outputs ["y"] {axis = -1 : i64}
  return %9 : !t
}

// Sums of parts; features that nobody reads; a product behind it.
// CHECK: ffn '/sums' plain relu in 'sums'
// CHECK-NEXT: up '/sums/a' 9 -> 16 f32 operator bias
// CHECK-NEXT: down '/sums/v' 16 -> 9 f32 operator
// SLIN-LABEL: func.func @sums
// SLIN: slin.slice %{{.*}} out 0 in 0 : !slin.linop<9 -> 9, f32> -> !slin.linop<9 -> 4, f32>
// SLIN: slin.slice %{{.*}} out 5 in 0 : !slin.linop<9 -> 9, f32> -> !slin.linop<9 -> 3, f32>
// SLIN: slin.sum
// SLIN: %[[STACK:.*]] = slin.stack %{{.*}}, %{{.*}} : !slin.linop<2 -> 10, f32>, !slin.linop<2 -> 6, f32> -> !slin.linop<2 -> 16, f32>
// SLIN: %[[V:.*]] = slin.transpose %[[STACK]]
// SLIN: slin.compose %{{.*}}, %[[V]]
func.func @sums(%x: tensor<?x9xf32> {onnx.name = "x"}) -> (!t {onnx.name = "y"}) attributes {onnx.graph = {}} {
  %a = onnx.initializer "a2" #onnx.synthetic<normal, seed = 1> : tensor<4x16xf32>
  %b = onnx.initializer "b2" #onnx.synthetic<normal, seed = 2> : tensor<3x16xf32>
  %v = onnx.initializer "v2" #onnx.synthetic<normal, seed = 3> : tensor<10x2xf32>
  %w = onnx.initializer "w2" #onnx.synthetic<normal, seed = 4> : tensor<6x2xf32>
  %u = onnx.initializer "u2" #onnx.synthetic<normal, seed = 5> : tensor<2x9xf32>
  %bias = onnx.initializer "bias2" #onnx.synthetic<normal, seed = 6> : tensor<16xf32>
  %sizes = onnx.Constant "/sizes" {value_ints = array<i64: 4, 1, 3, 1>}
  %p, %none, %q, %rest = onnx.Split(%x, %sizes) "/sums/split" {axis = 1 : i64} : (tensor<?x9xf32>, !t) -> (!t, !t, !t, !t)
  %0 = onnx.MatMul(%p, %a) "/sums/a" : (!t, tensor<4x16xf32>) -> !t
  %1 = onnx.MatMul(%q, %b) "/sums/b" : (!t, tensor<3x16xf32>) -> !t
  %2 = onnx.Add(%0, %1) "/sums/up"
  %3 = onnx.Add(%2, %bias) "/sums/bias" : (!t, tensor<16xf32>) -> !t
  %4 = onnx.Relu(%3) "/sums/act"
  %sizes2 = onnx.Constant "/sizes2" {value_ints = array<i64: 10, 6>}
  %r, %s = onnx.Split(%4, %sizes2) "/sums/split2" {axis = -1 : i64} : (!t, !t) -> (!t, !t)
  %5 = onnx.MatMul(%r, %v) "/sums/v" : (!t, tensor<10x2xf32>) -> !t
  %6 = onnx.MatMul(%s, %w) "/sums/w" : (!t, tensor<6x2xf32>) -> !t
  %7 = onnx.Add(%6, %5) "/sums/inner"
  %8 = onnx.MatMul(%7, %u) "/sums/u" outputs ["y"] : (!t, tensor<2x9xf32>) -> !t
  return %8 : !t
}

// One value read by several, also by one that is no part of it; a cut that others read stays.
// CHECK: ffn '/stack' plain relu in 'stack'
// CHECK-NEXT: up '/stack/a' 8 -> 10 f32 operator
// CHECK-NEXT: down '/stack/dense' 10 -> 8 f32 stored [in, out]
// SLIN-LABEL: func.func @stack
// SLIN: %[[UP:.*]] = slin.stack %{{.*}}, %{{.*}} : !slin.linop<8 -> 6, f32>, !slin.linop<8 -> 4, f32> -> !slin.linop<8 -> 10, f32>
// SLIN: %[[X:stack.split]], %{{.*}} = onnx.Split(%arg0
// SLIN: slin.apply %[[UP]], %t
// SLIN: onnx.Neg(%[[X]])
func.func @stack(%x: tensor<?x8xf32> {onnx.name = "x"}) -> (!t {onnx.name = "y"}, !t {onnx.name = "z"}) attributes {onnx.graph = {}} {
  %a = onnx.initializer "a3" #onnx.synthetic<normal, seed = 1> : tensor<8x6xf32>
  %b = onnx.initializer "b3" #onnx.synthetic<normal, seed = 2> : tensor<5x4xf32>
  %w = onnx.initializer "w3" #onnx.synthetic<normal, seed = 3> : tensor<10x8xf32>
  %sizes = onnx.Constant "/sizes3" {value_ints = array<i64: 5, 3>}
  %p, %q = onnx.Split(%x, %sizes) "/stack/split" {axis = -1 : i64} : (tensor<?x8xf32>, !t) -> (!t, !t)
  %0 = onnx.MatMul(%x, %a) "/stack/a" : (tensor<?x8xf32>, tensor<8x6xf32>) -> !t
  %1 = onnx.MatMul(%p, %b) "/stack/b" : (!t, tensor<5x4xf32>) -> !t
  %2 = onnx.Concat(%0, %1) "/stack/up" {axis = -1 : i64}
  %3 = onnx.Relu(%2) "/stack/act"
  %4 = onnx.MatMul(%3, %w) "/stack/dense" outputs ["y"] : (!t, tensor<10x8xf32>) -> !t
  %5 = onnx.Neg(%p) "/stack/neg" outputs ["z"]
  return %4, %5 : !t, !t
}

// Features in another order, between factors and behind the only one; some left out.
// CHECK: ffn '/order' plain relu in 'order'
// CHECK-NEXT: up '/order/a' 8 -> 16 f32 dense
// CHECK-NEXT: down '/order/v' 16 -> 8 f32 operator
// SLIN-LABEL: func.func @order
// SLIN: slin.permutation [15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]
// SLIN: slin.permutation [2, 0, 1]
func.func @order(%x: tensor<?x8xf32> {onnx.name = "x"}) -> (!t {onnx.name = "y"}) attributes {onnx.graph = {}} {
  %a = onnx.initializer "a4" #onnx.synthetic<normal, seed = 1> : tensor<8x16xf32>
  %v = onnx.initializer "v4" #onnx.synthetic<normal, seed = 2> : tensor<16x3xf32>
  %u = onnx.initializer "u4" #onnx.synthetic<normal, seed = 3> : tensor<2x8xf32>
  %back = onnx.Constant "/back" {value_ints = array<i64: 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0>}
  %some = onnx.Constant "/some" {value_ints = array<i64: -1, 0>}
  %0 = onnx.MatMul(%x, %a) "/order/a" : (tensor<?x8xf32>, tensor<8x16xf32>) -> !t
  %1 = onnx.Gather(%0, %back) "/order/back" {axis = -1 : i64}
  %2 = onnx.Relu(%1) "/order/act"
  %3 = onnx.MatMul(%2, %v) "/order/v" : (!t, tensor<16x3xf32>) -> !t
  %4 = onnx.Gather(%3, %some) "/order/some" {axis = -1 : i64}
  %5 = onnx.MatMul(%4, %u) "/order/u" outputs ["y"] : (!t, tensor<2x8xf32>) -> !t
  return %5 : !t
}

// Parts that are cut outside of the graph in which they are read.
// CHECK: ffn '/inner' plain relu in 'inner'
// CHECK-NEXT: up '/inner/a' 8 -> 8 f32 block_diagonal blocks 2
// SLIN-LABEL: func.func @inner
// SLIN: onnx.Split(%arg0)
// SLIN: onnx.node "If"
// SLIN: slin.apply %block_diagonal
func.func @inner(%x: tensor<?x8xf32> {onnx.name = "x"}, %c: tensor<i1> {onnx.name = "c"}) -> (!t {onnx.name = "y"}) attributes {onnx.graph = {}} {
  %a = onnx.initializer "a5" #onnx.synthetic<normal, seed = 1> : tensor<4x4xf32>
  %b = onnx.initializer "b5" #onnx.synthetic<normal, seed = 2> : tensor<4x4xf32>
  %w = onnx.initializer "w5" #onnx.synthetic<normal, seed = 3> : tensor<8x8xf32>
  %p, %q = onnx.Split(%x) "/inner/split" {axis = -1 : i64} : (tensor<?x8xf32>) -> (!t, !t)
  %y = onnx.node "If" (%c) "/if" outputs ["y"] graphs [{name = "then", kind = "then_branch"}, {}] ({
    %0 = onnx.MatMul(%p, %a) "/inner/a" : (!t, tensor<4x4xf32>) -> !t
    %1 = onnx.MatMul(%q, %b) "/inner/b" : (!t, tensor<4x4xf32>) -> !t
    %2 = onnx.Concat(%0, %1) "/inner/up" {axis = -1 : i64}
    %3 = onnx.Relu(%2) "/inner/act"
    %4 = onnx.MatMul(%3, %w) "/inner/down" : (!t, tensor<8x8xf32>) -> !t
    onnx.yield %4 : !t
  }, {
    onnx.yield %x : tensor<?x8xf32>
  }) : (tensor<i1>) -> !t
  return %y : !t
}
