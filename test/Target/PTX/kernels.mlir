// RUN: slin-opt --slin-gpu-to-nvvm %s -o %t
// RUN: slin-translate --slingpu-to-ptx --target=sm_80 %t | FileCheck %s --check-prefixes=CHECK,SM80
// RUN: slin-translate --slingpu-to-ptx --target=sm_90a %t | FileCheck %s --check-prefixes=CHECK,SM90
// RUN: slin-translate --slingpu-to-ptx --target=sm_120a %t | FileCheck %s --check-prefixes=CHECK,SM120

// From a product to the text that a driver or ptxas takes, in process.

slingpu.entry "/mlp" bounds [] structure "dense, relu" (tensor<?x64xbf16>) -> (tensor<?x64xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x64x64xbf16>
  %y = slingpu.block_gemm %x, %w run 64 {activation = "relu", schedule = #slingpu.schedule<emitter = "mma_sync",
    tile = [32, 32, 64], stages = 2, warps = [2, 1], cluster = 1, split = 1, persistent = false>}
    : tensor<?x64xbf16>, tensor<1x64x64xbf16> -> tensor<?x64xbf16>
  slingpu.yield %y : tensor<?x64xbf16>
}

// SM80: .version 7.8
// SM80: .target sm_80
// SM90: .version 8.0
// SM90: .target sm_90a
// SM120: .version 8.7
// SM120: .target sm_120a
// CHECK: .extern .shared .align 1024 .b8 dynamic_shared[];
// CHECK: .visible .entry mma_sync_64x64_relu(
// CHECK-NEXT: .param .u64 .ptr .global .align 1 mma_sync_64x64_relu_param_0,
// CHECK: .param .u32 mma_sync_64x64_relu_param_3
// CHECK: .reqntid 64
// CHECK: cp.async.cg.shared.global
// CHECK: cp.async.commit_group
// CHECK: cp.async.wait_group 0
// CHECK: bar.sync 0
// CHECK: ldmatrix.sync.aligned.m8n8.x4.shared.b16
// CHECK: mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32
// CHECK: st.global.b32
// CHECK-NOT: .entry
