// REQUIRES: slin-run
// RUN: slin-run %s --check=reference | FileCheck %s
// RUN: slin-run %s --check=reference --vector-bits=512 | FileCheck %s
// RUN: slin-run %s --check=reference --vector-bits=0 | FileCheck %s

// Each activation by its name, on vectors and on what is left of a row, and as a gate.

// CHECK-NOT: error
// CHECK-COUNT-42: checked: max relative error
func.func @identity(%x: tensor<3x21xf32>) -> tensor<3x21xf32> {
  %y = slin.activation identity(%v = %x : tensor<3x21xf32>) -> tensor<3x21xf32> { slin.yield %v : tensor<3x21xf32> }
  return %y : tensor<3x21xf32>
}
func.func @identity_gate(%x: tensor<21xf32>, %z: tensor<21xf32>) -> tensor<21xf32> {
  %y = slin.activation identity(%g = %x : tensor<21xf32>, %u = %z : tensor<21xf32>) -> tensor<21xf32> { slin.yield %g : tensor<21xf32> }
  return %y : tensor<21xf32>
}
func.func @relu(%x: tensor<3x21xf32>) -> tensor<3x21xf32> {
  %y = slin.activation relu(%v = %x : tensor<3x21xf32>) -> tensor<3x21xf32> { slin.yield %v : tensor<3x21xf32> }
  return %y : tensor<3x21xf32>
}
func.func @relu_gate(%x: tensor<21xf32>, %z: tensor<21xf32>) -> tensor<21xf32> {
  %y = slin.activation relu(%g = %x : tensor<21xf32>, %u = %z : tensor<21xf32>) -> tensor<21xf32> { slin.yield %g : tensor<21xf32> }
  return %y : tensor<21xf32>
}
func.func @gelu(%x: tensor<3x21xf32>) -> tensor<3x21xf32> {
  %y = slin.activation gelu(%v = %x : tensor<3x21xf32>) -> tensor<3x21xf32> { slin.yield %v : tensor<3x21xf32> }
  return %y : tensor<3x21xf32>
}
func.func @gelu_gate(%x: tensor<21xf32>, %z: tensor<21xf32>) -> tensor<21xf32> {
  %y = slin.activation gelu(%g = %x : tensor<21xf32>, %u = %z : tensor<21xf32>) -> tensor<21xf32> { slin.yield %g : tensor<21xf32> }
  return %y : tensor<21xf32>
}
func.func @gelu_tanh(%x: tensor<3x21xf32>) -> tensor<3x21xf32> {
  %y = slin.activation gelu_tanh(%v = %x : tensor<3x21xf32>) -> tensor<3x21xf32> { slin.yield %v : tensor<3x21xf32> }
  return %y : tensor<3x21xf32>
}
func.func @gelu_tanh_gate(%x: tensor<21xf32>, %z: tensor<21xf32>) -> tensor<21xf32> {
  %y = slin.activation gelu_tanh(%g = %x : tensor<21xf32>, %u = %z : tensor<21xf32>) -> tensor<21xf32> { slin.yield %g : tensor<21xf32> }
  return %y : tensor<21xf32>
}
func.func @quick_gelu(%x: tensor<3x21xf32>) -> tensor<3x21xf32> {
  %y = slin.activation quick_gelu(%v = %x : tensor<3x21xf32>) -> tensor<3x21xf32> { slin.yield %v : tensor<3x21xf32> }
  return %y : tensor<3x21xf32>
}
func.func @quick_gelu_gate(%x: tensor<21xf32>, %z: tensor<21xf32>) -> tensor<21xf32> {
  %y = slin.activation quick_gelu(%g = %x : tensor<21xf32>, %u = %z : tensor<21xf32>) -> tensor<21xf32> { slin.yield %g : tensor<21xf32> }
  return %y : tensor<21xf32>
}
func.func @silu(%x: tensor<3x21xf32>) -> tensor<3x21xf32> {
  %y = slin.activation silu(%v = %x : tensor<3x21xf32>) -> tensor<3x21xf32> { slin.yield %v : tensor<3x21xf32> }
  return %y : tensor<3x21xf32>
}
func.func @silu_gate(%x: tensor<21xf32>, %z: tensor<21xf32>) -> tensor<21xf32> {
  %y = slin.activation silu(%g = %x : tensor<21xf32>, %u = %z : tensor<21xf32>) -> tensor<21xf32> { slin.yield %g : tensor<21xf32> }
  return %y : tensor<21xf32>
}
func.func @relu_squared(%x: tensor<3x21xf32>) -> tensor<3x21xf32> {
  %y = slin.activation relu_squared(%v = %x : tensor<3x21xf32>) -> tensor<3x21xf32> { slin.yield %v : tensor<3x21xf32> }
  return %y : tensor<3x21xf32>
}
func.func @relu_squared_gate(%x: tensor<21xf32>, %z: tensor<21xf32>) -> tensor<21xf32> {
  %y = slin.activation relu_squared(%g = %x : tensor<21xf32>, %u = %z : tensor<21xf32>) -> tensor<21xf32> { slin.yield %g : tensor<21xf32> }
  return %y : tensor<21xf32>
}
func.func @relu6(%x: tensor<3x21xf32>) -> tensor<3x21xf32> {
  %y = slin.activation relu6(%v = %x : tensor<3x21xf32>) -> tensor<3x21xf32> { slin.yield %v : tensor<3x21xf32> }
  return %y : tensor<3x21xf32>
}
func.func @relu6_gate(%x: tensor<21xf32>, %z: tensor<21xf32>) -> tensor<21xf32> {
  %y = slin.activation relu6(%g = %x : tensor<21xf32>, %u = %z : tensor<21xf32>) -> tensor<21xf32> { slin.yield %g : tensor<21xf32> }
  return %y : tensor<21xf32>
}
func.func @tanh(%x: tensor<3x21xf32>) -> tensor<3x21xf32> {
  %y = slin.activation tanh(%v = %x : tensor<3x21xf32>) -> tensor<3x21xf32> { slin.yield %v : tensor<3x21xf32> }
  return %y : tensor<3x21xf32>
}
func.func @tanh_gate(%x: tensor<21xf32>, %z: tensor<21xf32>) -> tensor<21xf32> {
  %y = slin.activation tanh(%g = %x : tensor<21xf32>, %u = %z : tensor<21xf32>) -> tensor<21xf32> { slin.yield %g : tensor<21xf32> }
  return %y : tensor<21xf32>
}
func.func @sigmoid(%x: tensor<3x21xf32>) -> tensor<3x21xf32> {
  %y = slin.activation sigmoid(%v = %x : tensor<3x21xf32>) -> tensor<3x21xf32> { slin.yield %v : tensor<3x21xf32> }
  return %y : tensor<3x21xf32>
}
func.func @sigmoid_gate(%x: tensor<21xf32>, %z: tensor<21xf32>) -> tensor<21xf32> {
  %y = slin.activation sigmoid(%g = %x : tensor<21xf32>, %u = %z : tensor<21xf32>) -> tensor<21xf32> { slin.yield %g : tensor<21xf32> }
  return %y : tensor<21xf32>
}
func.func @hard_swish(%x: tensor<3x21xf32>) -> tensor<3x21xf32> {
  %y = slin.activation hard_swish(%v = %x : tensor<3x21xf32>) -> tensor<3x21xf32> { slin.yield %v : tensor<3x21xf32> }
  return %y : tensor<3x21xf32>
}
func.func @hard_swish_gate(%x: tensor<21xf32>, %z: tensor<21xf32>) -> tensor<21xf32> {
  %y = slin.activation hard_swish(%g = %x : tensor<21xf32>, %u = %z : tensor<21xf32>) -> tensor<21xf32> { slin.yield %g : tensor<21xf32> }
  return %y : tensor<21xf32>
}
func.func @hard_sigmoid(%x: tensor<3x21xf32>) -> tensor<3x21xf32> {
  %y = slin.activation hard_sigmoid(%v = %x : tensor<3x21xf32>) -> tensor<3x21xf32> { slin.yield %v : tensor<3x21xf32> }
  return %y : tensor<3x21xf32>
}
func.func @hard_sigmoid_gate(%x: tensor<21xf32>, %z: tensor<21xf32>) -> tensor<21xf32> {
  %y = slin.activation hard_sigmoid(%g = %x : tensor<21xf32>, %u = %z : tensor<21xf32>) -> tensor<21xf32> { slin.yield %g : tensor<21xf32> }
  return %y : tensor<21xf32>
}
func.func @mish(%x: tensor<3x21xf32>) -> tensor<3x21xf32> {
  %y = slin.activation mish(%v = %x : tensor<3x21xf32>) -> tensor<3x21xf32> { slin.yield %v : tensor<3x21xf32> }
  return %y : tensor<3x21xf32>
}
func.func @mish_gate(%x: tensor<21xf32>, %z: tensor<21xf32>) -> tensor<21xf32> {
  %y = slin.activation mish(%g = %x : tensor<21xf32>, %u = %z : tensor<21xf32>) -> tensor<21xf32> { slin.yield %g : tensor<21xf32> }
  return %y : tensor<21xf32>
}
func.func @softplus(%x: tensor<3x21xf32>) -> tensor<3x21xf32> {
  %y = slin.activation softplus(%v = %x : tensor<3x21xf32>) -> tensor<3x21xf32> { slin.yield %v : tensor<3x21xf32> }
  return %y : tensor<3x21xf32>
}
func.func @softplus_gate(%x: tensor<21xf32>, %z: tensor<21xf32>) -> tensor<21xf32> {
  %y = slin.activation softplus(%g = %x : tensor<21xf32>, %u = %z : tensor<21xf32>) -> tensor<21xf32> { slin.yield %g : tensor<21xf32> }
  return %y : tensor<21xf32>
}
func.func @softsign(%x: tensor<3x21xf32>) -> tensor<3x21xf32> {
  %y = slin.activation softsign(%v = %x : tensor<3x21xf32>) -> tensor<3x21xf32> { slin.yield %v : tensor<3x21xf32> }
  return %y : tensor<3x21xf32>
}
func.func @softsign_gate(%x: tensor<21xf32>, %z: tensor<21xf32>) -> tensor<21xf32> {
  %y = slin.activation softsign(%g = %x : tensor<21xf32>, %u = %z : tensor<21xf32>) -> tensor<21xf32> { slin.yield %g : tensor<21xf32> }
  return %y : tensor<21xf32>
}
func.func @selu(%x: tensor<3x21xf32>) -> tensor<3x21xf32> {
  %y = slin.activation selu(%v = %x : tensor<3x21xf32>) -> tensor<3x21xf32> { slin.yield %v : tensor<3x21xf32> }
  return %y : tensor<3x21xf32>
}
func.func @selu_gate(%x: tensor<21xf32>, %z: tensor<21xf32>) -> tensor<21xf32> {
  %y = slin.activation selu(%g = %x : tensor<21xf32>, %u = %z : tensor<21xf32>) -> tensor<21xf32> { slin.yield %g : tensor<21xf32> }
  return %y : tensor<21xf32>
}
func.func @square(%x: tensor<3x21xf32>) -> tensor<3x21xf32> {
  %y = slin.activation square(%v = %x : tensor<3x21xf32>) -> tensor<3x21xf32> { slin.yield %v : tensor<3x21xf32> }
  return %y : tensor<3x21xf32>
}
func.func @square_gate(%x: tensor<21xf32>, %z: tensor<21xf32>) -> tensor<21xf32> {
  %y = slin.activation square(%g = %x : tensor<21xf32>, %u = %z : tensor<21xf32>) -> tensor<21xf32> { slin.yield %g : tensor<21xf32> }
  return %y : tensor<21xf32>
}
func.func @abs(%x: tensor<3x21xf32>) -> tensor<3x21xf32> {
  %y = slin.activation abs(%v = %x : tensor<3x21xf32>) -> tensor<3x21xf32> { slin.yield %v : tensor<3x21xf32> }
  return %y : tensor<3x21xf32>
}
func.func @abs_gate(%x: tensor<21xf32>, %z: tensor<21xf32>) -> tensor<21xf32> {
  %y = slin.activation abs(%g = %x : tensor<21xf32>, %u = %z : tensor<21xf32>) -> tensor<21xf32> { slin.yield %g : tensor<21xf32> }
  return %y : tensor<21xf32>
}
func.func @exp(%x: tensor<3x21xf32>) -> tensor<3x21xf32> {
  %y = slin.activation exp(%v = %x : tensor<3x21xf32>) -> tensor<3x21xf32> { slin.yield %v : tensor<3x21xf32> }
  return %y : tensor<3x21xf32>
}
func.func @exp_gate(%x: tensor<21xf32>, %z: tensor<21xf32>) -> tensor<21xf32> {
  %y = slin.activation exp(%g = %x : tensor<21xf32>, %u = %z : tensor<21xf32>) -> tensor<21xf32> { slin.yield %g : tensor<21xf32> }
  return %y : tensor<21xf32>
}
func.func @leaky_relu(%x: tensor<3x21xf32>) -> tensor<3x21xf32> {
  %y = slin.activation leaky_relu(%v = %x : tensor<3x21xf32>) -> tensor<3x21xf32> { slin.yield %v : tensor<3x21xf32> } {parameter = 0.1 : f64}
  return %y : tensor<3x21xf32>
}
func.func @leaky_relu_gate(%x: tensor<21xf32>, %z: tensor<21xf32>) -> tensor<21xf32> {
  %y = slin.activation leaky_relu(%g = %x : tensor<21xf32>, %u = %z : tensor<21xf32>) -> tensor<21xf32> { slin.yield %g : tensor<21xf32> } {parameter = 0.1 : f64}
  return %y : tensor<21xf32>
}
func.func @elu(%x: tensor<3x21xf32>) -> tensor<3x21xf32> {
  %y = slin.activation elu(%v = %x : tensor<3x21xf32>) -> tensor<3x21xf32> { slin.yield %v : tensor<3x21xf32> } {parameter = 1.5 : f64}
  return %y : tensor<3x21xf32>
}
func.func @elu_gate(%x: tensor<21xf32>, %z: tensor<21xf32>) -> tensor<21xf32> {
  %y = slin.activation elu(%g = %x : tensor<21xf32>, %u = %z : tensor<21xf32>) -> tensor<21xf32> { slin.yield %g : tensor<21xf32> } {parameter = 1.5 : f64}
  return %y : tensor<21xf32>
}
