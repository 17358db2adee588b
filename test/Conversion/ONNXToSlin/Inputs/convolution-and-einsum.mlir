// A grouped convolution of kernel 1 over transposed features, and an einsum, as linears.
module attributes {onnx.opset_imports = [["", 17]], onnx.model = {ir_version = 8 : i64}} {
func.func @conv(%x: tensor<?x?x8xf32> {onnx.name = "x"}) -> (tensor<?x?x8xf32> {onnx.name = "y"}) attributes {onnx.graph = {name = "g"}} {
  %k = onnx.initializer "k" #onnx.synthetic<normal, seed = 1> : tensor<16x4x1xf32>
  %b = onnx.initializer "b" #onnx.synthetic<normal, seed = 2> : tensor<16xf32>
  %e = onnx.initializer "e" #onnx.synthetic<normal, seed = 3> : tensor<8x16xf32>
  %0 = onnx.Transpose(%x) "/conv/in" {perm = array<i64: 0, 2, 1>} : (tensor<?x?x8xf32>) -> !onnx.unknown
  %1 = onnx.Conv(%0, %k, %b) "/conv/up" {group = 2 : i64} : (!onnx.unknown, tensor<16x4x1xf32>, tensor<16xf32>) -> !onnx.unknown
  %2 = onnx.Transpose(%1) "/conv/out" {perm = array<i64: 0, 2, 1>}
  %3 = onnx.Relu(%2) "/conv/act"
  %4 = onnx.Einsum(%3, %e) "/conv/down" outputs ["y"] {equation = "bSf,sf->bSs"} : (!onnx.unknown, tensor<8x16xf32>) -> tensor<?x?x8xf32>
  return %4 : tensor<?x?x8xf32>
}
}
