// RUN: slin-opt --slin-gpu-to-nvvm %s | FileCheck %s

#schedule = #slingpu.schedule<emitter = "mma_sync_core", tile = [64, 48, 64], stages = 3, warps = [4, 1], cluster = 1, split = 1, persistent = false>
#shared = #slingpu.schedule<emitter = "mma_sync_core", tile = [16, 48, 64], stages = 2, warps = [1, 4], cluster = 1, split = 1, persistent = false>

// CHECK-LABEL: slingpu.entry "/mlp"
slingpu.entry "/mlp" bounds [65] structure "low_rank, relu, low_rank" (tensor<?x72xbf16>, tensor<?x16xbf16>) -> (tensor<?x47xbf16>) {
^bb0(%t: tensor<?x72xbf16>, %s: tensor<?x16xbf16>):
  %u = slingpu.weight "u" dense<0.5> : tensor<1x200x72xbf16>
  %v = slingpu.weight "v" dense<0.5> : tensor<1x47x200xbf16>
  // CHECK: slingpu.launch @kernels::@mma_sync_core_47x200x72(%{{.*}}, %u, %v) grid <ceil(1 * tokens by 16) * 1 + 0>, <1>
  // CHECK-SAME: parameters [#slingpu.pointer<buffer = 0, offset = 0>, #slingpu.pointer<buffer = 1, offset = 0>, #slingpu.pointer<buffer = 2, offset = 0>, #slingpu.pointer<buffer = 3, offset = 0>, #slingpu.number<ceil(1 * tokens by 1) * 1 + 0>]
  %z = slingpu.ffn_core %t, %u, %v {schedule = #shared} : tensor<?x72xbf16>, tensor<1x200x72xbf16>, tensor<1x47x200xbf16> -> tensor<?x47xbf16>
  slingpu.yield %z : tensor<?x47xbf16>
}, {
^bb0(%t: tensor<?x72xbf16>, %s: tensor<?x16xbf16>):
  %u = slingpu.weight "u" dense<0.5> : tensor<1x200x72xbf16>
  %v = slingpu.weight "v" dense<0.5> : tensor<1x47x200xbf16>
  %g = slingpu.weight "g" dense<0.5> : tensor<1x200x16xbf16>
  %b = slingpu.weight "b" dense<0.5> : tensor<200xf32>
  // CHECK: slingpu.launch @kernels::@mma_sync_core_47x200x72_relu_gate16(%{{.*}}, %u, %v, %b, %{{.*}}, %g) grid <ceil(1 * tokens by 64) * 1 + 0>, <1>
  %z = slingpu.ffn_core %t, %u, %v bias %b : tensor<200xf32> gate %s, %g : tensor<?x16xbf16>, tensor<1x200x16xbf16> {activation = "relu", schedule = #schedule} : tensor<?x72xbf16>, tensor<1x200x72xbf16>, tensor<1x47x200xbf16> -> tensor<?x47xbf16>
  slingpu.yield %z : tensor<?x47xbf16>
}

// Weights only are constant. Tokens 16 x 2 rows of 128 bytes, stages 64 x 2 of them.
// CHECK: llvm.func @mma_sync_core_47x200x72(%{{.*}}: !llvm.ptr<1>, %{{.*}}: !llvm.ptr<1> {llvm.noalias, llvm.readonly}, %{{.*}}: !llvm.ptr<1> {llvm.noalias, llvm.readonly}, %{{[a-z0-9]+}}: !llvm.ptr<1>, %{{.*}}: i32)
// CHECK-SAME: nvvm.kernel, nvvm.minctasm = 1 : i32, nvvm.reqntid = array<i32: 128>, slingpu.cluster = 1 : i64, slingpu.shared = 36864 : i64
// Tokens and the first part of the first step are one group.
// CHECK: nvvm.cp.async.shared.global
// CHECK: nvvm.cp.async.commit.group
// CHECK-NOT: nvvm.cp.async
// CHECK: scf.for
// CHECK: nvvm.cp.async.wait.group 0
// CHECK-NEXT: nvvm.barrier0
// CHECK: nvvm.cp.async.commit.group
// 5 products of 16 columns with 16 hidden features of a warp; what they give is rounded, and the factor of the next.
// CHECK-COUNT-10: nvvm.mma.sync
// CHECK: arith.truncf %{{.*}} : vector<2xf32> to vector<2xbf16>
// CHECK: nvvm.cp.async.wait.group 0
// CHECK-NEXT: nvvm.barrier0
// CHECK: llvm.bitcast %{{.*}} : vector<2xbf16> to i32
// CHECK-COUNT-6: nvvm.mma.sync
// CHECK-NOT: nvvm.mma.sync
// The four warps add up their sums.
// CHECK: nvvm.barrier0
// CHECK: llvm.store %{{.*}} {alignment = 16 : i64} : vector<4xf32>, !llvm.ptr<3>
// CHECK: nvvm.barrier0
// CHECK-COUNT-4: llvm.load %{{.*}} {alignment = 16 : i64} : !llvm.ptr<3> -> vector<4xf32>
// An odd number of features has no aligned pairs.
// CHECK: llvm.store %{{.*}} {alignment = 2 : i64} : bf16, !llvm.ptr<1>

// The gate comes first; then all three parts of a step have a stage each.
// CHECK: llvm.func @mma_sync_core_47x200x72_relu_gate16
// CHECK-SAME: nvvm.reqntid = array<i32: 128>, slingpu.cluster = 1 : i64, slingpu.shared = 76800 : i64
// CHECK: scf.for
// CHECK: nvvm.cp.async.wait.group 1
// CHECK-COUNT-8: nvvm.mma.sync
// CHECK: arith.truncf
// CHECK: nvvm.cp.async.wait.group 1
// CHECK-COUNT-40: nvvm.mma.sync
// CHECK: arith.addf
// CHECK: arith.extf
// CHECK: arith.maximumf
// CHECK: arith.mulf
// CHECK: nvvm.cp.async.wait.group 1
// CHECK-COUNT-24: nvvm.mma.sync
// CHECK-NOT: nvvm.mma.sync
// CHECK: llvm.return
