// RUN: slin-opt --slin-gpu-to-nvvm %s | FileCheck %s

// Few tokens: the weight's rows are those of the instruction, tokens its
// columns, and the blocks of a cluster share the columns of the weight.

#eight = #slingpu.schedule<emitter = "skinny", tile = [8, 64, 64], stages = 12, warps = [1, 4], cluster = 4, split = 4, persistent = false>
#many = #slingpu.schedule<emitter = "skinny", tile = [64, 64, 64], stages = 8, warps = [1, 4], cluster = 1, split = 1, persistent = false>

// CHECK-LABEL: slingpu.entry "/up"
slingpu.entry "/up" bounds [] structure "dense" (tensor<?x768xbf16>) -> (tensor<?x3072xbf16>) {
^bb0(%x: tensor<?x768xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x3072x768xbf16>
  %b = slingpu.weight "b" dense<1.0> : tensor<3072xf32>
  // CHECK: slingpu.launch @kernels::@skinny_3072x768_gelu(%{{.*}}, %w, %b) grid <ceil(1 * tokens by 8) * 192 + 0>, <1>
  // CHECK-SAME: parameters [#slingpu.tensor_map<buffer = 0, offset = 0, type = bf16, dims = [<768>, <ceil(1 * tokens by 1) * 1 + 0>], strides = [1536], box = [64, 8], swizzle = 128>,
  // CHECK-SAME: #slingpu.tensor_map<buffer = 1, offset = 0, type = bf16, dims = [<768>, <3072>], strides = [1536], box = [64, 64], swizzle = 128>,
  // CHECK-SAME: #slingpu.pointer<buffer = 2, offset = 0>, #slingpu.pointer<buffer = 3, offset = 0>, #slingpu.number<ceil(1 * tokens by 1) * 1 + 0>]
  // CHECK-SAME: {programmatic}
  %y = slingpu.block_gemm %x, %w bias %b : tensor<3072xf32> run 3072 {activation = "gelu", schedule = #eight} : tensor<?x768xbf16>, tensor<1x3072x768xbf16> -> tensor<?x3072xbf16>
  slingpu.yield %y : tensor<?x3072xbf16>
}

// CHECK-LABEL: slingpu.entry "/blocks"
slingpu.entry "/blocks" bounds [] structure "block_shuffle" (tensor<?x144xf16>) -> (tensor<?x192xf16>) {
^bb0(%x: tensor<?x144xf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<2x96x72xf16>
  // CHECK: slingpu.launch @kernels::@skinny_2x96x72
  // CHECK-SAME: grid <ceil(1 * tokens by 64) * 4 + 0>, <1>
  // CHECK-SAME: dims = [<72>, <ceil(1 * tokens by 1) * 1 + 0>, <2>], strides = [288, 144], box = [64, 64, 1]
  // CHECK-SAME: dims = [<72>, <96>, <2>], strides = [144, 13824], box = [64, 64, 1]
  %y = slingpu.block_gemm %x, %w run 48 {schedule = #many} : tensor<?x144xf16>, tensor<2x96x72xf16> -> tensor<?x192xf16>
  slingpu.yield %y : tensor<?x192xf16>
}

// Two blocks for an SM, where shared memory suffices.
// CHECK: llvm.func @skinny_3072x768_gelu
// CHECK-SAME: nvvm.cluster_dim = array<i32: 4, 1, 1>, nvvm.kernel, nvvm.minctasm = 2 : i32, nvvm.reqntid = array<i32: 160>, slingpu.cluster = 4 : i64, slingpu.shared = 112960 : i64
// Who multiplies.
// CHECK: nvvm.mbarrier.try_wait
// CHECK-COUNT-4: nvvm.wgmma.mma_async {{.*}} <m = 64, n = 8, k = 16>
// CHECK: llvm.store %{{.*}} : f32, !llvm.ptr<3>
// Who loads: weights, then what depends on the launch before.
// CHECK: nvvm.elect.sync
// CHECK: nvvm.cp.async.bulk.tensor.shared.cluster.global
// CHECK: nvvm.griddepcontrol launch_dependents
// CHECK: nvvm.griddepcontrol wait
// CHECK: nvvm.cp.async.bulk.tensor.shared.cluster.global
// Sums of four blocks, in their order.
// CHECK: nvvm.cluster.wait
// CHECK-COUNT-4: nvvm.mapa
// CHECK-COUNT-3: arith.addf %{{.*}}, %{{.*}} : vector<2xf32>
// CHECK: llvm.store %{{.*}} : vector<2xbf16>, !llvm.ptr<1>
// CHECK: nvvm.cluster.wait
// CHECK: llvm.func @skinny_2x96x72
// CHECK-NOT: nvvm.minctasm
// CHECK-NOT: nvvm.mapa
// CHECK-NOT: nvvm.cluster.wait
// CHECK: nvvm.wgmma.mma_async {{.*}} <m = 64, n = 64, k = 16>
// CHECK-NOT: nvvm.mapa
