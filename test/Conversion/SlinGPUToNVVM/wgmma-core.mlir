// RUN: slin-opt --slin-gpu-to-nvvm %s | FileCheck %s

#schedule = #slingpu.schedule<emitter = "wgmma_core", tile = [128, 48, 64], stages = 3, warps = [8, 1], cluster = 1, split = 1, persistent = false>

// CHECK-LABEL: slingpu.entry "/mlp"
slingpu.entry "/mlp" bounds [] structure "low_rank, relu, low_rank" (tensor<?x72xbf16>) -> (tensor<?x47xbf16>) {
^bb0(%t: tensor<?x72xbf16>):
  %u = slingpu.weight "u" dense<0.5> : tensor<1x201x72xbf16>
  %v = slingpu.weight "v" dense<0.5> : tensor<1x47x208xbf16>
  %b = slingpu.weight "b" dense<0.5> : tensor<201xf32>
  // Tokens and hidden features that do not exist are read as zeros; so are columns that only padding has.
  // CHECK: slingpu.launch @kernels::@wgmma_core_47x201x72_relu(%{{.*}}, %u, %v, %b) grid <ceil(1 * tokens by 128) * 1 + 0>, <1>
  // CHECK-SAME: #slingpu.tensor_map<buffer = 0, offset = 0, type = bf16, dims = [<72>, <ceil(1 * tokens by 1) * 1 + 0>], strides = [144], box = [64, 128], swizzle = 128>
  // CHECK-SAME: #slingpu.tensor_map<buffer = 1, offset = 0, type = bf16, dims = [<72>, <201>], strides = [144], box = [64, 64], swizzle = 128>
  // CHECK-SAME: #slingpu.tensor_map<buffer = 2, offset = 0, type = bf16, dims = [<201>, <47>], strides = [416], box = [64, 48], swizzle = 128>
  // CHECK-SAME: #slingpu.tensor_map<buffer = 3, offset = 0, type = f32, dims = [<201>, <1>], strides = [816], box = [64, 1], swizzle = 0>
  // CHECK-SAME: #slingpu.pointer<buffer = 4, offset = 0>, #slingpu.number<ceil(1 * tokens by 1) * 1 + 0>] {programmatic}
  %z = slingpu.ffn_core %t, %u, %v bias %b : tensor<201xf32> {activation = "relu", schedule = #schedule} : tensor<?x72xbf16>, tensor<1x201x72xbf16>, tensor<1x47x208xbf16> -> tensor<?x47xbf16>
  slingpu.yield %z : tensor<?x47xbf16>
}

// CHECK: llvm.func @wgmma_core_47x201x72_relu(%{{.*}}: !llvm.ptr {llvm.align = 64 : i64, llvm.byval = !llvm.array<128 x i8>, nvvm.grid_constant}
// Tokens 128 x 2 rows of 128 bytes, stages of 64 x 2 and 48 rows, biases, 13 mbarriers.
// CHECK-SAME: nvvm.minctasm = 1 : i32, nvvm.reqntid = array<i32: 384>, slingpu.cluster = 1 : i64, slingpu.shared = 101224 : i64
// The warpgroup that loads: weights of three stages, then, behind the kernel before, tokens.
// CHECK: nvvm.setmaxregister decrease 24
// CHECK-COUNT-12: nvvm.cp.async.bulk.tensor
// CHECK: nvvm.griddepcontrol wait
// CHECK: nvvm.griddepcontrol launch_dependents
// CHECK-COUNT-2: nvvm.cp.async.bulk.tensor
// CHECK: scf.for
// The warpgroups that multiply: up by instructions for 5 x 16 columns, of which the first starts the sums.
// CHECK: nvvm.setmaxregister increase 240
// CHECK: nvvm.wgmma.fence.aligned
// CHECK: nvvm.wgmma.mma_async {{.*}} D[<f32>, <zero>]
// CHECK-COUNT-4: nvvm.wgmma.mma_async {{.*}} D[<f32>, <one>]
// CHECK-NOT: nvvm.wgmma.mma_async
// CHECK: nvvm.wgmma.wait.group.sync.aligned 0
// CHECK: scf.for
// CHECK: arith.maximumf
// CHECK: nvvm.wgmma.wait.group.sync.aligned 0
// CHECK: arith.truncf %{{.*}} : vector<2xf32> to vector<2xbf16>
// CHECK: nvvm.wgmma.fence.aligned
// CHECK-COUNT-5: nvvm.wgmma.mma_async
// CHECK: nvvm.wgmma.commit.group.sync.aligned
// CHECK-COUNT-4: llvm.inline_asm has_side_effects asm_dialect = att "wgmma.mma_async.sync.aligned.m64n48k16.f32.bf16.bf16 {$0, {{.*}}$23}, {$48, $49, $50, $51}, $52, 1, 1, 1, 0;"
// The next sums have ended, the products with this left factor may go on.
// CHECK: nvvm.wgmma.commit.group.sync.aligned
// CHECK-NEXT: nvvm.wgmma.wait.group.sync.aligned 1
// Behind the loop is the last step's second product.
// CHECK: scf.yield
// CHECK-NOT: nvvm.wgmma.mma_async
// CHECK-COUNT-4: llvm.inline_asm
// CHECK: llvm.return
