// RUN: slin-opt --slin-to-slingpu=element-type=bf16 --slin-gpu-fuse %s | FileCheck %s

// The middle of a gated network of low rank: four products become two.

func.func @f(%x: tensor<?x32xf32>) -> tensor<?x32xf32> {
  %u1 = slin.weight "u1" dense<0.5> : tensor<96x8xf32>
  %v1 = slin.weight "v1" dense<0.5> : tensor<8x32xf32>
  %ug = slin.weight "ug" dense<0.5> : tensor<96x16xf32>
  %vg = slin.weight "vg" dense<0.5> : tensor<16x32xf32>
  %u2 = slin.weight "u2" dense<0.25> : tensor<32x8xf32>
  %v2 = slin.weight "v2" dense<0.25> : tensor<8x96xf32>
  %bg = slin.weight "bg" dense<1.0> : tensor<96xf32>
  %0 = slin.low_rank %u1, %v1 : tensor<96x8xf32>, tensor<8x32xf32> -> !slin.linop<32 -> 96, f32>
  %1 = slin.low_rank %ug, %vg : tensor<96x16xf32>, tensor<16x32xf32> -> !slin.linop<32 -> 96, f32>
  %2 = slin.low_rank %u2, %v2 : tensor<32x8xf32>, tensor<8x96xf32> -> !slin.linop<96 -> 32, f32>
  %y = slin.ffn "/mlp" (%t = %x : tensor<?x32xf32>) -> tensor<?x32xf32> {
    %u = slin.apply %0, %t {path = "/up"} : !slin.linop<32 -> 96, f32>, tensor<?x32xf32> -> tensor<?x96xf32>
    %g = slin.apply %1, %t bias %bg : tensor<96xf32> {path = "/gate"} : !slin.linop<32 -> 96, f32>, tensor<?x32xf32> -> tensor<?x96xf32>
    %a = slin.activation relu(%p = %u : tensor<?x96xf32>, %q = %g : tensor<?x96xf32>) -> tensor<?x96xf32> {
      slin.yield %p : tensor<?x96xf32>
    }
    %d = slin.apply %2, %a {path = "/down"} : !slin.linop<96 -> 32, f32>, tensor<?x96xf32> -> tensor<?x32xf32>
    slin.yield %d : tensor<?x32xf32>
  }
  return %y : tensor<?x32xf32>
}

// CHECK-LABEL: slingpu.entry "/mlp"
// CHECK-DAG: %[[T:.*]] = slingpu.block_gemm %x, %up.w0 run 8
// CHECK-DAG: %[[S:.*]] = slingpu.block_gemm %x, %gate.w0 run 16
// CHECK: %[[Z:.*]] = slingpu.ffn_core %[[T]], %up.w1, %down.w0 gate %[[S]], %gate.w1 : tensor<?x16xbf16>, tensor<1x96x16xbf16> gate_bias %gate.bias : tensor<96xf32> {activation = "relu"}
// CHECK: %[[Y:.*]] = slingpu.block_gemm %[[Z]], %down.w1 run 32
// CHECK: slingpu.yield %[[Y]]
