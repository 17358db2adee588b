// RUN: %python %S/Inputs/statistics.py %t.safetensors x:5:1,3:1,1 y:5:1,100:1,1
// RUN: slin-opt %s --slin-factorize='rank=1 statistics=%t.safetensors exclude=/overflow' | FileCheck %s
// RUN: slin-opt %s --slin-factorize='structure=block_diagonal blocks=2 statistics=%t.safetensors include=/overflow' | FileCheck %s --check-prefix=OVERFLOW

// Factors and biases are rounded once, to the type of what they replace: 10 +
// 2⁻⁹ · 3 is 10.0058 in f64, which is 10.0078 in f16 and 10 in bf16.
// CHECK-LABEL: func @half
// CHECK: slin.weight "/half/slin_u" {{.*}} : tensor<2x1xf16>
// CHECK: slin.weight "/half/slin_v" {{.*}} : tensor<1x2xf16>
// CHECK: slin.low_rank {{.*}} : tensor<2x1xf16>, tensor<1x2xf16> -> !slin.linop<2 -> 2, f32>
// CHECK: slin.weight "/half/slin_bias" dense<[2.000000e+01, 1.000780e+01]> : tensor<2xf16>
func.func @half(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %w = slin.weight "w1" dense<[[4.0, 0.0], [0.0, 0.001953125]]> : tensor<2x2xf16>
  %b = slin.weight "b1" dense<[20.0, 10.0]> : tensor<2xf16>
  %0 = slin.dense %w : tensor<2x2xf16> -> !slin.linop<2 -> 2, f32>
  %1 = slin.apply %0, %x bias %b : tensor<2xf16> {path = "/half", input_name = "x"} : !slin.linop<2 -> 2, f32>, tensor<?x2xf32> -> tensor<?x2xf32>
  return %1 : tensor<?x2xf32>
}

// CHECK-LABEL: func @brain
// CHECK: slin.weight "/brain/slin_u" {{.*}} : tensor<2x1xbf16>
// CHECK: slin.weight "/brain/slin_v" {{.*}} : tensor<1x2xbf16>
// CHECK: slin.weight "/brain/slin_bias" dense<[2.000000e+01, 1.000000e+01]> : tensor<2xbf16>
func.func @brain(%x: tensor<?x2xbf16>) -> tensor<?x2xbf16> {
  %w = slin.weight "w2" dense<[[4.0, 0.0], [0.0, 0.001953125]]> : tensor<2x2xbf16>
  %b = slin.weight "b2" dense<[20.0, 10.0]> : tensor<2xbf16>
  %0 = slin.dense %w : tensor<2x2xbf16> -> !slin.linop<2 -> 2, bf16>
  %1 = slin.apply %0, %x bias %b : tensor<2xbf16> {path = "/brain", input_name = "x"} : !slin.linop<2 -> 2, bf16>, tensor<?x2xbf16> -> tensor<?x2xbf16>
  return %1 : tensor<?x2xbf16>
}

// The factors of diag(2.0, 0.1) are √2 and √2, which f16 cannot hold: 2 -
// 1.4140625² is what the bias takes over of the first row.
// CHECK-LABEL: func @rounded
// CHECK: slin.weight "/rounded/slin_bias" dense<[4.27246094E-4, {{.*}}]> : tensor<2xf32>
func.func @rounded(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %w = slin.weight "w3" dense<[[2.0, 0.0], [0.0, 0.1]]> : tensor<2x2xf16>
  %b = slin.weight "b3" dense<0.0> : tensor<2xf32>
  %0 = slin.dense %w : tensor<2x2xf16> -> !slin.linop<2 -> 2, f32>
  %1 = slin.apply %0, %x bias %b : tensor<2xf32> {path = "/rounded", input_name = "x"} : !slin.linop<2 -> 2, f32>, tensor<?x2xf32> -> tensor<?x2xf32>
  return %1 : tensor<?x2xf32>
}

// The first input stands for the second, a hundred times as large: 50 · 65504.
// OVERFLOW: decision = "dense", {{.*}} reason = "expected factors within the range of f16, found 3.275e+06 in 'blocks'"
func.func @overflow(%x: tensor<?x2xf16>) -> tensor<?x2xf16> {
  %w = slin.weight "w4" dense<[[0.0, 65504.0], [0.0, 0.0]]> : tensor<2x2xf16>
  %0 = slin.dense %w : tensor<2x2xf16> -> !slin.linop<2 -> 2, f16>
  %1 = slin.apply %0, %x {path = "/overflow", input_name = "y"} : !slin.linop<2 -> 2, f16>, tensor<?x2xf16> -> tensor<?x2xf16>
  return %1 : tensor<?x2xf16>
}
