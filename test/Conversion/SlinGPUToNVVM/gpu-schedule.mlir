// RUN: slin-opt --slin-gpu-schedule='target=sm_80 tokens=1,4096' --remarks-filter='slin-gpu-schedule' %s 2>%t.remarks | FileCheck %s
// RUN: FileCheck --check-prefix=REMARKS %s < %t.remarks
// RUN: slin-opt --slin-gpu-schedule='target=sm_120a tokens=4096' %s | FileCheck --check-prefix=ONE %s
// RUN: slin-opt --slin-gpu-schedule='target=sm_86' --slin-gpu-to-nvvm=shared-bytes=101376 %s | FileCheck --check-prefix=LAUNCH %s
// RUN: slin-opt --slin-gpu-schedule='target=sm_80 tokens=4096 table=%S/Inputs/measured-schedules.json' --remarks-filter='slin-gpu-schedule' %s 2>&1 | FileCheck --check-prefix=MEASURED %s

// Few tokens get small tiles, many get large ones; what an op has stays.

// CHECK-LABEL: slingpu.entry "/mlp" bounds [{{[0-9]+}}]
// CHECK: block_gemm {{.*}}activation = "relu", schedule = #slingpu.schedule<emitter = "mma_sync", tile = [16, {{[0-9]+}}, 64]
// CHECK: block_gemm {{.*}}tile = [32, 32, 64], stages = 3
// CHECK: }, {
// CHECK: block_gemm {{.*}}activation = "relu", schedule = #slingpu.schedule<emitter = "mma_sync", tile = [128, 256, 64]
// CHECK: block_gemm {{.*}}tile = [32, 32, 64], stages = 3

// A region of its own for each range that there was, of which none is lost.
// CHECK-LABEL: slingpu.entry "/by_tokens" bounds [17{{(, [0-9]+)?}}]

// REMARKS: Remark="'/mlp', 1 to {{[0-9]+}} tokens: 4096x1024_relu by mma_sync, tile 16 x {{.*}} us, bound by memory at 1)"
// REMARKS: Remark="'/mlp', 1 to {{[0-9]+}} tokens: 4x256x1024 by mma_sync, tile 32 x 32 x 64, 3 stages, 2 x 2 warps (as it was given at 1)"
// REMARKS: Remark="'/mlp', {{[0-9]+}} tokens and more: 4096x1024_relu by mma_sync, tile 128 x 256 x 64, {{.*}} us, bound by tensor cores at 4096)"

// One count has one plan.
// ONE: slingpu.entry "/mlp" bounds []

// LAUNCH-NOT: block_gemm
// LAUNCH: slingpu.launch @kernels::@mma_sync_4096x1024_relu

// What was measured is chosen, however slow.
// MEASURED: 4096x1024_relu by mma_sync, tile 16 x 32 x 64, 3 stages, 1 x 2 warps (900.00 us, measured at 4096)

slingpu.entry "/mlp" bounds [] structure "dense, relu, block_diagonal" (tensor<?x1024xbf16>) -> (tensor<?x1024xbf16>) {
^bb0(%x: tensor<?x1024xbf16>):
  %w = slingpu.weight "/mlp/up" dense<0.5> : tensor<1x4096x1024xbf16>
  %v = slingpu.weight "/mlp/down" dense<0.5> : tensor<4x256x1024xbf16>
  %h = slingpu.block_gemm %x, %w run 4096 {activation = "relu"} : tensor<?x1024xbf16>, tensor<1x4096x1024xbf16> -> tensor<?x4096xbf16>
  %y = slingpu.block_gemm %h, %v run 256 {schedule = #slingpu.schedule<emitter = "mma_sync", tile = [32, 32, 64], stages = 3, warps = [2, 2], cluster = 1, split = 1, persistent = false>} : tensor<?x4096xbf16>, tensor<4x256x1024xbf16> -> tensor<?x1024xbf16>
  slingpu.yield %y : tensor<?x1024xbf16>
}

slingpu.entry "/by_tokens" bounds [17] structure "by_tokens" (tensor<?x64xf32>) -> (tensor<?x64xf32>) {
^bb0(%x: tensor<?x64xf32>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x64x64xf32>
  %y = slingpu.block_gemm %x, %w run 64 : tensor<?x64xf32>, tensor<1x64x64xf32> -> tensor<?x64xf32>
  slingpu.yield %y : tensor<?x64xf32>
}, {
^bb0(%x: tensor<?x64xf32>):
  slingpu.yield %x : tensor<?x64xf32>
}
