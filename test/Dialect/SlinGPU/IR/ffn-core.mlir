// RUN: slin-opt %s --verify-roundtrip | FileCheck %s

#schedule = #slingpu.schedule<emitter = "mma_sync_core", tile = [64, 32, 64], stages = 3, warps = [4, 1], cluster = 1, split = 1, persistent = false>

%u = slingpu.weight "/up/u" dense<0.5> : tensor<1x96x40xbf16>
%g = slingpu.weight "/gate/u" dense<0.5> : tensor<1x96x24xbf16>
%v = slingpu.weight "/down/v" dense<0.5> : tensor<1x30x96xbf16>
%b = slingpu.weight "/up/b" dense<1.0> : tensor<96xf32>

// CHECK-LABEL: slingpu.entry "/mlp"
slingpu.entry "/mlp" bounds [] structure "" (tensor<?x37xbf16>, tensor<?x24xbf16>) -> (tensor<?x30xbf16>, tensor<?x30xbf16>, tensor<?x30xbf16>) {
^bb0(%t: tensor<?x37xbf16>, %s: tensor<?x24xbf16>):
  // CHECK: %[[Z:.*]] = slingpu.ffn_core %{{.*}}, %up.u, %down.v : tensor<?x37xbf16>, tensor<1x96x40xbf16>, tensor<1x30x96xbf16> -> tensor<?x30xbf16>
  %0 = slingpu.ffn_core %t, %u, %v : tensor<?x37xbf16>, tensor<1x96x40xbf16>, tensor<1x30x96xbf16> -> tensor<?x30xbf16>
  // CHECK: slingpu.ffn_core %{{.*}}, %up.u, %down.v bias %up.b : tensor<96xf32> {activation = "leaky_relu", parameter = 1.000000e-01 : f64, schedule = #slingpu.schedule<emitter = "mma_sync_core", tile = [64, 32, 64], stages = 3, warps = [4, 1], cluster = 1, split = 1, persistent = false>}
  %1 = slingpu.ffn_core %t, %u, %v bias %b : tensor<96xf32> {activation = "leaky_relu", parameter = 0.1, schedule = #schedule} : tensor<?x37xbf16>, tensor<1x96x40xbf16>, tensor<1x30x96xbf16> -> tensor<?x30xbf16>
  // CHECK: slingpu.ffn_core %{{.*}}, %up.u, %down.v bias %up.b : tensor<96xf32> gate %{{.*}}, %gate.u : tensor<?x24xbf16>, tensor<1x96x24xbf16> gate_bias %up.b : tensor<96xf32> {activation = "silu"}
  %2 = slingpu.ffn_core %t, %u, %v bias %b : tensor<96xf32> gate %s, %g : tensor<?x24xbf16>, tensor<1x96x24xbf16> gate_bias %b : tensor<96xf32> {activation = "silu"} : tensor<?x37xbf16>, tensor<1x96x40xbf16>, tensor<1x30x96xbf16> -> tensor<?x30xbf16>
  slingpu.yield %0, %1, %2 : tensor<?x30xbf16>, tensor<?x30xbf16>, tensor<?x30xbf16>
}
