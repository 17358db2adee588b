// An adapter beside a weight with a bias, and a frozen mixture of self-guided training.
module attributes {onnx.opset_imports = [["", 17]], onnx.model = {ir_version = 8 : i64}} {
func.func @sums(%x: tensor<?x?x8xf32> {onnx.name = "x"}) -> (tensor<?x?x8xf32> {onnx.name = "y"}) attributes {onnx.graph = {name = "g"}} {
  %w1 = onnx.initializer "w1" #onnx.synthetic<normal, seed = 1> : tensor<8x16xf32>
  %b1 = onnx.initializer "b1" #onnx.synthetic<normal, seed = 2> : tensor<16xf32>
  %a = onnx.initializer "a" #onnx.synthetic<normal, seed = 3> : tensor<8x2xf32>
  %b = onnx.initializer "b" #onnx.synthetic<normal, seed = 4> : tensor<2x16xf32>
  %s = onnx.initializer "s" dense<0.25> : tensor<f32>
  %w2 = onnx.initializer "w2" #onnx.synthetic<normal, seed = 5> : tensor<16x8xf32>
  %v = onnx.initializer "v" #onnx.synthetic<normal, seed = 6> : tensor<16x2xf32>
  %u = onnx.initializer "u" #onnx.synthetic<normal, seed = 7> : tensor<2x8xf32>
  %alpha = onnx.initializer "alpha" dense<0.37> : tensor<f32>
  %beta = onnx.initializer "beta" dense<0.63> : tensor<1xf32>
  %b2 = onnx.initializer "b2" #onnx.synthetic<normal, seed = 8> : tensor<8xf32>
  %0 = onnx.MatMul(%x, %w1) "/up/MatMul" : (tensor<?x?x8xf32>, tensor<8x16xf32>) -> !onnx.unknown
  %1 = onnx.Add(%0, %b1) "/up/Add" : (!onnx.unknown, tensor<16xf32>) -> !onnx.unknown
  %2 = onnx.MatMul(%x, %a) "/up/lora_A/MatMul" : (tensor<?x?x8xf32>, tensor<8x2xf32>) -> !onnx.unknown
  %3 = onnx.MatMul(%2, %b) "/up/lora_B/MatMul" : (!onnx.unknown, tensor<2x16xf32>) -> !onnx.unknown
  %4 = onnx.Mul(%3, %s) "/up/Mul" : (!onnx.unknown, tensor<f32>) -> !onnx.unknown
  %5 = onnx.Add(%1, %4) "/up/Add_1"
  %6 = onnx.Relu(%5) "/act"
  %7 = onnx.MatMul(%6, %w2) "/down/MatMul" : (!onnx.unknown, tensor<16x8xf32>) -> !onnx.unknown
  %8 = onnx.Mul(%alpha, %7) "/down/Mul" : (tensor<f32>, !onnx.unknown) -> !onnx.unknown
  %9 = onnx.MatMul(%6, %v) "/down/V/MatMul" : (!onnx.unknown, tensor<16x2xf32>) -> !onnx.unknown
  %10 = onnx.MatMul(%9, %u) "/down/U/MatMul" : (!onnx.unknown, tensor<2x8xf32>) -> !onnx.unknown
  %11 = onnx.Mul(%10, %beta) "/down/Mul_1" : (!onnx.unknown, tensor<1xf32>) -> !onnx.unknown
  %12 = onnx.Add(%8, %11) "/down/Add"
  %13 = onnx.Add(%b2, %12) "/down/Add_1" outputs ["y"] : (tensor<8xf32>, !onnx.unknown) -> tensor<?x?x8xf32>
  return %13 : tensor<?x?x8xf32>
}
}
