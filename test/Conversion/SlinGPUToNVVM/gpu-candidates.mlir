// RUN: slin-opt --slin-gpu-candidates='target=sm_90a tokens=15,16,4096 best=1' %s | FileCheck %s
// RUN: slin-opt --slin-gpu-candidates='target=sm_90a tokens=16 best=1 fuse=false' %s | FileCheck --check-prefix=APART %s
// RUN: slin-opt --slin-gpu-candidates='target=sm_80 tokens=16 best=3' %s | FileCheck --check-prefix=THREE %s
// RUN: slin-opt --slin-gpu-candidates='target=sm_90a tokens=16,4096 best=2' --slin-gpu-to-nvvm %s | FileCheck --check-prefix=LAUNCH %s
// RUN: not slin-opt --slin-gpu-candidates='target=sm_80 tokens=0' %s 2>&1 | FileCheck --check-prefix=COUNT %s
// RUN: not slin-opt --slin-gpu-candidates='target=sm_70' %s 2>&1 | FileCheck --check-prefix=TARGET %s

// One entry for each kernel and schedule, with the counts at which it is among
// the best. What two networks have in common is there once.

// CHECK-NOT: "/mlp"
// CHECK: slingpu.entry "192x768 bf16 0" bounds [] structure "at 15,16 tokens, 294912 bytes of weights: #slingpu.schedule<emitter = \22skinny\22, {{[^"]*}}" (tensor<?x768xbf16>) -> (tensor<?x192xbf16>)
// CHECK-NEXT: ^bb0(%x: tensor<?x768xbf16>):
// CHECK-NEXT: %v0 = slingpu.weight "v0"
// CHECK-NEXT: slingpu.block_gemm %x, %v0 run 192 {schedule = #slingpu.schedule<emitter = "skinny"
// CHECK: slingpu.entry "192x768 bf16 1" bounds [] structure "at 4096 tokens, 294912 bytes of weights: #slingpu.schedule<emitter = \22wgmma\22,
// CHECK-NOT: "192x768 bf16
// CHECK: slingpu.entry "768x192_residual bf16 0" {{.*}} (tensor<?x192xbf16>, tensor<?x768xbf16>) -> (tensor<?x768xbf16>)
// CHECK-NEXT: ^bb0(%x: tensor<?x192xbf16>, %x_0: tensor<?x768xbf16>):
// CHECK: slingpu.block_gemm %x, %u1 residual %x_0
// CHECK: slingpu.entry "192x3072x192_gelu_tanh bf16 0"
// CHECK: slingpu.ffn_core %x, %u0, %v1 {{.*}} schedule =
// CHECK: slingpu.entry "768x192 bf16 0"
// CHECK-NOT: "192x768 bf16

// APART-NOT: ffn_core

// THREE-COUNT-3: slingpu.entry "192x768 bf16 {{[0-2]}}" {{.*}} "at 16 tokens
// THREE-NOT: slingpu.entry "192x768 bf16

// LAUNCH-NOT: slingpu.block_gemm
// LAUNCH-NOT: slingpu.ffn_core
// LAUNCH-COUNT-8: slingpu.launch @kernels::@

// COUNT: slin-gpu-candidates: expected token counts of at least 1, found 0
// TARGET: slin-gpu-candidates: {{.*}}sm_70

slingpu.entry "/mlp" bounds [] structure "low_rank, gelu_tanh, low_rank" (tensor<?x768xbf16>) -> (tensor<?x768xbf16>) {
^bb0(%x: tensor<?x768xbf16>):
  %v0 = slingpu.weight "v0" dense<0.5> : tensor<1x192x768xbf16>
  %u0 = slingpu.weight "u0" dense<0.5> : tensor<1x3072x192xbf16>
  %v1 = slingpu.weight "v1" dense<0.5> : tensor<1x192x3072xbf16>
  %u1 = slingpu.weight "u1" dense<0.5> : tensor<1x768x192xbf16>
  %t = slingpu.block_gemm %x, %v0 run 192 : tensor<?x768xbf16>, tensor<1x192x768xbf16> -> tensor<?x192xbf16>
  %h = slingpu.block_gemm %t, %u0 run 3072 {activation = "gelu_tanh"} : tensor<?x192xbf16>, tensor<1x3072x192xbf16> -> tensor<?x3072xbf16>
  %s = slingpu.block_gemm %h, %v1 run 192 : tensor<?x3072xbf16>, tensor<1x192x3072xbf16> -> tensor<?x192xbf16>
  %y = slingpu.block_gemm %s, %u1 residual %x : tensor<?x768xbf16> run 768 : tensor<?x192xbf16>, tensor<1x768x192xbf16> -> tensor<?x768xbf16>
  slingpu.yield %y : tensor<?x768xbf16>
}

slingpu.entry "/head" bounds [] structure "low_rank" (tensor<?x768xbf16>) -> (tensor<?x768xbf16>) {
^bb0(%x: tensor<?x768xbf16>):
  %v = slingpu.weight "v" dense<0.5> : tensor<1x192x768xbf16>
  %u = slingpu.weight "u" dense<0.5> : tensor<1x768x192xbf16>
  %t = slingpu.block_gemm %x, %v run 192 : tensor<?x768xbf16>, tensor<1x192x768xbf16> -> tensor<?x192xbf16>
  %y = slingpu.block_gemm %t, %u run 768 : tensor<?x192xbf16>, tensor<1x768x192xbf16> -> tensor<?x768xbf16>
  slingpu.yield %y : tensor<?x768xbf16>
}
