// RUN: slin-opt %s --split-input-file --verify-diagnostics --allow-unregistered-dialect

// slingpu.schedule.
// expected-error@+1 {{expected a tile of tokens, rows and columns, found 2 numbers}}
"example.holder"() {value = #slingpu.schedule<emitter = "mma_sync", tile = [64, 64], stages = 2, warps = [1, 1], cluster = 1, split = 1, persistent = false>} : () -> ()

// -----

// expected-error@+1 {{expected warps along tokens and along rows, found 3 numbers}}
"example.holder"() {value = #slingpu.schedule<emitter = "mma_sync", tile = [64, 64, 64], stages = 2, warps = [1, 1, 1], cluster = 1, split = 1, persistent = false>} : () -> ()

// -----

// expected-error@+1 {{expected a tile's sizes of at least 1, found 0}}
"example.holder"() {value = #slingpu.schedule<emitter = "mma_sync", tile = [64, 0, 64], stages = 2, warps = [1, 1], cluster = 1, split = 1, persistent = false>} : () -> ()

// -----

// expected-error@+1 {{expected a number of warps of at least 1, found -1}}
"example.holder"() {value = #slingpu.schedule<emitter = "mma_sync", tile = [64, 64, 64], stages = 2, warps = [-1, 1], cluster = 1, split = 1, persistent = false>} : () -> ()

// -----

// expected-error@+1 {{expected stages of at least 1, found 0}}
"example.holder"() {value = #slingpu.schedule<emitter = "mma_sync", tile = [64, 64, 64], stages = 0, warps = [1, 1], cluster = 1, split = 1, persistent = false>} : () -> ()

// -----

// expected-error@+1 {{expected a cluster of at least 1, found 0}}
"example.holder"() {value = #slingpu.schedule<emitter = "mma_sync", tile = [64, 64, 64], stages = 2, warps = [1, 1], cluster = 0, split = 1, persistent = false>} : () -> ()

// -----

// expected-error@+1 {{expected a split of at least 1, found 0}}
"example.holder"() {value = #slingpu.schedule<emitter = "mma_sync", tile = [64, 64, 64], stages = 2, warps = [1, 1], cluster = 1, split = 0, persistent = false>} : () -> ()

// -----

// expected-error@+1 {{expected a cluster of at most 16 blocks, found 17}}
"example.holder"() {value = #slingpu.schedule<emitter = "mma_sync", tile = [64, 64, 64], stages = 2, warps = [1, 1], cluster = 17, split = 1, persistent = false>} : () -> ()

// -----

// slingpu.number.
// expected-error@+1 {{expected a divisor of at least 1, found 0}}
"example.holder"() {value = #slingpu.number<ceil(1 * tokens by 0) * 6 + 0>} : () -> ()

// -----

// expected-error@+1 {{expected numbers that are not negative, found -6}}
"example.holder"() {value = #slingpu.number<ceil(1 * tokens by 2) * -6 + 0>} : () -> ()

// -----

// slingpu.tensor_map.
// expected-error@+1 {{expected 1 to 5 dims, as many sizes of a box and one stride less, found 2, 1 and 1}}
"example.holder"() {value = #slingpu.tensor_map<buffer = 0, offset = 0, type = bf16, dims = [<64>, <64>], strides = [128], box = [64], swizzle = 128>} : () -> ()

// -----

// expected-error@+1 {{expected 1 to 5 dims, as many sizes of a box and one stride less, found 6, 6 and 5}}
"example.holder"() {value = #slingpu.tensor_map<buffer = 0, offset = 0, type = bf16, dims = [<2>, <2>, <2>, <2>, <2>, <2>], strides = [16, 16, 16, 16, 16], box = [2, 2, 2, 2, 2, 2], swizzle = 0>} : () -> ()

// -----

// expected-error@+1 {{expected strides that are multiples of 16 bytes, found 120}}
"example.holder"() {value = #slingpu.tensor_map<buffer = 0, offset = 0, type = bf16, dims = [<60>, <64>], strides = [120], box = [60, 64], swizzle = 128>} : () -> ()

// -----

// expected-error@+1 {{expected a box of 1 to 256 elements, found 257}}
"example.holder"() {value = #slingpu.tensor_map<buffer = 0, offset = 0, type = bf16, dims = [<64>, <512>], strides = [128], box = [64, 257], swizzle = 128>} : () -> ()

// -----

// expected-error@+1 {{expected a swizzle of 0, 32, 64 or 128 bytes, found 48}}
"example.holder"() {value = #slingpu.tensor_map<buffer = 0, offset = 0, type = bf16, dims = [<64>, <64>], strides = [128], box = [64, 64], swizzle = 48>} : () -> ()

// -----

// expected-error@+1 {{expected a type of numbers, found 'index'}}
"example.holder"() {value = #slingpu.tensor_map<buffer = 0, offset = 0, type = index, dims = [<64>, <64>], strides = [128], box = [64, 64], swizzle = 128>} : () -> ()

// -----

// expected-error@+1 {{expected rows of a box of at most 128 bytes, found 256}}
"example.holder"() {value = #slingpu.tensor_map<buffer = 0, offset = 0, type = bf16, dims = [<128>, <64>], strides = [256], box = [128, 64], swizzle = 128>} : () -> ()
