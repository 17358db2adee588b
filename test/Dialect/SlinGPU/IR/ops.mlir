// RUN: slin-opt %s --verify-roundtrip | FileCheck %s

// CHECK-LABEL: gpu.module @kernels
module attributes {gpu.container_module} {
gpu.module @kernels {
  llvm.func @gemm(%x: !llvm.ptr, %w: !llvm.ptr, %y: !llvm.ptr, %t: i32) {
    llvm.return
  }
}

// CHECK: %[[W1:.*]] = slingpu.weight "/up/w"
%w1 = slingpu.weight "/up/w" dense<0.5> : tensor<4x64x16xbf16>
%w2 = slingpu.weight "/down/w" dense<0.5> : tensor<1x64x256xbf16>
%b1 = slingpu.weight "/up/b" dense<1.0> : tensor<256xf32>

// CHECK: slingpu.entry "/mlp" bounds [32] structure "block_diagonal, gelu_tanh, dense" (tensor<?x64xbf16>) -> (tensor<?x64xbf16>)
slingpu.entry "/mlp" bounds [32] structure "block_diagonal, gelu_tanh, dense" (tensor<?x64xbf16>) -> (tensor<?x64xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  // CHECK: %[[H:.*]] = slingpu.block_gemm %{{.*}}, %[[W1]] bias %{{.*}} : tensor<256xf32> run 16 {activation = "gelu_tanh", schedule = #slingpu.schedule<emitter = "mma_sync", tile = [64, 64, 64], stages = 3, warps = [2, 2], cluster = 1, split = 1, persistent = false>}
  %h = slingpu.block_gemm %x, %w1 bias %b1 : tensor<256xf32> run 16 {activation = "gelu_tanh", schedule = #slingpu.schedule<emitter = "mma_sync", tile = [64, 64, 64], stages = 3, warps = [2, 2], cluster = 1, split = 1, persistent = false>} : tensor<?x64xbf16>, tensor<4x64x16xbf16> -> tensor<?x256xbf16>
  %y = slingpu.block_gemm %h, %w2 residual %x : tensor<?x64xbf16> run 64 : tensor<?x256xbf16>, tensor<1x64x256xbf16> -> tensor<?x64xbf16>
  // CHECK: slingpu.yield
  slingpu.yield %y : tensor<?x64xbf16>
}, {
^bb0(%x: tensor<?x64xbf16>):
  // CHECK: slingpu.launch @kernels::@gemm(%{{.*}}, %{{.*}}) grid <ceil(1 * tokens by 128) * 6 + 0>, <1> parameters [#slingpu.tensor_map<buffer = 0, offset = 0, type = bf16, dims = [<64>, <ceil(1 * tokens by 1) * 1 + 0>], strides = [128], box = [64, 128], swizzle = 128>, #slingpu.pointer<buffer = 1, offset = 0>, #slingpu.pointer<buffer = 2, offset = 0>, #slingpu.number<ceil(1 * tokens by 1) * 1 + 0>] {blocks_per_sm = 1 : i64, programmatic}
  %y = slingpu.launch @kernels::@gemm(%x, %w2) grid <ceil(1 * tokens by 128) * 6 + 0>, <1>
    parameters [#slingpu.tensor_map<buffer = 0, offset = 0, type = bf16, dims = [<64>, <ceil(1 * tokens by 1) * 1 + 0>], strides = [128], box = [64, 128], swizzle = 128>, #slingpu.pointer<buffer = 1, offset = 0>, #slingpu.pointer<buffer = 2, offset = 0>, #slingpu.number<ceil(1 * tokens by 1) * 1 + 0>]
    {blocks_per_sm = 1 : i64, programmatic} : (tensor<?x64xbf16>, tensor<1x64x256xbf16>) -> tensor<?x64xbf16>
  slingpu.yield %y : tensor<?x64xbf16>
}
}
