// RUN: slin-opt --slin-gpu-to-nvvm=shared-bytes=232448 --split-input-file --verify-diagnostics %s

// What speaks against schedules of skinny.

#schedule = #slingpu.schedule<emitter = "skinny", tile = [12, 64, 64], stages = 2, warps = [1, 4], cluster = 1, split = 1, persistent = false>
slingpu.entry "/h.0/mlp" bounds [] structure "dense" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x32x64xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by skinny: expected a tile of a multiple of 8 tokens, at most 64, found 12}}
  %y = slingpu.block_gemm %x, %w run 32 {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x32x64xbf16> -> tensor<?x32xbf16>
  slingpu.yield %y : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "skinny", tile = [72, 64, 64], stages = 2, warps = [1, 4], cluster = 1, split = 1, persistent = false>
slingpu.entry "/h.0/mlp" bounds [] structure "dense" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x32x64xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by skinny: expected a tile of a multiple of 8 tokens, at most 64, found 72}}
  %y = slingpu.block_gemm %x, %w run 32 {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x32x64xbf16> -> tensor<?x32xbf16>
  slingpu.yield %y : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "skinny", tile = [8, 128, 64], stages = 2, warps = [1, 4], cluster = 1, split = 1, persistent = false>
slingpu.entry "/h.0/mlp" bounds [] structure "dense" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x32x64xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by skinny: expected a tile of 64 rows, found 128}}
  %y = slingpu.block_gemm %x, %w run 32 {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x32x64xbf16> -> tensor<?x32xbf16>
  slingpu.yield %y : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "skinny", tile = [8, 64, 32], stages = 2, warps = [1, 4], cluster = 1, split = 1, persistent = false>
slingpu.entry "/h.0/mlp" bounds [] structure "dense" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x32x64xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by skinny: expected a tile of 64 columns (128 bytes), found 32}}
  %y = slingpu.block_gemm %x, %w run 32 {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x32x64xbf16> -> tensor<?x32xbf16>
  slingpu.yield %y : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "skinny", tile = [8, 64, 64], stages = 2, warps = [4, 1], cluster = 1, split = 1, persistent = false>
slingpu.entry "/h.0/mlp" bounds [] structure "dense" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x32x64xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by skinny: expected 1 warp along tokens and 4 along rows, found 4 and 1}}
  %y = slingpu.block_gemm %x, %w run 32 {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x32x64xbf16> -> tensor<?x32xbf16>
  slingpu.yield %y : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "skinny", tile = [8, 64, 64], stages = 1, warps = [1, 4], cluster = 1, split = 1, persistent = false>
slingpu.entry "/h.0/mlp" bounds [] structure "dense" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x32x64xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by skinny: expected at least 2 stages, found 1}}
  %y = slingpu.block_gemm %x, %w run 32 {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x32x64xbf16> -> tensor<?x32xbf16>
  slingpu.yield %y : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "skinny", tile = [8, 64, 64], stages = 2, warps = [1, 4], cluster = 1, split = 1, persistent = true>
slingpu.entry "/h.0/mlp" bounds [] structure "dense" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x32x64xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by skinny: expected a kernel with a block for each tile, found a persistent one}}
  %y = slingpu.block_gemm %x, %w run 32 {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x32x64xbf16> -> tensor<?x32xbf16>
  slingpu.yield %y : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "skinny", tile = [8, 64, 64], stages = 2, warps = [1, 4], cluster = 16, split = 16, persistent = false>
slingpu.entry "/h.0/mlp" bounds [] structure "dense" (tensor<?x2048xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%x: tensor<?x2048xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x32x2048xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by skinny: expected columns in at most 8 parts, found 16}}
  %y = slingpu.block_gemm %x, %w run 32 {schedule = #schedule} : tensor<?x2048xbf16>, tensor<1x32x2048xbf16> -> tensor<?x32xbf16>
  slingpu.yield %y : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "skinny", tile = [8, 64, 64], stages = 2, warps = [1, 4], cluster = 2, split = 4, persistent = false>
slingpu.entry "/h.0/mlp" bounds [] structure "dense" (tensor<?x512xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%x: tensor<?x512xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x32x512xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by skinny: expected a cluster of 4 blocks (one for each part of the columns), found 2}}
  %y = slingpu.block_gemm %x, %w run 32 {schedule = #schedule} : tensor<?x512xbf16>, tensor<1x32x512xbf16> -> tensor<?x32xbf16>
  slingpu.yield %y : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "skinny", tile = [8, 64, 64], stages = 2, warps = [1, 4], cluster = 4, split = 4, persistent = false>
slingpu.entry "/h.0/mlp" bounds [] structure "dense" (tensor<?x192xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%x: tensor<?x192xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x32x192xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by skinny: expected columns in at most 3 parts (steps of a tile), found 4}}
  %y = slingpu.block_gemm %x, %w run 32 {schedule = #schedule} : tensor<?x192xbf16>, tensor<1x32x192xbf16> -> tensor<?x32xbf16>
  slingpu.yield %y : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "skinny", tile = [8, 64, 64], stages = 2, warps = [1, 4], cluster = 1, split = 1, persistent = false>
slingpu.entry "/h.0/mlp" bounds [] structure "dense" (tensor<?x201xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%x: tensor<?x201xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x32x208xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by skinny: TMA: expected rows of the input of whole 16 bytes, found 402 bytes}}
  %y = slingpu.block_gemm %x, %w run 32 {schedule = #schedule} : tensor<?x201xbf16>, tensor<1x32x208xbf16> -> tensor<?x32xbf16>
  slingpu.yield %y : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "skinny", tile = [8, 64, 64], stages = 2, warps = [1, 4], cluster = 1, split = 1, persistent = false>
slingpu.entry "/h.0/mlp" bounds [] structure "dense" (tensor<?x136xbf16>) -> (tensor<?x64xbf16>) {
^bb0(%x: tensor<?x136xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<2x32x72xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by skinny: TMA: expected blocks of the input of whole 16 bytes, found 136 bytes}}
  %y = slingpu.block_gemm %x, %w run 32 {schedule = #schedule} : tensor<?x136xbf16>, tensor<2x32x72xbf16> -> tensor<?x64xbf16>
  slingpu.yield %y : tensor<?x64xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "skinny", tile = [64, 64, 64], stages = 16, warps = [1, 4], cluster = 1, split = 1, persistent = false>
slingpu.entry "/h.0/mlp" bounds [] structure "dense" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x32x64xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by skinny: expected at most 232448 bytes of shared memory, found 279808}}
  %y = slingpu.block_gemm %x, %w run 32 {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x32x64xbf16> -> tensor<?x32xbf16>
  slingpu.yield %y : tensor<?x32xbf16>
}
