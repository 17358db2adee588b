// Weights that the graph computes, by what it does with the stored ones.
module attributes {onnx.opset_imports = [["", 17]], onnx.model = {ir_version = 8 : i64}} {
func.func @weights(%x: tensor<?x?x8xf32> {onnx.name = "x"}) -> (tensor<?x?x8xf32> {onnx.name = "y"}) attributes {onnx.graph = {name = "g"}} {
  %w = onnx.initializer "w" #onnx.synthetic<normal, seed = 1, scale = 0.3> : tensor<16x8xf32>
  %a = onnx.initializer "a" #onnx.synthetic<normal, seed = 2, scale = 0.3> : tensor<2x8xf32>
  %b = onnx.initializer "b" #onnx.synthetic<normal, seed = 3, scale = 0.3> : tensor<16x2xf32>
  %s = onnx.initializer "s" dense<4.0> : tensor<1xf32>
  // W - B A / s, used transposed; a Gemm that adds to a product.
  %0 = onnx.MatMul(%b, %a) "/low/BA" : (tensor<16x2xf32>, tensor<2x8xf32>) -> !onnx.unknown
  %1 = onnx.Div(%0, %s) "/low/scaled" : (!onnx.unknown, tensor<1xf32>) -> !onnx.unknown
  %2 = onnx.Sub(%w, %1) "/low/merged" : (tensor<16x8xf32>, !onnx.unknown) -> !onnx.unknown
  %3 = onnx.Transpose(%2) "/low/transpose" {perm = array<i64: 1, 0>}
  %4 = onnx.MatMul(%x, %3) "/low/up" : (tensor<?x?x8xf32>, !onnx.unknown) -> !onnx.unknown
  %5 = onnx.Relu(%4) "/low/act"
  %c = onnx.initializer "c" #onnx.synthetic<normal, seed = 4, scale = 0.3> : tensor<8x16xf32>
  %6 = onnx.Gemm(%a, %b, %c) "/low/gemm" {transA = 1 : i64, transB = 1 : i64, alpha = 0.5 : f32, beta = 2.0 : f32} : (tensor<2x8xf32>, tensor<16x2xf32>, tensor<8x16xf32>) -> !onnx.unknown
  %7 = onnx.Transpose(%6) "/low/back" {perm = array<i64: 1, 0>}
  %8 = onnx.MatMul(%5, %7) "/low/down"
  %9 = onnx.Add(%x, %8) "/low/add" : (tensor<?x?x8xf32>, !onnx.unknown) -> !onnx.unknown

  // Rows and columns times vectors; two weights one beside the other, and a part of them.
  %rows = onnx.initializer "rows" #onnx.synthetic<normal, seed = 5> : tensor<8x1xf32>
  %columns = onnx.initializer "columns" #onnx.synthetic<normal, seed = 6> : tensor<16xf32>
  %d = onnx.initializer "d" #onnx.synthetic<normal, seed = 7, scale = 0.3> : tensor<8x16xf32>
  %10 = onnx.Mul(%rows, %d) "/parts/rows" : (tensor<8x1xf32>, tensor<8x16xf32>) -> !onnx.unknown
  %11 = onnx.Mul(%10, %columns) "/parts/columns" : (!onnx.unknown, tensor<16xf32>) -> !onnx.unknown
  %12 = onnx.MatMul(%9, %11) "/parts/up"
  %13 = onnx.Relu(%12) "/parts/act"
  %e = onnx.initializer "e" #onnx.synthetic<normal, seed = 8, scale = 0.3> : tensor<16x4xf32>
  %f = onnx.initializer "f" #onnx.synthetic<normal, seed = 9, scale = 0.3> : tensor<16x6xf32>
  %zero = onnx.Constant "/zero" {value_ints = array<i64: 0>}
  %eight = onnx.Constant "/eight" {value_ints = array<i64: 8>}
  %one = onnx.Constant "/one" {value_ints = array<i64: 1>}
  %14 = onnx.Concat(%e, %f) "/parts/concat" {axis = 1 : i64} : (tensor<16x4xf32>, tensor<16x6xf32>) -> !onnx.unknown
  %15 = onnx.Slice(%14, %zero, %eight, %one) "/parts/slice"
  %16 = onnx.MatMul(%13, %15) "/parts/down"
  %17 = onnx.Add(%9, %16) "/parts/add"

  // What is no linear algebra is evaluated: a mask, and another shape. A narrow weight is widened.
  %mask = onnx.initializer "mask" dense<[[1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0]]> : tensor<1x16xf32>
  %keep = onnx.initializer "keep" #onnx.synthetic<uniform, seed = 10> : tensor<8x16xf32>
  %18 = onnx.Mul(%mask, %keep) "/mask/mask" : (tensor<1x16xf32>, tensor<8x16xf32>) -> !onnx.unknown
  %19 = onnx.Mul(%18, %d) "/mask/masked" : (!onnx.unknown, tensor<8x16xf32>) -> !onnx.unknown
  %20 = onnx.MatMul(%17, %19) "/mask/up"
  %21 = onnx.Relu(%20) "/mask/act"
  %k = onnx.initializer "k" #onnx.synthetic<normal, seed = 11, scale = 0.3> : tensor<4x4x8xf16>
  %shape = onnx.Constant "/shape" {value_ints = array<i64: 16, 8>}
  %22 = onnx.Cast(%k) "/mask/cast" {to = 1 : i64} : (tensor<4x4x8xf16>) -> !onnx.unknown
  %23 = onnx.Reshape(%22, %shape) "/mask/reshape"
  %24 = onnx.MatMul(%21, %23) "/mask/down"
  %25 = onnx.Add(%17, %24) "/mask/add"

  // The first weights once more.
  %26 = onnx.MatMul(%25, %3) "/again/up"
  %27 = onnx.Relu(%26) "/again/act"
  %28 = onnx.MatMul(%27, %7) "/again/down"
  %29 = onnx.Add(%25, %28) "/again/add" outputs ["y"] : (!onnx.unknown, !onnx.unknown) -> tensor<?x?x8xf32>
  return %29 : tensor<?x?x8xf32>
}
}
