// RUN: slin-opt %s --split-input-file --verify-diagnostics

// slingpu.block_gemm by experts, C1.
func.func @f(%x: tensor<?x2x64xbf16>, %w: tensor<12x64x64xbf16>, %o: tensor<9xi32>) {
  // expected-error@+1 {{'slingpu.block_gemm' op expected as many blocks for each of 8 experts, found 'tensor<12x64x64xbf16>'}}
  %y = slingpu.block_gemm %x, %w experts %o : tensor<9xi32> run 64 : tensor<?x2x64xbf16>, tensor<12x64x64xbf16> -> tensor<?x2x64xbf16>
  return
}

// -----

// C2: one block of 64 columns for each expert.
func.func @f(%x: tensor<?x2x64xbf16>, %w: tensor<8x64x32xbf16>, %o: tensor<9xi32>) {
  // expected-error@+1 {{'slingpu.block_gemm' op expected an input of at most 1 x 32 features, found 64}}
  %y = slingpu.block_gemm %x, %w experts %o : tensor<9xi32> run 64 : tensor<?x2x64xbf16>, tensor<8x64x32xbf16> -> tensor<?x2x64xbf16>
  return
}

// -----

// C3.
func.func @f(%x: tensor<?x2x64xbf16>, %w: tensor<8x64x64xbf16>, %g: tensor<?x64xbf16>, %o: tensor<9xi32>) {
  // expected-error@+1 {{'slingpu.block_gemm' op expected gate and residual of type 'tensor<?x2x64xbf16>', found 'tensor<?x64xbf16>'}}
  %y = slingpu.block_gemm %x, %w gate %g : tensor<?x64xbf16> experts %o : tensor<9xi32> run 64 : tensor<?x2x64xbf16>, tensor<8x64x64xbf16> -> tensor<?x2x64xbf16>
  return
}

// -----

// C4.
func.func @f(%x: tensor<?x2x64xbf16>, %w: tensor<8x64x64xbf16>, %b: tensor<64xf32>, %o: tensor<9xi32>) {
  // expected-error@+1 {{'slingpu.block_gemm' op expected a bias of type 'tensor<512xf32>', found 'tensor<64xf32>'}}
  %y = slingpu.block_gemm %x, %w bias %b : tensor<64xf32> experts %o : tensor<9xi32> run 64 : tensor<?x2x64xbf16>, tensor<8x64x64xbf16> -> tensor<?x2x64xbf16>
  return
}

// -----

// C7.
func.func @f(%x: tensor<?x64xbf16>, %w: tensor<1x64x64xbf16>, %l: tensor<?x2xi32>) {
  // expected-error@+1 {{'slingpu.block_gemm' op expected 'tokens' only with 'experts'}}
  %y = slingpu.block_gemm %x, %w tokens %l : tensor<?x2xi32> run 64 : tensor<?x64xbf16>, tensor<1x64x64xbf16> -> tensor<?x64xbf16>
  return
}

// -----

func.func @f(%x: tensor<?x2x64xbf16>, %w: tensor<8x64x64xbf16>, %o: tensor<1xi32>) {
  // expected-error@+1 {{'slingpu.block_gemm' op expected 'experts' [E + 1] of at least one expert, found 'tensor<1xi32>'}}
  %y = slingpu.block_gemm %x, %w experts %o : tensor<1xi32> run 64 : tensor<?x2x64xbf16>, tensor<8x64x64xbf16> -> tensor<?x2x64xbf16>
  return
}

// -----

func.func @f(%x: tensor<?x2x64xbf16>, %w: tensor<8x64x64xbf16>, %o: tensor<?xi32>) {
  // expected-error@+1 {{'slingpu.block_gemm' op expected 'experts' [E + 1] of at least one expert, found 'tensor<?xi32>'}}
  %y = slingpu.block_gemm %x, %w experts %o : tensor<?xi32> run 64 : tensor<?x2x64xbf16>, tensor<8x64x64xbf16> -> tensor<?x2x64xbf16>
  return
}

// -----

func.func @f(%x: tensor<?x64xbf16>, %w: tensor<8x64x64xbf16>, %o: tensor<9xi32>) {
  // expected-error@+1 {{'slingpu.block_gemm' op expected activations [tokens, choices, features] with known choices and features, found 'tensor<?x64xbf16>'}}
  %y = slingpu.block_gemm %x, %w experts %o : tensor<9xi32> run 64 : tensor<?x64xbf16>, tensor<8x64x64xbf16> -> tensor<?x2x64xbf16>
  return
}

// -----

func.func @f(%x: tensor<?x2x64xbf16>, %w: tensor<8x64x64xbf16>, %o: tensor<9xi32>, %l: tensor<?x2xi32>) {
  // expected-error@+1 {{'slingpu.block_gemm' op expected activations [tokens, features] with known features, found 'tensor<?x2x64xbf16>'}}
  %y = slingpu.block_gemm %x, %w experts %o : tensor<9xi32> tokens %l : tensor<?x2xi32> run 64 : tensor<?x2x64xbf16>, tensor<8x64x64xbf16> -> tensor<?x2x64xbf16>
  return
}

// -----

func.func @f(%x: tensor<?x2x64xbf16>, %w: tensor<8x64x64xbf16>, %o: tensor<9xi32>) {
  // expected-error@+1 {{'slingpu.block_gemm' op expected activations [tokens, choices, features] with known choices and features, found 'tensor<?x64xbf16>'}}
  %y = slingpu.block_gemm %x, %w experts %o : tensor<9xi32> run 64 : tensor<?x2x64xbf16>, tensor<8x64x64xbf16> -> tensor<?x64xbf16>
  return
}

// -----

func.func @f(%x: tensor<?x2x64xbf16>, %w: tensor<1x64x64xbf16>) {
  // expected-error@+1 {{'slingpu.block_gemm' op expected activations [tokens, features] with known features, found 'tensor<?x2x64xbf16>'}}
  %y = slingpu.block_gemm %x, %w run 64 : tensor<?x2x64xbf16>, tensor<1x64x64xbf16> -> tensor<?x2x64xbf16>
  return
}

// -----

func.func @f(%x: tensor<?x3x64xbf16>, %w: tensor<8x64x64xbf16>, %o: tensor<9xi32>) {
  // expected-error@+1 {{'slingpu.block_gemm' op expected 2 choices as in the result, found 'tensor<?x3x64xbf16>'}}
  %y = slingpu.block_gemm %x, %w experts %o : tensor<9xi32> run 64 : tensor<?x3x64xbf16>, tensor<8x64x64xbf16> -> tensor<?x2x64xbf16>
  return
}

// -----

func.func @f(%x: tensor<?x64xbf16>, %w: tensor<8x64x64xbf16>, %o: tensor<9xi32>, %l: tensor<?x3xi32>) {
  // expected-error@+1 {{'slingpu.block_gemm' op expected 2 choices as in the result, found 'tensor<?x3xi32>'}}
  %y = slingpu.block_gemm %x, %w experts %o : tensor<9xi32> tokens %l : tensor<?x3xi32> run 64 : tensor<?x64xbf16>, tensor<8x64x64xbf16> -> tensor<?x2x64xbf16>
  return
}

// -----

func.func @f(%x: tensor<?x64xbf16>, %w: tensor<8x64x64xbf16>, %o: tensor<9xi32>, %l: tensor<?xi32>) {
  // expected-error@+1 {{'slingpu.block_gemm' op expected 'tokens' [tokens, choices], found 'tensor<?xi32>'}}
  %y = slingpu.block_gemm %x, %w experts %o : tensor<9xi32> tokens %l : tensor<?xi32> run 64 : tensor<?x64xbf16>, tensor<8x64x64xbf16> -> tensor<?x2x64xbf16>
  return
}

// -----

// slingpu.route, C1.
func.func @f(%g: tensor<?x?xbf16>) {
  // expected-error@+1 {{'slingpu.route' op expected gates [tokens, experts] with known experts, found 'tensor<?x?xbf16>'}}
  %o, %l, %p = slingpu.route %g choices 2 : tensor<?x?xbf16> -> tensor<9xi32>, tensor<?x2xi32>, tensor<?x8xi32>
  return
}

// -----

// C2.
func.func @f(%g: tensor<?x8xbf16>) {
  // expected-error@+1 {{'slingpu.route' op expected 1 to 8 choices, found 0}}
  %o, %l, %p = slingpu.route %g choices 0 : tensor<?x8xbf16> -> tensor<9xi32>, tensor<?x2xi32>, tensor<?x8xi32>
  return
}

// -----

func.func @f(%g: tensor<?x8xbf16>) {
  // expected-error@+1 {{'slingpu.route' op expected 1 to 8 choices, found 9}}
  %o, %l, %p = slingpu.route %g choices 9 : tensor<?x8xbf16> -> tensor<9xi32>, tensor<?x2xi32>, tensor<?x8xi32>
  return
}

// -----

// C3.
func.func @f(%g: tensor<?x8xbf16>) {
  // expected-error@+1 {{'slingpu.route' op expected a result of type 'tensor<9xi32>', found 'tensor<8xi32>'}}
  %o, %l, %p = slingpu.route %g choices 2 : tensor<?x8xbf16> -> tensor<8xi32>, tensor<?x2xi32>, tensor<?x8xi32>
  return
}

// -----

func.func @f(%g: tensor<?x8xbf16>) {
  // expected-error@+1 {{'slingpu.route' op expected a result of type 'tensor<?x2xi32>', found 'tensor<?x3xi32>'}}
  %o, %l, %p = slingpu.route %g choices 2 : tensor<?x8xbf16> -> tensor<9xi32>, tensor<?x3xi32>, tensor<?x8xi32>
  return
}

// -----

func.func @f(%g: tensor<?x8xbf16>) {
  // expected-error@+1 {{'slingpu.route' op expected a result of type 'tensor<?x8xi32>', found 'tensor<?x9xi32>'}}
  %o, %l, %p = slingpu.route %g choices 2 : tensor<?x8xbf16> -> tensor<9xi32>, tensor<?x2xi32>, tensor<?x9xi32>
  return
}

// -----

// slingpu.combine, C1.
func.func @f(%r: tensor<?x64xbf16>, %g: tensor<?x8xbf16>, %p: tensor<?x8xi32>) {
  // expected-error@+1 {{'slingpu.combine' op expected rows [tokens, choices, features] with known choices and features, found 'tensor<?x64xbf16>'}}
  %y = slingpu.combine %r, %g, %p : tensor<?x64xbf16>, tensor<?x8xbf16>, tensor<?x8xi32> -> tensor<?x64xbf16>
  return
}

// -----

func.func @f(%r: tensor<?x2x64xbf16>, %g: tensor<?x8xf32>, %p: tensor<?x8xi32>) {
  // expected-error@+1 {{'slingpu.combine' op expected gates [tokens, experts] of 'bf16' with known experts, found 'tensor<?x8xf32>'}}
  %y = slingpu.combine %r, %g, %p : tensor<?x2x64xbf16>, tensor<?x8xf32>, tensor<?x8xi32> -> tensor<?x64xbf16>
  return
}

// -----

// C2.
func.func @f(%r: tensor<?x2x64xbf16>, %g: tensor<?x8xbf16>, %p: tensor<?x7xi32>) {
  // expected-error@+1 {{'slingpu.combine' op expected places of type 'tensor<?x8xi32>', found 'tensor<?x7xi32>'}}
  %y = slingpu.combine %r, %g, %p : tensor<?x2x64xbf16>, tensor<?x8xbf16>, tensor<?x7xi32> -> tensor<?x64xbf16>
  return
}

// -----

// C3.
func.func @f(%r: tensor<?x2x64xbf16>, %g: tensor<?x8xbf16>, %p: tensor<?x8xi32>) {
  // expected-error@+1 {{'slingpu.combine' op expected a result of type 'tensor<?x64xbf16>', found 'tensor<?x32xbf16>'}}
  %y = slingpu.combine %r, %g, %p : tensor<?x2x64xbf16>, tensor<?x8xbf16>, tensor<?x8xi32> -> tensor<?x32xbf16>
  return
}

// -----

// slingpu.entry, C6.
// expected-error@+1 {{'slingpu.entry' op expected two inputs, the second one of 2 gates, one for each network, found [tensor<?x8xbf16>, tensor<?x3xbf16>]}}
slingpu.entry "/mlp" bounds [] structure "" (tensor<?x8xbf16>, tensor<?x3xbf16>) -> (tensor<?x8xbf16>) attributes {networks = ["/0", "/1"]} {
^bb0(%x: tensor<?x8xbf16>, %gates: tensor<?x3xbf16>):
  slingpu.yield %x : tensor<?x8xbf16>
}

// -----

// expected-error@+1 {{'slingpu.entry' op expected two inputs, the second one of 2 gates, one for each network, found [tensor<?x8xbf16>]}}
slingpu.entry "/mlp" bounds [] structure "" (tensor<?x8xbf16>) -> (tensor<?x8xbf16>) attributes {networks = ["/0", "/1"]} {
^bb0(%x: tensor<?x8xbf16>):
  slingpu.yield %x : tensor<?x8xbf16>
}
