// RUN: slin-opt %s --split-input-file --slin-to-slingpu='element-type=bf16' --remark-format=emitRemark --remarks-filter=slin-to-slingpu 2>%t.remarks | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARKS --input-file=%t.remarks
// RUN: slin-opt %S/../../Dialect/Slin/Transforms/Inputs/papers/factorllm-stacked-k2-gather-dynamo-opset18.onnx --slin-compile=target=sm_80 | FileCheck %s --check-prefix=CHOICES
// RUN: slin-opt %S/../../Dialect/Slin/Transforms/Inputs/papers/factorllm-routed-k2-einsum-torchscript-opset13.onnx --slin-compile=target=sm_80 | FileCheck %s --check-prefix=OLD
// RUN: slin-opt %S/../../Dialect/Slin/Transforms/Inputs/papers/factorllm-routed-k2-threshold-torchscript-opset17.onnx --slin-compile=target=sm_80 | FileCheck %s --check-prefix=THRESHOLD

// Sums of experts, each of which reads the rows of its tokens. From models: experts
// whose weights share a tensor; opsets without additions by ScatterND; and gates
// of which a token may have any number.

// CHOICES: slingpu.entry "node_sum_1/expert" bounds [{{.*}}] structure "2 of 4 experts: dense, dense, silu, dense" (tensor<?x16xf32>, tensor<?x4xf32>) -> (tensor<?x16xf32>)
// CHOICES-SAME: networks = ["node_sum_1/expert_0", "node_sum_1/expert_1", "node_sum_1/expert_2", "node_sum_1/expert_3"]
// CHOICES: slingpu.launch @kernels::@route_2of4
// CHOICES-NOT: slingpu.entry
// OLD: slingpu.entry "/experts" bounds [{{.*}}] structure "2 of 4 experts:
// OLD-NOT: slingpu.entry
// THRESHOLD: slingpu.entry "/experts" bounds [{{.*}}] structure "4 of 4 experts:
// THRESHOLD-NOT: slingpu.entry

!t = !onnx.unknown
// Weights and biases stand expert after expert; the path is what the experts' have in common.

// REMARKS: '/mlp/experts.0' is an expert of entry '/mlp/experts'
// REMARKS: '/mlp/experts.1' is an expert of entry '/mlp/experts'
// CHECK: %[[U:.*]] = slingpu.weight "/mlp/experts/0/w" dense<{{.*}}> : tensor<2x8x8xbf16>
// CHECK: %[[D:.*]] = slingpu.weight "/mlp/experts/1/w" dense<{{.*}}> : tensor<2x4x8xbf16>
// CHECK: %[[B:.*]] = slingpu.weight "/mlp/experts/1/bias" dense<[1.000000e+00, 2.000000e+00, 3.000000e+00, 4.000000e+00, 1.000000e+00, 2.000000e+00, 3.000000e+00, 4.000000e+00]> : tensor<8xf32>
// CHECK: slingpu.entry "/mlp/experts" bounds [] structure "1 of 2 experts: dense, relu, dense" (tensor<?x4xbf16>, tensor<?x2xbf16>) -> (tensor<?x4xbf16>) attributes {networks = ["/mlp/experts.0", "/mlp/experts.1"]} {
// CHECK: ^bb0(%[[X:.*]]: tensor<?x4xbf16>, %[[G:.*]]: tensor<?x2xbf16>):
// CHECK: %[[O:.*]], %[[T:.*]], %[[P:.*]] = slingpu.route %[[G]] choices 1 : tensor<?x2xbf16> -> tensor<3xi32>, tensor<?x1xi32>, tensor<?x2xi32>
// CHECK: %[[H:.*]] = slingpu.block_gemm %[[X]], %[[U]] experts %[[O]] : tensor<3xi32> tokens %[[T]] : tensor<?x1xi32> run 8 {activation = "relu"}
// CHECK: %[[R:.*]] = slingpu.block_gemm %[[H]], %[[D]] bias %[[B]] : tensor<8xf32> experts %[[O]] : tensor<3xi32> run 4
// CHECK: slingpu.combine %[[R]], %[[G]], %[[P]]
// CHECK-NOT: slingpu.entry
func.func @f(%rows: tensor<?x4xf32>, %choices: tensor<?x1xi64>, %size: tensor<2xi64>) -> !t {
  %first = onnx.initializer "first" dense<0> : tensor<1xi64>
  %b = slin.weight "b" dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %wu0 = slin.weight "wu0" dense<1.0> : tensor<8x4xf32>
  %wd0 = slin.weight "wd0" dense<1.5> : tensor<4x8xf32>
  %u0 = slin.dense %wu0 : tensor<8x4xf32> -> !slin.linop<4 -> 8, f32>
  %d0 = slin.dense %wd0 : tensor<4x8xf32> -> !slin.linop<8 -> 4, f32>
  %wu1 = slin.weight "wu1" dense<2.0> : tensor<8x4xf32>
  %wd1 = slin.weight "wd1" dense<2.5> : tensor<4x8xf32>
  %u1 = slin.dense %wu1 : tensor<8x4xf32> -> !slin.linop<4 -> 8, f32>
  %d1 = slin.dense %wd1 : tensor<4x8xf32> -> !slin.linop<8 -> 4, f32>
  %zeros = onnx.ConstantOfShape(%size) "/zeros" {value = dense<0.0> : tensor<1xf32>} : (tensor<2xi64>) -> !t
  %i0 = onnx.initializer "i0" dense<0> : tensor<i64>
  %m0 = onnx.Equal(%choices, %i0) "/m0" : (tensor<?x1xi64>, tensor<i64>) -> !t
  %n0 = onnx.NonZero(%m0) "/n0"
  %f0 = onnx.Gather(%n0, %first) "/f0" {axis = 0 : i64} : (!t, tensor<1xi64>) -> !t
  %t0 = onnx.Transpose(%f0) "/t0" {perm = array<i64: 1, 0>}
  %x0 = onnx.GatherND(%rows, %t0) "/x0" : (tensor<?x4xf32>, !t) -> tensor<?x4xf32>
  %y0 = slin.ffn "/mlp/experts.0" (%a = %x0 : tensor<?x4xf32>) -> tensor<?x4xf32> {
    %h = slin.apply %u0, %a {path = "/mlp/experts.0/up"} : !slin.linop<4 -> 8, f32>, tensor<?x4xf32> -> tensor<?x8xf32>
    %r = slin.activation relu(%v = %h : tensor<?x8xf32>) -> tensor<?x8xf32> {
      slin.yield %v : tensor<?x8xf32>
    }
    %d = slin.apply %d0, %r bias %b : tensor<4xf32> {path = "/mlp/experts.0/down"} : !slin.linop<8 -> 4, f32>, tensor<?x8xf32> -> tensor<?x4xf32>
    slin.yield %d : tensor<?x4xf32>
  }
  %s0 = onnx.ScatterND(%zeros, %t0, %y0) "/s0" {reduction = "add"} : (!t, !t, tensor<?x4xf32>) -> !t
  %i1 = onnx.initializer "i1" dense<1> : tensor<i64>
  %m1 = onnx.Equal(%choices, %i1) "/m1" : (tensor<?x1xi64>, tensor<i64>) -> !t
  %n1 = onnx.NonZero(%m1) "/n1"
  %f1 = onnx.Gather(%n1, %first) "/f1" {axis = 0 : i64} : (!t, tensor<1xi64>) -> !t
  %t1 = onnx.Transpose(%f1) "/t1" {perm = array<i64: 1, 0>}
  %x1 = onnx.GatherND(%rows, %t1) "/x1" : (tensor<?x4xf32>, !t) -> tensor<?x4xf32>
  %y1 = slin.ffn "/mlp/experts.1" (%a = %x1 : tensor<?x4xf32>) -> tensor<?x4xf32> {
    %h = slin.apply %u1, %a {path = "/mlp/experts.1/up"} : !slin.linop<4 -> 8, f32>, tensor<?x4xf32> -> tensor<?x8xf32>
    %r = slin.activation relu(%v = %h : tensor<?x8xf32>) -> tensor<?x8xf32> {
      slin.yield %v : tensor<?x8xf32>
    }
    %d = slin.apply %d1, %r bias %b : tensor<4xf32> {path = "/mlp/experts.1/down"} : !slin.linop<8 -> 4, f32>, tensor<?x8xf32> -> tensor<?x4xf32>
    slin.yield %d : tensor<?x4xf32>
  }
  %s1 = onnx.ScatterND(%s0, %t1, %y1) "/s1" {reduction = "add"} : (!t, !t, tensor<?x4xf32>) -> !t
  return %s1 : !t
}

// -----

!t = !onnx.unknown
// Added without a reduction; of low rank.

// CHECK: slingpu.entry "/e" bounds [] structure "1 of 3 experts: low_rank, relu, dense"
// CHECK: slingpu.block_gemm %{{.*}} experts %{{.*}} tokens %{{.*}} run 2 : tensor<?x4xbf16>, tensor<3x2x8xbf16> -> tensor<?x1x2xbf16>
// CHECK: slingpu.block_gemm %{{.*}} experts %{{.*}} run 8 {activation = "relu"} : tensor<?x1x2xbf16>, tensor<3x8x8xbf16> -> tensor<?x1x8xbf16>
// CHECK: slingpu.block_gemm
// CHECK-NOT: slingpu.entry
func.func @f(%rows: tensor<?x4xf32>, %choices: tensor<?x1xi64>, %size: tensor<2xi64>) -> !t {
  %first = onnx.initializer "first" dense<0> : tensor<1xi64>
  %b = slin.weight "b" dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %p0 = slin.weight "p0" dense<1.0> : tensor<8x2xf32>
  %q0 = slin.weight "q0" dense<1.0> : tensor<2x4xf32>
  %wd0 = slin.weight "wd0" dense<1.5> : tensor<4x8xf32>
  %u0 = slin.low_rank %p0, %q0 : tensor<8x2xf32>, tensor<2x4xf32> -> !slin.linop<4 -> 8, f32>
  %d0 = slin.dense %wd0 : tensor<4x8xf32> -> !slin.linop<8 -> 4, f32>
  %p1 = slin.weight "p1" dense<2.0> : tensor<8x2xf32>
  %q1 = slin.weight "q1" dense<2.0> : tensor<2x4xf32>
  %wd1 = slin.weight "wd1" dense<2.5> : tensor<4x8xf32>
  %u1 = slin.low_rank %p1, %q1 : tensor<8x2xf32>, tensor<2x4xf32> -> !slin.linop<4 -> 8, f32>
  %d1 = slin.dense %wd1 : tensor<4x8xf32> -> !slin.linop<8 -> 4, f32>
  %p2 = slin.weight "p2" dense<3.0> : tensor<8x2xf32>
  %q2 = slin.weight "q2" dense<3.0> : tensor<2x4xf32>
  %wd2 = slin.weight "wd2" dense<3.5> : tensor<4x8xf32>
  %u2 = slin.low_rank %p2, %q2 : tensor<8x2xf32>, tensor<2x4xf32> -> !slin.linop<4 -> 8, f32>
  %d2 = slin.dense %wd2 : tensor<4x8xf32> -> !slin.linop<8 -> 4, f32>
  %zeros = onnx.ConstantOfShape(%size) "/zeros" {value = dense<0.0> : tensor<1xf32>} : (tensor<2xi64>) -> !t
  %i0 = onnx.initializer "i0" dense<0> : tensor<i64>
  %m0 = onnx.Equal(%choices, %i0) "/m0" : (tensor<?x1xi64>, tensor<i64>) -> !t
  %n0 = onnx.NonZero(%m0) "/n0"
  %f0 = onnx.Gather(%n0, %first) "/f0" {axis = 0 : i64} : (!t, tensor<1xi64>) -> !t
  %t0 = onnx.Transpose(%f0) "/t0" {perm = array<i64: 1, 0>}
  %x0 = onnx.GatherND(%rows, %t0) "/x0" : (tensor<?x4xf32>, !t) -> tensor<?x4xf32>
  %y0 = slin.ffn "/e.0" (%a = %x0 : tensor<?x4xf32>) -> tensor<?x4xf32> {
    %h = slin.apply %u0, %a {path = "/e.0/up"} : !slin.linop<4 -> 8, f32>, tensor<?x4xf32> -> tensor<?x8xf32>
    %r = slin.activation relu(%v = %h : tensor<?x8xf32>) -> tensor<?x8xf32> {
      slin.yield %v : tensor<?x8xf32>
    }
    %d = slin.apply %d0, %r bias %b : tensor<4xf32> {path = "/e.0/down"} : !slin.linop<8 -> 4, f32>, tensor<?x8xf32> -> tensor<?x4xf32>
    slin.yield %d : tensor<?x4xf32>
  }
  %s0 = onnx.ScatterND(%zeros, %t0, %y0) "/s0" : (!t, !t, tensor<?x4xf32>) -> !t
  %i1 = onnx.initializer "i1" dense<1> : tensor<i64>
  %m1 = onnx.Equal(%choices, %i1) "/m1" : (tensor<?x1xi64>, tensor<i64>) -> !t
  %n1 = onnx.NonZero(%m1) "/n1"
  %f1 = onnx.Gather(%n1, %first) "/f1" {axis = 0 : i64} : (!t, tensor<1xi64>) -> !t
  %t1 = onnx.Transpose(%f1) "/t1" {perm = array<i64: 1, 0>}
  %x1 = onnx.GatherND(%rows, %t1) "/x1" : (tensor<?x4xf32>, !t) -> tensor<?x4xf32>
  %y1 = slin.ffn "/e.1" (%a = %x1 : tensor<?x4xf32>) -> tensor<?x4xf32> {
    %h = slin.apply %u1, %a {path = "/e.1/up"} : !slin.linop<4 -> 8, f32>, tensor<?x4xf32> -> tensor<?x8xf32>
    %r = slin.activation relu(%v = %h : tensor<?x8xf32>) -> tensor<?x8xf32> {
      slin.yield %v : tensor<?x8xf32>
    }
    %d = slin.apply %d1, %r bias %b : tensor<4xf32> {path = "/e.1/down"} : !slin.linop<8 -> 4, f32>, tensor<?x8xf32> -> tensor<?x4xf32>
    slin.yield %d : tensor<?x4xf32>
  }
  %before1 = onnx.GatherND(%s0, %t1) "/before1"
  %plus1 = onnx.Add(%before1, %y1) "/plus1" : (!t, tensor<?x4xf32>) -> !t
  %s1 = onnx.ScatterND(%s0, %t1, %plus1) "/s1"
  %i2 = onnx.initializer "i2" dense<2> : tensor<i64>
  %m2 = onnx.Equal(%choices, %i2) "/m2" : (tensor<?x1xi64>, tensor<i64>) -> !t
  %n2 = onnx.NonZero(%m2) "/n2"
  %f2 = onnx.Gather(%n2, %first) "/f2" {axis = 0 : i64} : (!t, tensor<1xi64>) -> !t
  %t2 = onnx.Transpose(%f2) "/t2" {perm = array<i64: 1, 0>}
  %x2 = onnx.GatherND(%rows, %t2) "/x2" : (tensor<?x4xf32>, !t) -> tensor<?x4xf32>
  %y2 = slin.ffn "/e.2" (%a = %x2 : tensor<?x4xf32>) -> tensor<?x4xf32> {
    %h = slin.apply %u2, %a {path = "/e.2/up"} : !slin.linop<4 -> 8, f32>, tensor<?x4xf32> -> tensor<?x8xf32>
    %r = slin.activation relu(%v = %h : tensor<?x8xf32>) -> tensor<?x8xf32> {
      slin.yield %v : tensor<?x8xf32>
    }
    %d = slin.apply %d2, %r bias %b : tensor<4xf32> {path = "/e.2/down"} : !slin.linop<8 -> 4, f32>, tensor<?x8xf32> -> tensor<?x4xf32>
    slin.yield %d : tensor<?x4xf32>
  }
  %before2 = onnx.GatherND(%s1, %t2) "/before2"
  %plus2 = onnx.Add(%before2, %y2) "/plus2" : (!t, tensor<?x4xf32>) -> !t
  %s2 = onnx.ScatterND(%s1, %t2, %plus2) "/s2"
  return %s2 : !t
}

// -----

!t = !onnx.unknown
// Ranks that differ: the first expert has a row and a column of zeros more.

// CHECK: slingpu.weight "/e/0/w" dense<{{\[\[\[}}1.000000e+00, 1.000000e+00, 1.000000e+00, 1.000000e+00, 0.000000e+00, {{.*}}], [1.000000e+00, {{.*}}], [0.000000e+00, 0.000000e+00, {{.*}}]], {{\[\[}}2.000000e+00, {{.*}}> : tensor<2x3x8xbf16>
// CHECK: slingpu.weight "/e/1/w" dense<"0x803F803F000000000000000000000000803F803F{{.*}}"> : tensor<2x8x8xbf16>
// CHECK: slingpu.entry "/e" bounds [] structure "1 of 2 experts: low_rank, relu, dense"
// CHECK: slingpu.block_gemm %{{.*}} run 3 : tensor<?x4xbf16>, tensor<2x3x8xbf16> -> tensor<?x1x3xbf16>
// CHECK: slingpu.block_gemm %{{.*}} run 8 {activation = "relu"} : tensor<?x1x3xbf16>, tensor<2x8x8xbf16> -> tensor<?x1x8xbf16>
// CHECK: slingpu.block_gemm
// CHECK-NOT: slingpu.entry
func.func @f(%rows: tensor<?x4xf32>, %choices: tensor<?x1xi64>, %size: tensor<2xi64>) -> !t {
  %first = onnx.initializer "first" dense<0> : tensor<1xi64>
  %b = slin.weight "b" dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %p0 = slin.weight "p0" dense<1.0> : tensor<8x2xf32>
  %q0 = slin.weight "q0" dense<1.0> : tensor<2x4xf32>
  %wd0 = slin.weight "wd0" dense<1.5> : tensor<4x8xf32>
  %u0 = slin.low_rank %p0, %q0 : tensor<8x2xf32>, tensor<2x4xf32> -> !slin.linop<4 -> 8, f32>
  %d0 = slin.dense %wd0 : tensor<4x8xf32> -> !slin.linop<8 -> 4, f32>
  %p1 = slin.weight "p1" dense<2.0> : tensor<8x3xf32>
  %q1 = slin.weight "q1" dense<2.0> : tensor<3x4xf32>
  %wd1 = slin.weight "wd1" dense<2.5> : tensor<4x8xf32>
  %u1 = slin.low_rank %p1, %q1 : tensor<8x3xf32>, tensor<3x4xf32> -> !slin.linop<4 -> 8, f32>
  %d1 = slin.dense %wd1 : tensor<4x8xf32> -> !slin.linop<8 -> 4, f32>
  %zeros = onnx.ConstantOfShape(%size) "/zeros" {value = dense<0.0> : tensor<1xf32>} : (tensor<2xi64>) -> !t
  %i0 = onnx.initializer "i0" dense<0> : tensor<i64>
  %m0 = onnx.Equal(%choices, %i0) "/m0" : (tensor<?x1xi64>, tensor<i64>) -> !t
  %n0 = onnx.NonZero(%m0) "/n0"
  %f0 = onnx.Gather(%n0, %first) "/f0" {axis = 0 : i64} : (!t, tensor<1xi64>) -> !t
  %t0 = onnx.Transpose(%f0) "/t0" {perm = array<i64: 1, 0>}
  %x0 = onnx.GatherND(%rows, %t0) "/x0" : (tensor<?x4xf32>, !t) -> tensor<?x4xf32>
  %y0 = slin.ffn "/e.0" (%a = %x0 : tensor<?x4xf32>) -> tensor<?x4xf32> {
    %h = slin.apply %u0, %a {path = "/e.0/up"} : !slin.linop<4 -> 8, f32>, tensor<?x4xf32> -> tensor<?x8xf32>
    %r = slin.activation relu(%v = %h : tensor<?x8xf32>) -> tensor<?x8xf32> {
      slin.yield %v : tensor<?x8xf32>
    }
    %d = slin.apply %d0, %r bias %b : tensor<4xf32> {path = "/e.0/down"} : !slin.linop<8 -> 4, f32>, tensor<?x8xf32> -> tensor<?x4xf32>
    slin.yield %d : tensor<?x4xf32>
  }
  %s0 = onnx.ScatterND(%zeros, %t0, %y0) "/s0" {reduction = "add"} : (!t, !t, tensor<?x4xf32>) -> !t
  %i1 = onnx.initializer "i1" dense<1> : tensor<i64>
  %m1 = onnx.Equal(%choices, %i1) "/m1" : (tensor<?x1xi64>, tensor<i64>) -> !t
  %n1 = onnx.NonZero(%m1) "/n1"
  %f1 = onnx.Gather(%n1, %first) "/f1" {axis = 0 : i64} : (!t, tensor<1xi64>) -> !t
  %t1 = onnx.Transpose(%f1) "/t1" {perm = array<i64: 1, 0>}
  %x1 = onnx.GatherND(%rows, %t1) "/x1" : (tensor<?x4xf32>, !t) -> tensor<?x4xf32>
  %y1 = slin.ffn "/e.1" (%a = %x1 : tensor<?x4xf32>) -> tensor<?x4xf32> {
    %h = slin.apply %u1, %a {path = "/e.1/up"} : !slin.linop<4 -> 8, f32>, tensor<?x4xf32> -> tensor<?x8xf32>
    %r = slin.activation relu(%v = %h : tensor<?x8xf32>) -> tensor<?x8xf32> {
      slin.yield %v : tensor<?x8xf32>
    }
    %d = slin.apply %d1, %r bias %b : tensor<4xf32> {path = "/e.1/down"} : !slin.linop<8 -> 4, f32>, tensor<?x8xf32> -> tensor<?x4xf32>
    slin.yield %d : tensor<?x4xf32>
  }
  %s1 = onnx.ScatterND(%s0, %t1, %y1) "/s1" {reduction = "add"} : (!t, !t, tensor<?x4xf32>) -> !t
  return %s1 : !t
}

// -----

!t = !onnx.unknown
// Blocks of each expert, one expert after the other.

// CHECK: slingpu.weight "/e/0/w" dense<{{.*}}> : tensor<4x4x8xbf16>
// CHECK: slingpu.entry "/e" bounds [] structure "1 of 2 experts: block_diagonal, relu, dense"
// CHECK: slingpu.block_gemm %{{.*}} tokens %{{.*}} run 4 {activation = "relu"} : tensor<?x4xbf16>, tensor<4x4x8xbf16> -> tensor<?x1x8xbf16>
// CHECK: slingpu.block_gemm
// CHECK-NOT: slingpu.entry
func.func @f(%rows: tensor<?x4xf32>, %choices: tensor<?x1xi64>, %size: tensor<2xi64>) -> !t {
  %first = onnx.initializer "first" dense<0> : tensor<1xi64>
  %b = slin.weight "b" dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %k0 = slin.weight "k0" dense<1.0> : tensor<2x4x2xf32>
  %u0 = slin.block_diagonal %k0 : tensor<2x4x2xf32> -> !slin.linop<4 -> 8, f32>
  %wd0 = slin.weight "wd0" dense<1.5> : tensor<4x8xf32>
  %d0 = slin.dense %wd0 : tensor<4x8xf32> -> !slin.linop<8 -> 4, f32>
  %k1 = slin.weight "k1" dense<2.0> : tensor<2x4x2xf32>
  %u1 = slin.block_diagonal %k1 : tensor<2x4x2xf32> -> !slin.linop<4 -> 8, f32>
  %wd1 = slin.weight "wd1" dense<2.5> : tensor<4x8xf32>
  %d1 = slin.dense %wd1 : tensor<4x8xf32> -> !slin.linop<8 -> 4, f32>
  %zeros = onnx.ConstantOfShape(%size) "/zeros" {value = dense<0.0> : tensor<1xf32>} : (tensor<2xi64>) -> !t
  %i0 = onnx.initializer "i0" dense<0> : tensor<i64>
  %m0 = onnx.Equal(%choices, %i0) "/m0" : (tensor<?x1xi64>, tensor<i64>) -> !t
  %n0 = onnx.NonZero(%m0) "/n0"
  %f0 = onnx.Gather(%n0, %first) "/f0" {axis = 0 : i64} : (!t, tensor<1xi64>) -> !t
  %t0 = onnx.Transpose(%f0) "/t0" {perm = array<i64: 1, 0>}
  %x0 = onnx.GatherND(%rows, %t0) "/x0" : (tensor<?x4xf32>, !t) -> tensor<?x4xf32>
  %y0 = slin.ffn "/e.0" (%a = %x0 : tensor<?x4xf32>) -> tensor<?x4xf32> {
    %h = slin.apply %u0, %a {path = "/e.0/up"} : !slin.linop<4 -> 8, f32>, tensor<?x4xf32> -> tensor<?x8xf32>
    %r = slin.activation relu(%v = %h : tensor<?x8xf32>) -> tensor<?x8xf32> {
      slin.yield %v : tensor<?x8xf32>
    }
    %d = slin.apply %d0, %r bias %b : tensor<4xf32> {path = "/e.0/down"} : !slin.linop<8 -> 4, f32>, tensor<?x8xf32> -> tensor<?x4xf32>
    slin.yield %d : tensor<?x4xf32>
  }
  %s0 = onnx.ScatterND(%zeros, %t0, %y0) "/s0" {reduction = "add"} : (!t, !t, tensor<?x4xf32>) -> !t
  %i1 = onnx.initializer "i1" dense<1> : tensor<i64>
  %m1 = onnx.Equal(%choices, %i1) "/m1" : (tensor<?x1xi64>, tensor<i64>) -> !t
  %n1 = onnx.NonZero(%m1) "/n1"
  %f1 = onnx.Gather(%n1, %first) "/f1" {axis = 0 : i64} : (!t, tensor<1xi64>) -> !t
  %t1 = onnx.Transpose(%f1) "/t1" {perm = array<i64: 1, 0>}
  %x1 = onnx.GatherND(%rows, %t1) "/x1" : (tensor<?x4xf32>, !t) -> tensor<?x4xf32>
  %y1 = slin.ffn "/e.1" (%a = %x1 : tensor<?x4xf32>) -> tensor<?x4xf32> {
    %h = slin.apply %u1, %a {path = "/e.1/up"} : !slin.linop<4 -> 8, f32>, tensor<?x4xf32> -> tensor<?x8xf32>
    %r = slin.activation relu(%v = %h : tensor<?x8xf32>) -> tensor<?x8xf32> {
      slin.yield %v : tensor<?x8xf32>
    }
    %d = slin.apply %d1, %r bias %b : tensor<4xf32> {path = "/e.1/down"} : !slin.linop<8 -> 4, f32>, tensor<?x8xf32> -> tensor<?x4xf32>
    slin.yield %d : tensor<?x4xf32>
  }
  %s1 = onnx.ScatterND(%s0, %t1, %y1) "/s1" {reduction = "add"} : (!t, !t, tensor<?x4xf32>) -> !t
  return %s1 : !t
}

// -----

!t = !onnx.unknown
// Other products.

// REMARKS: the experts of '/e' are entries of their own: expected the same products in each expert, found 8x4_relu of '/e.0' and 2x4x2_relu of '/e.1'
// CHECK: slingpu.entry "/e.0"
// CHECK: slingpu.entry "/e.1"
func.func @f(%rows: tensor<?x4xf32>, %choices: tensor<?x1xi64>, %size: tensor<2xi64>) -> !t {
  %first = onnx.initializer "first" dense<0> : tensor<1xi64>
  %b = slin.weight "b" dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %wu0 = slin.weight "wu0" dense<1.0> : tensor<8x4xf32>
  %wd0 = slin.weight "wd0" dense<1.5> : tensor<4x8xf32>
  %u0 = slin.dense %wu0 : tensor<8x4xf32> -> !slin.linop<4 -> 8, f32>
  %d0 = slin.dense %wd0 : tensor<4x8xf32> -> !slin.linop<8 -> 4, f32>
  %blocks = slin.weight "blocks" dense<1.0> : tensor<2x4x2xf32>
  %u1 = slin.block_diagonal %blocks : tensor<2x4x2xf32> -> !slin.linop<4 -> 8, f32>
  %wd1 = slin.weight "wd1" dense<2.5> : tensor<4x8xf32>
  %d1 = slin.dense %wd1 : tensor<4x8xf32> -> !slin.linop<8 -> 4, f32>
  %zeros = onnx.ConstantOfShape(%size) "/zeros" {value = dense<0.0> : tensor<1xf32>} : (tensor<2xi64>) -> !t
  %i0 = onnx.initializer "i0" dense<0> : tensor<i64>
  %m0 = onnx.Equal(%choices, %i0) "/m0" : (tensor<?x1xi64>, tensor<i64>) -> !t
  %n0 = onnx.NonZero(%m0) "/n0"
  %f0 = onnx.Gather(%n0, %first) "/f0" {axis = 0 : i64} : (!t, tensor<1xi64>) -> !t
  %t0 = onnx.Transpose(%f0) "/t0" {perm = array<i64: 1, 0>}
  %x0 = onnx.GatherND(%rows, %t0) "/x0" : (tensor<?x4xf32>, !t) -> tensor<?x4xf32>
  %y0 = slin.ffn "/e.0" (%a = %x0 : tensor<?x4xf32>) -> tensor<?x4xf32> {
    %h = slin.apply %u0, %a {path = "/e.0/up"} : !slin.linop<4 -> 8, f32>, tensor<?x4xf32> -> tensor<?x8xf32>
    %r = slin.activation relu(%v = %h : tensor<?x8xf32>) -> tensor<?x8xf32> {
      slin.yield %v : tensor<?x8xf32>
    }
    %d = slin.apply %d0, %r bias %b : tensor<4xf32> {path = "/e.0/down"} : !slin.linop<8 -> 4, f32>, tensor<?x8xf32> -> tensor<?x4xf32>
    slin.yield %d : tensor<?x4xf32>
  }
  %s0 = onnx.ScatterND(%zeros, %t0, %y0) "/s0" {reduction = "add"} : (!t, !t, tensor<?x4xf32>) -> !t
  %i1 = onnx.initializer "i1" dense<1> : tensor<i64>
  %m1 = onnx.Equal(%choices, %i1) "/m1" : (tensor<?x1xi64>, tensor<i64>) -> !t
  %n1 = onnx.NonZero(%m1) "/n1"
  %f1 = onnx.Gather(%n1, %first) "/f1" {axis = 0 : i64} : (!t, tensor<1xi64>) -> !t
  %t1 = onnx.Transpose(%f1) "/t1" {perm = array<i64: 1, 0>}
  %x1 = onnx.GatherND(%rows, %t1) "/x1" : (tensor<?x4xf32>, !t) -> tensor<?x4xf32>
  %y1 = slin.ffn "/e.1" (%a = %x1 : tensor<?x4xf32>) -> tensor<?x4xf32> {
    %h = slin.apply %u1, %a {path = "/e.1/up"} : !slin.linop<4 -> 8, f32>, tensor<?x4xf32> -> tensor<?x8xf32>
    %r = slin.activation relu(%v = %h : tensor<?x8xf32>) -> tensor<?x8xf32> {
      slin.yield %v : tensor<?x8xf32>
    }
    %d = slin.apply %d1, %r bias %b : tensor<4xf32> {path = "/e.1/down"} : !slin.linop<8 -> 4, f32>, tensor<?x8xf32> -> tensor<?x4xf32>
    slin.yield %d : tensor<?x4xf32>
  }
  %s1 = onnx.ScatterND(%s0, %t1, %y1) "/s1" {reduction = "add"} : (!t, !t, tensor<?x4xf32>) -> !t
  return %s1 : !t
}

// -----

!t = !onnx.unknown
// REMARKS: the experts of '/e' are entries of their own: expected 2 products in each expert, found 3 in '/e.1'
// CHECK: slingpu.entry "/e.0"
// CHECK: slingpu.entry "/e.1"
func.func @f(%rows: tensor<?x4xf32>, %choices: tensor<?x1xi64>, %size: tensor<2xi64>) -> !t {
  %first = onnx.initializer "first" dense<0> : tensor<1xi64>
  %b = slin.weight "b" dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %wu0 = slin.weight "wu0" dense<1.0> : tensor<8x4xf32>
  %wd0 = slin.weight "wd0" dense<1.5> : tensor<4x8xf32>
  %u0 = slin.dense %wu0 : tensor<8x4xf32> -> !slin.linop<4 -> 8, f32>
  %d0 = slin.dense %wd0 : tensor<4x8xf32> -> !slin.linop<8 -> 4, f32>
  %p1 = slin.weight "p1" dense<2.0> : tensor<8x3xf32>
  %q1 = slin.weight "q1" dense<2.0> : tensor<3x4xf32>
  %wd1 = slin.weight "wd1" dense<2.5> : tensor<4x8xf32>
  %u1 = slin.low_rank %p1, %q1 : tensor<8x3xf32>, tensor<3x4xf32> -> !slin.linop<4 -> 8, f32>
  %d1 = slin.dense %wd1 : tensor<4x8xf32> -> !slin.linop<8 -> 4, f32>
  %zeros = onnx.ConstantOfShape(%size) "/zeros" {value = dense<0.0> : tensor<1xf32>} : (tensor<2xi64>) -> !t
  %i0 = onnx.initializer "i0" dense<0> : tensor<i64>
  %m0 = onnx.Equal(%choices, %i0) "/m0" : (tensor<?x1xi64>, tensor<i64>) -> !t
  %n0 = onnx.NonZero(%m0) "/n0"
  %f0 = onnx.Gather(%n0, %first) "/f0" {axis = 0 : i64} : (!t, tensor<1xi64>) -> !t
  %t0 = onnx.Transpose(%f0) "/t0" {perm = array<i64: 1, 0>}
  %x0 = onnx.GatherND(%rows, %t0) "/x0" : (tensor<?x4xf32>, !t) -> tensor<?x4xf32>
  %y0 = slin.ffn "/e.0" (%a = %x0 : tensor<?x4xf32>) -> tensor<?x4xf32> {
    %h = slin.apply %u0, %a {path = "/e.0/up"} : !slin.linop<4 -> 8, f32>, tensor<?x4xf32> -> tensor<?x8xf32>
    %r = slin.activation relu(%v = %h : tensor<?x8xf32>) -> tensor<?x8xf32> {
      slin.yield %v : tensor<?x8xf32>
    }
    %d = slin.apply %d0, %r bias %b : tensor<4xf32> {path = "/e.0/down"} : !slin.linop<8 -> 4, f32>, tensor<?x8xf32> -> tensor<?x4xf32>
    slin.yield %d : tensor<?x4xf32>
  }
  %s0 = onnx.ScatterND(%zeros, %t0, %y0) "/s0" {reduction = "add"} : (!t, !t, tensor<?x4xf32>) -> !t
  %i1 = onnx.initializer "i1" dense<1> : tensor<i64>
  %m1 = onnx.Equal(%choices, %i1) "/m1" : (tensor<?x1xi64>, tensor<i64>) -> !t
  %n1 = onnx.NonZero(%m1) "/n1"
  %f1 = onnx.Gather(%n1, %first) "/f1" {axis = 0 : i64} : (!t, tensor<1xi64>) -> !t
  %t1 = onnx.Transpose(%f1) "/t1" {perm = array<i64: 1, 0>}
  %x1 = onnx.GatherND(%rows, %t1) "/x1" : (tensor<?x4xf32>, !t) -> tensor<?x4xf32>
  %y1 = slin.ffn "/e.1" (%a = %x1 : tensor<?x4xf32>) -> tensor<?x4xf32> {
    %h = slin.apply %u1, %a {path = "/e.1/up"} : !slin.linop<4 -> 8, f32>, tensor<?x4xf32> -> tensor<?x8xf32>
    %r = slin.activation relu(%v = %h : tensor<?x8xf32>) -> tensor<?x8xf32> {
      slin.yield %v : tensor<?x8xf32>
    }
    %d = slin.apply %d1, %r bias %b : tensor<4xf32> {path = "/e.1/down"} : !slin.linop<8 -> 4, f32>, tensor<?x8xf32> -> tensor<?x4xf32>
    slin.yield %d : tensor<?x4xf32>
  }
  %s1 = onnx.ScatterND(%s0, %t1, %y1) "/s1" {reduction = "add"} : (!t, !t, tensor<?x4xf32>) -> !t
  return %s1 : !t
}

// -----

!t = !onnx.unknown
// Forms by the number of tokens, of which an expert has any.

// REMARKS: the experts of '/e' are entries of their own: expected operators that are the same for all numbers of tokens, found 2 forms of '/e.0'
// CHECK: slingpu.entry "/e.0" bounds [9]
// CHECK: slingpu.entry "/e.1" bounds []
func.func @f(%rows: tensor<?x4xf32>, %choices: tensor<?x1xi64>, %size: tensor<2xi64>) -> !t {
  %first = onnx.initializer "first" dense<0> : tensor<1xi64>
  %b = slin.weight "b" dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %p0 = slin.weight "p0" dense<1.0> : tensor<8x2xf32>
  %q0 = slin.weight "q0" dense<1.0> : tensor<2x4xf32>
  %wd0 = slin.weight "wd0" dense<1.5> : tensor<4x8xf32>
  %u = slin.low_rank %p0, %q0 : tensor<8x2xf32>, tensor<2x4xf32> -> !slin.linop<4 -> 8, f32>
  %d0 = slin.dense %wd0 : tensor<4x8xf32> -> !slin.linop<8 -> 4, f32>
  %z0 = slin.weight "z0" dense<2.0> : tensor<8x4xf32>
  %z = slin.dense %z0 : tensor<8x4xf32> -> !slin.linop<4 -> 8, f32>
  %u0 = slin.by_tokens [9] %u, %z : !slin.linop<4 -> 8, f32>
  %wu1 = slin.weight "wu1" dense<2.0> : tensor<8x4xf32>
  %wd1 = slin.weight "wd1" dense<2.5> : tensor<4x8xf32>
  %u1 = slin.dense %wu1 : tensor<8x4xf32> -> !slin.linop<4 -> 8, f32>
  %d1 = slin.dense %wd1 : tensor<4x8xf32> -> !slin.linop<8 -> 4, f32>
  %zeros = onnx.ConstantOfShape(%size) "/zeros" {value = dense<0.0> : tensor<1xf32>} : (tensor<2xi64>) -> !t
  %i0 = onnx.initializer "i0" dense<0> : tensor<i64>
  %m0 = onnx.Equal(%choices, %i0) "/m0" : (tensor<?x1xi64>, tensor<i64>) -> !t
  %n0 = onnx.NonZero(%m0) "/n0"
  %f0 = onnx.Gather(%n0, %first) "/f0" {axis = 0 : i64} : (!t, tensor<1xi64>) -> !t
  %t0 = onnx.Transpose(%f0) "/t0" {perm = array<i64: 1, 0>}
  %x0 = onnx.GatherND(%rows, %t0) "/x0" : (tensor<?x4xf32>, !t) -> tensor<?x4xf32>
  %y0 = slin.ffn "/e.0" (%a = %x0 : tensor<?x4xf32>) -> tensor<?x4xf32> {
    %h = slin.apply %u0, %a {path = "/e.0/up"} : !slin.linop<4 -> 8, f32>, tensor<?x4xf32> -> tensor<?x8xf32>
    %r = slin.activation relu(%v = %h : tensor<?x8xf32>) -> tensor<?x8xf32> {
      slin.yield %v : tensor<?x8xf32>
    }
    %d = slin.apply %d0, %r bias %b : tensor<4xf32> {path = "/e.0/down"} : !slin.linop<8 -> 4, f32>, tensor<?x8xf32> -> tensor<?x4xf32>
    slin.yield %d : tensor<?x4xf32>
  }
  %s0 = onnx.ScatterND(%zeros, %t0, %y0) "/s0" {reduction = "add"} : (!t, !t, tensor<?x4xf32>) -> !t
  %i1 = onnx.initializer "i1" dense<1> : tensor<i64>
  %m1 = onnx.Equal(%choices, %i1) "/m1" : (tensor<?x1xi64>, tensor<i64>) -> !t
  %n1 = onnx.NonZero(%m1) "/n1"
  %f1 = onnx.Gather(%n1, %first) "/f1" {axis = 0 : i64} : (!t, tensor<1xi64>) -> !t
  %t1 = onnx.Transpose(%f1) "/t1" {perm = array<i64: 1, 0>}
  %x1 = onnx.GatherND(%rows, %t1) "/x1" : (tensor<?x4xf32>, !t) -> tensor<?x4xf32>
  %y1 = slin.ffn "/e.1" (%a = %x1 : tensor<?x4xf32>) -> tensor<?x4xf32> {
    %h = slin.apply %u1, %a {path = "/e.1/up"} : !slin.linop<4 -> 8, f32>, tensor<?x4xf32> -> tensor<?x8xf32>
    %r = slin.activation relu(%v = %h : tensor<?x8xf32>) -> tensor<?x8xf32> {
      slin.yield %v : tensor<?x8xf32>
    }
    %d = slin.apply %d1, %r bias %b : tensor<4xf32> {path = "/e.1/down"} : !slin.linop<8 -> 4, f32>, tensor<?x8xf32> -> tensor<?x4xf32>
    slin.yield %d : tensor<?x4xf32>
  }
  %s1 = onnx.ScatterND(%s0, %t1, %y1) "/s1" {reduction = "add"} : (!t, !t, tensor<?x4xf32>) -> !t
  return %s1 : !t
}

// -----

!t = !onnx.unknown
// One that is none.

// REMARKS: the experts of '/e' are entries of their own: '/e.1' is none
// REMARKS: '/e.1': expected numbers within the range of bf16, found
// CHECK: slingpu.entry "/e.0"
// CHECK-NOT: slingpu.entry "/e.1"
func.func @f(%rows: tensor<?x4xf32>, %choices: tensor<?x1xi64>, %size: tensor<2xi64>) -> !t {
  %first = onnx.initializer "first" dense<0> : tensor<1xi64>
  %b = slin.weight "b" dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %wu0 = slin.weight "wu0" dense<1.0> : tensor<8x4xf32>
  %wd0 = slin.weight "wd0" dense<1.5> : tensor<4x8xf32>
  %u0 = slin.dense %wu0 : tensor<8x4xf32> -> !slin.linop<4 -> 8, f32>
  %d0 = slin.dense %wd0 : tensor<4x8xf32> -> !slin.linop<8 -> 4, f32>
  %wu1 = slin.weight "wu1" dense<3.4e38> : tensor<8x4xf32>
  %wd1 = slin.weight "wd1" dense<2.5> : tensor<4x8xf32>
  %u1 = slin.dense %wu1 : tensor<8x4xf32> -> !slin.linop<4 -> 8, f32>
  %d1 = slin.dense %wd1 : tensor<4x8xf32> -> !slin.linop<8 -> 4, f32>
  %zeros = onnx.ConstantOfShape(%size) "/zeros" {value = dense<0.0> : tensor<1xf32>} : (tensor<2xi64>) -> !t
  %i0 = onnx.initializer "i0" dense<0> : tensor<i64>
  %m0 = onnx.Equal(%choices, %i0) "/m0" : (tensor<?x1xi64>, tensor<i64>) -> !t
  %n0 = onnx.NonZero(%m0) "/n0"
  %f0 = onnx.Gather(%n0, %first) "/f0" {axis = 0 : i64} : (!t, tensor<1xi64>) -> !t
  %t0 = onnx.Transpose(%f0) "/t0" {perm = array<i64: 1, 0>}
  %x0 = onnx.GatherND(%rows, %t0) "/x0" : (tensor<?x4xf32>, !t) -> tensor<?x4xf32>
  %y0 = slin.ffn "/e.0" (%a = %x0 : tensor<?x4xf32>) -> tensor<?x4xf32> {
    %h = slin.apply %u0, %a {path = "/e.0/up"} : !slin.linop<4 -> 8, f32>, tensor<?x4xf32> -> tensor<?x8xf32>
    %r = slin.activation relu(%v = %h : tensor<?x8xf32>) -> tensor<?x8xf32> {
      slin.yield %v : tensor<?x8xf32>
    }
    %d = slin.apply %d0, %r bias %b : tensor<4xf32> {path = "/e.0/down"} : !slin.linop<8 -> 4, f32>, tensor<?x8xf32> -> tensor<?x4xf32>
    slin.yield %d : tensor<?x4xf32>
  }
  %s0 = onnx.ScatterND(%zeros, %t0, %y0) "/s0" {reduction = "add"} : (!t, !t, tensor<?x4xf32>) -> !t
  %i1 = onnx.initializer "i1" dense<1> : tensor<i64>
  %m1 = onnx.Equal(%choices, %i1) "/m1" : (tensor<?x1xi64>, tensor<i64>) -> !t
  %n1 = onnx.NonZero(%m1) "/n1"
  %f1 = onnx.Gather(%n1, %first) "/f1" {axis = 0 : i64} : (!t, tensor<1xi64>) -> !t
  %t1 = onnx.Transpose(%f1) "/t1" {perm = array<i64: 1, 0>}
  %x1 = onnx.GatherND(%rows, %t1) "/x1" : (tensor<?x4xf32>, !t) -> tensor<?x4xf32>
  %y1 = slin.ffn "/e.1" (%a = %x1 : tensor<?x4xf32>) -> tensor<?x4xf32> {
    %h = slin.apply %u1, %a {path = "/e.1/up"} : !slin.linop<4 -> 8, f32>, tensor<?x4xf32> -> tensor<?x8xf32>
    %r = slin.activation relu(%v = %h : tensor<?x8xf32>) -> tensor<?x8xf32> {
      slin.yield %v : tensor<?x8xf32>
    }
    %d = slin.apply %d1, %r bias %b : tensor<4xf32> {path = "/e.1/down"} : !slin.linop<8 -> 4, f32>, tensor<?x8xf32> -> tensor<?x4xf32>
    slin.yield %d : tensor<?x4xf32>
  }
  %s1 = onnx.ScatterND(%s0, %t1, %y1) "/s1" {reduction = "add"} : (!t, !t, tensor<?x4xf32>) -> !t
  return %s1 : !t
}

// -----

!t = !onnx.unknown
// No sum: what the first expert gives is read by others too.

// REMARKS: '/e.0' is an entry
// REMARKS: '/e.1' is an entry
// CHECK: slingpu.entry "/e.0"
// CHECK: slingpu.entry "/e.1"
func.func @f(%rows: tensor<?x4xf32>, %choices: tensor<?x1xi64>, %size: tensor<2xi64>) -> !t {
  %first = onnx.initializer "first" dense<0> : tensor<1xi64>
  %b = slin.weight "b" dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %wu0 = slin.weight "wu0" dense<1.0> : tensor<8x4xf32>
  %wd0 = slin.weight "wd0" dense<1.5> : tensor<4x8xf32>
  %u0 = slin.dense %wu0 : tensor<8x4xf32> -> !slin.linop<4 -> 8, f32>
  %d0 = slin.dense %wd0 : tensor<4x8xf32> -> !slin.linop<8 -> 4, f32>
  %wu1 = slin.weight "wu1" dense<2.0> : tensor<8x4xf32>
  %wd1 = slin.weight "wd1" dense<2.5> : tensor<4x8xf32>
  %u1 = slin.dense %wu1 : tensor<8x4xf32> -> !slin.linop<4 -> 8, f32>
  %d1 = slin.dense %wd1 : tensor<4x8xf32> -> !slin.linop<8 -> 4, f32>
  %zeros = onnx.ConstantOfShape(%size) "/zeros" {value = dense<0.0> : tensor<1xf32>} : (tensor<2xi64>) -> !t
  %i0 = onnx.initializer "i0" dense<0> : tensor<i64>
  %m0 = onnx.Equal(%choices, %i0) "/m0" : (tensor<?x1xi64>, tensor<i64>) -> !t
  %n0 = onnx.NonZero(%m0) "/n0"
  %f0 = onnx.Gather(%n0, %first) "/f0" {axis = 0 : i64} : (!t, tensor<1xi64>) -> !t
  %t0 = onnx.Transpose(%f0) "/t0" {perm = array<i64: 1, 0>}
  %x0 = onnx.GatherND(%rows, %t0) "/x0" : (tensor<?x4xf32>, !t) -> tensor<?x4xf32>
  %y0 = slin.ffn "/e.0" (%a = %x0 : tensor<?x4xf32>) -> tensor<?x4xf32> {
    %h = slin.apply %u0, %a {path = "/e.0/up"} : !slin.linop<4 -> 8, f32>, tensor<?x4xf32> -> tensor<?x8xf32>
    %r = slin.activation relu(%v = %h : tensor<?x8xf32>) -> tensor<?x8xf32> {
      slin.yield %v : tensor<?x8xf32>
    }
    %d = slin.apply %d0, %r bias %b : tensor<4xf32> {path = "/e.0/down"} : !slin.linop<8 -> 4, f32>, tensor<?x8xf32> -> tensor<?x4xf32>
    slin.yield %d : tensor<?x4xf32>
  }
  %s0 = onnx.ScatterND(%zeros, %t0, %y0) "/s0" {reduction = "add"} : (!t, !t, tensor<?x4xf32>) -> !t
  %i1 = onnx.initializer "i1" dense<1> : tensor<i64>
  %m1 = onnx.Equal(%choices, %i1) "/m1" : (tensor<?x1xi64>, tensor<i64>) -> !t
  %n1 = onnx.NonZero(%m1) "/n1"
  %f1 = onnx.Gather(%n1, %first) "/f1" {axis = 0 : i64} : (!t, tensor<1xi64>) -> !t
  %t1 = onnx.Transpose(%f1) "/t1" {perm = array<i64: 1, 0>}
  %x1 = onnx.GatherND(%rows, %t1) "/x1" : (tensor<?x4xf32>, !t) -> tensor<?x4xf32>
  %y1 = slin.ffn "/e.1" (%a = %x1 : tensor<?x4xf32>) -> tensor<?x4xf32> {
    %h = slin.apply %u1, %a {path = "/e.1/up"} : !slin.linop<4 -> 8, f32>, tensor<?x4xf32> -> tensor<?x8xf32>
    %r = slin.activation relu(%v = %h : tensor<?x8xf32>) -> tensor<?x8xf32> {
      slin.yield %v : tensor<?x8xf32>
    }
    %d = slin.apply %d1, %r bias %b : tensor<4xf32> {path = "/e.1/down"} : !slin.linop<8 -> 4, f32>, tensor<?x8xf32> -> tensor<?x4xf32>
    slin.yield %d : tensor<?x4xf32>
  }
  %s1 = onnx.ScatterND(%s0, %t1, %y1) "/s1" {reduction = "add"} : (!t, !t, tensor<?x4xf32>) -> !t
  %other = onnx.Relu(%s0) "/other"
  %all = onnx.Add(%other, %s1) "/all"
  return %all : !t
}
