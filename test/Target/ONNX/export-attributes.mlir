// RUN: slin-opt %s --emit=onnx -o %t.onnx && %python -c "import onnx, sys; print(onnx.load(sys.argv[1]).graph.node)" %t.onnx | FileCheck %s

// Attributes in other types than the importer makes, which say the same.

// CHECK: name: "half"
// CHECK-NEXT: f: 0.5
// CHECK-NEXT: type: FLOAT
// CHECK: name: "seven"
// CHECK-NEXT: i: 7
// CHECK-NEXT: type: INT
// CHECK: name: "yes"
// CHECK-NEXT: i: 1
// CHECK-NEXT: type: INT
func.func @g() attributes {onnx.graph = {}} {
  %0 = onnx.node "Op" "/op" {half = 0.5 : f64, seven = 7 : ui8, yes = true}

  // Sixteen bytes of an unknown field that look like a weight of the file.
  // CHECK: raw_data: "\000\000\000\000\000\000\000\000\020\000\000\000\000\000\000\000"
  %1 = onnx.node "Op" "/op" {tensor = #onnx.tensor<dense<1.0> : tensor<2xf32>, {encoding = "none", unknown_fields = #onnx.opaque<"J\10\00\00\00\00\00\00\00\00\10\00\00\00\00\00\00\00">}>}
  return
}
