// RUN: slin-opt --slin-gpu-to-nvvm=shared-bytes=101376 --split-input-file --verify-diagnostics %s

// What speaks against schedules of the kernels of experts.

#schedule = #slingpu.schedule<emitter = "route", tile = [2048, 8, 1], stages = 1, warps = [64, 1], cluster = 1, split = 1, persistent = false>
func.func @f(%g: tensor<?x8xbf16>) {
  // expected-error@+1 {{no kernel by route: expected 1 to 32 warps along tokens and 1 along rows, found 64 and 1}}
  %o, %l, %p = slingpu.route %g choices 2 {schedule = #schedule} : tensor<?x8xbf16> -> tensor<9xi32>, tensor<?x2xi32>, tensor<?x8xi32>
  return
}

// -----

#schedule = #slingpu.schedule<emitter = "route", tile = [64, 8, 1], stages = 1, warps = [2, 2], cluster = 1, split = 1, persistent = false>
func.func @f(%g: tensor<?x8xbf16>) {
  // expected-error@+1 {{no kernel by route: expected 1 to 32 warps along tokens and 1 along rows, found 2 and 2}}
  %o, %l, %p = slingpu.route %g choices 2 {schedule = #schedule} : tensor<?x8xbf16> -> tensor<9xi32>, tensor<?x2xi32>, tensor<?x8xi32>
  return
}

// -----

#schedule = #slingpu.schedule<emitter = "route", tile = [64, 8, 1], stages = 1, warps = [4, 1], cluster = 1, split = 1, persistent = false>
func.func @f(%g: tensor<?x8xbf16>) {
  // expected-error@+1 {{no kernel by route: expected a tile of 128 tokens, 8 rows (experts) and 1 column, and 1 stage, found 64, 8, 1 and 1}}
  %o, %l, %p = slingpu.route %g choices 2 {schedule = #schedule} : tensor<?x8xbf16> -> tensor<9xi32>, tensor<?x2xi32>, tensor<?x8xi32>
  return
}

// -----

#schedule = #slingpu.schedule<emitter = "route", tile = [128, 8, 1], stages = 2, warps = [4, 1], cluster = 1, split = 1, persistent = false>
func.func @f(%g: tensor<?x8xbf16>) {
  // expected-error@+1 {{no kernel by route: expected a tile of 128 tokens, 8 rows (experts) and 1 column, and 1 stage, found 128, 8, 1 and 2}}
  %o, %l, %p = slingpu.route %g choices 2 {schedule = #schedule} : tensor<?x8xbf16> -> tensor<9xi32>, tensor<?x2xi32>, tensor<?x8xi32>
  return
}

// -----

#schedule = #slingpu.schedule<emitter = "route", tile = [32, 40, 1], stages = 1, warps = [1, 1], cluster = 1, split = 1, persistent = false>
func.func @f(%g: tensor<?x40xbf16>) {
  // expected-error@+1 {{no kernel by route: expected at most 32 experts (one for each thread), found 40}}
  %o, %l, %p = slingpu.route %g choices 2 {schedule = #schedule} : tensor<?x40xbf16> -> tensor<41xi32>, tensor<?x2xi32>, tensor<?x40xi32>
  return
}

// -----

#schedule = #slingpu.schedule<emitter = "route", tile = [128, 8, 1], stages = 1, warps = [4, 1], cluster = 2, split = 1, persistent = false>
func.func @f(%g: tensor<?x8xbf16>) {
  // expected-error@+1 {{no kernel by route: expected clusters of 1 block, found 2}}
  %o, %l, %p = slingpu.route %g choices 2 {schedule = #schedule} : tensor<?x8xbf16> -> tensor<9xi32>, tensor<?x2xi32>, tensor<?x8xi32>
  return
}

// -----

#schedule = #slingpu.schedule<emitter = "route", tile = [1024, 1000, 1], stages = 1, warps = [32, 1], cluster = 1, split = 1, persistent = false>
func.func @f(%g: tensor<?x1000xbf16>) {
  // expected-error@+1 {{no kernel by route: expected at most 101376 bytes of shared memory, found 132000}}
  %o, %l, %p = slingpu.route %g choices 2 {schedule = #schedule} : tensor<?x1000xbf16> -> tensor<1001xi32>, tensor<?x2xi32>, tensor<?x1000xi32>
  return
}

// -----

#schedule = #slingpu.schedule<emitter = "combine", tile = [64, 256, 1], stages = 1, warps = [64, 1], cluster = 1, split = 1, persistent = false>
func.func @f(%r: tensor<?x2x64xbf16>, %g: tensor<?x8xbf16>, %p: tensor<?x8xi32>) {
  // expected-error@+1 {{no kernel by combine: expected 1 to 32 warps along tokens and 1 along rows, found 64 and 1}}
  %y = slingpu.combine %r, %g, %p {schedule = #schedule} : tensor<?x2x64xbf16>, tensor<?x8xbf16>, tensor<?x8xi32> -> tensor<?x64xbf16>
  return
}

// -----

#schedule = #slingpu.schedule<emitter = "combine", tile = [4, 64, 1], stages = 1, warps = [4, 1], cluster = 1, split = 1, persistent = false>
func.func @f(%r: tensor<?x2x64xbf16>, %g: tensor<?x8xbf16>, %p: tensor<?x8xi32>) {
  // expected-error@+1 {{no kernel by combine: expected a tile of 4 tokens, 256 rows (features) and 1 column, and 1 stage, found 4, 64, 1 and 1}}
  %y = slingpu.combine %r, %g, %p {schedule = #schedule} : tensor<?x2x64xbf16>, tensor<?x8xbf16>, tensor<?x8xi32> -> tensor<?x64xbf16>
  return
}

// -----

#schedule = #slingpu.schedule<emitter = "combine", tile = [4, 256, 1], stages = 1, warps = [4, 1], cluster = 4, split = 1, persistent = false>
func.func @f(%r: tensor<?x2x64xbf16>, %g: tensor<?x8xbf16>, %p: tensor<?x8xi32>) {
  // expected-error@+1 {{no kernel by combine: expected clusters of 1 block, found 4}}
  %y = slingpu.combine %r, %g, %p {schedule = #schedule} : tensor<?x2x64xbf16>, tensor<?x8xbf16>, tensor<?x8xi32> -> tensor<?x64xbf16>
  return
}

// -----

#schedule = #slingpu.schedule<emitter = "wgmma", tile = [64, 64, 64], stages = 3, warps = [4, 1], cluster = 1, split = 1, persistent = true>
func.func @f(%x: tensor<?x2x64xbf16>, %w: tensor<8x64x64xbf16>, %o: tensor<9xi32>) {
  // expected-error@+1 {{no kernel by wgmma: TMA: expected the same matrix for all tokens, found one for each of 8 experts}}
  %y = slingpu.block_gemm %x, %w experts %o : tensor<9xi32> run 64 {schedule = #schedule} : tensor<?x2x64xbf16>, tensor<8x64x64xbf16> -> tensor<?x2x64xbf16>
  return
}

// -----

#schedule = #slingpu.schedule<emitter = "skinny", tile = [16, 64, 64], stages = 4, warps = [1, 4], cluster = 1, split = 1, persistent = false>
func.func @f(%x: tensor<?x2x64xbf16>, %w: tensor<8x64x64xbf16>, %o: tensor<9xi32>) {
  // expected-error@+1 {{no kernel by skinny: TMA: expected the same matrix for all tokens, found one for each of 8 experts}}
  %y = slingpu.block_gemm %x, %w experts %o : tensor<9xi32> run 64 {schedule = #schedule} : tensor<?x2x64xbf16>, tensor<8x64x64xbf16> -> tensor<?x2x64xbf16>
  return
}

// -----

// Rows of 2 bytes, whose addresses fill the registers.
#schedule = #slingpu.schedule<emitter = "mma_sync", tile = [256, 128, 64], stages = 2, warps = [4, 2], cluster = 1, split = 1, persistent = false>
func.func @f(%x: tensor<?x63xbf16>, %w: tensor<8x64x64xbf16>, %o: tensor<9xi32>, %l: tensor<?x2xi32>) {
  // expected-error@+1 {{no kernel by mma_sync: expected at most 255 registers for each of 256 threads, found 352}}
  %y = slingpu.block_gemm %x, %w experts %o : tensor<9xi32> tokens %l : tensor<?x2xi32> run 64 {schedule = #schedule} : tensor<?x63xbf16>, tensor<8x64x64xbf16> -> tensor<?x2x64xbf16>
  return
}
