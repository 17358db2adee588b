// RUN: slin-opt --slin-gpu-fuse %s --split-input-file --remarks-filter=slin-gpu-fuse --remark-format=emitRemark --verify-diagnostics | FileCheck %s --implicit-check-not=ffn_core

// Why products stay apart.

// CHECK-COUNT-33: slingpu.block_gemm
// CHECK-NOT: slingpu.block_gemm

// C2.
#schedule = #slingpu.schedule<emitter = "mma_sync", tile = [64, 64, 64], stages = 2, warps = [2, 2], cluster = 1, split = 1, persistent = false>
%u = slingpu.weight "u" dense<0.5> : tensor<1x512x64xbf16>
%v = slingpu.weight "v" dense<0.5> : tensor<1x64x512xbf16>
slingpu.entry "/mlp" bounds [] structure "" (tensor<?x64xbf16>) -> (tensor<?x64xbf16>) {
^bb0(%t: tensor<?x64xbf16>):
  %h = slingpu.block_gemm %t, %u run 512 {schedule = #schedule} : tensor<?x64xbf16>, tensor<1x512x64xbf16> -> tensor<?x512xbf16>
  // expected-remark@+1 {{'/mlp': products of 64, 512 and 64 features stay apart: expected products that have no schedule yet, found one by mma_sync}}
  %z = slingpu.block_gemm %h, %v run 64 : tensor<?x512xbf16>, tensor<1x64x512xbf16> -> tensor<?x64xbf16>
  slingpu.yield %z : tensor<?x64xbf16>
}

// -----

// C3.
%u = slingpu.weight "u" dense<0.5> : tensor<1x512x64xf32>
%v = slingpu.weight "v" dense<0.5> : tensor<1x64x512xf32>
slingpu.entry "/mlp" bounds [] structure "" (tensor<?x64xf32>) -> (tensor<?x64xf32>) {
^bb0(%t: tensor<?x64xf32>):
  %h = slingpu.block_gemm %t, %u run 512 : tensor<?x64xf32>, tensor<1x512x64xf32> -> tensor<?x512xf32>
  // expected-remark@+1 {{'/mlp': products of 64, 512 and 64 features stay apart: expected elements of bf16 or f16, found f32}}
  %z = slingpu.block_gemm %h, %v run 64 : tensor<?x512xf32>, tensor<1x64x512xf32> -> tensor<?x64xf32>
  slingpu.yield %z : tensor<?x64xf32>
}

// -----

// C4.
%u = slingpu.weight "u" dense<0.5> : tensor<4x128x16xbf16>
%v = slingpu.weight "v" dense<0.5> : tensor<1x64x512xbf16>
slingpu.entry "/mlp" bounds [] structure "" (tensor<?x64xbf16>) -> (tensor<?x64xbf16>) {
^bb0(%t: tensor<?x64xbf16>):
  %h = slingpu.block_gemm %t, %u run 128 : tensor<?x64xbf16>, tensor<4x128x16xbf16> -> tensor<?x512xbf16>
  // expected-remark@+1 {{'/mlp': products of 64, 512 and 64 features stay apart: expected products of one block, found one of 4}}
  %z = slingpu.block_gemm %h, %v run 64 : tensor<?x512xbf16>, tensor<1x64x512xbf16> -> tensor<?x64xbf16>
  slingpu.yield %z : tensor<?x64xbf16>
}

// -----

%u = slingpu.weight "u" dense<0.5> : tensor<1x512x64xbf16>
%v = slingpu.weight "v" dense<0.5> : tensor<2x32x256xbf16>
slingpu.entry "/mlp" bounds [] structure "" (tensor<?x64xbf16>) -> (tensor<?x64xbf16>) {
^bb0(%t: tensor<?x64xbf16>):
  %h = slingpu.block_gemm %t, %u run 512 : tensor<?x64xbf16>, tensor<1x512x64xbf16> -> tensor<?x512xbf16>
  // expected-remark@+1 {{'/mlp': products of 64, 512 and 64 features stay apart: expected products of one block, found one of 2}}
  %z = slingpu.block_gemm %h, %v run 32 : tensor<?x512xbf16>, tensor<2x32x256xbf16> -> tensor<?x64xbf16>
  slingpu.yield %z : tensor<?x64xbf16>
}

// -----

// C5.
%u = slingpu.weight "u" dense<0.5> : tensor<1x512x64xbf16>
%v = slingpu.weight "v" dense<0.5> : tensor<1x64x512xbf16>
slingpu.entry "/mlp" bounds [] structure "" (tensor<?x64xbf16>) -> (tensor<?x64xbf16>, tensor<?x512xbf16>) {
^bb0(%t: tensor<?x64xbf16>):
  %h = slingpu.block_gemm %t, %u run 512 : tensor<?x64xbf16>, tensor<1x512x64xbf16> -> tensor<?x512xbf16>
  // expected-remark@+1 {{'/mlp': products of 64, 512 and 64 features stay apart: expected nothing else to read the hidden features, found 2 readers}}
  %z = slingpu.block_gemm %h, %v run 64 : tensor<?x512xbf16>, tensor<1x64x512xbf16> -> tensor<?x64xbf16>
  slingpu.yield %z, %h : tensor<?x64xbf16>, tensor<?x512xbf16>
}

// -----

%u = slingpu.weight "u" dense<0.5> : tensor<1x512x64xbf16>
%v = slingpu.weight "v" dense<0.5> : tensor<1x64x512xbf16>
slingpu.entry "/mlp" bounds [] structure "" (tensor<?x64xbf16>) -> (tensor<?x64xbf16>, tensor<?x512xbf16>) {
^bb0(%t: tensor<?x64xbf16>):
  %k = slingpu.block_gemm %t, %u run 512 : tensor<?x64xbf16>, tensor<1x512x64xbf16> -> tensor<?x512xbf16>
  %h = slingpu.block_gemm %t, %u gate %k : tensor<?x512xbf16> run 512 : tensor<?x64xbf16>, tensor<1x512x64xbf16> -> tensor<?x512xbf16>
  // expected-remark@+1 {{'/mlp': products of 64, 512 and 64 features stay apart: expected nothing else to read the gate, found 2 readers}}
  %z = slingpu.block_gemm %h, %v run 64 : tensor<?x512xbf16>, tensor<1x64x512xbf16> -> tensor<?x64xbf16>
  slingpu.yield %z, %k : tensor<?x64xbf16>, tensor<?x512xbf16>
}

// -----

// C6.
%u = slingpu.weight "u" dense<0.5> : tensor<1x512x64xbf16>
%v = slingpu.weight "v" dense<0.5> : tensor<1x64x512xbf16>
slingpu.entry "/mlp" bounds [] structure "" (tensor<?x64xbf16>, tensor<?x512xbf16>) -> (tensor<?x64xbf16>) {
^bb0(%t: tensor<?x64xbf16>, %r: tensor<?x512xbf16>):
  %h = slingpu.block_gemm %t, %u residual %r : tensor<?x512xbf16> run 512 : tensor<?x64xbf16>, tensor<1x512x64xbf16> -> tensor<?x512xbf16>
  // expected-remark@+1 {{'/mlp': products of 64, 512 and 64 features stay apart: expected no residual of the hidden features, found one}}
  %z = slingpu.block_gemm %h, %v run 64 : tensor<?x512xbf16>, tensor<1x64x512xbf16> -> tensor<?x64xbf16>
  slingpu.yield %z : tensor<?x64xbf16>
}

// -----

%u = slingpu.weight "u" dense<0.5> : tensor<1x512x64xbf16>
%v = slingpu.weight "v" dense<0.5> : tensor<1x64x512xbf16>
%b = slingpu.weight "b" dense<0.5> : tensor<64xf32>
slingpu.entry "/mlp" bounds [] structure "" (tensor<?x64xbf16>) -> (tensor<?x64xbf16>) {
^bb0(%t: tensor<?x64xbf16>):
  %h = slingpu.block_gemm %t, %u run 512 : tensor<?x64xbf16>, tensor<1x512x64xbf16> -> tensor<?x512xbf16>
  // expected-remark@+1 {{'/mlp': products of 64, 512 and 64 features stay apart: expected nothing behind the second product, found a bias and an activation}}
  %z = slingpu.block_gemm %h, %v bias %b : tensor<64xf32> run 64 {activation = "relu"} : tensor<?x512xbf16>, tensor<1x64x512xbf16> -> tensor<?x64xbf16>
  slingpu.yield %z : tensor<?x64xbf16>
}

// -----

%u = slingpu.weight "u" dense<0.5> : tensor<1x512x64xbf16>
%v = slingpu.weight "v" dense<0.5> : tensor<1x64x512xbf16>
slingpu.entry "/mlp" bounds [] structure "" (tensor<?x64xbf16>) -> (tensor<?x64xbf16>) {
^bb0(%t: tensor<?x64xbf16>):
  %h = slingpu.block_gemm %t, %u run 512 : tensor<?x64xbf16>, tensor<1x512x64xbf16> -> tensor<?x512xbf16>
  // expected-remark@+1 {{'/mlp': products of 64, 512 and 64 features stay apart: expected nothing behind the second product, found a gate and a residual}}
  %z = slingpu.block_gemm %h, %v gate %t : tensor<?x64xbf16> residual %t : tensor<?x64xbf16> run 64 : tensor<?x512xbf16>, tensor<1x64x512xbf16> -> tensor<?x64xbf16>
  slingpu.yield %z : tensor<?x64xbf16>
}

// -----

%u = slingpu.weight "u" dense<0.5> : tensor<1x512x64xbf16>
%v = slingpu.weight "v" dense<0.5> : tensor<1x64x512xbf16>
slingpu.entry "/mlp" bounds [] structure "" (tensor<?x64xbf16>) -> (tensor<?x64xbf16>) {
^bb0(%t: tensor<?x64xbf16>):
  %k = slingpu.block_gemm %t, %u run 512 {activation = "relu"} : tensor<?x64xbf16>, tensor<1x512x64xbf16> -> tensor<?x512xbf16>
  %h = slingpu.block_gemm %t, %u gate %k : tensor<?x512xbf16> run 512 : tensor<?x64xbf16>, tensor<1x512x64xbf16> -> tensor<?x512xbf16>
  // expected-remark@+1 {{'/mlp': products of 64, 512 and 64 features stay apart: expected a bias at most behind the gate's product, found an activation}}
  %z = slingpu.block_gemm %h, %v run 64 : tensor<?x512xbf16>, tensor<1x64x512xbf16> -> tensor<?x64xbf16>
  slingpu.yield %z : tensor<?x64xbf16>
}

// -----

// C7.
%u = slingpu.weight "u" dense<0.5> : tensor<1x512x64xbf16>
%v = slingpu.weight "v" dense<0.5> : tensor<1x64x512xbf16>
slingpu.entry "/mlp" bounds [] structure "" (tensor<?x64xbf16>, tensor<?x512xbf16>) -> (tensor<?x64xbf16>) {
^bb0(%t: tensor<?x64xbf16>, %g: tensor<?x512xbf16>):
  %h = slingpu.block_gemm %t, %u gate %g : tensor<?x512xbf16> run 512 : tensor<?x64xbf16>, tensor<1x512x64xbf16> -> tensor<?x512xbf16>
  // expected-remark@+1 {{'/mlp': products of 64, 512 and 64 features stay apart: expected a gate that a product gives, found another}}
  %z = slingpu.block_gemm %h, %v run 64 : tensor<?x512xbf16>, tensor<1x64x512xbf16> -> tensor<?x64xbf16>
  slingpu.yield %z : tensor<?x64xbf16>
}

// -----

// C8.
%u = slingpu.weight "u" dense<0.5> : tensor<1x512x264xbf16>
%v = slingpu.weight "v" dense<0.5> : tensor<1x64x512xbf16>
slingpu.entry "/mlp" bounds [] structure "" (tensor<?x257xbf16>) -> (tensor<?x64xbf16>) {
^bb0(%t: tensor<?x257xbf16>):
  %h = slingpu.block_gemm %t, %u run 512 : tensor<?x257xbf16>, tensor<1x512x264xbf16> -> tensor<?x512xbf16>
  // expected-remark@+1 {{'/mlp': products of 257, 512 and 64 features stay apart: expected inputs and a result of at most 256 features, found 257}}
  %z = slingpu.block_gemm %h, %v run 64 : tensor<?x512xbf16>, tensor<1x64x512xbf16> -> tensor<?x64xbf16>
  slingpu.yield %z : tensor<?x64xbf16>
}

// -----

%u = slingpu.weight "u" dense<0.5> : tensor<1x512x64xbf16>
%v = slingpu.weight "v" dense<0.5> : tensor<1x64x512xbf16>
%g = slingpu.weight "g" dense<0.5> : tensor<1x512x304xbf16>
slingpu.entry "/mlp" bounds [] structure "" (tensor<?x64xbf16>, tensor<?x300xbf16>) -> (tensor<?x64xbf16>) {
^bb0(%t: tensor<?x64xbf16>, %s: tensor<?x300xbf16>):
  %k = slingpu.block_gemm %s, %g run 512 : tensor<?x300xbf16>, tensor<1x512x304xbf16> -> tensor<?x512xbf16>
  %h = slingpu.block_gemm %t, %u gate %k : tensor<?x512xbf16> run 512 : tensor<?x64xbf16>, tensor<1x512x64xbf16> -> tensor<?x512xbf16>
  // expected-remark@+1 {{'/mlp': products of 64, 512 and 64 features stay apart: expected inputs and a result of at most 256 features, found 300}}
  %z = slingpu.block_gemm %h, %v run 64 : tensor<?x512xbf16>, tensor<1x64x512xbf16> -> tensor<?x64xbf16>
  slingpu.yield %z : tensor<?x64xbf16>
}

// -----

// Fewer features between two products than around them: nobody would want these as one op.
%u = slingpu.weight "u" dense<0.5> : tensor<1x512x64xbf16>
%v = slingpu.weight "v" dense<0.5> : tensor<1x64x512xbf16>
slingpu.entry "/mlp" bounds [] structure "" (tensor<?x512xbf16>) -> (tensor<?x512xbf16>) {
^bb0(%t: tensor<?x512xbf16>):
  %h = slingpu.block_gemm %t, %v run 64 : tensor<?x512xbf16>, tensor<1x64x512xbf16> -> tensor<?x64xbf16>
  %z = slingpu.block_gemm %h, %u run 512 : tensor<?x64xbf16>, tensor<1x512x64xbf16> -> tensor<?x512xbf16>
  slingpu.yield %z : tensor<?x512xbf16>
}

// -----

// C4: a matrix for each expert.
%u = slingpu.weight "u" dense<0.5> : tensor<8x512x64xbf16>
%v = slingpu.weight "v" dense<0.5> : tensor<8x64x512xbf16>
slingpu.entry "/mlp" bounds [] structure "" (tensor<?x64xbf16>, tensor<?x8xbf16>) -> (tensor<?x64xbf16>) {
^bb0(%t: tensor<?x64xbf16>, %g: tensor<?x8xbf16>):
  %o, %l, %p = slingpu.route %g choices 2 : tensor<?x8xbf16> -> tensor<9xi32>, tensor<?x2xi32>, tensor<?x8xi32>
  %h = slingpu.block_gemm %t, %u experts %o : tensor<9xi32> tokens %l : tensor<?x2xi32> run 512 : tensor<?x64xbf16>, tensor<8x512x64xbf16> -> tensor<?x2x512xbf16>
  // expected-remark@+1 {{'/mlp': products of 64, 512 and 64 features stay apart: expected products of all tokens, found one by experts}}
  %r = slingpu.block_gemm %h, %v experts %o : tensor<9xi32> run 64 : tensor<?x2x512xbf16>, tensor<8x64x512xbf16> -> tensor<?x2x64xbf16>
  %z = slingpu.combine %r, %g, %p : tensor<?x2x64xbf16>, tensor<?x8xbf16>, tensor<?x8xi32> -> tensor<?x64xbf16>
  slingpu.yield %z : tensor<?x64xbf16>
}
