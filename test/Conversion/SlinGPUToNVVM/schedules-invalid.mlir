// RUN: slin-opt --slin-gpu-to-nvvm --split-input-file --verify-diagnostics %s

slingpu.entry "/h.0/mlp" bounds [] structure "dense" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x32x64xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': expected a schedule, found none}}
  %y = slingpu.block_gemm %x, %w run 32 : tensor<?x64xbf16>, tensor<1x32x64xbf16> -> tensor<?x32xbf16>
  slingpu.yield %y : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "by_hand", tile = [64, 64, 64], stages = 2, warps = [2, 2], cluster = 1, split = 1, persistent = false>
slingpu.entry "/h.0/mlp" bounds [] structure "dense" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x32x64xbf16>
  // expected-error-re@+1 {{entry '/h.0/mlp': expected a schedule with an emitter out of {{{.*}}}, found 'by_hand'}}
  %y = slingpu.block_gemm %x, %w run 32 {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x32x64xbf16> -> tensor<?x32xbf16>
  slingpu.yield %y : tensor<?x32xbf16>
}

// -----

// expected-error@+1 {{expected 'kernels' to be a gpu.module, found func.func}}
func.func private @kernels()
slingpu.entry "/h.0/mlp" bounds [] structure "dense" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x32x64xbf16>
  %y = slingpu.block_gemm %x, %w run 32 : tensor<?x64xbf16>, tensor<1x32x64xbf16> -> tensor<?x32xbf16>
  slingpu.yield %y : tensor<?x32xbf16>
}
