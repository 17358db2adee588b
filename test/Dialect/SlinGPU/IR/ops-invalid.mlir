// RUN: slin-opt %s --split-input-file --verify-diagnostics --allow-unregistered-dialect

// slingpu.weight, C1.
// expected-error@+1 {{'slingpu.weight' op expected 'value' to hold elements, found #example<"elsewhere"> : tensor<4xf32>}}
%w = slingpu.weight "w" #example<"elsewhere"> : tensor<4xf32>

// -----

// slingpu.entry, C1.
// expected-error@+1 {{'slingpu.entry' op expected one region more than bounds, found 1 regions and 1 bounds}}
slingpu.entry "/mlp" bounds [4] structure "" (tensor<?x8xbf16>) -> (tensor<?x8xbf16>) {
^bb0(%x: tensor<?x8xbf16>):
  slingpu.yield %x : tensor<?x8xbf16>
}

// -----

// C2.
// expected-error@+1 {{'slingpu.entry' op expected bounds of at least 2 that increase, found 1}}
slingpu.entry "/mlp" bounds [1] structure "" (tensor<?x8xbf16>) -> (tensor<?x8xbf16>) {
^bb0(%x: tensor<?x8xbf16>):
  slingpu.yield %x : tensor<?x8xbf16>
}, {
^bb0(%x: tensor<?x8xbf16>):
  slingpu.yield %x : tensor<?x8xbf16>
}

// -----

// expected-error@+1 {{'slingpu.entry' op expected bounds of at least 2 that increase, found 4}}
slingpu.entry "/mlp" bounds [4, 4] structure "" (tensor<?x8xbf16>) -> (tensor<?x8xbf16>) {
^bb0(%x: tensor<?x8xbf16>):
  slingpu.yield %x : tensor<?x8xbf16>
}, {
^bb0(%x: tensor<?x8xbf16>):
  slingpu.yield %x : tensor<?x8xbf16>
}, {
^bb0(%x: tensor<?x8xbf16>):
  slingpu.yield %x : tensor<?x8xbf16>
}

// -----

// C3.
// expected-error@+1 {{'slingpu.entry' op expected regions of one block whose arguments have the types of the inputs}}
slingpu.entry "/mlp" bounds [] structure "" (tensor<?x8xbf16>) -> (tensor<?x8xbf16>) {
^bb0(%x: tensor<?x8xbf16>, %y: tensor<?x8xbf16>):
  slingpu.yield %x : tensor<?x8xbf16>
}

// -----

// C4.
// expected-error@+1 {{'slingpu.entry' op expected regions that yield values of the outputs' types}}
slingpu.entry "/mlp" bounds [] structure "" (tensor<?x8xbf16>) -> (tensor<?x8xbf16>) {
^bb0(%x: tensor<?x8xbf16>):
  slingpu.yield %x, %x : tensor<?x8xbf16>, tensor<?x8xbf16>
}

// -----

// C5.
// expected-error@+1 {{'slingpu.entry' op expected at least one input}}
slingpu.entry "/mlp" bounds [] structure "" () -> (tensor<?x8xbf16>) {
^bb0:
  slingpu.yield
}

// -----

// expected-error@+1 {{'slingpu.entry' op expected at least one output}}
slingpu.entry "/mlp" bounds [] structure "" (tensor<?x8xbf16>) -> () {
^bb0(%x: tensor<?x8xbf16>):
  slingpu.yield
}

// -----

// expected-error@+1 {{'slingpu.entry' op expected inputs of type [tokens, features] with known features, found 'tensor<?x?xbf16>'}}
slingpu.entry "/mlp" bounds [] structure "" (tensor<?x?xbf16>) -> (tensor<?x8xbf16>) {
^bb0(%x: tensor<?x?xbf16>):
  slingpu.yield
}

// -----

// expected-error@+1 {{'slingpu.entry' op expected outputs of type [tokens, features] with known features, found 'f32'}}
slingpu.entry "/mlp" bounds [] structure "" (tensor<?x8xbf16>) -> (f32) {
^bb0(%x: tensor<?x8xbf16>):
  slingpu.yield
}

// -----

// slingpu.yield, C1.
func.func @f(%x: tensor<?x8xbf16>) {
  // expected-error@+1 {{'slingpu.yield' op expects parent op 'slingpu.entry'}}
  slingpu.yield %x : tensor<?x8xbf16>
}

// -----

// slingpu.block_gemm.
func.func @f(%x: tensor<?xbf16>, %w: tensor<1x32x64xbf16>) {
  // expected-error@+1 {{'slingpu.block_gemm' op expected activations [tokens, features] with known features, found 'tensor<?xbf16>'}}
  %y = slingpu.block_gemm %x, %w run 32 : tensor<?xbf16>, tensor<1x32x64xbf16> -> tensor<?x32xbf16>
  return
}

// -----

func.func @f(%x: tensor<?x0xbf16>, %w: tensor<1x32x64xbf16>) {
  // expected-error@+1 {{'slingpu.block_gemm' op expected activations [tokens, features] with known features, found 'tensor<?x0xbf16>'}}
  %y = slingpu.block_gemm %x, %w run 32 : tensor<?x0xbf16>, tensor<1x32x64xbf16> -> tensor<?x32xbf16>
  return
}

// -----

func.func @f(%x: tensor<?x64xbf16>, %w: tensor<1x32x64xbf16>) {
  // expected-error@+1 {{'slingpu.block_gemm' op expected activations [tokens, features] with known features, found 'tensor<?x?xbf16>'}}
  %y = slingpu.block_gemm %x, %w run 32 : tensor<?x64xbf16>, tensor<1x32x64xbf16> -> tensor<?x?xbf16>
  return
}

// -----

// C1.
func.func @f(%x: tensor<?x64xbf16>, %w: tensor<32x64xbf16>) {
  // expected-error@+1 {{'slingpu.block_gemm' op expected a weight [blocks, rows, columns] of 'bf16', found 'tensor<32x64xbf16>'}}
  %y = slingpu.block_gemm %x, %w run 32 : tensor<?x64xbf16>, tensor<32x64xbf16> -> tensor<?x32xbf16>
  return
}

// -----

func.func @f(%x: tensor<?x64xbf16>, %w: tensor<1x32x64xf16>) {
  // expected-error@+1 {{'slingpu.block_gemm' op expected a weight [blocks, rows, columns] of 'bf16', found 'tensor<1x32x64xf16>'}}
  %y = slingpu.block_gemm %x, %w run 32 : tensor<?x64xbf16>, tensor<1x32x64xf16> -> tensor<?x32xbf16>
  return
}

// -----

func.func @f(%x: tensor<?x64xbf16>, %w: tensor<0x32x64xbf16>) {
  // expected-error@+1 {{'slingpu.block_gemm' op expected a weight [blocks, rows, columns] of 'bf16', found 'tensor<0x32x64xbf16>'}}
  %y = slingpu.block_gemm %x, %w run 32 : tensor<?x64xbf16>, tensor<0x32x64xbf16> -> tensor<?x32xbf16>
  return
}

// -----

func.func @f(%x: tensor<?x60xbf16>, %w: tensor<1x32x60xbf16>) {
  // expected-error@+1 {{'slingpu.block_gemm' op expected rows of a weight of whole 16 bytes, found 120 bytes}}
  %y = slingpu.block_gemm %x, %w run 32 : tensor<?x60xbf16>, tensor<1x32x60xbf16> -> tensor<?x32xbf16>
  return
}

// -----

// C2.
func.func @f(%x: tensor<?x64xbf16>, %w: tensor<3x32x64xbf16>) {
  // expected-error@+1 {{'slingpu.block_gemm' op expected an input of at most 3 x 64 features, found 64}}
  %y = slingpu.block_gemm %x, %w run 32 : tensor<?x64xbf16>, tensor<3x32x64xbf16> -> tensor<?x96xbf16>
  return
}

// -----

func.func @f(%x: tensor<?x160xbf16>, %w: tensor<2x32x64xbf16>) {
  // expected-error@+1 {{'slingpu.block_gemm' op expected an input of at most 2 x 64 features, found 160}}
  %y = slingpu.block_gemm %x, %w run 32 : tensor<?x160xbf16>, tensor<2x32x64xbf16> -> tensor<?x64xbf16>
  return
}

// -----

// C3.
func.func @f(%x: tensor<?x128xbf16>, %w: tensor<2x32x64xbf16>) {
  // expected-error@+1 {{'slingpu.block_gemm' op expected a result of 2 x 32 features of 'bf16', found 'tensor<?x32xbf16>'}}
  %y = slingpu.block_gemm %x, %w run 32 : tensor<?x128xbf16>, tensor<2x32x64xbf16> -> tensor<?x32xbf16>
  return
}

// -----

func.func @f(%x: tensor<?x128xbf16>, %w: tensor<2x32x64xbf16>) {
  // expected-error@+1 {{'slingpu.block_gemm' op expected a result of 2 x 32 features of 'bf16', found 'tensor<?x64xf32>'}}
  %y = slingpu.block_gemm %x, %w run 32 : tensor<?x128xbf16>, tensor<2x32x64xbf16> -> tensor<?x64xf32>
  return
}

// -----

func.func @f(%x: tensor<?x64xbf16>, %g: tensor<?x31xbf16>, %w: tensor<1x32x64xbf16>) {
  // expected-error@+1 {{'slingpu.block_gemm' op expected gate and residual of type 'tensor<?x32xbf16>', found 'tensor<?x31xbf16>'}}
  %y = slingpu.block_gemm %x, %w gate %g : tensor<?x31xbf16> run 32 : tensor<?x64xbf16>, tensor<1x32x64xbf16> -> tensor<?x32xbf16>
  return
}

// -----

func.func @f(%x: tensor<?x64xbf16>, %r: tensor<?x32xf32>, %w: tensor<1x32x64xbf16>) {
  // expected-error@+1 {{'slingpu.block_gemm' op expected gate and residual of type 'tensor<?x32xbf16>', found 'tensor<?x32xf32>'}}
  %y = slingpu.block_gemm %x, %w residual %r : tensor<?x32xf32> run 32 : tensor<?x64xbf16>, tensor<1x32x64xbf16> -> tensor<?x32xbf16>
  return
}

// -----

// C4.
func.func @f(%x: tensor<?x128xbf16>, %b: tensor<32xf32>, %w: tensor<2x32x64xbf16>) {
  // expected-error@+1 {{'slingpu.block_gemm' op expected a bias of type 'tensor<64xf32>', found 'tensor<32xf32>'}}
  %y = slingpu.block_gemm %x, %w bias %b : tensor<32xf32> run 32 : tensor<?x128xbf16>, tensor<2x32x64xbf16> -> tensor<?x64xbf16>
  return
}

// -----

// C5.
func.func @f(%x: tensor<?x64xbf16>, %w: tensor<1x32x64xbf16>) {
  // expected-error@+1 {{'slingpu.block_gemm' op expected a run that divides 32 rows, found 5}}
  %y = slingpu.block_gemm %x, %w run 5 : tensor<?x64xbf16>, tensor<1x32x64xbf16> -> tensor<?x32xbf16>
  return
}

// -----

func.func @f(%x: tensor<?x64xbf16>, %w: tensor<1x32x64xbf16>) {
  // expected-error@+1 {{'slingpu.block_gemm' op expected a run that divides 32 rows, found 0}}
  %y = slingpu.block_gemm %x, %w run 0 : tensor<?x64xbf16>, tensor<1x32x64xbf16> -> tensor<?x32xbf16>
  return
}

// -----

// slingpu.launch, C1.
func.func @g(%x: tensor<?x64xbf16>) {
  // expected-error@+1 {{'slingpu.launch' op expected a function of a gpu.module, found @kernels::@gemm}}
  slingpu.launch @kernels::@gemm(%x) grid <1>, <1> parameters [] : (tensor<?x64xbf16>) -> ()
  return
}

// -----

func.func @h() {
  return
}
func.func @g(%x: tensor<?x64xbf16>) {
  // expected-error@+1 {{'slingpu.launch' op expected a function of a gpu.module, found @h}}
  slingpu.launch @h(%x) grid <1>, <1> parameters [] : (tensor<?x64xbf16>) -> ()
  return
}

// -----

gpu.module @kernels {
  llvm.func @gemm(%x: !llvm.ptr, %tokens: i32) {
    llvm.return
  }
}
func.func @g(%x: tensor<?x64xbf16>) {
  // expected-error@+1 {{'slingpu.launch' op expected 2 parameters, found 1}}
  slingpu.launch @kernels::@gemm(%x) grid <1>, <1> parameters [#slingpu.pointer<buffer = 0, offset = 0>] : (tensor<?x64xbf16>) -> ()
  return
}

// -----

// C2.
func.func @g(%x: tensor<?x64xbf16>) {
  // expected-error@+1 {{'slingpu.launch' op expected parameters that are tensor maps, pointers and numbers, found 4 : i64}}
  slingpu.launch @kernels::@gemm(%x) grid <1>, <1> parameters [4] : (tensor<?x64xbf16>) -> ()
  return
}

// -----

func.func @g(%x: tensor<?x64xbf16>) {
  // expected-error@+1 {{'slingpu.launch' op expected a buffer below 2, found 2}}
  %y = slingpu.launch @kernels::@gemm(%x) grid <1>, <1> parameters [#slingpu.pointer<buffer = 2, offset = 0>] : (tensor<?x64xbf16>) -> tensor<?x64xbf16>
  return
}

// -----

func.func @g(%x: tensor<?x64xbf16>) {
  // expected-error@+1 {{'slingpu.launch' op expected a buffer below 1, found 7}}
  slingpu.launch @kernels::@gemm(%x) grid <1>, <1> parameters [#slingpu.tensor_map<buffer = 7, offset = 0, type = bf16, dims = [<64>, <64>], strides = [128], box = [64, 64], swizzle = 128>] : (tensor<?x64xbf16>) -> ()
  return
}
