// RUN: slin-opt %s --verify-roundtrip | FileCheck %s

// Two of eight experts, gated, their matrices in two blocks: routing, products by
// experts of gathered tokens and of rows, and the sum.

%w = slingpu.weight "/experts/0/w" dense<0.5> : tensor<16x24x32xbf16>
%b = slingpu.weight "/experts/0/bias" dense<0.5> : tensor<384xf32>
%v = slingpu.weight "/experts/1/w" dense<0.5> : tensor<8x64x48xbf16>

// CHECK: slingpu.entry "/experts" bounds [] structure "2 of 8 experts: block_diagonal, relu, dense" (tensor<?x64xbf16>, tensor<?x8xbf16>) -> (tensor<?x64xbf16>) attributes {networks = ["/0", "/1", "/2", "/3", "/4", "/5", "/6", "/7"]}
slingpu.entry "/experts" bounds [] structure "2 of 8 experts: block_diagonal, relu, dense" (tensor<?x64xbf16>, tensor<?x8xbf16>) -> (tensor<?x64xbf16>)
    attributes {networks = ["/0", "/1", "/2", "/3", "/4", "/5", "/6", "/7"]} {
^bb0(%x: tensor<?x64xbf16>, %gates: tensor<?x8xbf16>):
  // CHECK: %offsets, %tokens, %places = slingpu.route %{{.*}} choices 2 : tensor<?x8xbf16> -> tensor<9xi32>, tensor<?x2xi32>, tensor<?x8xi32>
  %offsets, %tokens, %places = slingpu.route %gates choices 2 : tensor<?x8xbf16> -> tensor<9xi32>, tensor<?x2xi32>, tensor<?x8xi32>
  // CHECK: slingpu.block_gemm %{{.*}}, %{{.*}} bias %{{.*}} : tensor<384xf32> experts %offsets : tensor<9xi32> tokens %tokens : tensor<?x2xi32> run 12 {activation = "relu"} : tensor<?x64xbf16>, tensor<16x24x32xbf16> -> tensor<?x2x48xbf16>
  %h = slingpu.block_gemm %x, %w bias %b : tensor<384xf32> experts %offsets : tensor<9xi32> tokens %tokens : tensor<?x2xi32> run 12 {activation = "relu"}
    : tensor<?x64xbf16>, tensor<16x24x32xbf16> -> tensor<?x2x48xbf16>
  // CHECK: slingpu.block_gemm %{{.*}}, %{{.*}} experts %offsets : tensor<9xi32> run 64 : tensor<?x2x48xbf16>, tensor<8x64x48xbf16> -> tensor<?x2x64xbf16>
  %r = slingpu.block_gemm %h, %v experts %offsets : tensor<9xi32> run 64 : tensor<?x2x48xbf16>, tensor<8x64x48xbf16> -> tensor<?x2x64xbf16>
  // CHECK: slingpu.combine %{{.*}}, %{{.*}}, %places : tensor<?x2x64xbf16>, tensor<?x8xbf16>, tensor<?x8xi32> -> tensor<?x64xbf16>
  %y = slingpu.combine %r, %gates, %places : tensor<?x2x64xbf16>, tensor<?x8xbf16>, tensor<?x8xi32> -> tensor<?x64xbf16>
  slingpu.yield %y : tensor<?x64xbf16>
}
