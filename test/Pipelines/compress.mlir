// RUN: slin-opt %s --slin-compress='rank=2 weight-only include=re:up|n[o]ne' | FileCheck %s
// RUN: not slin-opt %s --slin-compress='ratio=0.25 weight-only structure=block_dense tokens=16 include="/mlp/*, b",*down mlp-like' --dump-pass-pipeline 2>&1 | FileCheck %s --check-prefix=DUMP
// RUN: not slin-opt %s --slin-compress='rank=2 weight-only include=nothing' 2>&1 | FileCheck %s --check-prefix=PATTERN
// RUN: not slin-opt %s --slin-compress='ration=0.3' 2>&1 | FileCheck %s --check-prefix=OPTION
// RUN: not slin-opt %s --slin-compress="rank=2 include=a\"b'c" 2>&1 | FileCheck %s --check-prefix=QUOTES

// The whole chain as one pipeline. Patterns keep their spaces and commas.

// DUMP: builtin.module(
// DUMP-NEXT: onnx-to-slin{mlp-like=true},
// DUMP-NEXT: slin-factorize{{{.*}}include={{[{][{]}}/mlp/*, b},*down} {{.*}}ratio=2.500000e-01 {{.*}}structure=block_dense weight-only=true},
// DUMP-NEXT: slin-to-onnx{dispatch=one respell=false tokens=16}
// DUMP: error: slin-factorize: expected '/mlp/*, b' of include to match

// PATTERN: error: slin-factorize: expected 'nothing' of include to match
// OPTION: no such option ration
// QUOTES: 'a"b'c' cannot be said to a pass: expected at most one kind of quotation mark

// CHECK-LABEL: func.func @main
// CHECK-NOT: slin.
// CHECK: onnx.initializer "/mlp/up/slin_v_weight" {{.*}} : tensor<4x2xf32>
// CHECK: onnx.initializer "/mlp/up/slin_u_weight" {{.*}} : tensor<2x16xf32>
// CHECK: onnx.MatMul({{.*}}) "/mlp/down" :
func.func @main(%x: tensor<?x4xf32> {onnx.name = "x"}) -> (tensor<?x4xf32> {onnx.name = "/mlp/down_output_0"}) attributes {onnx.graph = {}} {
  %w0 = onnx.initializer "w0" #onnx.synthetic<normal, seed = 1> : tensor<4x16xf32>
  %w1 = onnx.initializer "w1" #onnx.synthetic<normal, seed = 2> : tensor<16x4xf32>
  %0 = onnx.MatMul(%x, %w0) "/mlp/up" : (tensor<?x4xf32>, tensor<4x16xf32>) -> tensor<?x16xf32>
  %1 = onnx.Relu(%0) "/mlp/act" : (tensor<?x16xf32>) -> tensor<?x16xf32>
  %2 = onnx.MatMul(%1, %w1) "/mlp/down" : (tensor<?x16xf32>, tensor<16x4xf32>) -> tensor<?x4xf32>
  return %2 : tensor<?x4xf32>
}
