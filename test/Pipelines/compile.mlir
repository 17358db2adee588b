// RUN: slin-opt %s --slin-compile='target=sm_80 tokens=16 element-type=bf16' | FileCheck %s
// RUN: slin-opt %s --slin-compile='target=sm_80 tokens=16' | slin-translate --slingpu-to-artefact --target=sm_80 -o %t.slingpu
// RUN: %python -m slin inspect %t.slingpu | FileCheck %s --check-prefix=FILE
// RUN: not slin-opt %s --slin-compile='target=sm_80 tokens=1,16 element-type=f16 include=nothing mlp-like' --dump-pass-pipeline 2>&1 | FileCheck %s --check-prefix=DUMP
// RUN: not slin-opt %s --slin-compile='target=sm_70' 2>&1 | FileCheck %s --check-prefix=TARGET
// RUN: not slin-opt %s --slin-compile='tiles=16' 2>&1 | FileCheck %s --check-prefix=OPTION

// The whole chain as one pipeline, up to the file.

// DUMP: builtin.module(
// DUMP-NEXT: onnx-sink-gates,
// DUMP-NEXT: onnx-to-slin{mlp-like=true},
// DUMP-NEXT: slin-to-slingpu{element-type=f16 include={{[{]}}nothing}},
// DUMP-NEXT: slin-gpu-schedule{{{.*}}target=sm_80 tokens={1,16}},
// DUMP-NEXT: slin-gpu-to-nvvm{{.*}}
// DUMP: error: slin-to-slingpu: expected 'nothing' of include to match
// TARGET: error: {{.*}}found 'sm_70'
// OPTION: no such option tiles

// CHECK-DAG: slingpu.weight "/mlp/up/w0" {{.*}} : tensor<1x16x8xbf16>
// CHECK-DAG: slingpu.weight "/mlp/down/w0" {{.*}} : tensor<1x8x16xbf16>
// CHECK: slingpu.entry "/mlp" bounds [] structure "dense, relu, dense" (tensor<?x8xbf16>) -> (tensor<?x8xbf16>)
// CHECK: %[[Y:.*]] = slingpu.launch @kernels::@mma_sync_core_8x16x8_relu(%x, %mlp.up.w0, %mlp.down.w0)
// CHECK: slingpu.yield %[[Y]]
// CHECK: gpu.module @kernels
// CHECK: llvm.func @mma_sync_core_8x16x8_relu
// FILE: /mlp dense, relu, dense: x [..., 8] f32 → y [..., 8] f32
func.func @main(%x: tensor<?x8xf32> {onnx.name = "x"}) -> (tensor<?x8xf32> {onnx.name = "/mlp/down_output_0"}) attributes {onnx.graph = {}} {
  %w0 = onnx.initializer "w0" #onnx.synthetic<normal, seed = 1> : tensor<8x16xf32>
  %w1 = onnx.initializer "w1" #onnx.synthetic<normal, seed = 2> : tensor<16x8xf32>
  %0 = onnx.MatMul(%x, %w0) "/mlp/up" : (tensor<?x8xf32>, tensor<8x16xf32>) -> tensor<?x16xf32>
  %1 = onnx.Relu(%0) "/mlp/act" : (tensor<?x16xf32>) -> tensor<?x16xf32>
  %2 = onnx.MatMul(%1, %w1) "/mlp/down" : (tensor<?x16xf32>, tensor<16x8xf32>) -> tensor<?x8xf32>
  return %2 : tensor<?x8xf32>
}
