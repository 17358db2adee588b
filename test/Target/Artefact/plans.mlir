// RUN: slin-opt --slin-gpu-to-nvvm %s | slin-translate --slingpu-to-artefact --target=sm_86 -o %t.slingpu
// RUN: %python -m slin inspect %t.slingpu --report %t.json | FileCheck %s
// RUN: FileCheck %s --check-prefix=JSON < %t.json

// The runtime's reader takes the file; plans, kernels and weights are those of the ops.

#small = #slingpu.schedule<emitter = "mma_sync", tile = [32, 32, 64], stages = 2, warps = [2, 1], cluster = 1, split = 1, persistent = false>

slingpu.entry "/mlp" bounds [33] structure "dense, relu, dense" (tensor<?x64xbf16>) -> (tensor<?x64xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x128x64xbf16>
  %v = slingpu.weight "v" dense<0.25> : tensor<1x64x128xbf16>
  %b = slingpu.weight "b" dense<1.0> : tensor<128xf32>
  %h = slingpu.block_gemm %x, %w bias %b : tensor<128xf32> run 128 {activation = "relu", schedule = #small} : tensor<?x64xbf16>, tensor<1x128x64xbf16> -> tensor<?x128xbf16>
  %y = slingpu.block_gemm %h, %v run 64 {schedule = #small} : tensor<?x128xbf16>, tensor<1x64x128xbf16> -> tensor<?x64xbf16>
  slingpu.yield %y : tensor<?x64xbf16>
}, {
^bb0(%x: tensor<?x64xbf16>):
  // The bytes of %v under another name.
  %w = slingpu.weight "again" dense<0.25> : tensor<1x64x128xbf16>
  %u = slingpu.weight "u" dense<0.125> : tensor<1x128x64xbf16>
  %h = slingpu.block_gemm %x, %u run 128 {schedule = #small} : tensor<?x64xbf16>, tensor<1x128x64xbf16> -> tensor<?x128xbf16>
  %y = slingpu.block_gemm %h, %w run 64 {schedule = #small} : tensor<?x128xbf16>, tensor<1x64x128xbf16> -> tensor<?x64xbf16>
  slingpu.yield %y : tensor<?x64xbf16>
}

// CHECK: plans.mlir.tmp.slingpu: {{.*}} bytes, 49,664 of them weights
// CHECK: sm_86: PTX
// CHECK: /mlp dense, relu, dense: x [..., 64] bf16 → y [..., 64] bf16
// CHECK: sm_86 1 … 32 mma_sync_128x64_relu → mma_sync_64x128
// CHECK: sm_86 33 … 1,073,741,823 mma_sync_128x64 → mma_sync_64x128
// CHECK: mma_sync_128x64_relu sm_86 64 1 16,384 0 0
// CHECK: mma_sync_64x128 sm_86 64 1 16,384 0 0

// JSON: "weights": [
// JSON: "name": "w"
// JSON: "name": "b"
// JSON: "name": "v"
// JSON: "name": "u"
// JSON-NOT: "name": "again"
