// RUN: slin-opt %s --slin-print-ffns -o /dev/null --remarks-filter=onnx-ffn 2>&1 >/dev/null | FileCheck %s
// RUN: slin-opt %s --slin-print-ffns -o /dev/null 2>&1 >/dev/null | count 0

// Every linear that is not taken is a remark at the node that broke the match, which
// in an imported model prints as `model.onnx:/node/path`.

!t = !onnx.unknown
func.func @main(%x: !t) {
  %w = onnx.initializer "w" #onnx.synthetic<normal, seed = 1> : tensor<8x8xf32>
  %h = onnx.MatMul(%x, %w) "/attention/query" : (!t, tensor<8x8xf32>) -> !t
  // CHECK: remarks.mlir:[[#@LINE+1]]:{{.*}}FFNDeclined | Category:onnx-ffn | Remark="'/attention/query': 'Softmax' sums over an axis"
  %s = onnx.Softmax(%h) : (!t) -> !t
  // CHECK: remarks.mlir:[[#@LINE+1]]:{{.*}}Remark="'/quantized': quantized weights (MatMulInteger) are recognised but not rewritten; compress the model before it is quantized"
  %q = onnx.node "MatMulInteger" (%x, %w) "/quantized" : (!t, tensor<8x8xf32>) -> !t
  return
}
