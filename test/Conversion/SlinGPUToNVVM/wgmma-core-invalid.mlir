// RUN: slin-opt --slin-gpu-to-nvvm --split-input-file --verify-diagnostics %s

// What speaks against schedules of wgmma_core.

#schedule = #slingpu.schedule<emitter = "wgmma_core", tile = [128, 32, 64], stages = 2, warps = [8, 1], cluster = 1, split = 1, persistent = false>
slingpu.entry "/h.0/mlp" bounds [] structure "" (tensor<?x64xf32>) -> (tensor<?x32xf32>) {
^bb0(%t: tensor<?x64xf32>):
  %u = slingpu.weight "u" dense<0.5> : tensor<1x96x64xf32>
  %v = slingpu.weight "v" dense<0.5> : tensor<1x32x96xf32>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by wgmma_core: expected elements of bf16 or f16, whose sums lie in registers as factors do, found f32}}
  %z = slingpu.ffn_core %t, %u, %v {schedule = #schedule} : tensor<?x64xf32>, tensor<1x96x64xf32>, tensor<1x32x96xf32> -> tensor<?x32xf32>
  slingpu.yield %z : tensor<?x32xf32>
}

// -----

#schedule = #slingpu.schedule<emitter = "wgmma_core", tile = [128, 32, 64], stages = 2, warps = [8, 1], cluster = 1, split = 1, persistent = false>
slingpu.entry "/h.0/mlp" bounds [] structure "" (tensor<?x64xbf16>, tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%t: tensor<?x64xbf16>, %s: tensor<?x64xbf16>):
  %u = slingpu.weight "u" dense<0.5> : tensor<1x96x64xbf16>
  %v = slingpu.weight "v" dense<0.5> : tensor<1x32x96xbf16>
  %g = slingpu.weight "g" dense<0.5> : tensor<1x96x64xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by wgmma_core: expected no gate, for whose sums there are no registers, found one}}
  %z = slingpu.ffn_core %t, %u, %v gate %s, %g : tensor<?x64xbf16>, tensor<1x96x64xbf16> {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x96x64xbf16>, tensor<1x32x96xbf16> -> tensor<?x32xbf16>
  slingpu.yield %z : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "wgmma_core", tile = [128, 32, 64], stages = 2, warps = [8, 2], cluster = 1, split = 1, persistent = false>
slingpu.entry "/h.0/mlp" bounds [] structure "" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%t: tensor<?x64xbf16>):
  %u = slingpu.weight "u" dense<0.5> : tensor<1x96x64xbf16>
  %v = slingpu.weight "v" dense<0.5> : tensor<1x32x96xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by wgmma_core: expected 4 or 8 warps along tokens and 1 along rows, found 8 and 2}}
  %z = slingpu.ffn_core %t, %u, %v {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x96x64xbf16>, tensor<1x32x96xbf16> -> tensor<?x32xbf16>
  slingpu.yield %z : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "wgmma_core", tile = [64, 32, 64], stages = 2, warps = [8, 1], cluster = 1, split = 1, persistent = false>
slingpu.entry "/h.0/mlp" bounds [] structure "" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%t: tensor<?x64xbf16>):
  %u = slingpu.weight "u" dense<0.5> : tensor<1x96x64xbf16>
  %v = slingpu.weight "v" dense<0.5> : tensor<1x32x96xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by wgmma_core: expected a tile of 128 tokens (16 for each warp), found 64}}
  %z = slingpu.ffn_core %t, %u, %v {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x96x64xbf16>, tensor<1x32x96xbf16> -> tensor<?x32xbf16>
  slingpu.yield %z : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "wgmma_core", tile = [128, 64, 64], stages = 2, warps = [8, 1], cluster = 1, split = 1, persistent = false>
slingpu.entry "/h.0/mlp" bounds [] structure "" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%t: tensor<?x64xbf16>):
  %u = slingpu.weight "u" dense<0.5> : tensor<1x96x64xbf16>
  %v = slingpu.weight "v" dense<0.5> : tensor<1x32x96xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by wgmma_core: expected a tile of all 32 rows of 'down' (in whole 16), found 64}}
  %z = slingpu.ffn_core %t, %u, %v {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x96x64xbf16>, tensor<1x32x96xbf16> -> tensor<?x32xbf16>
  slingpu.yield %z : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "wgmma_core", tile = [128, 32, 128], stages = 2, warps = [8, 1], cluster = 1, split = 1, persistent = false>
slingpu.entry "/h.0/mlp" bounds [] structure "" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%t: tensor<?x64xbf16>):
  %u = slingpu.weight "u" dense<0.5> : tensor<1x96x64xbf16>
  %v = slingpu.weight "v" dense<0.5> : tensor<1x32x96xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by wgmma_core: expected a tile of 64 columns (128 bytes), found 128}}
  %z = slingpu.ffn_core %t, %u, %v {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x96x64xbf16>, tensor<1x32x96xbf16> -> tensor<?x32xbf16>
  slingpu.yield %z : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "wgmma_core", tile = [128, 32, 64], stages = 1, warps = [8, 1], cluster = 1, split = 1, persistent = false>
slingpu.entry "/h.0/mlp" bounds [] structure "" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%t: tensor<?x64xbf16>):
  %u = slingpu.weight "u" dense<0.5> : tensor<1x96x64xbf16>
  %v = slingpu.weight "v" dense<0.5> : tensor<1x32x96xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by wgmma_core: expected at least 2 stages, found 1}}
  %z = slingpu.ffn_core %t, %u, %v {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x96x64xbf16>, tensor<1x32x96xbf16> -> tensor<?x32xbf16>
  slingpu.yield %z : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "wgmma_core", tile = [128, 32, 64], stages = 2, warps = [8, 1], cluster = 2, split = 1, persistent = false>
slingpu.entry "/h.0/mlp" bounds [] structure "" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%t: tensor<?x64xbf16>):
  %u = slingpu.weight "u" dense<0.5> : tensor<1x96x64xbf16>
  %v = slingpu.weight "v" dense<0.5> : tensor<1x32x96xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by wgmma_core: expected clusters of 1 block, found 2}}
  %z = slingpu.ffn_core %t, %u, %v {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x96x64xbf16>, tensor<1x32x96xbf16> -> tensor<?x32xbf16>
  slingpu.yield %z : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "wgmma_core", tile = [128, 32, 64], stages = 2, warps = [8, 1], cluster = 1, split = 4, persistent = false>
slingpu.entry "/h.0/mlp" bounds [] structure "" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%t: tensor<?x64xbf16>):
  %u = slingpu.weight "u" dense<0.5> : tensor<1x96x64xbf16>
  %v = slingpu.weight "v" dense<0.5> : tensor<1x32x96xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by wgmma_core: expected columns in 1 part, found 4}}
  %z = slingpu.ffn_core %t, %u, %v {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x96x64xbf16>, tensor<1x32x96xbf16> -> tensor<?x32xbf16>
  slingpu.yield %z : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "wgmma_core", tile = [128, 32, 64], stages = 2, warps = [8, 1], cluster = 1, split = 1, persistent = true>
slingpu.entry "/h.0/mlp" bounds [] structure "" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%t: tensor<?x64xbf16>):
  %u = slingpu.weight "u" dense<0.5> : tensor<1x96x64xbf16>
  %v = slingpu.weight "v" dense<0.5> : tensor<1x32x96xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by wgmma_core: expected a kernel with a block for each tile, found a persistent one}}
  %z = slingpu.ffn_core %t, %u, %v {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x96x64xbf16>, tensor<1x32x96xbf16> -> tensor<?x32xbf16>
  slingpu.yield %z : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "wgmma_core", tile = [128, 32, 64], stages = 2, warps = [8, 1], cluster = 1, split = 1, persistent = false>
slingpu.entry "/h.0/mlp" bounds [] structure "" (tensor<?x60xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%t: tensor<?x60xbf16>):
  %u = slingpu.weight "u" dense<0.5> : tensor<1x96x64xbf16>
  %v = slingpu.weight "v" dense<0.5> : tensor<1x32x96xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by wgmma_core: TMA: expected rows of the input of whole 16 bytes, found 120 bytes}}
  %z = slingpu.ffn_core %t, %u, %v {schedule = #schedule} : tensor<?x60xbf16>, tensor<1x96x64xbf16>, tensor<1x32x96xbf16> -> tensor<?x32xbf16>
  slingpu.yield %z : tensor<?x32xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "wgmma_core", tile = [128, 272, 64], stages = 2, warps = [8, 1], cluster = 1, split = 1, persistent = false>
slingpu.entry "/h.0/mlp" bounds [] structure "" (tensor<?x64xbf16>) -> (tensor<?x264xbf16>) {
^bb0(%t: tensor<?x64xbf16>):
  %u = slingpu.weight "u" dense<0.5> : tensor<1x96x64xbf16>
  %v = slingpu.weight "v" dense<0.5> : tensor<1x264x96xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by wgmma_core: expected at most 256 features of the result, found 264}}
  %z = slingpu.ffn_core %t, %u, %v {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x96x64xbf16>, tensor<1x264x96xbf16> -> tensor<?x264xbf16>
  slingpu.yield %z : tensor<?x264xbf16>
}

// -----

#schedule = #slingpu.schedule<emitter = "wgmma_core", tile = [128, 256, 64], stages = 3, warps = [8, 1], cluster = 1, split = 1, persistent = false>
slingpu.entry "/h.0/mlp" bounds [] structure "" (tensor<?x256xbf16>) -> (tensor<?x256xbf16>) {
^bb0(%t: tensor<?x256xbf16>):
  %u = slingpu.weight "u" dense<0.5> : tensor<1x96x256xbf16>
  %v = slingpu.weight "v" dense<0.5> : tensor<1x256x96xbf16>
  // expected-error@+1 {{entry '/h.0/mlp': no kernel by wgmma_core: expected at most 232448 bytes of shared memory, found 262248}}
  %z = slingpu.ffn_core %t, %u, %v {schedule = #schedule} : tensor<?x256xbf16>, tensor<1x96x256xbf16>, tensor<1x256x96xbf16> -> tensor<?x256xbf16>
  slingpu.yield %z : tensor<?x256xbf16>
}
