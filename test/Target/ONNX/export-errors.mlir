// RUN: slin-translate %s --mlir-to-onnx --split-input-file --verify-diagnostics -o /dev/null

// Modules that are no model: what is missing or stands twice in them.

// expected-error @below {{the module cannot be written as ONNX: expected one function with 'onnx.graph', found none}}
module {
  func.func private @declared(%x: !onnx.unknown) attributes {onnx.graph = {}}
  func.func @defined() {
    return
  }
}

// -----

module {
  func.func @first() attributes {onnx.graph = {}} {
    return
  }
  // expected-error @below {{'second' is a second graph: expected one function with 'onnx.graph'}}
  func.func @second() attributes {onnx.graph = {}} {
    return
  }
}

// -----

module {
  func.func @g() attributes {onnx.graph = {}} {
    return
  }
  // expected-error @below {{'onnx.training' must have a part and an index in order, found {part = "algorithm"}}}
  func.func @t() attributes {onnx.training = {part = "algorithm"}} {
    return
  }
}

// -----

module {
  func.func @g() attributes {onnx.graph = {}} {
    return
  }
  // expected-error @below {{'onnx.training' must have a part and an index in order, found {index = 1 : i64, part = "algorithm"}}}
  func.func @t() attributes {onnx.training = {index = 1 : i64, part = "algorithm"}} {
    return
  }
}

// -----

// expected-error @below {{a graph must describe each of its outputs, expected 1, found 0}}
module {
  func.func @outputs(%c: tensor<i1> {onnx.name = "c"}) -> (!onnx.unknown {onnx.name = "y"}) attributes {onnx.graph = {}} {
    %0 = onnx.node "If" (%c) "/if" graphs [{attribute = "then_branch"}] ({
      %1 = onnx.Neg(%c) "/neg" : (tensor<i1>) -> !onnx.unknown
      onnx.yield %1 : !onnx.unknown
    }) : (tensor<i1>) -> !onnx.unknown
    return %0 : !onnx.unknown
  }
}

// -----

// expected-error @below {{a graph must describe each of its inputs, expected 0, found 2}}
module {
  func.func @inputs(%c: tensor<i1> {onnx.name = "c"}) -> (!onnx.unknown {onnx.name = "y"}) attributes {onnx.graph = {}} {
    %0 = onnx.node "If" (%c) "/if" graphs [{attribute = "then_branch", inputs = [{}, {}]}] ({
      onnx.yield
    }) : (tensor<i1>) -> !onnx.unknown
    return %0 : !onnx.unknown
  }
}

// -----

// expected-error @below {{'graphs' of node '/if' must name the attribute of each subgraph}}
module {
  func.func @nameless(%c: tensor<i1> {onnx.name = "c"}) -> (!onnx.unknown {onnx.name = "y"}) attributes {onnx.graph = {}} {
    %0 = onnx.node "If" (%c) "/if" graphs [{}] ({
      onnx.yield
    }) : (tensor<i1>) -> !onnx.unknown
    return %0 : !onnx.unknown
  }
}

// -----

module {
  func.func @other_dialect(%x: tensor<?x2xf32> {onnx.name = "x"}) -> (tensor<?x2xf32> {onnx.name = "y"}) attributes {onnx.graph = {}} {
    // expected-error @below {{'slin.identity' cannot be written as ONNX: convert it back first (--slin-to-onnx)}}
    %0 = slin.identity : !slin.linop<2 -> 2, f32>
    %1 = slin.apply %0, %x : !slin.linop<2 -> 2, f32>, tensor<?x2xf32> -> tensor<?x2xf32>
    return %1 : tensor<?x2xf32>
  }
}

// -----

// A function of the model has no initializers.
module {
  func.func @g() attributes {onnx.graph = {}} {
    return
  }
  func.func @f() attributes {onnx.function = {name = "f"}} {
    // expected-error @below {{'onnx.initializer' cannot be written as ONNX: a function has no initializers, use onnx.Constant}}
    %0 = onnx.initializer "w" dense<1.0> : tensor<2xf32>
    return
  }
}

// -----

// expected-error @below {{'attributes' of function 'f' must be names, found 1 : i64}}
module {
  func.func @g() attributes {onnx.graph = {}} {
    return
  }
  func.func @f() attributes {onnx.function = {name = "f", attributes = [1]}} {
    return
  }
}

// -----

// expected-error @below {{'attribute_defaults' of function 'f' must be pairs of name and value, found ["a"]}}
module {
  func.func @g() attributes {onnx.graph = {}} {
    return
  }
  func.func @f() attributes {onnx.function = {name = "f", attribute_defaults = [["a"]]}} {
    return
  }
}

// -----

// expected-error @below {{a graph must describe its inputs and outputs by dictionaries, found 1 : i64}}
module {
  func.func @g() attributes {onnx.graph = {}} {
    onnx.node "If" graphs [{attribute = "then_branch", outputs = [1]}] ({
      %0 = onnx.Constant "c" {value_int = 1 : i64}
      onnx.yield %0 : !onnx.unknown
    })
    return
  }
}
