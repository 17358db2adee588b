// RUN: slin-opt --slin-gpu-to-nvvm %s | FileCheck %s

// Launches count operands, then results; kernels know all sizes but the number
// of tokens, and those that are equal are one.

#small = #slingpu.schedule<emitter = "mma_sync", tile = [32, 32, 64], stages = 2, warps = [2, 1], cluster = 1, split = 1, persistent = false>
#large = #slingpu.schedule<emitter = "mma_sync", tile = [64, 64, 64], stages = 4, warps = [2, 2], cluster = 1, split = 1, persistent = false>

// CHECK-LABEL: slingpu.entry "/two"
slingpu.entry "/two" bounds [33] structure "dense, relu, dense" (tensor<?x64xbf16>) -> (tensor<?x64xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x64x64xbf16>
  %v = slingpu.weight "v" dense<0.25> : tensor<1x64x64xbf16>
  %b = slingpu.weight "b" dense<1.0> : tensor<64xf32>
  %c = slingpu.weight "c" dense<2.0> : tensor<64xf32>
  // CHECK: %[[H:.*]] = slingpu.launch @kernels::@mma_sync_64x64_relu(%{{.*}}, %w, %b) grid <ceil(1 * tokens by 32) * 2 + 0>, <1>
  // CHECK-SAME: parameters [#slingpu.pointer<buffer = 0, offset = 0>, #slingpu.pointer<buffer = 1, offset = 0>, #slingpu.pointer<buffer = 2, offset = 0>, #slingpu.pointer<buffer = 3, offset = 0>, #slingpu.number<ceil(1 * tokens by 1) * 1 + 0>]
  %h = slingpu.block_gemm %x, %w bias %b : tensor<64xf32> run 64 {activation = "relu", schedule = #small} : tensor<?x64xbf16>, tensor<1x64x64xbf16> -> tensor<?x64xbf16>
  // CHECK: slingpu.launch @kernels::@mma_sync_64x64_relu(%[[H]], %v, %c)
  %y = slingpu.block_gemm %h, %v bias %c : tensor<64xf32> run 64 {activation = "relu", schedule = #small} : tensor<?x64xbf16>, tensor<1x64x64xbf16> -> tensor<?x64xbf16>
  slingpu.yield %y : tensor<?x64xbf16>
}, {
^bb0(%x: tensor<?x64xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x64x64xbf16>
  %b = slingpu.weight "b" dense<1.0> : tensor<64xf32>
  // Another schedule is another kernel.
  // CHECK: slingpu.launch @kernels::@mma_sync_64x64_relu_1(%{{.*}}) grid <ceil(1 * tokens by 64) * 1 + 0>, <1>
  %h = slingpu.block_gemm %x, %w bias %b : tensor<64xf32> run 64 {activation = "relu", schedule = #large} : tensor<?x64xbf16>, tensor<1x64x64xbf16> -> tensor<?x64xbf16>
  slingpu.yield %h : tensor<?x64xbf16>
}

// CHECK-LABEL: slingpu.entry "/blocks"
slingpu.entry "/blocks" bounds [] structure "block_shuffle" (tensor<?x120xf32>, tensor<?x96xf32>) -> (tensor<?x96xf32>) {
^bb0(%x: tensor<?x120xf32>, %g: tensor<?x96xf32>):
  %w = slingpu.weight "w" dense<0.5> : tensor<3x32x40xf32>
  // CHECK: slingpu.launch @kernels::@mma_sync_3x32x40_gate_residual(%{{.*}}, %w, %{{.*}}, %{{.*}}) grid <ceil(1 * tokens by 32) * 3 + 0>, <1>
  %y = slingpu.block_gemm %x, %w gate %g : tensor<?x96xf32> residual %g : tensor<?x96xf32> run 8
    {schedule = #slingpu.schedule<emitter = "mma_sync", tile = [32, 32, 32], stages = 3, warps = [1, 1], cluster = 1, split = 1, persistent = false>}
    : tensor<?x120xf32>, tensor<3x32x40xf32> -> tensor<?x96xf32>
  slingpu.yield %y : tensor<?x96xf32>
}

// CHECK: gpu.module @kernels {
// CHECK: llvm.mlir.global external @dynamic_shared() {addr_space = 3 : i32, alignment = 1024 : i64} : !llvm.array<0 x i8>
// CHECK: llvm.func @mma_sync_64x64_relu(%{{.*}}: !llvm.ptr<1>, %{{.*}}: !llvm.ptr<1> {llvm.noalias, llvm.readonly}, %{{.*}}: !llvm.ptr<1> {llvm.noalias, llvm.readonly}, %{{.*}}: !llvm.ptr<1>, %{{.*}}: i32)
// CHECK-SAME: nvvm.kernel, nvvm.minctasm = 1 : i32, nvvm.reqntid = array<i32: 64>, slingpu.cluster = 1 : i64, slingpu.shared = 16384 : i64
// CHECK: nvvm.cp.async.shared.global %{{.*}}, %{{.*}}, 16, cache = cg, %{{.*}}
// CHECK: nvvm.cp.async.commit.group
// Two stages: nothing else may be under way.
// CHECK: nvvm.cp.async.wait.group 0
// CHECK-NEXT: nvvm.barrier0
// CHECK: nvvm.ldmatrix
// CHECK-COUNT-4: nvvm.mma.sync {{.*}} shape = #nvvm.shape<m = 16, n = 8, k = 16>
// CHECK: arith.maximumf
// CHECK: arith.truncf %{{.*}} : vector<2xf32> to vector<2xbf16>
// CHECK: llvm.store %{{.*}} {alignment = 4 : i64} : vector<2xbf16>, !llvm.ptr<1>
// CHECK: llvm.func @mma_sync_64x64_relu_1
// CHECK-SAME: nvvm.reqntid = array<i32: 128>, slingpu.cluster = 1 : i64, slingpu.shared = 65536 : i64
// CHECK: nvvm.cp.async.wait.group 2
// Without a bias, third is the gate.
// CHECK: llvm.func @mma_sync_3x32x40_gate_residual(%{{.*}}: !llvm.ptr<1>, %{{.*}}: !llvm.ptr<1> {llvm.noalias, llvm.readonly}, %{{[a-z0-9]+}}: !llvm.ptr<1>, %{{.*}}: !llvm.ptr<1>, %{{.*}}: !llvm.ptr<1>, %{{.*}}: i32)
// CHECK: nvvm.convert.float.to.tf32 %{{.*}} {rnd = #nvvm.fp_rnd_mode<rna>}
// CHECK: nvvm.mma.sync {{.*}} shape = #nvvm.shape<m = 16, n = 8, k = 8>
// CHECK-NOT: arith.truncf
// CHECK: llvm.store %{{.*}} {alignment = 8 : i64} : vector<2xf32>, !llvm.ptr<1>
// CHECK-NOT: llvm.func
