// RUN: slin-opt %s --slin-verify-exact --onnx-raise-linears --slin-merge --slin-to-onnx -o /dev/null --remarks-filter=slin-verify-exact 2>&1 | FileCheck %s
// RUN: slin-opt %s --onnx-raise-linears --slin-merge --slin-to-onnx -o /dev/null --remarks-filter=slin-verify-exact 2>&1 | FileCheck %s --check-prefix=SILENT --allow-empty

// --slin-verify-exact says of which rewrites it verifies nothing.
// CHECK: 'onnx-raise-linears' is not verified: ONNX nodes are not evaluated
// CHECK-NOT: 'slin-merge'
// SILENT-NOT: is not verified
func.func @main_graph(%x: tensor<?x4xf32> {onnx.name = "x"}) -> (!onnx.unknown {onnx.name = "y"}) attributes {onnx.graph = {}} {
  %a = onnx.initializer "a" #onnx.synthetic<normal, seed = 1> : tensor<4x8xf32>
  %b = onnx.initializer "b" #onnx.synthetic<normal, seed = 2> : tensor<8x4xf32>
  %0 = onnx.MatMul(%x, %a) "/up" : (tensor<?x4xf32>, tensor<4x8xf32>) -> !onnx.unknown
  %y = onnx.MatMul(%0, %b) "/down" outputs ["y"] : (!onnx.unknown, tensor<8x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}
