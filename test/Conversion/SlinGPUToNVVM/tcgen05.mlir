// RUN: slin-opt --slin-gpu-to-nvvm %s | FileCheck %s
// RUN: slin-opt --slin-gpu-to-nvvm %s | slin-translate --slingpu-to-ptx --target=sm_100a - | FileCheck --check-prefix=PTX %s

// Persistent kernels of three roles: who loads, who multiplies into tensor
// memory, and who finishes the sums.

#quad = #slingpu.schedule<emitter = "tcgen05", tile = [128, 256, 64], stages = 4, warps = [4, 1], cluster = 4, split = 1, persistent = true>
#pair = #slingpu.schedule<emitter = "tcgen05", tile = [256, 64, 64], stages = 3, warps = [8, 1], cluster = 1, split = 1, persistent = true>
#once = #slingpu.schedule<emitter = "tcgen05", tile = [128, 48, 32], stages = 8, warps = [4, 1], cluster = 1, split = 1, persistent = false>

// CHECK-LABEL: slingpu.entry "/up"
slingpu.entry "/up" bounds [] structure "dense" (tensor<?x768xbf16>) -> (tensor<?x3072xbf16>) {
^bb0(%x: tensor<?x768xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x3072x768xbf16>
  %b = slingpu.weight "b" dense<1.0> : tensor<3072xf32>
  // CHECK: slingpu.launch @kernels::@tcgen05_3072x768_gelu(%{{.*}}, %w, %b) grid <ceil(1 * tokens by 512) * 48 + 0>, <1>
  // Each of four blocks loads a quarter of the rows of the weight.
  // CHECK-SAME: parameters [#slingpu.tensor_map<buffer = 0, offset = 0, type = bf16, dims = [<768>, <ceil(1 * tokens by 1) * 1 + 0>], strides = [1536], box = [64, 128], swizzle = 128>,
  // CHECK-SAME: #slingpu.tensor_map<buffer = 1, offset = 0, type = bf16, dims = [<768>, <3072>], strides = [1536], box = [64, 64], swizzle = 128>,
  // A warp stores its 32 tokens.
  // CHECK-SAME: #slingpu.tensor_map<buffer = 3, offset = 0, type = bf16, dims = [<3072>, <ceil(1 * tokens by 1) * 1 + 0>], strides = [6144], box = [64, 32], swizzle = 128>,
  // CHECK-SAME: #slingpu.pointer<buffer = 2, offset = 0>, #slingpu.number<ceil(1 * tokens by 1) * 1 + 0>]
  // CHECK-SAME: {blocks_per_sm = 1 : i64, programmatic}
  %y = slingpu.block_gemm %x, %w bias %b : tensor<3072xf32> run 3072 {activation = "gelu", schedule = #quad} : tensor<?x768xbf16>, tensor<1x3072x768xbf16> -> tensor<?x3072xbf16>
  slingpu.yield %y : tensor<?x3072xbf16>
}

// CHECK-LABEL: slingpu.entry "/blocks"
slingpu.entry "/blocks" bounds [] structure "block_shuffle" (tensor<?x144xf16>) -> (tensor<?x192xf16>) {
^bb0(%x: tensor<?x144xf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<2x96x72xf16>
  // Blocks are an axis of input and weight, runs of 48 rows one of the result.
  // CHECK: slingpu.launch @kernels::@tcgen05_2x96x72
  // CHECK-SAME: grid <ceil(1 * tokens by 256) * 4 + 0>, <1>
  // CHECK-SAME: dims = [<72>, <ceil(1 * tokens by 1) * 1 + 0>, <2>], strides = [288, 144], box = [64, 256, 1]
  // CHECK-SAME: dims = [<72>, <96>, <2>], strides = [144, 13824], box = [64, 64, 1]
  // CHECK-SAME: dims = [<48>, <ceil(1 * tokens by 1) * 1 + 0>, <4>], strides = [384, 96], box = [64, 32, 1]
  %y = slingpu.block_gemm %x, %w run 48 {schedule = #pair} : tensor<?x144xf16>, tensor<2x96x72xf16> -> tensor<?x192xf16>
  slingpu.yield %y : tensor<?x192xf16>
}

// CHECK-LABEL: slingpu.entry "/f32"
slingpu.entry "/f32" bounds [] structure "dense" (tensor<?x64xf32>) -> (tensor<?x40xf32>) {
^bb0(%x: tensor<?x64xf32>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x40x64xf32>
  // TMA rounds to tf32; a tile of 48 rows has no whole swizzled rows of f32,
  // and leaves from registers.
  // CHECK: slingpu.launch @kernels::@tcgen05_40x64
  // CHECK-SAME: type = tf32, {{.*}}type = tf32, {{.*}}#slingpu.pointer<buffer = 2, offset = 0>
  // CHECK-SAME: {programmatic}
  %y = slingpu.block_gemm %x, %w run 40 {schedule = #once} : tensor<?x64xf32>, tensor<1x40x64xf32> -> tensor<?x40xf32>
  slingpu.yield %y : tensor<?x40xf32>
}

// CHECK: llvm.func @tcgen05_3072x768_gelu(
// CHECK-SAME: nvvm.cluster_dim = array<i32: 4, 1, 1>, nvvm.kernel, nvvm.minctasm = 1 : i32, nvvm.reqntid = array<i32: 192>, slingpu.assembled_only, slingpu.cluster = 4 : i64, slingpu.shared = 229480 : i64
// Stages are empty when four blocks have read them, sums when four warps have.
// CHECK-COUNT-12: nvvm.mbarrier.init
// CHECK: nvvm.tcgen05.alloc %{{.*}}, %c512
// CHECK: nvvm.tcgen05.relinquish_alloc_permit
// CHECK: nvvm.tcgen05.fence <before>
// CHECK: nvvm.cluster.wait
// CHECK: nvvm.tcgen05.fence <after>
// Who finishes: gates and residuals may be of the launch before.
// CHECK: nvvm.griddepcontrol wait
// CHECK: nvvm.mbarrier.try_wait
// CHECK: nvvm.tcgen05.fence <after>
// CHECK: nvvm.tcgen05.ld %{{.*}} {shape = #nvvm.tcgen05_ldst_shape<shape_32x32b>} : vector<32xi32>
// CHECK: llvm.inline_asm has_side_effects "tcgen05.wait::ld.sync.aligned;"
// CHECK: llvm.store %{{.*}} {alignment = 16 : i64} : vector<4xi32>, !llvm.ptr<3>
// CHECK: nvvm.fence.proxy
// CHECK: nvvm.cp.async.bulk.tensor.global.shared.cta
// CHECK: nvvm.tcgen05.fence <before>
// CHECK: nvvm.mbarrier.arrive
// Who loads: weights before the wait for the launch before, inputs behind it.
// CHECK: nvvm.elect.sync
// CHECK-COUNT-4: multicast_mask
// CHECK: nvvm.griddepcontrol wait
// CHECK: nvvm.griddepcontrol launch_dependents
// CHECK-COUNT-4: isCTAOnly = true
// Who multiplies: four instructions for 64 columns, of which the first one of a
// tile starts new sums.
// CHECK: nvvm.elect.sync
// CHECK: %[[DESCRIPTOR:.*]] = arith.constant 138413200 : i32
// CHECK: nvvm.tcgen05.mma %{{.*}}, %{{.*}}, %{{.*}}, %[[DESCRIPTOR]], %{{.*}} {ctaGroup = #nvvm.cta_group<cta_1>, kind = #nvvm.tcgen05_mma_kind<f16>}
// CHECK-COUNT-3: nvvm.tcgen05.mma
// CHECK: nvvm.tcgen05.commit %{{.*}}, multicast_mask
// CHECK: nvvm.tcgen05.commit %{{.*}} : !llvm.ptr<3>
// CHECK: nvvm.cluster.wait
// CHECK: nvvm.tcgen05.dealloc %{{.*}}, %c512

// Two instructions over 256 tokens, whose sums two warpgroups finish.
// CHECK: llvm.func @tcgen05_2x96x72
// CHECK-SAME: nvvm.reqntid = array<i32: 320>, slingpu.assembled_only
// CHECK: nvvm.tcgen05.alloc %{{.*}}, %c256
// CHECK: nvvm.barrier
// CHECK: arith.constant 135266320 : i32
// CHECK-COUNT-8: nvvm.tcgen05.mma
// CHECK: nvvm.tcgen05.commit %{{.*}} : !llvm.ptr<3>

// A block of one tile has no second one to multiply meanwhile.
// CHECK: llvm.func @tcgen05_40x64
// CHECK: nvvm.tcgen05.alloc %{{.*}}, %c64
// CHECK: nvvm.tcgen05.ld {{.*}} : vector<16xi32>
// CHECK: llvm.store %{{.*}} {alignment = 8 : i64} : vector<2xf32>, !llvm.ptr<1>
// CHECK: arith.constant 135006480 : i32
// CHECK: nvvm.tcgen05.mma {{.*}}kind = #nvvm.tcgen05_mma_kind<tf32>

// PTX: .target sm_100a
// PTX-LABEL: .entry tcgen05_3072x768_gelu(
// PTX: tcgen05.alloc.cta_group::1.sync.aligned.shared::cta.b32
// PTX: tcgen05.ld.sync.aligned.32x32b.x32.b32
// PTX: tcgen05.wait::ld.sync.aligned
// PTX: tcgen05.mma.cta_group::1.kind::f16
// PTX: tcgen05.commit.cta_group::1.mbarrier::arrive::one.shared::cluster.multicast::cluster.b64
// PTX: tcgen05.dealloc.cta_group::1.sync.aligned.b32
// PTX-LABEL: .entry tcgen05_40x64(
// PTX: tcgen05.mma.cta_group::1.kind::tf32
