// RUN: slin-opt %s --split-input-file --verify-diagnostics

func.func @node_c1_names(%x: !onnx.unknown) {
  // expected-error @below {{must have one output name per result, expected 1, found 2}}
  %0 = onnx.node "Op" (%x) "/n" outputs ["a", "b"]
  return
}

// -----

func.func @node_c2_graphs(%x: !onnx.unknown) {
  // expected-error @below {{must have one entry of 'graphs' per region, expected 1, found 2}}
  %0 = onnx.node "If" (%x) graphs [{}, {}] ({
    onnx.yield
  })
  return
}

// -----

func.func @node_c3_graph_and_attribute(%x: !onnx.unknown) {
  // expected-error @below {{must have each attribute once, found "body" again}}
  %0 = onnx.node "Op" (%x) {body = 1 : i64} graphs [{attribute = "body"}] ({
    onnx.yield
  })
  return
}

// -----

func.func @node_c3_graph_twice(%x: !onnx.unknown) {
  // expected-error @below {{must have each attribute once, found "body" again}}
  %0 = onnx.node "Op" (%x) graphs [{attribute = "body"}, {attribute = "body", list}] ({
    onnx.yield
  }, {
    onnx.yield
  })
  return
}

// -----

func.func @initializer_c1_type() {
  // expected-error @below {{must have the type of its elements, expected 'tensor<2xf32>', found 'tensor<3xf32>'}}
  %0 = "onnx.initializer"() <{name = "w", value = dense<1.0> : tensor<2xf32>}> : () -> tensor<3xf32>
  return
}

// -----

func.func @sparse_c1_value() {
  // expected-error @below {{must hold #onnx.sparse_tensor, found 1 : i64}}
  %0 = onnx.sparse_initializer "s" 1 : i64 -> !onnx.unknown
  return
}

// -----

// expected-error @below {{'onnx.base' must be a string, found 1 : i64}}
module attributes {onnx.base = 1 : i64} {
}

// -----

onnx.metadata {
  // expected-error @below {{expected entry 0, found 1}}
  1 = []
}
