// RUN: slin-opt --slin-gpu-to-nvvm %s | FileCheck %s

// Copies are as wide as the rows of the input allow; the weight's have 16 bytes.

#schedule = #slingpu.schedule<emitter = "mma_sync", tile = [16, 16, 64], stages = 2, warps = [1, 1], cluster = 1, split = 1, persistent = false>

slingpu.entry "/mlp" bounds [] structure "dense" (tensor<?x36xbf16>, tensor<?x38xbf16>, tensor<?x37xbf16>, tensor<?x64xbf16>)
  -> (tensor<?x16xbf16>, tensor<?x16xbf16>, tensor<?x16xbf16>, tensor<?x16xbf16>) {
^bb0(%eight: tensor<?x36xbf16>, %four: tensor<?x38xbf16>, %two: tensor<?x37xbf16>, %sixteen: tensor<?x64xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x16x40xbf16>
  %v = slingpu.weight "v" dense<0.5> : tensor<1x16x64xbf16>
  // CHECK: llvm.func @mma_sync_16x36
  // CHECK: nvvm.cp.async.shared.global %{{.*}}, %{{.*}}, 8, cache = ca, %{{.*}}
  // CHECK: nvvm.cp.async.shared.global %{{.*}}, %{{.*}}, 16, cache = cg, %{{.*}}
  %a = slingpu.block_gemm %eight, %w run 16 {schedule = #schedule} : tensor<?x36xbf16>, tensor<1x16x40xbf16> -> tensor<?x16xbf16>
  // CHECK: llvm.func @mma_sync_16x38
  // CHECK: nvvm.cp.async.shared.global %{{.*}}, %{{.*}}, 4, cache = ca, %{{.*}}
  %b = slingpu.block_gemm %four, %w run 16 {schedule = #schedule} : tensor<?x38xbf16>, tensor<1x16x40xbf16> -> tensor<?x16xbf16>
  // cp.async has no 2 bytes.
  // CHECK: llvm.func @mma_sync_16x37
  // CHECK: llvm.load %{{.*}} {alignment = 2 : i64} : !llvm.ptr<1> -> i16
  // CHECK: llvm.store %{{.*}}, %{{.*}} {alignment = 2 : i64} : i16, !llvm.ptr<3>
  // CHECK: nvvm.cp.async.shared.global %{{.*}}, %{{.*}}, 16, cache = cg, %{{.*}}
  %c = slingpu.block_gemm %two, %w run 16 {schedule = #schedule} : tensor<?x37xbf16>, tensor<1x16x40xbf16> -> tensor<?x16xbf16>
  // Whole tiles of the weight need no bounds.
  // CHECK: llvm.func @mma_sync_16x64
  // CHECK: nvvm.cp.async.shared.global %{{.*}}, %{{.*}}, 16, cache = cg, %{{.*}}
  // CHECK: nvvm.cp.async.shared.global %{{.*}}, %{{.*}}, 16, cache = cg : !llvm.ptr<3>, !llvm.ptr<1>
  %d = slingpu.block_gemm %sixteen, %v run 16 {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x16x64xbf16> -> tensor<?x16xbf16>
  slingpu.yield %a, %b, %c, %d : tensor<?x16xbf16>, tensor<?x16xbf16>, tensor<?x16xbf16>, tensor<?x16xbf16>
}
