// RUN: slin-opt %s --verify-roundtrip | FileCheck %s
// RUN: slin-opt %s --emit=mlirbc | slin-opt | FileCheck %s

// Each attribute prints as it parses, through text and bytecode.

// CHECK-LABEL: func.func @attributes
func.func @attributes() attributes {
    // CHECK: a_weight = #onnx.weight<"model.data", 4096, 64> : tensor<4x4xf32>
    a_weight = #onnx.weight<"model.data", 4096, 64> : tensor<4x4xf32>,
    // CHECK-SAME: b_hash = #onnx.weight<"model.data", 0, 64, 7> : tensor<4x4xf32>
    b_hash = #onnx.weight<"model.data", 0, 64, 7> : tensor<4x4xf32>,
    // CHECK-SAME: c_inline = #onnx.inline<"\12\03"> : tensor<3xi4>
    c_inline = #onnx.inline<"\12\03"> : tensor<3xi4>,
    // CHECK-SAME: d_normal = #onnx.synthetic<normal, seed = 3, scale = 2.000000e+00> : tensor<8xf16>
    d_normal = #onnx.synthetic<normal, seed = 3, scale = 2.0> : tensor<8xf16>,
    // CHECK-SAME: e_low_rank = #onnx.synthetic<low_rank 2, seed = 0> : tensor<8x4xf64>
    e_low_rank = #onnx.synthetic<low_rank 2> : tensor<8x4xf64>,
    // CHECK-SAME: f_tensor = #onnx.tensor<dense<1.000000e+00> : tensor<f32>, {encoding = "float_data", name = "one"}>
    f_tensor = #onnx.tensor<dense<1.0> : tensor<f32>, {encoding = "float_data", name = "one"}>,
    // CHECK-SAME: g_sparse = #onnx.sparse_tensor<dense<2.000000e+00> : tensor<1xf32>, dense<3> : tensor<1xi64>, [8]>
    g_sparse = #onnx.sparse_tensor<dense<2.0> : tensor<1xf32>, dense<3> : tensor<1xi64>, [8]>,
    // CHECK-SAME: h_ref = #onnx.ref<"alpha", 1>
    h_ref = #onnx.ref<"alpha", 1>,
    // CHECK-SAME: i_list = #onnx.list<9, []>
    i_list = #onnx.list<9, []>,
    // CHECK-SAME: j_annotated = #onnx.annotated<1 : i64, {doc_string = "axis"}>
    j_annotated = #onnx.annotated<1 : i64, {doc_string = "axis"}>,
    // CHECK-SAME: k_opaque = #onnx.opaque<"\C2\00x">
    k_opaque = #onnx.opaque<"\C2\00x">} {
  return
}

// CHECK-LABEL: func.func private @types(
// CHECK-SAME: tensor<2x!onnx.string>, !onnx.sequence<tensor<?xf32>>, !onnx.optional<tensor<*xi64>>, !onnx.map<i64, tensor<f32>>
// CHECK-SAME: !onnx.sparse<tensor<3xf32>>, !onnx.denoted<"IMAGE", tensor<1xf32>>, tensor<1x!onnx.element<0>>, !onnx.raw<"\0A\00">
// CHECK-SAME: !onnx.opaque_value<"d", "n">, tensor<?x?xf32, #dims{{.*}}>
func.func private @types(tensor<2x!onnx.string>, !onnx.sequence<tensor<?xf32>>, !onnx.optional<tensor<*xi64>>,
    !onnx.map<i64, tensor<f32>>, !onnx.sparse<tensor<3xf32>>, !onnx.denoted<"IMAGE", tensor<1xf32>>,
    tensor<1x!onnx.element<0>>, !onnx.raw<"\0A\00">, !onnx.opaque_value<"d", "n">,
    tensor<?x?xf32, #onnx.dims<"B" as "DATA_BATCH", ?>>)
