// RUN: slin-opt %s --slin-merge -o %t.mlir --remarks-filter=slin-merge --remark-format=emitRemark 2>&1 | FileCheck %s --check-prefix=REMARK
// RUN: FileCheck %s --input-file=%t.mlir
// RUN: slin-opt %s --slin-merge=shortcut=always | FileCheck %s --check-prefix=ALWAYS

// What is exact and does not gain, or could not be told to be the same.

// The identity of a residual is not rounded into a matrix of a narrow type, unless it is asked for.
// CHECK-LABEL: func.func @half
// CHECK: slin.add
// ALWAYS-LABEL: func.func @half
// ALWAYS-NOT: slin.add
// ALWAYS: return
func.func @half(%x: tensor<?x8xf16>) -> tensor<?x8xf16> {
  %0 = slin.weight "w" #onnx.synthetic<normal, seed = 1> : tensor<8x8xf16>
  %w = slin.dense %0 : tensor<8x8xf16> -> !slin.linop<8 -> 8, f16>
  %h = slin.apply %w, %x {path = "/w"} : !slin.linop<8 -> 8, f16>, tensor<?x8xf16> -> tensor<?x8xf16>
  %y = slin.add %h, %x : tensor<?x8xf16>, tensor<?x8xf16> -> tensor<?x8xf16>
  return %y : tensor<?x8xf16>
}

// A value that others read as well stays, and so does what is merged into it alone.
// REMARK-DAG: "'/a' is not merged into all that read it: that would take 0 multiply-accumulates per token more"
// CHECK-LABEL: func.func @shared
// CHECK-COUNT-2: slin.apply
func.func @shared(%x: tensor<?x8xf32>) -> (tensor<?x8xf32>, tensor<?x8xf32>) {
  %0 = slin.weight "a" #onnx.synthetic<normal, seed = 1> : tensor<8x8xf32>
  %1 = slin.weight "b" #onnx.synthetic<normal, seed = 2> : tensor<8x8xf32>
  %a = slin.dense %0 : tensor<8x8xf32> -> !slin.linop<8 -> 8, f32>
  %b = slin.dense %1 : tensor<8x8xf32> -> !slin.linop<8 -> 8, f32>
  %h = slin.apply %a, %x {path = "/a"} : !slin.linop<8 -> 8, f32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %y = slin.apply %b, %h {path = "/b"} : !slin.linop<8 -> 8, f32>, tensor<?x8xf32> -> tensor<?x8xf32>
  return %h, %y : tensor<?x8xf32>, tensor<?x8xf32>
}

// The rank is not above half of the width: the product stays.
// REMARK-DAG: "'/u' keeps its factors: they take 64 multiply-accumulates per token, one matrix would take 64"
// CHECK-LABEL: func.func @half_of_the_width
// CHECK: slin.low_rank
func.func @half_of_the_width(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %0 = slin.weight "v" #onnx.synthetic<normal, seed = 1> : tensor<4x8xf32>
  %1 = slin.weight "u" #onnx.synthetic<normal, seed = 2> : tensor<8x4xf32>
  %v = slin.dense %0 : tensor<4x8xf32> -> !slin.linop<8 -> 4, f32>
  %u = slin.dense %1 : tensor<8x4xf32> -> !slin.linop<4 -> 8, f32>
  %b = slin.weight "b" dense<1.0> : tensor<4xf32>
  %c = slin.weight "c" dense<1.0> : tensor<8xf32>
  %h = slin.apply %v, %x bias %b : tensor<4xf32> {path = "/v"} : !slin.linop<8 -> 4, f32>, tensor<?x8xf32> -> tensor<?x4xf32>
  %y = slin.apply %u, %h bias %c : tensor<8xf32> {path = "/u"} : !slin.linop<4 -> 8, f32>, tensor<?x4xf32> -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// Weights that are no constants, and choices by token count, are not looked through.
// CHECK-LABEL: func.func @not_constant
// CHECK-COUNT-2: slin.apply
func.func @not_constant(%x: tensor<?x8xf32>, %w: tensor<8x8xf32>) -> tensor<?x8xf32> {
  %0 = slin.weight "a" #onnx.synthetic<normal, seed = 1> : tensor<8x8xf32>
  %a = slin.dense %0 : tensor<8x8xf32> -> !slin.linop<8 -> 8, f32>
  %b = slin.dense %w : tensor<8x8xf32> -> !slin.linop<8 -> 8, f32>
  %h = slin.apply %b, %x {path = "/given"} : !slin.linop<8 -> 8, f32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %y = slin.apply %a, %h {path = "/behind"} : !slin.linop<8 -> 8, f32>, tensor<?x8xf32> -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
// CHECK-LABEL: func.func @by_tokens
// CHECK-COUNT-2: slin.apply
func.func @by_tokens(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %0 = slin.weight "a" #onnx.synthetic<normal, seed = 1> : tensor<8x8xf32>
  %a = slin.dense %0 : tensor<8x8xf32> -> !slin.linop<8 -> 8, f32>
  %c = slin.by_tokens [4] %a, %a : !slin.linop<8 -> 8, f32>
  %h = slin.apply %a, %x {path = "/first"} : !slin.linop<8 -> 8, f32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %y = slin.apply %c, %h {path = "/choice"} : !slin.linop<8 -> 8, f32>, tensor<?x8xf32> -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
