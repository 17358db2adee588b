// RUN: slin-opt --split-input-file --verify-diagnostics %s | FileCheck %s

// Verifiers know the limits of the emitters, for the GPU that has most.

#schedule = #slingpu.schedule<emitter = "mma_sync", tile = [128, 256, 64], stages = 6, warps = [2, 4], cluster = 1, split = 1, persistent = false>
slingpu.entry "/mlp" bounds [] structure "dense" (tensor<?x64xbf16>) -> (tensor<?x256xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x256x64xbf16>
  // expected-error@+1 {{'slingpu.block_gemm' op entry '/mlp': no kernel by mma_sync: expected at most 232448 bytes of shared memory, found 294912}}
  %y = slingpu.block_gemm %x, %w run 256 {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x256x64xbf16> -> tensor<?x256xbf16>
  slingpu.yield %y : tensor<?x256xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "mma_sync", tile = [128, 256, 64], stages = 2, warps = [1, 2], cluster = 1, split = 1, persistent = false>
slingpu.entry "/mlp" bounds [] structure "dense" (tensor<?x64xbf16>) -> (tensor<?x256xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x256x64xbf16>
  // expected-error@+1 {{no kernel by mma_sync: expected at most 255 registers for each of 64 threads, found 616}}
  %y = slingpu.block_gemm %x, %w run 256 {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x256x64xbf16> -> tensor<?x256xbf16>
  slingpu.yield %y : tensor<?x256xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "wgmma", tile = [100, 128, 64], stages = 3, warps = [8, 1], cluster = 1, split = 1, persistent = true>
slingpu.entry "/mlp" bounds [] structure "dense" (tensor<?x64xbf16>) -> (tensor<?x256xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x256x64xbf16>
  // expected-error@+1 {{no kernel by wgmma: expected a tile of a multiple of 128 tokens, at most 256, found 100}}
  %y = slingpu.block_gemm %x, %w run 256 {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x256x64xbf16> -> tensor<?x256xbf16>
  slingpu.yield %y : tensor<?x256xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "mma_sync_core", tile = [128, 64, 64], stages = 2, warps = [2, 1], cluster = 1, split = 1, persistent = false>
slingpu.entry "/mlp" bounds [] structure "low_rank" (tensor<?x64xbf16>) -> (tensor<?x64xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  %u = slingpu.weight "u" dense<0.5> : tensor<1x256x64xbf16>
  %v = slingpu.weight "v" dense<0.5> : tensor<1x64x256xbf16>
  // expected-error@+1 {{'slingpu.ffn_core' op entry '/mlp': no kernel by mma_sync_core: expected at most 255 registers for each of 64 threads, found 328}}
  %y = slingpu.ffn_core %x, %u, %v {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x256x64xbf16>, tensor<1x64x256xbf16> -> tensor<?x64xbf16>
  slingpu.yield %y : tensor<?x64xbf16>
}

// -----

// An emitter that is not known here may be somebody else's.
// CHECK: emitter = "theirs"
#schedule = #slingpu.schedule<emitter = "theirs", tile = [1, 1, 1], stages = 1, warps = [1, 1], cluster = 1, split = 1, persistent = false>
slingpu.entry "/mlp" bounds [] structure "dense" (tensor<?x64xbf16>) -> (tensor<?x256xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x256x64xbf16>
  %y = slingpu.block_gemm %x, %w run 256 {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x256x64xbf16> -> tensor<?x256xbf16>
  slingpu.yield %y : tensor<?x256xbf16>
}
