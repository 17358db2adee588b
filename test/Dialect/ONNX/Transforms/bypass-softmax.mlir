// RUN: slin-opt %s --onnx-bypass-softmax --remarks-filter=onnx-bypass-softmax 2>&1 | FileCheck %s
// RUN: slin-opt %s --onnx-bypass-softmax -o %t.executed.mlir && slin-run %t.executed.mlir --dim=2,3 --check=%s | FileCheck %s --check-prefix=EXECUTED

// EXECUTED-COUNT-2: checked: max relative error

// CHECK-DAG: [Passed] SoftmaxBypassed | Category:onnx-bypass-softmax | {{.*}}"'/indices': its order is that of its scores"
// CHECK-DAG: [Missed] SoftmaxKept | Category:onnx-bypass-softmax | {{.*}}"'/output': the probabilities are read by an output of the graph as well"
// CHECK-DAG: [Missed] SoftmaxKept {{.*}}"'/compared': the probabilities are read by 'Greater' as well"
// CHECK-DAG: [Missed] SoftmaxKept {{.*}}"'/values': the chosen probabilities are read by 'Neg', not only their indices"
// CHECK-DAG: [Missed] SoftmaxKept {{.*}}"'/axis': the TopK chooses along another axis than the Softmax adds along"
// CHECK-DAG: [Missed] SoftmaxKept {{.*}}"'/flattened': the TopK chooses along another axis than the Softmax adds along"
// CHECK-NOT: "'/other'

!t = !onnx.unknown
!x = tensor<?x?x4xf32>
module attributes {onnx.opset_imports = [["", 17]]} {

// The shape of the probabilities is that of the scores.
// CHECK-LABEL: func.func @indices
// CHECK-NOT: onnx.Softmax
// CHECK: onnx.TopK(%arg0, %arg1)
// CHECK: onnx.Shape(%arg0)
func.func @indices(%x: !x, %k: tensor<1xi64>) -> (!t, !t) {
  %p = onnx.Softmax(%x) "/indices" {axis = 2 : i64} : (!x) -> !t
  %v, %i = onnx.TopK(%p, %k) "/topk" {axis = -1 : i64} : (!t, tensor<1xi64>) -> (!t, !t)
  %s = onnx.Shape(%p) "/shape"
  return %i, %s : !t, !t
}

// CHECK-LABEL: func.func @kept
// CHECK-COUNT-5: onnx.Softmax
func.func @kept(%x: !x, %k: tensor<1xi64>, %h: tensor<f32>) -> (!t, !t, !t, !t, !t, !t, !t, !t) {
  %p0 = onnx.Softmax(%x) "/output" : (!x) -> !t
  %v0, %i0 = onnx.TopK(%p0, %k) "/topk0" : (!t, tensor<1xi64>) -> (!t, !t)
  %p1 = onnx.Softmax(%x) "/compared" : (!x) -> !t
  %v1, %i1 = onnx.TopK(%p1, %k) "/topk1" : (!t, tensor<1xi64>) -> (!t, !t)
  %c = onnx.node "Greater" (%p1, %h) "/greater" : (!t, tensor<f32>) -> !t
  %p2 = onnx.Softmax(%x) "/values" : (!x) -> !t
  %v2, %i2 = onnx.TopK(%p2, %k) "/topk2" : (!t, tensor<1xi64>) -> (!t, !t)
  %n = onnx.Neg(%v2) "/neg"
  %p3 = onnx.Softmax(%x) "/axis" {axis = 1 : i64} : (!x) -> !t
  %v3, %i3 = onnx.TopK(%p3, %k) "/topk3" : (!t, tensor<1xi64>) -> (!t, !t)
  %p4 = onnx.Softmax(%x) "/other" : (!x) -> !t
  %e = onnx.Neg(%p4) "/no_topk"
  return %p0, %i0, %i1, %c, %i2, %n, %i3, %e : !t, !t, !t, !t, !t, !t, !t, !t
}

// Before opset 13 all axes from the given one on are one.
module attributes {onnx.opset_imports = [["", 12]]} {
// CHECK-LABEL: func.func @flattened
// CHECK: onnx.Softmax
func.func @flattened(%x: !x, %k: tensor<1xi64>) -> !t {
  %p = onnx.Softmax(%x) "/flattened" : (!x) -> !t
  %v, %i = onnx.TopK(%p, %k) "/topk" : (!t, tensor<1xi64>) -> (!t, !t)
  return %i : !t
}
}
}
