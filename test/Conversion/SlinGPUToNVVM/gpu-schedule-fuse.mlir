// RUN: slin-opt --slin-gpu-schedule='target=sm_90a tokens=1,30000' %s | FileCheck %s
// RUN: slin-opt --slin-gpu-schedule='target=sm_90a tokens=1,30000 fuse=false' %s | FileCheck --check-prefix=APART %s
// RUN: slin-opt --slin-gpu-schedule='target=sm_90a tokens=1,30000' --slin-gpu-to-nvvm %s | FileCheck --check-prefix=LAUNCH %s

// The middle of a low-rank network is one kernel where the hidden features are
// many bytes, and two where there are few tokens.

// CHECK-LABEL: slingpu.entry "/mlp" bounds [{{[0-9]+}}]
// CHECK-COUNT-4: slingpu.block_gemm
// CHECK: }, {
// CHECK: slingpu.block_gemm
// CHECK: slingpu.ffn_core {{.*}}schedule = #slingpu.schedule<emitter = "wgmma_core"
// CHECK: slingpu.block_gemm

// APART-NOT: ffn_core
// APART-COUNT-8: slingpu.block_gemm

// LAUNCH: slingpu.launch @kernels::@wgmma_core_192x3072x192_gelu_tanh

slingpu.entry "/mlp" bounds [] structure "low_rank, gelu_tanh, low_rank" (tensor<?x768xbf16>) -> (tensor<?x768xbf16>) {
^bb0(%x: tensor<?x768xbf16>):
  %v0 = slingpu.weight "v0" dense<0.5> : tensor<1x192x768xbf16>
  %u0 = slingpu.weight "u0" dense<0.5> : tensor<1x3072x192xbf16>
  %v1 = slingpu.weight "v1" dense<0.5> : tensor<1x192x3072xbf16>
  %u1 = slingpu.weight "u1" dense<0.5> : tensor<1x768x192xbf16>
  %t = slingpu.block_gemm %x, %v0 run 192 : tensor<?x768xbf16>, tensor<1x192x768xbf16> -> tensor<?x192xbf16>
  %h = slingpu.block_gemm %t, %u0 run 3072 {activation = "gelu_tanh"} : tensor<?x192xbf16>, tensor<1x3072x192xbf16> -> tensor<?x3072xbf16>
  %s = slingpu.block_gemm %h, %v1 run 192 : tensor<?x3072xbf16>, tensor<1x192x3072xbf16> -> tensor<?x192xbf16>
  %y = slingpu.block_gemm %s, %u1 run 768 : tensor<?x192xbf16>, tensor<1x768x192xbf16> -> tensor<?x768xbf16>
  slingpu.yield %y : tensor<?x768xbf16>
}
