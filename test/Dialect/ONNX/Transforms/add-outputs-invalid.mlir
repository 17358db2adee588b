// RUN: slin-opt %s --onnx-add-outputs=values=y --verify-diagnostics

// expected-error @below {{has no graph to add outputs to: expected a function with 'onnx.graph'}}
module {
  func.func @f() {
    return
  }
}
