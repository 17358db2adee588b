// RUN: split-file %s %t
// RUN: slin-opt %t/model.mlir --slin-verify-exact --onnx-raise-linears --slin-merge --slin-to-onnx -o /dev/null --remarks-filter=slin-verify-exact 2>&1 | FileCheck %s
// RUN: slin-opt %t/model.mlir --onnx-raise-linears --slin-merge --slin-to-onnx -o /dev/null --remarks-filter=slin-verify-exact 2>&1 | FileCheck %s --check-prefix=SILENT --allow-empty
// RUN: slin-opt %t/foreign.mlir --slin-verify-exact --onnx-raise-linears --slin-merge --slin-to-onnx -o /dev/null --remarks-filter=slin-verify-exact 2>&1 | FileCheck %s --check-prefix=FOREIGN
// RUN: slin-opt %t/moved.mlir --slin-verify-exact --onnx-bypass-softmax -o /dev/null --remarks-filter=slin-verify-exact 2>&1 | FileCheck %s --check-prefix=MOVED
// RUN: slin-opt %t/moved.mlir --slin-verify-exact --onnx-sink-gates -o /dev/null --remarks-filter=slin-verify-exact 2>&1 | FileCheck %s --check-prefix=SILENT --allow-empty

// --slin-verify-exact evaluates a function around each exact rewrite, and says what it compared.
// SILENT-NOT: erified

//--- model.mlir
// CHECK: [Passed] Verified | Category:slin-verify-exact | {{.*}}"'onnx-raise-linears': 'main_graph': 1 results and 2 values inside are what they were"
// CHECK: "'slin-merge': 'main_graph': 1 results and 1 values inside are what they were"
// CHECK: "'slin-to-onnx': 'main_graph': 1 results and 1 values inside are what they were"
func.func @main_graph(%x: tensor<?x4xf32> {onnx.name = "x"}) -> (!onnx.unknown {onnx.name = "y"}) attributes {onnx.graph = {}} {
  %a = onnx.initializer "a" #onnx.synthetic<normal, seed = 1> : tensor<4x8xf32>
  %b = onnx.initializer "b" #onnx.synthetic<normal, seed = 2> : tensor<8x4xf32>
  %0 = onnx.MatMul(%x, %a) "/up" : (tensor<?x4xf32>, tensor<4x8xf32>) -> !onnx.unknown
  %y = onnx.MatMul(%0, %b) "/down" outputs ["y"] : (!onnx.unknown, tensor<8x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

//--- foreign.mlir
// What a node that is not evaluated reads is compared like a result; behind it all is random, where its shape is known.
// FOREIGN: "'onnx-raise-linears': 'known': '/select_output_0' is taken as random: '/select' cannot be evaluated: 'Selector' is not evaluated"
// FOREIGN: "'onnx-raise-linears': 'known': 2 results and 2 values inside are what they were"
// FOREIGN: "'onnx-raise-linears': 'unknown': result 0 is not verified: '/select' cannot be evaluated: 'Selector' is not evaluated"
// FOREIGN: "'onnx-raise-linears': 'unknown': 1 results and 1 values inside are what they were"
// FOREIGN: "'onnx-raise-linears': 'untyped': 'x' has no numbers: expected a tensor of numbers with known rank"
func.func @known(%x: tensor<?x4xf32, #onnx.dims<"tokens", 4>> {onnx.name = "x"}) -> (!onnx.unknown {onnx.name = "y"}) attributes {onnx.graph = {}} {
  %a = onnx.initializer "a" #onnx.synthetic<normal, seed = 1> : tensor<4x4xf32>
  %0 = onnx.MatMul(%x, %a) "/up" : (tensor<?x4xf32, #onnx.dims<"tokens", 4>>, tensor<4x4xf32>) -> !onnx.unknown
  %1 = onnx.node "Selector" domain "com.example" (%0) "/select" : (!onnx.unknown) -> tensor<?x4xf32, #onnx.dims<"tokens", 4>>
  %y = onnx.MatMul(%1, %a) "/down" outputs ["y"] : (tensor<?x4xf32, #onnx.dims<"tokens", 4>>, tensor<4x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}
func.func @unknown(%x: tensor<?x4xf32> {onnx.name = "x"}) -> (!onnx.unknown {onnx.name = "y"}) attributes {onnx.graph = {}} {
  %a = onnx.initializer "a" #onnx.synthetic<normal, seed = 1> : tensor<4x4xf32>
  %0 = onnx.MatMul(%x, %a) "/up" : (tensor<?x4xf32>, tensor<4x4xf32>) -> !onnx.unknown
  %1 = onnx.node "Selector" domain "com.example" (%0) "/select"
  %y = onnx.MatMul(%1, %a) "/down" outputs ["y"] : (!onnx.unknown, tensor<4x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}
func.func @untyped(%x: !onnx.unknown {onnx.name = "x"}) -> (!onnx.unknown {onnx.name = "y"}) attributes {onnx.graph = {}} {
  %a = onnx.initializer "a" #onnx.synthetic<normal, seed = 1> : tensor<4x4xf32>
  %y = onnx.MatMul(%x, %a) "/up" outputs ["y"] : (!onnx.unknown, tensor<4x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

//--- moved.mlir
// The values of TopK are of the scores now, not of their softmax; nothing reads them.
// MOVED: "'onnx-bypass-softmax': 'main_graph': 1 results and {{[0-9]+}} values inside are what they were, 1 have the names of others"
func.func @main_graph(%x: tensor<?x4xf32> {onnx.name = "x"}) -> (!onnx.unknown {onnx.name = "y"}) attributes {onnx.graph = {}} {
  %k = onnx.initializer "k" dense<2> : tensor<1xi64>
  %p = onnx.Softmax(%x) "/softmax" {axis = -1 : i64} : (tensor<?x4xf32>) -> !onnx.unknown
  %v, %y = onnx.TopK(%p, %k) "/topk" outputs ["v", "y"] : (!onnx.unknown, tensor<1xi64>) -> (!onnx.unknown, !onnx.unknown)
  return %y : !onnx.unknown
}
