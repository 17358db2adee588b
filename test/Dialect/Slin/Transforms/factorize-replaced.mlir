// RUN: %python %S/Inputs/statistics.py %t.safetensors x:5:1,3:1,1
// RUN: slin-opt %s --slin-factorize='rank=1 statistics=%t.safetensors' | FileCheck %s
// RUN: slin-opt %s --slin-factorize='rank=1 statistics=%t.safetensors' -o %t.1.mlir
// RUN: slin-opt %s --slin-factorize='rank=1 statistics=%t.safetensors' -o %t.2.mlir
// RUN: diff %t.1.mlir %t.2.mlir

// What may be dead now is marked: the weight, the node that several linears
// read it through, the bias. What others read is not.
// CHECK: onnx.initializer "w" {{.*}}slin.replaced
// CHECK: onnx.initializer "b" {{.*}}slin.replaced
// CHECK: onnx.Transpose({{.*}}slin.replaced
// CHECK-NOT: slin.replaced
// CHECK-NOT: from
func.func @main(%x: tensor<?x2xf32>) -> (tensor<?x2xf32>, tensor<2x2xf32>) {
  %w = onnx.initializer "w" dense<[[4.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf32>
  %v = onnx.initializer "v" dense<1.0> : tensor<2x2xf32>
  %b = onnx.initializer "b" dense<[10.0, 20.0]> : tensor<2xf32>
  %t = "onnx.Transpose"(%w) : (tensor<2x2xf32>) -> tensor<2x2xf32>
  %0 = slin.dense %w : tensor<2x2xf32> -> !slin.linop<2 -> 2, f32>
  %1 = slin.apply %0, %x bias %b : tensor<2xf32> {path = "/a", input_name = "x"} : !slin.linop<2 -> 2, f32>, tensor<?x2xf32> -> tensor<?x2xf32>
    from {
      %3 = "onnx.MatMul"(%x, %t) : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
      %4 = "onnx.Add"(%3, %b) : (tensor<?x2xf32>, tensor<2xf32>) -> tensor<?x2xf32>
      slin.yield %4 : tensor<?x2xf32>
    }
  return %1, %v : tensor<?x2xf32>, tensor<2x2xf32>
}
