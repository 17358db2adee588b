// RUN: slin-opt --slin-gpu-to-nvvm=shared-bytes=232448 --split-input-file --verify-diagnostics %s

// What speaks against schedules of wgmma.

#schedule = #slingpu.schedule<emitter = "wgmma", tile = [64, 64, 64], stages = 2, warps = [4, 1], cluster = 4, split = 1, persistent = true>
slingpu.entry "/h.0/mlp" bounds [] structure "dense" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x32x64xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by wgmma: expected a cluster of at most 2 blocks, found 4}}
  %y = slingpu.block_gemm %x, %w run 32 {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x32x64xbf16> -> tensor<?x32xbf16>
  slingpu.yield %y : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "wgmma", tile = [64, 64, 64], stages = 2, warps = [4, 1], cluster = 1, split = 2, persistent = true>
slingpu.entry "/h.0/mlp" bounds [] structure "dense" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x32x64xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by wgmma: expected columns in 1 part, found 2}}
  %y = slingpu.block_gemm %x, %w run 32 {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x32x64xbf16> -> tensor<?x32xbf16>
  slingpu.yield %y : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "wgmma", tile = [64, 64, 64], stages = 1, warps = [4, 1], cluster = 1, split = 1, persistent = true>
slingpu.entry "/h.0/mlp" bounds [] structure "dense" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x32x64xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by wgmma: expected at least 2 stages, found 1}}
  %y = slingpu.block_gemm %x, %w run 32 {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x32x64xbf16> -> tensor<?x32xbf16>
  slingpu.yield %y : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "wgmma", tile = [64, 64, 64], stages = 2, warps = [2, 2], cluster = 1, split = 1, persistent = true>
slingpu.entry "/h.0/mlp" bounds [] structure "dense" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x32x64xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by wgmma: expected 4 or 8 warps along tokens and 1 along rows, found 2 and 2}}
  %y = slingpu.block_gemm %x, %w run 32 {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x32x64xbf16> -> tensor<?x32xbf16>
  slingpu.yield %y : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "wgmma", tile = [64, 64, 64], stages = 2, warps = [8, 1], cluster = 1, split = 1, persistent = true>
slingpu.entry "/h.0/mlp" bounds [] structure "dense" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x32x64xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by wgmma: expected a tile of a multiple of 128 tokens, at most 256, found 64}}
  %y = slingpu.block_gemm %x, %w run 32 {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x32x64xbf16> -> tensor<?x32xbf16>
  slingpu.yield %y : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "wgmma", tile = [320, 64, 64], stages = 2, warps = [4, 1], cluster = 1, split = 1, persistent = true>
slingpu.entry "/h.0/mlp" bounds [] structure "dense" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x32x64xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by wgmma: expected a tile of a multiple of 64 tokens, at most 256, found 320}}
  %y = slingpu.block_gemm %x, %w run 32 {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x32x64xbf16> -> tensor<?x32xbf16>
  slingpu.yield %y : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "wgmma", tile = [64, 40, 64], stages = 2, warps = [4, 1], cluster = 2, split = 1, persistent = true>
slingpu.entry "/h.0/mlp" bounds [] structure "dense" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x32x64xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by wgmma: expected a tile of a multiple of 16 rows, at most 256, found 40}}
  %y = slingpu.block_gemm %x, %w run 32 {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x32x64xbf16> -> tensor<?x32xbf16>
  slingpu.yield %y : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "wgmma", tile = [64, 264, 64], stages = 2, warps = [4, 1], cluster = 1, split = 1, persistent = true>
slingpu.entry "/h.0/mlp" bounds [] structure "dense" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x32x64xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by wgmma: expected a tile of a multiple of 8 rows, at most 256, found 264}}
  %y = slingpu.block_gemm %x, %w run 32 {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x32x64xbf16> -> tensor<?x32xbf16>
  slingpu.yield %y : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "wgmma", tile = [64, 64, 64], stages = 2, warps = [4, 1], cluster = 1, split = 1, persistent = true>
slingpu.entry "/h.0/mlp" bounds [] structure "dense" (tensor<?x64xf32>) -> (tensor<?x32xf32>) {
^bb0(%x: tensor<?x64xf32>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x32x64xf32>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by wgmma: expected a tile of 32 columns (128 bytes), found 64}}
  %y = slingpu.block_gemm %x, %w run 32 {schedule = #schedule} : tensor<?x64xf32>, tensor<1x32x64xf32> -> tensor<?x32xf32>
  slingpu.yield %y : tensor<?x32xf32>
}

// -----

#schedule = #slingpu.schedule<emitter = "wgmma", tile = [256, 192, 64], stages = 2, warps = [8, 1], cluster = 1, split = 1, persistent = true>
slingpu.entry "/h.0/mlp" bounds [] structure "dense" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x32x64xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by wgmma: expected at most 128 sums per thread, found 192}}
  %y = slingpu.block_gemm %x, %w run 32 {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x32x64xbf16> -> tensor<?x32xbf16>
  slingpu.yield %y : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "wgmma", tile = [64, 64, 64], stages = 2, warps = [4, 1], cluster = 1, split = 1, persistent = true>
slingpu.entry "/h.0/mlp" bounds [] structure "dense" (tensor<?x201xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%x: tensor<?x201xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x32x208xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by wgmma: TMA: expected rows of the input of whole 16 bytes, found 402 bytes}}
  %y = slingpu.block_gemm %x, %w run 32 {schedule = #schedule} : tensor<?x201xbf16>, tensor<1x32x208xbf16> -> tensor<?x32xbf16>
  slingpu.yield %y : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "wgmma", tile = [64, 64, 64], stages = 2, warps = [4, 1], cluster = 1, split = 1, persistent = true>
slingpu.entry "/h.0/mlp" bounds [] structure "dense" (tensor<?x136xbf16>) -> (tensor<?x64xbf16>) {
^bb0(%x: tensor<?x136xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<2x32x72xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by wgmma: TMA: expected blocks of the input of whole 16 bytes, found 136 bytes}}
  %y = slingpu.block_gemm %x, %w run 32 {schedule = #schedule} : tensor<?x136xbf16>, tensor<2x32x72xbf16> -> tensor<?x64xbf16>
  slingpu.yield %y : tensor<?x64xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "wgmma", tile = [128, 256, 64], stages = 6, warps = [8, 1], cluster = 1, split = 1, persistent = true>
slingpu.entry "/h.0/mlp" bounds [] structure "dense" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x32x64xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by wgmma: expected at most 232448 bytes of shared memory, found 327776}}
  %y = slingpu.block_gemm %x, %w run 32 {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x32x64xbf16> -> tensor<?x32xbf16>
  slingpu.yield %y : tensor<?x32xbf16>
}
