// RUN: slin-opt --slin-gpu-to-nvvm=shared-bytes=101376 --split-input-file --verify-diagnostics %s

// What speaks against schedules of mma_sync.

#schedule = #slingpu.schedule<emitter = "mma_sync", tile = [64, 64, 32], stages = 2, warps = [2, 2], cluster = 1, split = 1, persistent = false>
slingpu.entry "/h.0/mlp" bounds [] structure "dense" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x32x64xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by mma_sync: expected tiles of 64 columns (128 bytes), found 32}}
  %y = slingpu.block_gemm %x, %w run 32 {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x32x64xbf16> -> tensor<?x32xbf16>
  slingpu.yield %y : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "mma_sync", tile = [16, 64, 64], stages = 2, warps = [2, 2], cluster = 1, split = 1, persistent = false>
slingpu.entry "/h.0/mlp" bounds [] structure "dense" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x32x64xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by mma_sync: expected tiles of a multiple of 32 tokens (16 for each warp), found 16}}
  %y = slingpu.block_gemm %x, %w run 32 {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x32x64xbf16> -> tensor<?x32xbf16>
  slingpu.yield %y : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "mma_sync", tile = [64, 40, 64], stages = 2, warps = [2, 2], cluster = 1, split = 1, persistent = false>
slingpu.entry "/h.0/mlp" bounds [] structure "dense" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x32x64xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by mma_sync: expected tiles of a multiple of 32 rows (16 for each warp), found 40}}
  %y = slingpu.block_gemm %x, %w run 32 {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x32x64xbf16> -> tensor<?x32xbf16>
  slingpu.yield %y : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "mma_sync", tile = [64, 64, 64], stages = 1, warps = [2, 2], cluster = 1, split = 1, persistent = false>
slingpu.entry "/h.0/mlp" bounds [] structure "dense" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x32x64xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by mma_sync: expected at least 2 stages, found 1}}
  %y = slingpu.block_gemm %x, %w run 32 {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x32x64xbf16> -> tensor<?x32xbf16>
  slingpu.yield %y : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "mma_sync", tile = [64, 64, 64], stages = 2, warps = [2, 2], cluster = 2, split = 1, persistent = false>
slingpu.entry "/h.0/mlp" bounds [] structure "dense" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x32x64xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by mma_sync: expected clusters of 1 block, found 2}}
  %y = slingpu.block_gemm %x, %w run 32 {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x32x64xbf16> -> tensor<?x32xbf16>
  slingpu.yield %y : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "mma_sync", tile = [64, 64, 64], stages = 2, warps = [2, 2], cluster = 1, split = 4, persistent = false>
slingpu.entry "/h.0/mlp" bounds [] structure "dense" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x32x64xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by mma_sync: expected columns in 1 part, found 4}}
  %y = slingpu.block_gemm %x, %w run 32 {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x32x64xbf16> -> tensor<?x32xbf16>
  slingpu.yield %y : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "mma_sync", tile = [64, 64, 64], stages = 2, warps = [2, 2], cluster = 1, split = 1, persistent = true>
slingpu.entry "/h.0/mlp" bounds [] structure "dense" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x32x64xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by mma_sync: expected a kernel with a block for each tile, found a persistent one}}
  %y = slingpu.block_gemm %x, %w run 32 {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x32x64xbf16> -> tensor<?x32xbf16>
  slingpu.yield %y : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "mma_sync", tile = [96, 96, 64], stages = 2, warps = [6, 6], cluster = 1, split = 1, persistent = false>
slingpu.entry "/h.0/mlp" bounds [] structure "dense" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x32x64xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by mma_sync: expected at most 32 warps, found 36}}
  %y = slingpu.block_gemm %x, %w run 32 {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x32x64xbf16> -> tensor<?x32xbf16>
  slingpu.yield %y : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "mma_sync", tile = [128, 256, 64], stages = 2, warps = [2, 2], cluster = 1, split = 1, persistent = false>
slingpu.entry "/h.0/mlp" bounds [] structure "dense" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x32x64xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by mma_sync: expected at most 255 registers for each of 128 threads, found 344}}
  %y = slingpu.block_gemm %x, %w run 32 {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x32x64xbf16> -> tensor<?x32xbf16>
  slingpu.yield %y : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "mma_sync", tile = [128, 128, 64], stages = 4, warps = [2, 2], cluster = 1, split = 1, persistent = false>
slingpu.entry "/h.0/mlp" bounds [] structure "dense" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x32x64xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by mma_sync: expected at most 101376 bytes of shared memory, found 131072}}
  %y = slingpu.block_gemm %x, %w run 32 {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x32x64xbf16> -> tensor<?x32xbf16>
  slingpu.yield %y : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "mma_sync", tile = [64, 64, 64], stages = 2, warps = [2, 2], cluster = 1, split = 1, persistent = false>
slingpu.entry "/h.0/mlp" bounds [] structure "dense" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x32x64xbf16>
  // expected-error-re@+1 {{entry '/h.0/mlp': expected an activation out of {{{identity, relu, .*}}}, found 'gulu'}}
  %y = slingpu.block_gemm %x, %w run 32 {activation = "gulu", schedule = #schedule} : tensor<?x64xbf16>, tensor<1x32x64xbf16> -> tensor<?x32xbf16>
  slingpu.yield %y : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "mma_sync", tile = [64, 64, 64], stages = 2, warps = [2, 2], cluster = 1, split = 1, persistent = false>
slingpu.entry "/h.0/mlp" bounds [] structure "dense" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x32x64xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': expected a parameter of 'leaky_relu', found none}}
  %y = slingpu.block_gemm %x, %w run 32 {activation = "leaky_relu", schedule = #schedule} : tensor<?x64xbf16>, tensor<1x32x64xbf16> -> tensor<?x32xbf16>
  slingpu.yield %y : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "mma_sync", tile = [64, 64, 64], stages = 2, warps = [2, 2], cluster = 1, split = 1, persistent = false>
slingpu.entry "/h.0/mlp" bounds [] structure "dense" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x32x64xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': expected no parameter of 'relu', found one}}
  %y = slingpu.block_gemm %x, %w run 32 {activation = "relu", parameter = 0.5 : f64, schedule = #schedule} : tensor<?x64xbf16>, tensor<1x32x64xbf16> -> tensor<?x32xbf16>
  slingpu.yield %y : tensor<?x32xbf16>
}
