// RUN: slin-opt --slin-gpu-to-nvvm %s | FileCheck %s
// RUN: slin-opt --slin-gpu-to-nvvm %s | slin-translate --slingpu-to-ptx --target=sm_80 - | FileCheck %s --check-prefix=PTX

// A sum of experts: one block routes; products have the tiles of the worst case,
// of which those that no expert has end at once; a warp adds up a token.

#route = #slingpu.schedule<emitter = "route", tile = [128, 8, 1], stages = 1, warps = [4, 1], cluster = 1, split = 1, persistent = false>
#mma = #slingpu.schedule<emitter = "mma_sync", tile = [32, 32, 64], stages = 2, warps = [2, 1], cluster = 1, split = 1, persistent = false>
#combine = #slingpu.schedule<emitter = "combine", tile = [4, 256, 1], stages = 1, warps = [4, 1], cluster = 1, split = 1, persistent = false>

// CHECK-LABEL: slingpu.entry "/experts"
slingpu.entry "/experts" bounds [] structure "" (tensor<?x64xbf16>, tensor<?x8xbf16>) -> (tensor<?x64xbf16>) {
^bb0(%x: tensor<?x64xbf16>, %gates: tensor<?x8xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<8x48x64xbf16>
  %v = slingpu.weight "v" dense<0.5> : tensor<8x64x48xbf16>
  %b = slingpu.weight "b" dense<1.0> : tensor<384xf32>
  // CHECK: %[[R:.*]]:3 = slingpu.launch @kernels::@route_2of8(%{{.*}}) grid <1>, <1> parameters [#slingpu.pointer<buffer = 0, offset = 0>, #slingpu.pointer<buffer = 1, offset = 0>, #slingpu.pointer<buffer = 2, offset = 0>, #slingpu.pointer<buffer = 3, offset = 0>, #slingpu.number<ceil(1 * tokens by 1) * 1 + 0>]
  // CHECK-SAME: : (tensor<?x8xbf16>) -> (tensor<9xi32>, tensor<?x2xi32>, tensor<?x8xi32>)
  %o, %l, %p = slingpu.route %gates choices 2 {schedule = #route} : tensor<?x8xbf16> -> tensor<9xi32>, tensor<?x2xi32>, tensor<?x8xi32>
  // Two tiles of rows; 2 T rows by experts in tiles of 32, and one tile more for each expert but one.
  // CHECK: %[[H:.*]] = slingpu.launch @kernels::@mma_sync_8experts_gathered_48x64_relu(%{{.*}}, %w, %b, %[[R]]#0, %[[R]]#1) grid <ceil(2 * tokens by 32) * 2 + 14>, <1>
  %h = slingpu.block_gemm %x, %w bias %b : tensor<384xf32> experts %o : tensor<9xi32> tokens %l : tensor<?x2xi32> run 48 {activation = "relu", schedule = #mma}
    : tensor<?x64xbf16>, tensor<8x48x64xbf16> -> tensor<?x2x48xbf16>
  // CHECK-SAME: #slingpu.number<ceil(2 * tokens by 1) * 1 + 0>]
  // CHECK: %[[Y:.*]] = slingpu.launch @kernels::@mma_sync_8experts_64x48(%[[H]], %v, %[[R]]#0) grid <ceil(2 * tokens by 32) * 2 + 14>, <1>
  %r = slingpu.block_gemm %h, %v experts %o : tensor<9xi32> run 64 {schedule = #mma} : tensor<?x2x48xbf16>, tensor<8x64x48xbf16> -> tensor<?x2x64xbf16>
  // CHECK: slingpu.launch @kernels::@combine_8x64(%[[Y]], %{{.*}}, %[[R]]#2) grid <ceil(1 * tokens by 4) * 1 + 0>, <1>
  %y = slingpu.combine %r, %gates, %p {schedule = #combine} : tensor<?x2x64xbf16>, tensor<?x8xbf16>, tensor<?x8xi32> -> tensor<?x64xbf16>
  slingpu.yield %y : tensor<?x64xbf16>
}

// Counts and numbers by votes; no kernel has atomic operations.
// CHECK: llvm.func @route_2of8
// CHECK: nvvm.vote.sync ballot
// CHECK: nvvm.barrier0
// CHECK: nvvm.vote.sync ballot
// CHECK: llvm.func @mma_sync_8experts_gathered_48x64_relu
// The expert is looked for, and there may be none.
// CHECK: scf.for
// CHECK: %[[ANY:.*]] = arith.cmpi ne, %{{.*}}#1, %{{.*}} : i32
// CHECK: scf.if %[[ANY]] {
// CHECK: nvvm.cp.async.shared.global
// CHECK: nvvm.mma.sync
// CHECK: llvm.func @combine_8x64

// PTX-NOT: atom
// PTX: .entry route_2of8
// PTX: vote.sync.ballot.b32
// PTX: bar.sync
// PTX: .entry mma_sync_8experts_gathered_48x64_relu
// PTX: cp.async.cg.shared.global
// PTX: mma.sync.aligned.m16n8k16
// PTX: .entry mma_sync_8experts_64x48
// PTX: .entry combine_8x64
// PTX: ld.global.v4.b32
// PTX-NOT: atom
