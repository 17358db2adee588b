// RUN: slin-translate %s --mlir-to-onnx --split-input-file --verify-diagnostics -o /dev/null

// Attributes and tensors that ONNX does not have, or that cannot be read.

// expected-error @below {{attribute 'kind' of node '/op': ONNX has no attribute for unit}}
module {
  func.func @g() attributes {onnx.graph = {}} {
    %0 = onnx.node "Op" () "/op" {kind} : () -> !onnx.unknown
    return
  }
}

// -----

// expected-error @below {{attribute 'kinds' of node '/op': a list must hold strings}}
module {
  func.func @g() attributes {onnx.graph = {}} {
    %0 = onnx.node "Op" () "/op" {kinds = [1, 2]} : () -> !onnx.unknown
    return
  }
}

// -----

// Two bytes of a longer field.
// expected-error @below {{attribute 'kind' of node '/op': its #onnx.opaque holds no message: not an ONNX model, or a truncated one: the message is broken at byte 2 of 2}}
module {
  func.func @g() attributes {onnx.graph = {}} {
    %0 = onnx.node "Op" () "/op" {kind = #onnx.opaque<"\0A\05">} : () -> !onnx.unknown
    return
  }
}

// -----

// expected-error @below {{attribute 'kind' of node '/op' has no elements}}
module {
  func.func @g() attributes {onnx.graph = {}} {
    %0 = onnx.node "Op" () "/op" {kind = #onnx.list<9, [1 : i64]>} : () -> !onnx.unknown
    return
  }
}

// -----

// expected-error @below {{attribute 'kind' of node '/op' is no sparse tensor}}
module {
  func.func @g() attributes {onnx.graph = {}} {
    %0 = onnx.node "Op" () "/op" {kind = #onnx.list<12, [1 : i64]>} : () -> !onnx.unknown
    return
  }
}

// -----

// expected-error @below {{attribute 'kind' of node '/op': tensor<2xf32> needs 8 bytes, found 3}}
module {
  func.func @g() attributes {onnx.graph = {}} {
    %0 = onnx.node "Op" () "/op" {kind = #onnx.inline<"abc"> : tensor<2xf32>} : () -> !onnx.unknown
    return
  }
}

// -----

// expected-error @below {{attribute 'kind' of node '/op': the attribute holds no numbers}}
module {
  func.func @g() attributes {onnx.graph = {}} {
    %0 = onnx.node "Op" () "/op" {kind = sparse<[[0]], [1.0]> : tensor<2xf32>} : () -> !onnx.unknown
    return
  }
}

// -----

// expected-error @below {{tensor 'w': tensor<4x4xf32> needs 64 bytes, found 60}}
module {
  func.func @g() attributes {onnx.graph = {}} {
    %0 = onnx.initializer "w" #onnx.weight<"model.data", 0, 60> : tensor<4x4xf32>
    return
  }
}

// -----

// expected-error @below {{tensor 'w': the weights file 'nowhere.data' is not in '.' and not in any folder given by --data-dir}}
module {
  func.func @g() attributes {onnx.graph = {}} {
    %0 = onnx.initializer "w" #onnx.weight<"nowhere.data", 0, 64> : tensor<4x4xf32>
    return
  }
}

// -----

// expected-error @below {{tensor 'w': the new weight 'slin:01' was made by another process and not saved: give --data-file where the text was written}}
module {
  func.func @g() attributes {onnx.graph = {}} {
    %0 = onnx.initializer "w" #onnx.weight<"slin:01", 0, 64> : tensor<4x4xf32>
    return
  }
}

// -----

// expected-error @below {{tensor 'w': its #onnx.opaque holds no message: not an ONNX model, or a truncated one: the message is broken at byte 1 of 1}}
module {
  func.func @g() attributes {onnx.graph = {}} {
    %0 = onnx.initializer "w" #onnx.opaque<"\0A"> -> !onnx.unknown
    return
  }
}

// -----

// expected-error @below {{tensor 's' has no elements}}
module {
  func.func @g() attributes {onnx.graph = {}} {
    %0 = onnx.sparse_initializer "s" #onnx.sparse_tensor<dense<2.0> : tensor<1xf32>, 3 : i64, [8]> -> !onnx.unknown
    return
  }
}

// -----

// expected-error @below {{a default of function 'f': ONNX has no attribute for unit}}
module {
  func.func @g() attributes {onnx.graph = {}} {
    return
  }
  func.func @f() attributes {onnx.function = {name = "f", attribute_defaults = [["alpha", unit]]}} {
    return
  }
}

// -----

// expected-error @below {{attribute 'kind' of node '/op': ONNX has no attribute for 1.000000e-01 : f64}}
module {
  func.func @g() attributes {onnx.graph = {}} {
    %0 = onnx.node "Op" "/op" {kind = 0.1 : f64}
    return
  }
}

// -----

// expected-error @below {{attribute 'kind' of node '/op': ONNX has no attribute for 18446744073709551615 : ui64}}
module {
  func.func @g() attributes {onnx.graph = {}} {
    %0 = onnx.node "Op" "/op" {kind = 18446744073709551615 : ui64}
    return
  }
}

// -----

// expected-error @below {{attribute 'kind' of node '/op': ONNX has no attribute for memref<2xf32>}}
module {
  func.func @g() attributes {onnx.graph = {}} {
    %0 = onnx.node "Op" "/op" {kind = memref<2xf32>}
    return
  }
}

// -----

// expected-error @below {{attribute 'kind' of node '/op': ONNX has no tensors of type tensor<2xindex>}}
module {
  func.func @g() attributes {onnx.graph = {}} {
    %0 = onnx.node "Op" "/op" {kind = dense<1> : tensor<2xindex>}
    return
  }
}

// -----

// expected-error @below {{attribute 'kind' of node '/op': tensor<1099511627776xf32> is too large to be made in memory: expected at most 68719476736 bytes}}
module {
  func.func @g() attributes {onnx.graph = {}} {
    %0 = onnx.node "Op" "/op" {kind = dense<1.0> : tensor<1099511627776xf32>}
    return
  }
}

// -----

// expected-error @below {{attribute 'kind' of node '/op': tensor<1099511627776xf32> is too large to be made in memory: expected at most 68719476736 bytes}}
module {
  func.func @g() attributes {onnx.graph = {}} {
    %0 = onnx.node "Op" "/op" {kind = #onnx.synthetic<normal, seed = 1> : tensor<1099511627776xf32>}
    return
  }
}
