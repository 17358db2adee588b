// RUN: slin-opt --slin-gpu-print-schedules='target=sm_80 tokens=16,64' %s 2>&1 >/dev/null | FileCheck %s
// RUN: slin-opt --slin-gpu-print-schedules='target=sm_80 tokens=4096 table=%S/Inputs/measured-schedules.json' %s 2>&1 >/dev/null | FileCheck --check-prefix=MEASURED %s
// RUN: slin-opt --slin-gpu-print-schedules='target=sm_100a tokens=4096' %s 2>&1 >/dev/null | FileCheck --check-prefix=TENSOR %s
// RUN: slin-opt --slin-gpu-print-schedules='target=sm_90a tokens=4096' %s 2>&1 >/dev/null | FileCheck --check-prefix=HOPPER %s

// Candidates in the order of their times, then those without a kernel. Counts
// are printed with the plan that serves them.

// CHECK: entry '/mlp': 4096x1024_relu of bf16, 16 tokens, sm_80
// CHECK-NEXT: {{[0-9.]+}} us  mma_sync, tile 16 x {{[0-9]+}} x 64, {{[0-9]}} stages, 1 x {{[0-9]}} warps: tensor cores {{[0-9.]+}}, memory 4.11 (8.39 MB), cache {{[0-9.]+}} ({{[0-9.]+}} MB), ends 0.{{[0-9]+}}
// CHECK: no kernel  mma_sync, tile 128 x 128 x 64, 6 stages, 2 x 4 warps: expected at most 166912 bytes of shared memory, found 196608
// CHECK-NOT: 4096x1024_relu
// CHECK: entry '/mlp': 64x1024 of bf16, 64 tokens, sm_80

// MEASURED: entry '/mlp': 64x1024 of bf16, 4096 tokens
// MEASURED-NOT: measured
// MEASURED: entry '/other': 4096x1024_relu of bf16, 4096 tokens, sm_80
// MEASURED-NEXT: 900.00 us  mma_sync, tile 16 x 32 x 64, 3 stages, 1 x 2 warps: measured
// MEASURED-NEXT: 950.00 us  mma_sync, tile 128 x 128 x 64, 3 stages, 2 x 4 warps: measured
// MEASURED-NEXT: {{[0-9.]+}} us  mma_sync, {{.*}} tensor cores

// That no GPU has run a kind of kernels is said; sm_100a has no wgmma, sm_90a no tensor memory.
// TENSOR-NOT: wgmma
// TENSOR: entry '/other': 4096x1024_relu of bf16, 4096 tokens, sm_100a
// TENSOR-NEXT: {{[0-9.]+}} us  tcgen05, tile {{[0-9]+}} x {{[0-9]+}} x 64, {{[0-9]}} stages, {{[48]}} x 1 warps, clusters of {{[24]}}, persistent, assembled only: tensor cores {{[0-9.]+}}, memory
// TENSOR: mma_sync
// TENSOR: no kernel  tcgen05, tile 128 x 256 x 64, 6 stages, 4 x 1 warps, persistent, assembled only: expected at most 232448 bytes of shared memory, found 327816
// HOPPER-NOT: tcgen05

slingpu.entry "/mlp" bounds [17] structure "by_tokens" (tensor<?x1024xbf16>) -> (tensor<?x64xbf16>) {
^bb0(%x: tensor<?x1024xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x4096x1024xbf16>
  %v = slingpu.weight "v" dense<0.5> : tensor<1x64x4096xbf16>
  %h = slingpu.block_gemm %x, %w run 4096 {activation = "relu"} : tensor<?x1024xbf16>, tensor<1x4096x1024xbf16> -> tensor<?x4096xbf16>
  %y = slingpu.block_gemm %h, %v run 64 : tensor<?x4096xbf16>, tensor<1x64x4096xbf16> -> tensor<?x64xbf16>
  slingpu.yield %y : tensor<?x64xbf16>
}, {
^bb0(%x: tensor<?x1024xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x64x1024xbf16>
  %y = slingpu.block_gemm %x, %w run 64 : tensor<?x1024xbf16>, tensor<1x64x1024xbf16> -> tensor<?x64xbf16>
  slingpu.yield %y : tensor<?x64xbf16>
}

slingpu.entry "/other" bounds [] structure "dense" (tensor<?x1024xbf16>) -> (tensor<?x4096xbf16>) {
^bb0(%x: tensor<?x1024xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x4096x1024xbf16>
  %y = slingpu.block_gemm %x, %w run 4096 {activation = "relu"} : tensor<?x1024xbf16>, tensor<1x4096x1024xbf16> -> tensor<?x4096xbf16>
  slingpu.yield %y : tensor<?x4096xbf16>
}
