// RUN: slin-opt --slin-gpu-to-nvvm=shared-bytes=232448 --split-input-file --verify-diagnostics %s

// What speaks against schedules of tcgen05.

#schedule = #slingpu.schedule<emitter = "tcgen05", tile = [128, 64, 64], stages = 3, warps = [4, 1], cluster = 3, split = 1, persistent = true>
slingpu.entry "/h.0/mlp" bounds [] structure "dense" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x32x64xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by tcgen05: expected a cluster of 1, 2 or 4 blocks, found 3}}
  %y = slingpu.block_gemm %x, %w run 32 {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x32x64xbf16> -> tensor<?x32xbf16>
  slingpu.yield %y : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "tcgen05", tile = [128, 64, 64], stages = 3, warps = [4, 1], cluster = 1, split = 2, persistent = true>
slingpu.entry "/h.0/mlp" bounds [] structure "dense" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x32x64xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by tcgen05: expected columns in 1 part, found 2}}
  %y = slingpu.block_gemm %x, %w run 32 {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x32x64xbf16> -> tensor<?x32xbf16>
  slingpu.yield %y : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "tcgen05", tile = [128, 64, 64], stages = 1, warps = [4, 1], cluster = 1, split = 1, persistent = true>
slingpu.entry "/h.0/mlp" bounds [] structure "dense" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x32x64xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by tcgen05: expected at least 2 stages, found 1}}
  %y = slingpu.block_gemm %x, %w run 32 {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x32x64xbf16> -> tensor<?x32xbf16>
  slingpu.yield %y : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "tcgen05", tile = [64, 64, 64], stages = 3, warps = [2, 1], cluster = 1, split = 1, persistent = true>
slingpu.entry "/h.0/mlp" bounds [] structure "dense" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x32x64xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by tcgen05: expected a tile of 128 or 256 tokens, found 64}}
  %y = slingpu.block_gemm %x, %w run 32 {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x32x64xbf16> -> tensor<?x32xbf16>
  slingpu.yield %y : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "tcgen05", tile = [128, 64, 64], stages = 3, warps = [8, 1], cluster = 1, split = 1, persistent = true>
slingpu.entry "/h.0/mlp" bounds [] structure "dense" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x32x64xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by tcgen05: expected 4 warps along tokens (32 tokens for each) and 1 along rows, found 8 and 1}}
  %y = slingpu.block_gemm %x, %w run 32 {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x32x64xbf16> -> tensor<?x32xbf16>
  slingpu.yield %y : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "tcgen05", tile = [256, 64, 64], stages = 3, warps = [8, 2], cluster = 1, split = 1, persistent = true>
slingpu.entry "/h.0/mlp" bounds [] structure "dense" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x32x64xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by tcgen05: expected 8 warps along tokens (32 tokens for each) and 1 along rows, found 8 and 2}}
  %y = slingpu.block_gemm %x, %w run 32 {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x32x64xbf16> -> tensor<?x32xbf16>
  slingpu.yield %y : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "tcgen05", tile = [128, 40, 64], stages = 3, warps = [4, 1], cluster = 1, split = 1, persistent = true>
slingpu.entry "/h.0/mlp" bounds [] structure "dense" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x32x64xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by tcgen05: expected a tile of a multiple of 16 rows, at most 256, found 40}}
  %y = slingpu.block_gemm %x, %w run 32 {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x32x64xbf16> -> tensor<?x32xbf16>
  slingpu.yield %y : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "tcgen05", tile = [128, 272, 64], stages = 3, warps = [4, 1], cluster = 1, split = 1, persistent = true>
slingpu.entry "/h.0/mlp" bounds [] structure "dense" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x32x64xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by tcgen05: expected a tile of a multiple of 16 rows, at most 256, found 272}}
  %y = slingpu.block_gemm %x, %w run 32 {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x32x64xbf16> -> tensor<?x32xbf16>
  slingpu.yield %y : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "tcgen05", tile = [128, 48, 64], stages = 3, warps = [4, 1], cluster = 4, split = 1, persistent = true>
slingpu.entry "/h.0/mlp" bounds [] structure "dense" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x32x64xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by tcgen05: expected a tile of a multiple of 32 rows, at most 256, found 48}}
  %y = slingpu.block_gemm %x, %w run 32 {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x32x64xbf16> -> tensor<?x32xbf16>
  slingpu.yield %y : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "tcgen05", tile = [128, 64, 64], stages = 3, warps = [4, 1], cluster = 1, split = 1, persistent = true>
slingpu.entry "/h.0/mlp" bounds [] structure "dense" (tensor<?x64xf32>) -> (tensor<?x32xf32>) {
^bb0(%x: tensor<?x64xf32>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x32x64xf32>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by tcgen05: expected a tile of 32 columns (128 bytes), found 64}}
  %y = slingpu.block_gemm %x, %w run 32 {schedule = #schedule} : tensor<?x64xf32>, tensor<1x32x64xf32> -> tensor<?x32xf32>
  slingpu.yield %y : tensor<?x32xf32>
}

// -----

#schedule = #slingpu.schedule<emitter = "tcgen05", tile = [128, 64, 64], stages = 3, warps = [4, 1], cluster = 1, split = 1, persistent = true>
slingpu.entry "/h.0/mlp" bounds [] structure "dense" (tensor<?x201xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%x: tensor<?x201xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x32x208xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by tcgen05: TMA: expected rows of the input of whole 16 bytes, found 402 bytes}}
  %y = slingpu.block_gemm %x, %w run 32 {schedule = #schedule} : tensor<?x201xbf16>, tensor<1x32x208xbf16> -> tensor<?x32xbf16>
  slingpu.yield %y : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "tcgen05", tile = [128, 64, 64], stages = 3, warps = [4, 1], cluster = 1, split = 1, persistent = true>
slingpu.entry "/h.0/mlp" bounds [] structure "dense" (tensor<?x136xbf16>) -> (tensor<?x64xbf16>) {
^bb0(%x: tensor<?x136xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<2x32x72xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by tcgen05: TMA: expected blocks of the input of whole 16 bytes, found 136 bytes}}
  %y = slingpu.block_gemm %x, %w run 32 {schedule = #schedule} : tensor<?x136xbf16>, tensor<2x32x72xbf16> -> tensor<?x64xbf16>
  slingpu.yield %y : tensor<?x64xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "tcgen05", tile = [256, 256, 64], stages = 2, warps = [8, 1], cluster = 1, split = 1, persistent = true>
slingpu.entry "/h.0/mlp" bounds [] structure "dense" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x32x64xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by tcgen05: expected at most 512 columns of tensor memory, found 1024 (2 tiles of 512)}}
  %y = slingpu.block_gemm %x, %w run 32 {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x32x64xbf16> -> tensor<?x32xbf16>
  slingpu.yield %y : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "tcgen05", tile = [128, 256, 64], stages = 6, warps = [4, 1], cluster = 1, split = 1, persistent = true>
slingpu.entry "/h.0/mlp" bounds [] structure "dense" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x32x64xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by tcgen05: expected at most 232448 bytes of shared memory, found 327816}}
  %y = slingpu.block_gemm %x, %w run 32 {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x32x64xbf16> -> tensor<?x32xbf16>
  slingpu.yield %y : tensor<?x32xbf16>
}
