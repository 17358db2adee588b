// RUN: slin-opt %s --split-input-file --slin-stack='tokens=1 target=%S/Inputs/target-products.json' --remark-format=emitRemark --remarks-filter=slin-stack 2>%t.few | FileCheck %s --check-prefixes=CHECK,FEW
// RUN: FileCheck %s --check-prefix=REMARKS --input-file=%t.few
// RUN: slin-opt %s --split-input-file --slin-stack='tokens=100000 target=%S/Inputs/target-products.json' | FileCheck %s --check-prefixes=CHECK,MANY
// RUN: slin-opt %s --split-input-file --slin-stack='tokens=1,100000 target=%S/Inputs/target-products.json' --remark-format=emitRemark --remarks-filter=slin-stack 2>&1 >/dev/null | FileCheck %s --check-prefix=BOTH
// RUN: slin-opt %s --split-input-file --slin-stack='tokens=1 exclude=re:^/(q|up)$ target=%S/Inputs/target-products.json' | FileCheck %s --check-prefix=EXCLUDE

// One product for few tokens, whose cost beside arithmetic counts; three for
// many, of which the cuts would cost more. A bias is zero where a part has
// none.

// REMARKS: remark: [Passed] Stacked | Category:slin-stack | Function=/q | Remark="'/q', '/k', '/v' are one product: 100.1 us stacked and 300.1 us apart for 1 tokens on 'products'"
// BOTH: remark: [Missed] StayApart | Category:slin-stack | Function=/q | Remark="'/q', '/k', '/v' stay apart: {{.*}} for 1 tokens, {{.*}} for 100000 tokens

// CHECK-LABEL: func.func @apart
func.func @apart(%x: tensor<?x2xf32>) -> (tensor<?x2xf32>, tensor<?x1xf32>, tensor<?x1xf32>) {
  %q = slin.weight "q" dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %k = slin.weight "k" dense<[[5.0], [6.0]]> : tensor<2x1xf32>
  %v = slin.weight "v" dense<[[7.0, 8.0]]> : tensor<1x2xf32>
  %b = slin.weight "b" dense<9.0> : tensor<1xf32>
  %0 = slin.dense %q : tensor<2x2xf32> -> !slin.linop<2 -> 2, f32>
  %1 = slin.dense %k transposed : tensor<2x1xf32> -> !slin.linop<2 -> 1, f32>
  %2 = slin.dense %v : tensor<1x2xf32> -> !slin.linop<2 -> 1, f32>
  %3 = slin.apply %0, %x {path = "/q"} : !slin.linop<2 -> 2, f32>, tensor<?x2xf32> -> tensor<?x2xf32>
  %4 = slin.apply %1, %x bias %b : tensor<1xf32> {path = "/k"} : !slin.linop<2 -> 1, f32>, tensor<?x2xf32> -> tensor<?x1xf32>
  %5 = slin.apply %2, %x {path = "/v"} : !slin.linop<2 -> 1, f32>, tensor<?x2xf32> -> tensor<?x1xf32>
  return %3, %4, %5 : tensor<?x2xf32>, tensor<?x1xf32>, tensor<?x1xf32>
}
// FEW: slin.weight "/q/stacked/slin_w" dense<{{\[}}[1.000000e+00, 3.000000e+00, 5.000000e+00, 7.000000e+00], [2.000000e+00, 4.000000e+00, 6.000000e+00, 8.000000e+00]]> : tensor<2x4xf32>
// FEW: %[[W:.*]] = slin.dense
// FEW: %[[B:.*]] = slin.weight "/q/stacked/slin_bias" dense<[0.000000e+00, 0.000000e+00, 9.000000e+00, 0.000000e+00]>
// FEW: %[[Y:.*]] = slin.apply %[[W]], %{{.*}} bias %[[B]] : tensor<4xf32> {path = "/q/stacked"} {{.*}} -> tensor<?x4xf32>
// FEW: %[[CUT:.*]] = slin.slice %{{.*}} out 0 in 0 : !slin.linop<4 -> 4, f32> -> !slin.linop<4 -> 2, f32>
// FEW: slin.apply %[[CUT]], %[[Y]] {path = "/q"}
// FEW: slin.slice %{{.*}} out 2 in 0 : !slin.linop<4 -> 4, f32> -> !slin.linop<4 -> 1, f32>
// FEW: slin.slice %{{.*}} out 3 in 0
// MANY-COUNT-3: slin.dense
// MANY-NOT: slin.slice
// EXCLUDE-LABEL: func.func @apart
// EXCLUDE: slin.weight "/k/stacked/slin_w"
// EXCLUDE-NOT: slin.weight "/q/

// -----

// The other way round. One number is the bias of all parts; features that no
// cut reads go.

// CHECK-LABEL: func.func @stacked
func.func @stacked(%x: tensor<?x1xf32>) -> (tensor<?x1xf32>, tensor<?x1xf32>) {
  %w = slin.weight "w" dense<[[1.0], [2.0], [3.0]]> : tensor<3x1xf32>
  %b = slin.weight "b" dense<9.0> : tensor<1xf32>
  %0 = slin.dense %w : tensor<3x1xf32> -> !slin.linop<1 -> 3, f32>
  %1 = slin.apply %0, %x bias %b : tensor<1xf32> {path = "/up"} : !slin.linop<1 -> 3, f32>, tensor<?x1xf32> -> tensor<?x3xf32>
  %id = slin.identity : !slin.linop<3 -> 3, f32>
  %2 = slin.slice %id out 2 in 0 : !slin.linop<3 -> 3, f32> -> !slin.linop<3 -> 1, f32>
  %3 = slin.slice %id out 0 in 0 : !slin.linop<3 -> 3, f32> -> !slin.linop<3 -> 1, f32>
  %4 = slin.apply %2, %1 : !slin.linop<3 -> 1, f32>, tensor<?x3xf32> -> tensor<?x1xf32>
  %5 = slin.apply %3, %1 : !slin.linop<3 -> 1, f32>, tensor<?x3xf32> -> tensor<?x1xf32>
  return %4, %5 : tensor<?x1xf32>, tensor<?x1xf32>
}
// FEW: slin.slice
// FEW-NOT: slin_w
// MANY: slin.weight "/up/part_1/slin_w" dense<3.000000e+00> : tensor<1x1xf32>
// MANY: %[[A:.*]] = slin.apply %{{.*}}, %{{.*}} bias %b : tensor<1xf32> {path = "/up/part_1"}
// MANY: slin.weight "/up/part_0/slin_w" dense<1.000000e+00> : tensor<1x1xf32>
// MANY: %[[B:.*]] = slin.apply %{{.*}}, %{{.*}} bias %b : tensor<1xf32> {path = "/up/part_0"}
// MANY: return %[[A]], %[[B]]
// MANY-NOT: slin.slice
