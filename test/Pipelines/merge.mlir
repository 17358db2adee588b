// RUN: slin-opt %s --slin-merge-model | FileCheck %s
// RUN: slin-opt %s --slin-merge-model='target=%S/../Dialect/Slin/Transforms/Inputs/target.json tokens=1,100000 dispatch=if' | FileCheck %s --check-prefix=BOTH
// RUN: not slin-opt %s --slin-merge-model='include=nothing' 2>&1 | FileCheck %s --check-prefix=PATTERN
// RUN: slin-opt %s --slin-merge-model='dispatch=if' --dump-pass-pipeline 2>&1 | FileCheck %s --check-prefix=DUMP

// RUN: not slin-opt %s --slin-merge-model='rewrites=wishes' 2>&1 | FileCheck %s --check-prefix=REWRITES
// RUN: slin-opt %s --slin-merge-model='rewrites=experts,linears dispatch=if' --dump-pass-pipeline 2>&1 | FileCheck %s --check-prefix=FIRST

// RUN: slin-opt %s --slin-merge-model='rewrites=stack tokens=4,16 target=sm_80' --dump-pass-pipeline 2>&1 | FileCheck %s --check-prefix=STACK

// STACK: onnx-raise-linears,
// STACK-NEXT: slin-stack{ target=sm_80 tokens={4,16}},
// STACK-NEXT: slin-to-onnx{

// REWRITES: unknown rewrite 'wishes': expected one of experts, gates, scales, linears, norms, stack
// FIRST: onnx-unsplit-experts,
// FIRST-NEXT: onnx-raise-linears,
// FIRST-NEXT: slin-merge{
// FIRST-NEXT: slin-to-onnx{
// FIRST-NEXT: onnx-to-slin{

// The way back as one pipeline: factors become the matrix they are, or, where both
// are fastest at some token count, both stay.

// PATTERN: error: slin-densify: expected 'nothing' of include to match
// DUMP: slin-densify{{.*}},
// DUMP-NEXT: slin-to-onnx{dispatch=if respell=false tokens=1}

// CHECK-LABEL: func.func @main
// CHECK-NOT: slin.
// CHECK: onnx.initializer "/up/v/slin_w_weight" {{.*}} : tensor<4x16xf32>
// CHECK: onnx.MatMul(%arg0, {{.*}}tensor<4x16xf32>
// CHECK-NEXT: onnx.Relu
// CHECK-NEXT: onnx.MatMul({{.*}}) "/down"
// BOTH-LABEL: func.func @main
// BOTH: onnx.node "If"
// BOTH: onnx.Relu
func.func @main(%x: tensor<?x4xf32> {onnx.name = "x"}) -> (tensor<?x4xf32> {onnx.name = "/down_output_0"}) attributes {onnx.graph = {}} {
  %v = onnx.initializer "v" #onnx.synthetic<normal, seed = 1> : tensor<4x2xf32>
  %u = onnx.initializer "u" #onnx.synthetic<normal, seed = 2> : tensor<2x16xf32>
  %w = onnx.initializer "w" #onnx.synthetic<normal, seed = 3> : tensor<16x4xf32>
  %0 = onnx.MatMul(%x, %v) "/up/v" : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %1 = onnx.MatMul(%0, %u) "/up/u" : (tensor<?x2xf32>, tensor<2x16xf32>) -> tensor<?x16xf32>
  %2 = onnx.Relu(%1) "/act" : (tensor<?x16xf32>) -> tensor<?x16xf32>
  %3 = onnx.MatMul(%2, %w) "/down" : (tensor<?x16xf32>, tensor<16x4xf32>) -> tensor<?x4xf32>
  return %3 : tensor<?x4xf32>
}
