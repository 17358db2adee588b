// RUN: slin-opt %s --split-input-file --slin-to-slingpu='element-type=bf16' --remark-format=emitRemark --remarks-filter=slin-to-slingpu 2>%t.remarks | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARKS --input-file=%t.remarks
// RUN: not slin-opt %s --split-input-file --slin-to-slingpu='element-type=f8' 2>&1 | FileCheck %s --check-prefix=TYPE

// TYPE: error: slin-to-slingpu: expected an element type of bf16, f16 or f32, found 'f8'

// Two forms by the number of tokens; columns are padded to 16 bytes; the gate is
// computed first, whatever the order was.

// REMARKS: '/gated' is an entry
// CHECK-DAG: %[[G:.*]] = slingpu.weight "/g/w0" dense<{{.*}}> : tensor<1x3x8xbf16>
// CHECK-DAG: %[[U:.*]] = slingpu.weight "/u/w0" dense<{{.*}}> : tensor<1x3x8xbf16>
// CHECK-DAG: %[[B:.*]] = slingpu.weight "/g/bias" dense<1.000000e+00> : tensor<3xf32>
// CHECK-DAG: slingpu.weight "/d/w0" {{.*}} : tensor<1x1x8xbf16>
// CHECK-DAG: slingpu.weight "/d/w1" {{.*}} : tensor<1x2x8xbf16>
// CHECK-DAG: slingpu.weight "/d/w0.from_17" {{.*}} : tensor<1x2x8xbf16>
// CHECK: slingpu.entry "/gated" bounds [17] structure "dense, dense, silu, by_tokens" (tensor<?x2xbf16>) -> (tensor<?x2xbf16>) {
// CHECK: ^bb0(%[[X:.*]]: tensor<?x2xbf16>):
// CHECK: %[[UP:.*]] = slingpu.block_gemm %[[X]], %[[U]] run 3
// CHECK: %[[A:.*]] = slingpu.block_gemm %[[X]], %[[G]] bias %[[B]] : tensor<3xf32> gate %[[UP]] : tensor<?x3xbf16> run 3 {activation = "silu"}
// CHECK: %[[L:.*]] = slingpu.block_gemm %[[A]], %d.w0 run 1
// CHECK: slingpu.block_gemm %[[L]], %d.w1 run 2
// CHECK: }, {
// CHECK: slingpu.block_gemm %{{.*}}, %d.w0.from_17 run 2
func.func @gated(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %g = slin.weight "g" dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]> : tensor<3x2xf32>
  %u = slin.weight "u" dense<[[6.0, 5.0], [4.0, 3.0], [2.0, 1.0]]> : tensor<3x2xf32>
  %a = slin.weight "a" dense<[[1.0], [2.0]]> : tensor<2x1xf32>
  %b = slin.weight "b" dense<[[1.0, 2.0, 3.0]]> : tensor<1x3xf32>
  %m = slin.weight "m" dense<[[1.0, 2.0, 3.0], [2.0, 4.0, 6.0]]> : tensor<2x3xf32>
  %one = slin.weight "one" dense<1.0> : tensor<f32>
  %0 = slin.dense %g : tensor<3x2xf32> -> !slin.linop<2 -> 3, f32>
  %1 = slin.dense %u : tensor<3x2xf32> -> !slin.linop<2 -> 3, f32>
  %2 = slin.low_rank %a, %b : tensor<2x1xf32>, tensor<1x3xf32> -> !slin.linop<3 -> 2, f32>
  %3 = slin.dense %m : tensor<2x3xf32> -> !slin.linop<3 -> 2, f32>
  %4 = slin.by_tokens [17] %2, %3 : !slin.linop<3 -> 2, f32>
  %y = slin.ffn "/gated" (%t = %x : tensor<?x2xf32>) -> tensor<?x2xf32> {
    %5 = slin.apply %0, %t bias %one : tensor<f32> {path = "/g"} : !slin.linop<2 -> 3, f32>, tensor<?x2xf32> -> tensor<?x3xf32>
    %6 = slin.apply %1, %t {path = "/u"} : !slin.linop<2 -> 3, f32>, tensor<?x2xf32> -> tensor<?x3xf32>
    %7 = slin.activation silu(%v = %5 : tensor<?x3xf32>, %w = %6 : tensor<?x3xf32>) -> tensor<?x3xf32> {
      slin.yield %v : tensor<?x3xf32>
    }
    %8 = slin.apply %4, %7 {path = "/d"} : !slin.linop<3 -> 2, f32>, tensor<?x3xf32> -> tensor<?x2xf32>
    slin.yield %8 : tensor<?x2xf32>
  }
  return %y : tensor<?x2xf32>
}

// -----

// Rows and biases in the order in which runs store them: of block 0 first what
// block 0 of the second factor reads.

// REMARKS: '/shuffled' is an entry
// CHECK: slingpu.weight "/s/w0" dense<{{\[\[\[}}1.000000e+00, 0.000000e+00, {{.*}}], [2.000000e+00, {{.*}}]], {{\[\[}}3.000000e+00, {{.*}}], [4.000000e+00, {{.*}}]]]> : tensor<2x2x8xbf16>
// CHECK: slingpu.weight "/s/w1" {{.*}} : tensor<2x2x8xbf16>
// CHECK: slingpu.weight "/s/bias" dense<[1.000000e+00, 3.000000e+00, 2.000000e+00, 4.000000e+00]> : tensor<4xf32>
// CHECK: slingpu.block_gemm %{{.*}}, %s.w0 run 1 : tensor<?x2xbf16>, tensor<2x2x8xbf16> -> tensor<?x4xbf16>
// CHECK: slingpu.block_gemm %{{.*}}, %s.w1 bias %s.bias : tensor<4xf32> run 1 {activation = "relu"}
func.func @shuffled(%x: tensor<?x2xf32>) -> tensor<?x4xf32> {
  %d1 = slin.weight "d1" dense<[[[1.0], [2.0]], [[3.0], [4.0]]]> : tensor<2x2x1xf32>
  %d2 = slin.weight "d2" dense<[[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]]> : tensor<2x2x2xf32>
  %bias = slin.weight "bias" dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %0 = slin.block_shuffle %d1, %d2 : tensor<2x2x1xf32>, tensor<2x2x2xf32> -> !slin.linop<2 -> 4, f32>
  %y = slin.ffn "/shuffled" (%t = %x : tensor<?x2xf32>) -> tensor<?x4xf32> {
    %1 = slin.apply %0, %t bias %bias : tensor<4xf32> {path = "/s"} : !slin.linop<2 -> 4, f32>, tensor<?x2xf32> -> tensor<?x4xf32>
    %2 = slin.activation relu(%v = %1 : tensor<?x4xf32>) -> tensor<?x4xf32> {
      slin.yield %v : tensor<?x4xf32>
    }
    slin.yield %2 : tensor<?x4xf32>
  }
  return %y : tensor<?x4xf32>
}

// -----

// REMARKS: '/unnamed': expected a named activation of one or two values, found 'pointwise' of 1
// REMARKS: '/range': expected numbers within the range of bf16, found 1.000e+39
// CHECK: // -----
// CHECK-NOT: slingpu
func.func @declined(%x: tensor<?x1xf32>, %h: tensor<?x1xf16>) -> (tensor<?x1xf32>, tensor<?x1xf16>) {
  %a = slin.weight "a" dense<1.0e39> : tensor<1x1xf64>
  %w = slin.weight "w" dense<1.0> : tensor<1x1xf32>
  %0 = slin.dense %w : tensor<1x1xf32> -> !slin.linop<1 -> 1, f32>
  %1 = slin.dense %a : tensor<1x1xf64> -> !slin.linop<1 -> 1, f16>
  %y = slin.ffn "/unnamed" (%t = %x : tensor<?x1xf32>) -> tensor<?x1xf32> {
    %2 = slin.apply %0, %t {path = "/p"} : !slin.linop<1 -> 1, f32>, tensor<?x1xf32> -> tensor<?x1xf32>
    %3 = slin.activation pointwise(%v = %2 : tensor<?x1xf32>) -> tensor<?x1xf32> {
      slin.yield %v : tensor<?x1xf32>
    }
    slin.yield %3 : tensor<?x1xf32>
  }
  %z = slin.ffn "/range" (%t = %h : tensor<?x1xf16>) -> tensor<?x1xf16> {
    %4 = slin.apply %1, %t {path = "/q"} : !slin.linop<1 -> 1, f16>, tensor<?x1xf16> -> tensor<?x1xf16>
    slin.yield %4 : tensor<?x1xf16>
  }
  return %y, %z : tensor<?x1xf32>, tensor<?x1xf16>
}
