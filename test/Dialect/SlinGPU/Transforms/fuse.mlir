// RUN: slin-opt --slin-gpu-fuse %s --split-input-file --remarks-filter=slin-gpu-fuse --remark-format=emitRemark --verify-diagnostics | FileCheck %s --implicit-check-not=block_gemm

%u = slingpu.weight "u" dense<0.5> : tensor<1x512x40xbf16>
%v = slingpu.weight "v" dense<0.5> : tensor<1x256x512xbf16>
%b = slingpu.weight "b" dense<0.5> : tensor<512xf32>

// CHECK-LABEL: slingpu.entry "/plain"
slingpu.entry "/plain" bounds [] structure "" (tensor<?x37xbf16>) -> (tensor<?x256xbf16>) {
^bb0(%t: tensor<?x37xbf16>):
  // CHECK: %[[Z:.*]] = slingpu.ffn_core %{{.*}}, %u, %v bias %b : tensor<512xf32> {activation = "leaky_relu", parameter = 1.000000e-01 : f64} : tensor<?x37xbf16>
  // CHECK-NEXT: slingpu.yield %[[Z]]
  %h = slingpu.block_gemm %t, %u bias %b : tensor<512xf32> run 512 {activation = "leaky_relu", parameter = 0.1} : tensor<?x37xbf16>, tensor<1x512x40xbf16> -> tensor<?x512xbf16>
  // expected-remark@+1 {{'/plain': products of 37, 512 and 256 features are one op}}
  %z = slingpu.block_gemm %h, %v run 256 : tensor<?x512xbf16>, tensor<1x256x512xbf16> -> tensor<?x256xbf16>
  slingpu.yield %z : tensor<?x256xbf16>
}

// -----

%u = slingpu.weight "u" dense<0.5> : tensor<1x512x64xf16>
%g = slingpu.weight "g" dense<0.5> : tensor<1x512x96xf16>
%v = slingpu.weight "v" dense<0.5> : tensor<1x64x512xf16>
%b = slingpu.weight "b" dense<0.5> : tensor<512xf32>

// Ranges of tokens are fused one by one; linears without anything between them are, too.
// CHECK-LABEL: slingpu.entry "/gated"
slingpu.entry "/gated" bounds [16] structure "" (tensor<?x64xf16>, tensor<?x96xf16>) -> (tensor<?x64xf16>) {
^bb0(%t: tensor<?x64xf16>, %s: tensor<?x96xf16>):
  // CHECK: slingpu.ffn_core %{{.*}}, %u, %v : tensor<?x64xf16>
  %h = slingpu.block_gemm %t, %u run 512 : tensor<?x64xf16>, tensor<1x512x64xf16> -> tensor<?x512xf16>
  // expected-remark@+1 {{'/gated': products of 64, 512 and 64 features are one op}}
  %z = slingpu.block_gemm %h, %v run 64 : tensor<?x512xf16>, tensor<1x64x512xf16> -> tensor<?x64xf16>
  slingpu.yield %z : tensor<?x64xf16>
}, {
^bb0(%t: tensor<?x64xf16>, %s: tensor<?x96xf16>):
  // CHECK: slingpu.ffn_core %{{.*}}, %u, %v gate %{{.*}}, %g : tensor<?x96xf16>, tensor<1x512x96xf16> gate_bias %b : tensor<512xf32> {activation = "silu"} : tensor<?x64xf16>
  %k = slingpu.block_gemm %s, %g bias %b : tensor<512xf32> run 512 : tensor<?x96xf16>, tensor<1x512x96xf16> -> tensor<?x512xf16>
  %h = slingpu.block_gemm %t, %u gate %k : tensor<?x512xf16> run 512 {activation = "silu"} : tensor<?x64xf16>, tensor<1x512x64xf16> -> tensor<?x512xf16>
  // expected-remark@+1 {{'/gated': products of 64, 512 and 64 features are one op}}
  %z = slingpu.block_gemm %h, %v run 64 : tensor<?x512xf16>, tensor<1x64x512xf16> -> tensor<?x64xf16>
  slingpu.yield %z : tensor<?x64xf16>
}
