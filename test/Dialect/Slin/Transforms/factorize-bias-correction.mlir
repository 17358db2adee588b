// RUN: %python %S/Inputs/statistics.py %t.safetensors x:5:1,3:1,1 y:5:1,3:1,100
// RUN: slin-opt %s --slin-factorize='rank=1 statistics=%t.safetensors' | FileCheck %s --check-prefixes=CHECK,OWN
// RUN: slin-opt %s --slin-factorize='rank=1 statistics=%t.safetensors add-bias' | FileCheck %s --check-prefixes=CHECK,ADD

// W = diag(4, 1) loses its second row to the factors; the input's mean is
// [1, 3], so the bias takes over 1 · 3. The error is 1 / √17 under the
// covariance, the identity.
// CHECK-LABEL: func @own_bias
// CHECK: slin.weight "/own/slin_bias" dense<[1.000000e+01, 2.300000e+01]> : tensor<2xf32>
// CHECK: slin.apply %{{.*}}, %{{.*}} bias %own.slin_bias : tensor<2xf32>
// CHECK-SAME: bias_corrected = true
// CHECK-SAME: error_activation = 0.2425356{{[0-9]*}} : f64, error_frobenius = 0.2425356{{[0-9]*}} : f64
func.func @own_bias(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %w = slin.weight "w1" dense<[[4.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf32>
  %b = slin.weight "b1" dense<[10.0, 20.0]> : tensor<2xf32>
  %0 = slin.dense %w : tensor<2x2xf32> -> !slin.linop<2 -> 2, f32>
  %1 = slin.apply %0, %x bias %b : tensor<2xf32> {path = "/own", input_name = "x"} : !slin.linop<2 -> 2, f32>, tensor<?x2xf32> -> tensor<?x2xf32>
    from {
      %2 = "onnx.MatMul"(%x, %w) : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
      %3 = "onnx.Add"(%2, %b) : (tensor<?x2xf32>, tensor<2xf32>) -> tensor<?x2xf32>
      slin.yield %3 : tensor<?x2xf32>
    }
  return %1 : tensor<?x2xf32>
}

// The second input varies so much that the first row is lost.
// CHECK-LABEL: func @other_input
// CHECK: slin.weight "/other/slin_bias" dense<[1.400000e+01, 2.000000e+01]> : tensor<2xf32>
// CHECK: error_activation = 0.3713906{{[0-9]*}} : f64, error_frobenius = 0.9701425{{[0-9]*}} : f64
func.func @other_input(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %w = slin.weight "w2" dense<[[4.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf32>
  %b = slin.weight "b2" dense<[10.0, 20.0]> : tensor<2xf32>
  %0 = slin.dense %w : tensor<2x2xf32> -> !slin.linop<2 -> 2, f32>
  %1 = slin.apply %0, %x bias %b : tensor<2xf32> {path = "/other", input_name = "y"} : !slin.linop<2 -> 2, f32>, tensor<?x2xf32> -> tensor<?x2xf32>
  return %1 : tensor<?x2xf32>
}

// One number for all outputs becomes one for each; the shape is kept otherwise.
// CHECK-LABEL: func @one_number
// CHECK: slin.weight "/one/slin_bias" dense<[5.000000e+00, 8.000000e+00]> : tensor<2xf32>
// CHECK: slin.weight "/shape/slin_bias" dense<{{\[\[}}5.000000e+00, 9.000000e+00]]> : tensor<1x2xf32>
func.func @one_number(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %w = slin.weight "w3" dense<[[4.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf32>
  %v = slin.weight "w4" dense<[[4.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf32>
  %b = slin.weight "b3" dense<5.0> : tensor<1xf32>
  %c = slin.weight "b4" dense<[[5.0, 6.0]]> : tensor<1x2xf32>
  %0 = slin.dense %w : tensor<2x2xf32> -> !slin.linop<2 -> 2, f32>
  %1 = slin.dense %v : tensor<2x2xf32> -> !slin.linop<2 -> 2, f32>
  %2 = slin.apply %0, %x bias %b : tensor<1xf32> {path = "/one", input_name = "x"} : !slin.linop<2 -> 2, f32>, tensor<?x2xf32> -> tensor<?x2xf32>
  %3 = slin.apply %1, %2 bias %c : tensor<1x2xf32> {path = "/shape", input_name = "x"} : !slin.linop<2 -> 2, f32>, tensor<?x2xf32> -> tensor<?x2xf32>
  return %3 : tensor<?x2xf32>
}

// A scaled operator loses scaled numbers.
// CHECK-LABEL: func @scaled
// CHECK: slin.weight "/scaled/slin_bias" dense<[1.000000e+01, 2.150000e+01]> : tensor<2xf32>
// CHECK: slin.scale
func.func @scaled(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %w = slin.weight "w5" dense<[[4.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf32>
  %b = slin.weight "b5" dense<[10.0, 20.0]> : tensor<2xf32>
  %0 = slin.dense %w : tensor<2x2xf32> -> !slin.linop<2 -> 2, f32>
  %1 = slin.scale %0 by 5.000000e-01 : !slin.linop<2 -> 2, f32>
  %2 = slin.apply %1, %x bias %b : tensor<2xf32> {path = "/scaled", input_name = "x"} : !slin.linop<2 -> 2, f32>, tensor<?x2xf32> -> tensor<?x2xf32>
  return %2 : tensor<?x2xf32>
}

// Without a bias the factors fit the second moment; with add-bias there is one.
// CHECK-LABEL: func @no_bias
// OWN-NOT: slin_bias
// ADD: slin.weight "/none/slin_bias" dense<[0.000000e+00, 3.000000e+00]> : tensor<2xf32>
// OWN: slin.apply %{{.*}}, %{{[a-z0-9]*}} {decision = {decision = "structured", error_activation = 0.3352745{{[0-9]*}} : f64,
// ADD: bias_corrected = true, {{.*}} error_activation = 0.2425356{{[0-9]*}} : f64
func.func @no_bias(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %w = slin.weight "w6" dense<[[4.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf32>
  %0 = slin.dense %w : tensor<2x2xf32> -> !slin.linop<2 -> 2, f32>
  %1 = slin.apply %0, %x {path = "/none", input_name = "x"} : !slin.linop<2 -> 2, f32>, tensor<?x2xf32> -> tensor<?x2xf32>
  return %1 : tensor<?x2xf32>
}

// A bias that two linears share stays as it is, unless each may get its own.
// CHECK-LABEL: func @shared_bias
// OWN-NOT: slin_bias
// ADD: slin.weight "/a/slin_bias" dense<[1.000000e+01, 2.300000e+01]>
// ADD: slin.weight "/b/slin_bias" dense<[1.400000e+01, 2.000000e+01]>
// OWN-COUNT-2: slin.apply %{{.*}} bias %b7 : tensor<2xf32> {decision = {decision = "structured", error_activation
// CHECK: return
func.func @shared_bias(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %w = slin.weight "w7" dense<[[4.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf32>
  %v = slin.weight "w8" dense<[[4.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf32>
  %b = slin.weight "b7" dense<[10.0, 20.0]> : tensor<2xf32>
  %0 = slin.dense %w : tensor<2x2xf32> -> !slin.linop<2 -> 2, f32>
  %1 = slin.dense %v : tensor<2x2xf32> -> !slin.linop<2 -> 2, f32>
  %2 = slin.apply %0, %x bias %b : tensor<2xf32> {path = "/a", input_name = "x"} : !slin.linop<2 -> 2, f32>, tensor<?x2xf32> -> tensor<?x2xf32>
  %3 = slin.apply %1, %2 bias %b : tensor<2xf32> {path = "/b", input_name = "y"} : !slin.linop<2 -> 2, f32>, tensor<?x2xf32> -> tensor<?x2xf32>
  return %3 : tensor<?x2xf32>
}

// A bias that is computed cannot be corrected.
// CHECK-LABEL: func @computed_bias
// CHECK-NOT: slin_bias
// CHECK: slin.apply %{{.*}} bias %{{.*}} {decision = {decision = "structured", error_activation = 0.3352745
func.func @computed_bias(%x: tensor<?x2xf32>, %b: tensor<2xf32>) -> tensor<?x2xf32> {
  %w = slin.weight "w9" dense<[[4.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf32>
  %0 = slin.dense %w : tensor<2x2xf32> -> !slin.linop<2 -> 2, f32>
  %1 = slin.apply %0, %x bias %b : tensor<2xf32> {path = "/computed", input_name = "x"} : !slin.linop<2 -> 2, f32>, tensor<?x2xf32> -> tensor<?x2xf32>
  return %1 : tensor<?x2xf32>
}
