// RUN: slin-opt %s | slin-opt | FileCheck %s

// CHECK-LABEL: func.func @numbers
// CHECK: %mlp.slin_u = slin.weight "/mlp/slin_u" dense<{{\[\[}}1.000000e+00, 2.000000e+00], [3.000000e+00, 4.000000e+00]]> : tensor<2x2xf32>
func.func @numbers() -> tensor<2x2xf32> {
  %0 = slin.weight "/mlp/slin_u" dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  return %0 : tensor<2x2xf32>
}

// CHECK-LABEL: func.func @splat_f16
// CHECK: %bias = slin.weight "bias" dense<5.000000e-01> : tensor<6xf16> {note = "kept"}
func.func @splat_f16() -> tensor<6xf16> {
  %0 = slin.weight "bias" dense<0.5> : tensor<6xf16> {note = "kept"}
  return %0 : tensor<6xf16>
}
