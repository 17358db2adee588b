// RUN: slin-opt --slin-gpu-schedule='target=sm_100a tokens=1,16384' --remarks-filter='slin-gpu-schedule' %s 2>%t.remarks | FileCheck %s
// RUN: FileCheck --check-prefix=REMARKS %s < %t.remarks

// What is chosen on sm_100a: tensor memory for many tokens; mma.sync where TMA
// cannot read the input, and for a core, which says why.

// CHECK-LABEL: slingpu.entry "/mlp"
// CHECK: emitter = "tcgen05", tile = [{{128|256}}, {{[0-9]+}}, 64], {{.*}}persistent = true
// CHECK-LABEL: slingpu.entry "/odd"
// CHECK-NOT: emitter = "tcgen05"
// CHECK-LABEL: slingpu.entry "/core"
// CHECK-NOT: emitter = "tcgen05"
// CHECK: emitter = "mma_sync_core"

// REMARKS: Remark="'/mlp', {{.*}}tokens and more: 4096x1024 by tcgen05, tile {{.*}}, persistent, assembled only ({{[0-9.]+}} us, bound by {{[a-z ]+}} at 16384)"
// REMARKS: Remark="'/odd', {{.*}} by mma_sync, {{.*}} us, bound by {{[a-z ]+}} at
// REMARKS: Remark="'/core', {{.*}} by mma_sync_core, {{.*}} us, bound by {{[a-z ]+}}, by mma.sync for want of a core by tcgen05 at {{[0-9]+}})"

slingpu.entry "/mlp" bounds [] structure "dense" (tensor<?x1024xbf16>) -> (tensor<?x4096xbf16>) {
^bb0(%x: tensor<?x1024xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x4096x1024xbf16>
  %y = slingpu.block_gemm %x, %w run 4096 : tensor<?x1024xbf16>, tensor<1x4096x1024xbf16> -> tensor<?x4096xbf16>
  slingpu.yield %y : tensor<?x4096xbf16>
}

slingpu.entry "/odd" bounds [] structure "dense" (tensor<?x1023xbf16>) -> (tensor<?x4096xbf16>) {
^bb0(%x: tensor<?x1023xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x4096x1024xbf16>
  %y = slingpu.block_gemm %x, %w run 4096 : tensor<?x1023xbf16>, tensor<1x4096x1024xbf16> -> tensor<?x4096xbf16>
  slingpu.yield %y : tensor<?x4096xbf16>
}

slingpu.entry "/core" bounds [] structure "low_rank, relu, low_rank" (tensor<?x96xbf16>) -> (tensor<?x96xbf16>) {
^bb0(%x: tensor<?x96xbf16>):
  %u = slingpu.weight "u" dense<0.5> : tensor<1x3072x96xbf16>
  %v = slingpu.weight "v" dense<0.5> : tensor<1x96x3072xbf16>
  %y = slingpu.ffn_core %x, %u, %v {activation = "relu"} : tensor<?x96xbf16>, tensor<1x3072x96xbf16>, tensor<1x96x3072xbf16> -> tensor<?x96xbf16>
  slingpu.yield %y : tensor<?x96xbf16>
}
