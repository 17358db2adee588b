// RUN: slin-opt %s --split-input-file --verify-diagnostics

func.func @f(%t: tensor<?x?xbf16>, %u: tensor<1x96x32xbf16>, %v: tensor<1x24x96xbf16>) {
  // expected-error@+1 {{'slingpu.ffn_core' op expected activations [tokens, features] with known features, found 'tensor<?x?xbf16>'}}
  %z = slingpu.ffn_core %t, %u, %v : tensor<?x?xbf16>, tensor<1x96x32xbf16>, tensor<1x24x96xbf16> -> tensor<?x24xbf16>
  return
}

// -----

// C1.
func.func @f(%t: tensor<?x32xbf16>, %u: tensor<96x32xbf16>, %v: tensor<1x24x96xbf16>) {
  // expected-error@+1 {{'slingpu.ffn_core' op expected 'up' to be [1, rows, columns] of 'bf16', found 'tensor<96x32xbf16>'}}
  %z = slingpu.ffn_core %t, %u, %v : tensor<?x32xbf16>, tensor<96x32xbf16>, tensor<1x24x96xbf16> -> tensor<?x24xbf16>
  return
}

// -----

func.func @f(%t: tensor<?x32xbf16>, %u: tensor<1x96x32xbf16>, %v: tensor<2x24x96xbf16>) {
  // expected-error@+1 {{'slingpu.ffn_core' op expected 'down' to be [1, rows, columns] of 'bf16', found 'tensor<2x24x96xbf16>'}}
  %z = slingpu.ffn_core %t, %u, %v : tensor<?x32xbf16>, tensor<1x96x32xbf16>, tensor<2x24x96xbf16> -> tensor<?x24xbf16>
  return
}

// -----

func.func @f(%t: tensor<?x32xbf16>, %u: tensor<1x96x32xbf16>, %v: tensor<1x24x96xbf16>, %g: tensor<1x96x32xf16>) {
  // expected-error@+1 {{'slingpu.ffn_core' op expected 'gate_up' to be [1, rows, columns] of 'bf16', found 'tensor<1x96x32xf16>'}}
  %z = slingpu.ffn_core %t, %u, %v gate %t, %g : tensor<?x32xbf16>, tensor<1x96x32xf16> : tensor<?x32xbf16>, tensor<1x96x32xbf16>, tensor<1x24x96xbf16> -> tensor<?x24xbf16>
  return
}

// -----

func.func @f(%t: tensor<?x28xbf16>, %u: tensor<1x96x28xbf16>, %v: tensor<1x24x96xbf16>) {
  // expected-error@+1 {{'slingpu.ffn_core' op expected rows of 'up' of whole 16 bytes, found 56 bytes}}
  %z = slingpu.ffn_core %t, %u, %v : tensor<?x28xbf16>, tensor<1x96x28xbf16>, tensor<1x24x96xbf16> -> tensor<?x24xbf16>
  return
}

// -----

// C2.
func.func @f(%t: tensor<?x33xbf16>, %u: tensor<1x96x32xbf16>, %v: tensor<1x24x96xbf16>) {
  // expected-error@+1 {{'slingpu.ffn_core' op expected 'up' to have at least 33 columns, found 32}}
  %z = slingpu.ffn_core %t, %u, %v : tensor<?x33xbf16>, tensor<1x96x32xbf16>, tensor<1x24x96xbf16> -> tensor<?x24xbf16>
  return
}

// -----

func.func @f(%t: tensor<?x32xbf16>, %u: tensor<1x96x32xbf16>, %v: tensor<1x24x96xbf16>, %s: tensor<?x40xbf16>, %g: tensor<1x96x32xbf16>) {
  // expected-error@+1 {{'slingpu.ffn_core' op expected 'gate_up' to have at least 40 columns, found 32}}
  %z = slingpu.ffn_core %t, %u, %v gate %s, %g : tensor<?x40xbf16>, tensor<1x96x32xbf16> : tensor<?x32xbf16>, tensor<1x96x32xbf16>, tensor<1x24x96xbf16> -> tensor<?x24xbf16>
  return
}

// -----

// C3.
func.func @f(%t: tensor<?x32xbf16>, %u: tensor<1x96x32xbf16>, %v: tensor<1x24x88xbf16>) {
  // expected-error@+1 {{'slingpu.ffn_core' op expected 'down' to have at least 96 columns, found 88}}
  %z = slingpu.ffn_core %t, %u, %v : tensor<?x32xbf16>, tensor<1x96x32xbf16>, tensor<1x24x88xbf16> -> tensor<?x24xbf16>
  return
}

// -----

// C4.
func.func @f(%t: tensor<?x32xbf16>, %u: tensor<1x96x32xbf16>, %v: tensor<1x24x96xbf16>) {
  // expected-error@+1 {{'slingpu.ffn_core' op expected a result of type 'tensor<?x24xbf16>', found 'tensor<?x23xbf16>'}}
  %z = slingpu.ffn_core %t, %u, %v : tensor<?x32xbf16>, tensor<1x96x32xbf16>, tensor<1x24x96xbf16> -> tensor<?x23xbf16>
  return
}

// -----

// C5.
func.func @f(%t: tensor<?x32xbf16>, %u: tensor<1x96x32xbf16>, %v: tensor<1x24x96xbf16>, %b: tensor<95xf32>) {
  // expected-error@+1 {{'slingpu.ffn_core' op expected a bias of type 'tensor<96xf32>', found 'tensor<95xf32>'}}
  %z = slingpu.ffn_core %t, %u, %v bias %b : tensor<95xf32> : tensor<?x32xbf16>, tensor<1x96x32xbf16>, tensor<1x24x96xbf16> -> tensor<?x24xbf16>
  return
}

// -----

func.func @f(%t: tensor<?x32xbf16>, %u: tensor<1x96x32xbf16>, %v: tensor<1x24x96xbf16>, %b: tensor<96xbf16>) {
  // expected-error@+1 {{'slingpu.ffn_core' op expected a bias of type 'tensor<96xf32>', found 'tensor<96xbf16>'}}
  %z = slingpu.ffn_core %t, %u, %v gate %t, %u : tensor<?x32xbf16>, tensor<1x96x32xbf16> gate_bias %b : tensor<96xbf16> : tensor<?x32xbf16>, tensor<1x96x32xbf16>, tensor<1x24x96xbf16> -> tensor<?x24xbf16>
  return
}

// -----

// C6.
func.func @f(%t: tensor<?x32xbf16>, %u: tensor<1x96x32xbf16>, %v: tensor<1x24x96xbf16>) {
  // expected-error@+1 {{'slingpu.ffn_core' op expected 'gate_input' and 'gate_up' together, found one of them}}
  %z = "slingpu.ffn_core"(%t, %u, %v, %t) {operandSegmentSizes = array<i32: 1, 1, 1, 0, 1, 0, 0>} : (tensor<?x32xbf16>, tensor<1x96x32xbf16>, tensor<1x24x96xbf16>, tensor<?x32xbf16>) -> tensor<?x24xbf16>
  return
}

// -----

func.func @f(%t: tensor<?x32xbf16>, %u: tensor<1x96x32xbf16>, %v: tensor<1x24x96xbf16>, %b: tensor<96xf32>) {
  // expected-error@+1 {{'slingpu.ffn_core' op expected no 'gate_bias' without a gate}}
  %z = slingpu.ffn_core %t, %u, %v gate_bias %b : tensor<96xf32> : tensor<?x32xbf16>, tensor<1x96x32xbf16>, tensor<1x24x96xbf16> -> tensor<?x24xbf16>
  return
}

// -----

func.func @f(%t: tensor<?x32xbf16>, %s: tensor<?x32xf16>, %u: tensor<1x96x32xbf16>, %v: tensor<1x24x96xbf16>) {
  // expected-error@+1 {{'slingpu.ffn_core' op expected a gate's input of 'bf16', found 'tensor<?x32xf16>'}}
  %z = slingpu.ffn_core %t, %u, %v gate %s, %u : tensor<?x32xf16>, tensor<1x96x32xbf16> : tensor<?x32xbf16>, tensor<1x96x32xbf16>, tensor<1x24x96xbf16> -> tensor<?x24xbf16>
  return
}

// -----

func.func @f(%t: tensor<?x32xbf16>, %u: tensor<1x96x32xbf16>, %v: tensor<1x24x96xbf16>, %g: tensor<1x95x32xbf16>) {
  // expected-error@+1 {{'slingpu.ffn_core' op expected 'gate_up' to have 96 rows, found 95}}
  %z = slingpu.ffn_core %t, %u, %v gate %t, %g : tensor<?x32xbf16>, tensor<1x95x32xbf16> : tensor<?x32xbf16>, tensor<1x96x32xbf16>, tensor<1x24x96xbf16> -> tensor<?x24xbf16>
  return
}
