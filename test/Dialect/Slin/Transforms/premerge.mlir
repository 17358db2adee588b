// RUN: slin-opt %s --slin-premerge='tokens=512,1,16,1 target=%S/Inputs/target.json' --remarks-filter=slin-premerge -o %t.mlir 2>&1 | FileCheck %s --check-prefix=REMARK
// RUN: FileCheck %s --input-file=%t.mlir
// RUN: slin-opt %s --slin-premerge='tokens=16 target=%S/Inputs/target.json' -o %t.few.mlir && FileCheck %s --check-prefix=FEW --input-file=%t.few.mlir
// RUN: slin-opt %s --slin-premerge='tokens=17 target=%S/Inputs/target.json exclude=/apart' -o %t.many.mlir && FileCheck %s --check-prefix=MANY --input-file=%t.many.mlir

// On this machine an operation takes 100 us and 1000 multiply-accumulates 2 us, so
// that one matrix of 64 x 64 takes 100 us + 8.192 us per token, and two thin ones
// of 8 x 64 take 200 us + 2.048 us per token: equal at 16.3 tokens.

// REMARK-DAG: remark: [Passed] Premerge | Category:slin-premerge | {{.*}}Remark="dense below 17 tokens, stored from 17; estimated on round at 1 token: stored 204.7 us, dense 116.9 us; at 16 tokens: stored 232.8 us, dense 231.1 us; at 512 tokens: stored 1.25 ms, dense 4.29 ms"
// REMARK-DAG: remark: [Passed] Premerge | Category:slin-premerge | {{.*}}Remark="dense below 17 tokens, regrouped from 17; estimated on round at 1 token: stored 321.6 us, regrouped 204.7 us, dense 116.9 us;
// REMARK-DAG: remark: [Missed] Premerge | Category:slin-premerge | {{.*}}Remark="expected an element type that 'round' has a throughput for, found f16"
// REMARK-DAG: remark: [Missed] Premerge | Category:slin-premerge | {{.*}}Remark="expected weights that are constants"
// REMARK-DAG: remark: [Missed] Premerge | Category:slin-premerge | {{.*}}Remark="expected one form, found a choice by token count already"

// Both forms stay, and the operator that two linears share is one choice.
// CHECK-LABEL: func.func @low_rank
// CHECK: %[[STORED:.*]] = slin.low_rank
// CHECK: %[[DENSE:.*]] = slin.dense %low.slin_w transposed : tensor<64x64xf32>
// CHECK: %[[CHOICE:.*]] = slin.by_tokens [17] %[[DENSE]], %[[STORED]] : !slin.linop<64 -> 64, f32>
// CHECK: slin.apply %[[CHOICE]], %arg0 {decision = {decision = "by_tokens", forms = {bounds = array<i64: 17>, chosen = ["dense", "stored"], forms = [{form = "stored", parameters = 1024 : i64, seconds = array<f64: {{.*}}>}, {form = "dense", parameters = 4096 : i64, seconds = {{.*}}}], target = "round", tokens = array<i64: 1, 16, 512>}, macs_after = 1024 : i64, parameters_after = 5120 : i64, parameters_before = 1024 : i64}, path = "/low"}
// CHECK: slin.apply %[[CHOICE]], %arg0 {{.*}} path = "/again"}
// FEW-LABEL: func.func @low_rank
// FEW-NOT: slin.by_tokens
// FEW: slin.apply %dense, %arg0 {decision = {decision = "merged", {{.*}} parameters_after = 4096 : i64, parameters_before = 1024 : i64}, path = "/low"}
// MANY-LABEL: func.func @low_rank
// MANY: slin.apply %low_rank, %arg0 {decision = {decision = "kept", {{.*}} parameters_after = 1024 : i64, parameters_before = 1024 : i64}, path = "/low"}
func.func @low_rank(%x: tensor<?x64xf32>) -> (tensor<?x64xf32>, tensor<?x64xf32>) {
  %u = slin.weight "u" #onnx.synthetic<normal, seed = 1> : tensor<64x8xf32>
  %v = slin.weight "v" #onnx.synthetic<normal, seed = 2> : tensor<8x64xf32>
  %w = slin.low_rank %u, %v : tensor<64x8xf32>, tensor<8x64xf32> -> !slin.linop<64 -> 64, f32>
  %0 = slin.apply %w, %x {path = "/low"} : !slin.linop<64 -> 64, f32>, tensor<?x64xf32> -> tensor<?x64xf32>
  %1 = slin.apply %w, %x {path = "/again"} : !slin.linop<64 -> 64, f32>, tensor<?x64xf32> -> tensor<?x64xf32>
  return %0, %1 : tensor<?x64xf32>, tensor<?x64xf32>
}

// U V W is U (V W): the matrix W goes into the thin factor before it.
// CHECK-LABEL: func.func @product
// CHECK: %[[THIN:.*]] = slin.low_rank %u, %{{.*}} transposed : tensor<64x8xf32>, tensor<64x8xf32>
// CHECK: slin.by_tokens [17] %{{.*}}, %[[THIN]]
// MANY-LABEL: func.func @product
// MANY: slin.apply %{{.*}}, %arg0 {decision = {decision = "regrouped", {{.*}} parameters_after = 1024 : i64, parameters_before = 5120 : i64}, path = "/product"}
func.func @product(%x: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %u = slin.weight "u" #onnx.synthetic<normal, seed = 1> : tensor<64x8xf32>
  %v = slin.weight "v" #onnx.synthetic<normal, seed = 2> : tensor<8x64xf32>
  %w = slin.weight "w" #onnx.synthetic<normal, seed = 3> : tensor<64x64xf32>
  %0 = slin.low_rank %u, %v : tensor<64x8xf32>, tensor<8x64xf32> -> !slin.linop<64 -> 64, f32>
  %1 = slin.dense %w : tensor<64x64xf32> -> !slin.linop<64 -> 64, f32>
  %2 = slin.compose %0, %1 : !slin.linop<64 -> 64, f32>, !slin.linop<64 -> 64, f32> -> !slin.linop<64 -> 64, f32>
  %y = slin.apply %2, %x {path = "/product"} : !slin.linop<64 -> 64, f32>, tensor<?x64xf32> -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// One matrix has one form.
// CHECK-LABEL: func.func @dense
// CHECK: slin.apply %dense, %arg0 {decision = {decision = "dense"}, path = "/dense"}
func.func @dense(%x: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %w = slin.weight "w" #onnx.synthetic<normal, seed = 1> : tensor<64x64xf32>
  %0 = slin.dense %w : tensor<64x64xf32> -> !slin.linop<64 -> 64, f32>
  %y = slin.apply %0, %x {path = "/dense"} : !slin.linop<64 -> 64, f32>, tensor<?x64xf32> -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// CHECK-LABEL: func.func @kept
// CHECK: slin.apply {{.*}} {decision = {decision = "kept", reason = "expected an element type that 'round' has a throughput for, found f16"}, path = "/half"}
// CHECK: slin.apply {{.*}} {decision = {decision = "kept", reason = "expected weights that are constants"}, path = "/given"}
// CHECK: slin.apply {{.*}} {decision = {decision = "kept", reason = "expected one form, found a choice by token count already"}, path = "/apart"}
// MANY-LABEL: func.func @kept
// MANY: {path = "/apart"}
func.func @kept(%x: tensor<?x2xf32>, %h: tensor<?x2xf16>, %given: tensor<2x2xf32>) -> (tensor<?x2xf16>, tensor<?x2xf32>, tensor<?x2xf32>) {
  %u = slin.weight "u2" dense<1.0> : tensor<2x2xf16>
  %0 = slin.low_rank %u, %u : tensor<2x2xf16>, tensor<2x2xf16> -> !slin.linop<2 -> 2, f16>
  %1 = slin.apply %0, %h {path = "/half"} : !slin.linop<2 -> 2, f16>, tensor<?x2xf16> -> tensor<?x2xf16>
  %2 = slin.low_rank %given, %given : tensor<2x2xf32>, tensor<2x2xf32> -> !slin.linop<2 -> 2, f32>
  %3 = slin.apply %2, %x {path = "/given"} : !slin.linop<2 -> 2, f32>, tensor<?x2xf32> -> tensor<?x2xf32>
  %4 = slin.by_tokens [2] %2, %2 : !slin.linop<2 -> 2, f32>
  %5 = slin.apply %4, %x {path = "/apart"} : !slin.linop<2 -> 2, f32>, tensor<?x2xf32> -> tensor<?x2xf32>
  return %1, %3, %5 : tensor<?x2xf16>, tensor<?x2xf32>, tensor<?x2xf32>
}
