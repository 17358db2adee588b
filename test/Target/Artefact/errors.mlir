// RUN: slin-translate --slingpu-to-artefact --split-input-file --verify-diagnostics %s

// expected-error@below {{expected at least one slingpu.entry for an artefact, found none}}
module {}

// -----

slingpu.entry "/mlp" bounds [] structure "identity" (tensor<?x64xbf16>) -> (tensor<?x64xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x64x64xbf16>
  // expected-error@below {{entry '/mlp': expected launches of kernels, found 'slingpu.block_gemm'; slin-gpu-to-nvvm makes them}}
  %y = slingpu.block_gemm %x, %w run 64 : tensor<?x64xbf16>, tensor<1x64x64xbf16> -> tensor<?x64xbf16>
  slingpu.yield %y : tensor<?x64xbf16>
}

// -----

// expected-error@below {{entry '/mlp': expected 1 to 64 launches, found 0}}
slingpu.entry "/mlp" bounds [] structure "identity" (tensor<?x64xbf16>) -> (tensor<?x64xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  slingpu.yield %x : tensor<?x64xbf16>
}

// -----

gpu.module @kernels {
  // expected-error@below {{kernel 'k': expected 'slingpu.shared' of 0 to 1048576, found none}}
  llvm.func @k(%a: !llvm.ptr<1>) attributes {nvvm.kernel, nvvm.reqntid = array<i32: 32>} {
    llvm.return
  }
}

// -----

gpu.module @kernels {
  // expected-error@below {{kernel 'k': expected 'nvvm.reqntid' of one number from 1 to 1024}}
  llvm.func @k(%a: !llvm.ptr<1>) attributes {nvvm.kernel} {
    llvm.return
  }
}

// -----

gpu.module @kernels {
  llvm.func @k(%a: !llvm.ptr<1>, %b: !llvm.ptr<1>) attributes {nvvm.kernel, nvvm.reqntid = array<i32: 32>, slingpu.cluster = 2 : i64, slingpu.shared = 0 : i64} {
    llvm.return
  }
}
slingpu.entry "/mlp" bounds [] structure "copy" (tensor<?x64xbf16>) -> (tensor<?x64xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  // expected-error@below {{entry '/mlp': expected a grid of whole clusters of 2 blocks, found #slingpu.number<ceil(1 * tokens by 32) * 3 + 0>}}
  %y = slingpu.launch @kernels::@k(%x) grid <ceil(1 * tokens by 32) * 3 + 0>, <1>
    parameters [#slingpu.pointer<buffer = 0, offset = 0>, #slingpu.pointer<buffer = 1, offset = 0>] : (tensor<?x64xbf16>) -> tensor<?x64xbf16>
  slingpu.yield %y : tensor<?x64xbf16>
}

// -----

gpu.module @kernels {
  llvm.func @k(%a: !llvm.ptr<1>, %b: !llvm.ptr<1>) attributes {nvvm.kernel, nvvm.reqntid = array<i32: 32>, slingpu.cluster = 1 : i64, slingpu.shared = 0 : i64} {
    llvm.return
  }
}
// expected-error@below {{entry '/mlp': plan 0 is for 1 to 99999 tokens, but grids and parameters of its kernels pass their limits from 65536 on}}
slingpu.entry "/mlp" bounds [100000] structure "copy" (tensor<?x64xbf16>) -> (tensor<?x64xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  %y = slingpu.launch @kernels::@k(%x) grid <1>, <ceil(1 * tokens by 1) * 1 + 0>
    parameters [#slingpu.pointer<buffer = 0, offset = 0>, #slingpu.pointer<buffer = 1, offset = 0>] : (tensor<?x64xbf16>) -> tensor<?x64xbf16>
  slingpu.yield %y : tensor<?x64xbf16>
}, {
^bb0(%x: tensor<?x64xbf16>):
  %y = slingpu.launch @kernels::@k(%x) grid <1>, <1>
    parameters [#slingpu.pointer<buffer = 0, offset = 0>, #slingpu.pointer<buffer = 1, offset = 0>] : (tensor<?x64xbf16>) -> tensor<?x64xbf16>
  slingpu.yield %y : tensor<?x64xbf16>
}

// -----

gpu.module @kernels {
  llvm.func @k(%a: !llvm.ptr<1>, %b: !llvm.ptr<1>) attributes {nvvm.kernel, nvvm.reqntid = array<i32: 32>, slingpu.cluster = 1 : i64, slingpu.shared = 0 : i64} {
    llvm.return
  }
}
slingpu.entry "/mlp" bounds [] structure "copy" (tensor<?x64xbf16>) -> (tensor<?x64xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  %y = slingpu.launch @kernels::@k(%x) grid <1>, <1>
    parameters [#slingpu.pointer<buffer = 0, offset = 0>, #slingpu.pointer<buffer = 1, offset = 0>] : (tensor<?x64xbf16>) -> tensor<?x64xbf16>
  slingpu.yield %y : tensor<?x64xbf16>
}
// expected-error@below {{entry '/mlp': expected a path of its own, found another entry with it}}
slingpu.entry "/mlp" bounds [] structure "copy" (tensor<?x64xbf16>) -> (tensor<?x64xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  %y = slingpu.launch @kernels::@k(%x) grid <1>, <1>
    parameters [#slingpu.pointer<buffer = 0, offset = 0>, #slingpu.pointer<buffer = 1, offset = 0>] : (tensor<?x64xbf16>) -> tensor<?x64xbf16>
  slingpu.yield %y : tensor<?x64xbf16>
}

// -----

gpu.module @kernels {
  llvm.func @k(%a: !llvm.ptr<1>, %b: !llvm.ptr<1>) attributes {nvvm.kernel, nvvm.reqntid = array<i32: 32>, slingpu.cluster = 1 : i64, slingpu.shared = 0 : i64} {
    llvm.return
  }
}
slingpu.entry "/mlp" bounds [] structure "copy" (tensor<?x64xbf16>) -> (tensor<?x64xbf16>, tensor<?x64xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  %y = slingpu.launch @kernels::@k(%x) grid <1>, <1>
    parameters [#slingpu.pointer<buffer = 0, offset = 0>, #slingpu.pointer<buffer = 1, offset = 0>] : (tensor<?x64xbf16>) -> tensor<?x64xbf16>
  // expected-error@below {{entry '/mlp': expected outputs that are results of launches, each once; output 1 is not}}
  slingpu.yield %y, %y : tensor<?x64xbf16>, tensor<?x64xbf16>
}
