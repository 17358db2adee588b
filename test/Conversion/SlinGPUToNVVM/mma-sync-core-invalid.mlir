// RUN: slin-opt --slin-gpu-to-nvvm=shared-bytes=101376 --split-input-file --verify-diagnostics %s

// What speaks against schedules of mma_sync_core.

#schedule = #slingpu.schedule<emitter = "mma_sync_core", tile = [64, 32, 64], stages = 2, warps = [4, 1], cluster = 1, split = 1, persistent = false>
slingpu.entry "/h.0/mlp" bounds [] structure "" (tensor<?x64xf32>) -> (tensor<?x32xf32>) {
^bb0(%t: tensor<?x64xf32>):
  %u = slingpu.weight "u" dense<0.5> : tensor<1x96x64xf32>
  %v = slingpu.weight "v" dense<0.5> : tensor<1x32x96xf32>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by mma_sync_core: expected elements of bf16 or f16, whose sums lie in registers as factors do, found f32}}
  %z = slingpu.ffn_core %t, %u, %v {schedule = #schedule} : tensor<?x64xf32>, tensor<1x96x64xf32>, tensor<1x32x96xf32> -> tensor<?x32xf32>
  slingpu.yield %z : tensor<?x32xf32>
}

// -----

#schedule = #slingpu.schedule<emitter = "mma_sync_core", tile = [64, 64, 64], stages = 2, warps = [4, 1], cluster = 1, split = 1, persistent = false>
slingpu.entry "/h.0/mlp" bounds [] structure "" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%t: tensor<?x64xbf16>):
  %u = slingpu.weight "u" dense<0.5> : tensor<1x96x64xbf16>
  %v = slingpu.weight "v" dense<0.5> : tensor<1x32x96xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by mma_sync_core: expected tiles of all 32 rows of 'down' (in whole 16), found 64}}
  %z = slingpu.ffn_core %t, %u, %v {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x96x64xbf16>, tensor<1x32x96xbf16> -> tensor<?x32xbf16>
  slingpu.yield %z : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "mma_sync_core", tile = [64, 32, 32], stages = 2, warps = [4, 1], cluster = 1, split = 1, persistent = false>
slingpu.entry "/h.0/mlp" bounds [] structure "" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%t: tensor<?x64xbf16>):
  %u = slingpu.weight "u" dense<0.5> : tensor<1x96x64xbf16>
  %v = slingpu.weight "v" dense<0.5> : tensor<1x32x96xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by mma_sync_core: expected tiles of 64 columns (128 bytes), found 32}}
  %z = slingpu.ffn_core %t, %u, %v {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x96x64xbf16>, tensor<1x32x96xbf16> -> tensor<?x32xbf16>
  slingpu.yield %z : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "mma_sync_core", tile = [64, 32, 64], stages = 2, warps = [4, 3], cluster = 1, split = 1, persistent = false>
slingpu.entry "/h.0/mlp" bounds [] structure "" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%t: tensor<?x64xbf16>):
  %u = slingpu.weight "u" dense<0.5> : tensor<1x96x64xbf16>
  %v = slingpu.weight "v" dense<0.5> : tensor<1x32x96xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by mma_sync_core: expected 1, 2 or 4 warps along rows, found 3}}
  %z = slingpu.ffn_core %t, %u, %v {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x96x64xbf16>, tensor<1x32x96xbf16> -> tensor<?x32xbf16>
  slingpu.yield %z : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "mma_sync_core", tile = [96, 32, 64], stages = 2, warps = [4, 1], cluster = 1, split = 1, persistent = false>
slingpu.entry "/h.0/mlp" bounds [] structure "" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%t: tensor<?x64xbf16>):
  %u = slingpu.weight "u" dense<0.5> : tensor<1x96x64xbf16>
  %v = slingpu.weight "v" dense<0.5> : tensor<1x32x96xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by mma_sync_core: expected tiles of a multiple of 64 tokens (16 for each warp), found 96}}
  %z = slingpu.ffn_core %t, %u, %v {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x96x64xbf16>, tensor<1x32x96xbf16> -> tensor<?x32xbf16>
  slingpu.yield %z : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "mma_sync_core", tile = [64, 32, 64], stages = 1, warps = [4, 1], cluster = 1, split = 1, persistent = false>
slingpu.entry "/h.0/mlp" bounds [] structure "" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%t: tensor<?x64xbf16>):
  %u = slingpu.weight "u" dense<0.5> : tensor<1x96x64xbf16>
  %v = slingpu.weight "v" dense<0.5> : tensor<1x32x96xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by mma_sync_core: expected at least 2 stages, found 1}}
  %z = slingpu.ffn_core %t, %u, %v {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x96x64xbf16>, tensor<1x32x96xbf16> -> tensor<?x32xbf16>
  slingpu.yield %z : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "mma_sync_core", tile = [64, 32, 64], stages = 2, warps = [4, 1], cluster = 2, split = 1, persistent = false>
slingpu.entry "/h.0/mlp" bounds [] structure "" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%t: tensor<?x64xbf16>):
  %u = slingpu.weight "u" dense<0.5> : tensor<1x96x64xbf16>
  %v = slingpu.weight "v" dense<0.5> : tensor<1x32x96xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by mma_sync_core: expected clusters of 1 block, found 2}}
  %z = slingpu.ffn_core %t, %u, %v {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x96x64xbf16>, tensor<1x32x96xbf16> -> tensor<?x32xbf16>
  slingpu.yield %z : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "mma_sync_core", tile = [64, 32, 64], stages = 2, warps = [4, 1], cluster = 1, split = 2, persistent = false>
slingpu.entry "/h.0/mlp" bounds [] structure "" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%t: tensor<?x64xbf16>):
  %u = slingpu.weight "u" dense<0.5> : tensor<1x96x64xbf16>
  %v = slingpu.weight "v" dense<0.5> : tensor<1x32x96xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by mma_sync_core: expected columns in 1 part, found 2}}
  %z = slingpu.ffn_core %t, %u, %v {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x96x64xbf16>, tensor<1x32x96xbf16> -> tensor<?x32xbf16>
  slingpu.yield %z : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "mma_sync_core", tile = [64, 32, 64], stages = 2, warps = [4, 1], cluster = 1, split = 1, persistent = true>
slingpu.entry "/h.0/mlp" bounds [] structure "" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%t: tensor<?x64xbf16>):
  %u = slingpu.weight "u" dense<0.5> : tensor<1x96x64xbf16>
  %v = slingpu.weight "v" dense<0.5> : tensor<1x32x96xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by mma_sync_core: expected a kernel with a block for each tile, found a persistent one}}
  %z = slingpu.ffn_core %t, %u, %v {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x96x64xbf16>, tensor<1x32x96xbf16> -> tensor<?x32xbf16>
  slingpu.yield %z : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "mma_sync_core", tile = [256, 32, 64], stages = 2, warps = [16, 4], cluster = 1, split = 1, persistent = false>
slingpu.entry "/h.0/mlp" bounds [] structure "" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%t: tensor<?x64xbf16>):
  %u = slingpu.weight "u" dense<0.5> : tensor<1x96x64xbf16>
  %v = slingpu.weight "v" dense<0.5> : tensor<1x32x96xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by mma_sync_core: expected at most 32 warps, found 64}}
  %z = slingpu.ffn_core %t, %u, %v {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x96x64xbf16>, tensor<1x32x96xbf16> -> tensor<?x32xbf16>
  slingpu.yield %z : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "mma_sync_core", tile = [128, 256, 64], stages = 2, warps = [4, 1], cluster = 1, split = 1, persistent = false>
slingpu.entry "/h.0/mlp" bounds [] structure "" (tensor<?x64xbf16>) -> (tensor<?x256xbf16>) {
^bb0(%t: tensor<?x64xbf16>):
  %u = slingpu.weight "u" dense<0.5> : tensor<1x96x64xbf16>
  %v = slingpu.weight "v" dense<0.5> : tensor<1x256x96xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by mma_sync_core: expected at most 255 registers for each of 128 threads, found 384}}
  %z = slingpu.ffn_core %t, %u, %v {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x96x64xbf16>, tensor<1x256x96xbf16> -> tensor<?x256xbf16>
  slingpu.yield %z : tensor<?x256xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "mma_sync_core", tile = [256, 128, 64], stages = 2, warps = [16, 1], cluster = 1, split = 1, persistent = false>
slingpu.entry "/h.0/mlp" bounds [] structure "" (tensor<?x64xbf16>) -> (tensor<?x128xbf16>) {
^bb0(%t: tensor<?x64xbf16>):
  %u = slingpu.weight "u" dense<0.5> : tensor<1x96x64xbf16>
  %v = slingpu.weight "v" dense<0.5> : tensor<1x128x96xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by mma_sync_core: expected at most 128 registers for each of 512 threads, found 156}}
  %z = slingpu.ffn_core %t, %u, %v {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x96x64xbf16>, tensor<1x128x96xbf16> -> tensor<?x128xbf16>
  slingpu.yield %z : tensor<?x128xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "mma_sync_core", tile = [64, 128, 64], stages = 2, warps = [2, 2], cluster = 1, split = 1, persistent = false>
slingpu.entry "/h.0/mlp" bounds [] structure "" (tensor<?x64xbf16>, tensor<?x64xbf16>) -> (tensor<?x128xbf16>) {
^bb0(%t: tensor<?x64xbf16>, %s: tensor<?x64xbf16>):
  %u = slingpu.weight "u" dense<0.5> : tensor<1x96x64xbf16>
  %v = slingpu.weight "v" dense<0.5> : tensor<1x128x96xbf16>
  %g = slingpu.weight "g" dense<0.5> : tensor<1x96x64xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by mma_sync_core: expected at most 255 registers for each of 128 threads, found 256}}
  %z = slingpu.ffn_core %t, %u, %v gate %s, %g : tensor<?x64xbf16>, tensor<1x96x64xbf16> {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x96x64xbf16>, tensor<1x128x96xbf16> -> tensor<?x128xbf16>
  slingpu.yield %z : tensor<?x128xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "mma_sync_core", tile = [128, 256, 64], stages = 3, warps = [8, 1], cluster = 1, split = 1, persistent = false>
slingpu.entry "/h.0/mlp" bounds [] structure "" (tensor<?x256xbf16>) -> (tensor<?x256xbf16>) {
^bb0(%t: tensor<?x256xbf16>):
  %u = slingpu.weight "u" dense<0.5> : tensor<1x96x256xbf16>
  %v = slingpu.weight "v" dense<0.5> : tensor<1x256x96xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by mma_sync_core: expected at most 101376 bytes of shared memory, found 163840}}
  %z = slingpu.ffn_core %t, %u, %v {schedule = #schedule} : tensor<?x256xbf16>, tensor<1x96x256xbf16>, tensor<1x256x96xbf16> -> tensor<?x256xbf16>
  slingpu.yield %z : tensor<?x256xbf16>
}
