// RUN: slin-opt %s --split-input-file --verify-diagnostics

// expected-error @below {{expected 'normal', 'uniform' or 'low_rank', found 'cauchy'}}
func.func private @kind() attributes {a = #onnx.synthetic<cauchy> : tensor<4xf32>}

// -----

// expected-error @below {{expected a float tensor of known shape, found 'tensor<4xi32>'}}
func.func private @type() attributes {a = #onnx.synthetic<normal> : tensor<4xi32>}

// -----

// expected-error @below {{'low_rank' needs a matrix and a rank of at least 1, found 'tensor<4xf32>' and 2}}
func.func private @shape() attributes {a = #onnx.synthetic<low_rank 2> : tensor<4xf32>}
