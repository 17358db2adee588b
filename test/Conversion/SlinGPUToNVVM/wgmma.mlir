// RUN: slin-opt --slin-gpu-to-nvvm %s | FileCheck %s

// Persistent kernels: tensor maps of input and weight, then of the result or a
// pointer to it, and a ring of stages between who loads and who multiplies.

#pair = #slingpu.schedule<emitter = "wgmma", tile = [128, 256, 64], stages = 4, warps = [8, 1], cluster = 2, split = 1, persistent = true>
#half = #slingpu.schedule<emitter = "wgmma", tile = [64, 64, 64], stages = 3, warps = [4, 1], cluster = 1, split = 1, persistent = true>
#f32 = #slingpu.schedule<emitter = "wgmma", tile = [64, 64, 32], stages = 8, warps = [4, 1], cluster = 1, split = 1, persistent = false>

// CHECK-LABEL: slingpu.entry "/up"
slingpu.entry "/up" bounds [] structure "dense" (tensor<?x768xbf16>) -> (tensor<?x3072xbf16>) {
^bb0(%x: tensor<?x768xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x3072x768xbf16>
  %b = slingpu.weight "b" dense<1.0> : tensor<3072xf32>
  // CHECK: slingpu.launch @kernels::@wgmma_3072x768_gelu(%{{.*}}, %w, %b) grid <ceil(1 * tokens by 256) * 24 + 0>, <1>
  // Each block of a pair loads half of the rows of the weight.
  // CHECK-SAME: parameters [#slingpu.tensor_map<buffer = 0, offset = 0, type = bf16, dims = [<768>, <ceil(1 * tokens by 1) * 1 + 0>], strides = [1536], box = [64, 128], swizzle = 128>,
  // CHECK-SAME: #slingpu.tensor_map<buffer = 1, offset = 0, type = bf16, dims = [<768>, <3072>], strides = [1536], box = [64, 128], swizzle = 128>,
  // CHECK-SAME: #slingpu.tensor_map<buffer = 3, offset = 0, type = bf16, dims = [<3072>, <ceil(1 * tokens by 1) * 1 + 0>], strides = [6144], box = [64, 64], swizzle = 128>,
  // CHECK-SAME: #slingpu.pointer<buffer = 2, offset = 0>, #slingpu.number<ceil(1 * tokens by 1) * 1 + 0>]
  // CHECK-SAME: {blocks_per_sm = 1 : i64, programmatic}
  %y = slingpu.block_gemm %x, %w bias %b : tensor<3072xf32> run 3072 {activation = "gelu", schedule = #pair} : tensor<?x768xbf16>, tensor<1x3072x768xbf16> -> tensor<?x3072xbf16>
  slingpu.yield %y : tensor<?x3072xbf16>
}

// CHECK-LABEL: slingpu.entry "/blocks"
slingpu.entry "/blocks" bounds [] structure "block_shuffle" (tensor<?x144xbf16>) -> (tensor<?x192xbf16>) {
^bb0(%x: tensor<?x144xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<2x96x72xbf16>
  // Blocks are an axis of input and weight, runs of 48 rows one of the result.
  // CHECK: slingpu.launch @kernels::@wgmma_2x96x72
  // CHECK-SAME: grid <ceil(1 * tokens by 64) * 4 + 0>, <1>
  // CHECK-SAME: dims = [<72>, <ceil(1 * tokens by 1) * 1 + 0>, <2>], strides = [288, 144], box = [64, 64, 1]
  // CHECK-SAME: dims = [<72>, <96>, <2>], strides = [144, 13824], box = [64, 64, 1]
  // CHECK-SAME: dims = [<48>, <ceil(1 * tokens by 1) * 1 + 0>, <4>], strides = [384, 96], box = [64, 64, 1]
  // CHECK-SAME: {blocks_per_sm = 2 : i64, programmatic}
  %y = slingpu.block_gemm %x, %w run 48 {schedule = #half} : tensor<?x144xbf16>, tensor<2x96x72xbf16> -> tensor<?x192xbf16>
  slingpu.yield %y : tensor<?x192xbf16>
}

// CHECK-LABEL: slingpu.entry "/f32"
slingpu.entry "/f32" bounds [] structure "dense" (tensor<?x64xf32>) -> (tensor<?x40xf32>) {
^bb0(%x: tensor<?x64xf32>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x40x64xf32>
  // TMA rounds to tf32; f32 leave from registers.
  // CHECK: slingpu.launch @kernels::@wgmma_40x64
  // CHECK-SAME: type = tf32, {{.*}}type = tf32, {{.*}}#slingpu.pointer<buffer = 2, offset = 0>
  // CHECK-SAME: {programmatic}
  %y = slingpu.block_gemm %x, %w run 40 {schedule = #f32} : tensor<?x64xf32>, tensor<1x40x64xf32> -> tensor<?x40xf32>
  slingpu.yield %y : tensor<?x40xf32>
}

// CHECK: llvm.func @wgmma_3072x768_gelu(%{{.*}}: !llvm.ptr {llvm.align = 64 : i64, llvm.byval = !llvm.array<128 x i8>, nvvm.grid_constant}, %{{.*}}: !llvm.ptr {{{.*}}}, %{{.*}}: !llvm.ptr {{{.*}}}, %{{.*}}: !llvm.ptr<1> {llvm.noalias, llvm.readonly}, %{{.*}}: i32)
// CHECK-SAME: nvvm.cluster_dim = array<i32: 2, 1, 1>, nvvm.kernel, nvvm.minctasm = 1 : i32, nvvm.reqntid = array<i32: 384>, slingpu.cluster = 2 : i64, slingpu.shared = 229440 : i64
// CHECK: nvvm.cluster.wait
// Who loads: weights before the wait for the launch before, inputs behind it.
// CHECK: nvvm.setmaxregister decrease 40
// CHECK: nvvm.elect.sync
// CHECK-COUNT-4: multicast_mask
// CHECK: nvvm.griddepcontrol wait
// CHECK: nvvm.griddepcontrol launch_dependents
// CHECK-COUNT-4: isCTAOnly = true
// Who multiplies: four instructions for 64 columns.
// CHECK: nvvm.setmaxregister increase 224
// CHECK: nvvm.griddepcontrol wait
// CHECK: nvvm.mbarrier.try_wait
// CHECK: nvvm.wgmma.fence.aligned
// CHECK-COUNT-4: nvvm.wgmma.mma_async {{.*}} <m = 64, n = 256, k = 16>
// CHECK: nvvm.wgmma.wait.group.sync.aligned 1
// A stage is free when both blocks have read it.
// CHECK-COUNT-2: nvvm.mapa
// CHECK: nvvm.stmatrix
// CHECK: nvvm.cp.async.bulk.tensor.global.shared.cta
// Two blocks for an SM: registers move from who loads to who multiplies.
// CHECK: llvm.func @wgmma_2x96x72
// CHECK-SAME: nvvm.minctasm = 2 : i32, nvvm.reqntid = array<i32: 256>, slingpu.cluster = 1 : i64
// CHECK: nvvm.setmaxregister decrease 32
// CHECK: llvm.func @wgmma_40x64
// CHECK-NOT: nvvm.setmaxregister
// CHECK: nvvm.wgmma.mma_async {{.*}} <m = 64, n = 64, k = 8>, {{.*}}tf32
// CHECK-NOT: nvvm.stmatrix
// CHECK: llvm.store %{{.*}} {alignment = 8 : i64} : vector<2xf32>, !llvm.ptr<1>
