// RUN: slin-opt --slin-gpu-fuse='max-rank=48 min-tokens=65' %s --remarks-filter=slin-gpu-fuse --remark-format=emitRemark --verify-diagnostics | FileCheck %s
// RUN: not slin-opt --slin-gpu-fuse=max-rank=0 %s 2>&1 | FileCheck %s --check-prefix=RANK
// RUN: not slin-opt --slin-gpu-fuse=min-tokens=0 %s 2>&1 | FileCheck %s --check-prefix=TOKENS

// RANK: error: slin-gpu-fuse: expected a 'max-rank' of at least 1, found 0
// TOKENS: error: slin-gpu-fuse: expected a 'min-tokens' of at least 1, found 0

%u = slingpu.weight "u" dense<0.5> : tensor<1x512x48xbf16>
%v = slingpu.weight "v" dense<0.5> : tensor<1x48x512xbf16>
%w = slingpu.weight "w" dense<0.5> : tensor<1x56x512xbf16>

slingpu.entry "/few" bounds [64, 65] structure "" (tensor<?x48xbf16>) -> (tensor<?x48xbf16>) {
^bb0(%t: tensor<?x48xbf16>):
  // CHECK: slingpu.block_gemm
  %h = slingpu.block_gemm %t, %u run 512 : tensor<?x48xbf16>, tensor<1x512x48xbf16> -> tensor<?x512xbf16>
  // expected-remark@+2 {{'/few': products of 48, 512 and 48 features stay apart: expected a region for 65 tokens or more, found one from 1}}
  // CHECK: slingpu.block_gemm
  %z = slingpu.block_gemm %h, %v run 48 : tensor<?x512xbf16>, tensor<1x48x512xbf16> -> tensor<?x48xbf16>
  slingpu.yield %z : tensor<?x48xbf16>
}, {
^bb0(%t: tensor<?x48xbf16>):
  // CHECK: slingpu.block_gemm
  %h = slingpu.block_gemm %t, %u run 512 : tensor<?x48xbf16>, tensor<1x512x48xbf16> -> tensor<?x512xbf16>
  // expected-remark@+2 {{'/few': products of 48, 512 and 48 features stay apart: expected a region for 65 tokens or more, found one from 64}}
  // CHECK: slingpu.block_gemm
  %z = slingpu.block_gemm %h, %v run 48 : tensor<?x512xbf16>, tensor<1x48x512xbf16> -> tensor<?x48xbf16>
  slingpu.yield %z : tensor<?x48xbf16>
}, {
^bb0(%t: tensor<?x48xbf16>):
  // CHECK-NOT: slingpu.block_gemm
  // CHECK: slingpu.ffn_core
  %h = slingpu.block_gemm %t, %u run 512 : tensor<?x48xbf16>, tensor<1x512x48xbf16> -> tensor<?x512xbf16>
  // expected-remark@+1 {{'/few': products of 48, 512 and 48 features are one op}}
  %z = slingpu.block_gemm %h, %v run 48 : tensor<?x512xbf16>, tensor<1x48x512xbf16> -> tensor<?x48xbf16>
  slingpu.yield %z : tensor<?x48xbf16>
}

slingpu.entry "/many" bounds [2, 65] structure "" (tensor<?x48xbf16>) -> (tensor<?x48xbf16>) {
^bb0(%t: tensor<?x48xbf16>):
  slingpu.yield %t : tensor<?x48xbf16>
}, {
^bb0(%t: tensor<?x48xbf16>):
  slingpu.yield %t : tensor<?x48xbf16>
}, {
^bb0(%t: tensor<?x48xbf16>):
  // CHECK: slingpu.block_gemm
  %h = slingpu.block_gemm %t, %u run 512 : tensor<?x48xbf16>, tensor<1x512x48xbf16> -> tensor<?x512xbf16>
  // expected-remark@+2 {{'/many': products of 48, 512 and 56 features stay apart: expected inputs and a result of at most 48 features, found 56}}
  // CHECK: slingpu.block_gemm
  %z = slingpu.block_gemm %h, %w run 56 : tensor<?x512xbf16>, tensor<1x56x512xbf16> -> tensor<?x56xbf16>
  slingpu.yield %t : tensor<?x48xbf16>
}
