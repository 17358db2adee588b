// RUN: slin-opt %s --onnx-add-outputs=values=inner,x | FileCheck %s
// RUN: not slin-opt %s --onnx-add-outputs=values=nowhere 2>&1 | FileCheck %s --check-prefix=UNKNOWN

// Inner values become outputs in the order given; an output is not added twice.

// UNKNOWN: error: {{.*}}has no value named 'nowhere'
// CHECK-LABEL: func.func @g(
// CHECK-SAME: -> (!onnx.unknown {onnx.name = "y"}, tensor<?xf32> {onnx.name = "inner"}, tensor<?xf32> {onnx.name = "x"})
// CHECK: return %y, %inner, %arg0 :
func.func @g(%x: tensor<?xf32> {onnx.name = "x"}) -> (!onnx.unknown {onnx.name = "y"}) attributes {onnx.graph = {}} {
  %0 = onnx.Relu(%x) "/a" outputs ["inner"] : (tensor<?xf32>) -> tensor<?xf32>
  %1 = onnx.Neg(%0) "/b" outputs ["y"] : (tensor<?xf32>) -> !onnx.unknown
  return %1 : !onnx.unknown
}
