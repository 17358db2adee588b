//===- SlinOps.td - Operators in use -----------------------*- tablegen -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The ops that meet activations. They hold the model's own nodes, so that
// whatever was recognised can be written back as it was.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_DIALECT_SLIN_IR_SLINOPS_TD
#define SLIN_DIALECT_SLIN_IR_SLINOPS_TD

include "slin/Dialect/Slin/IR/SlinOperators.td"

include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "slin/Weights/WeightInterfaces.td"

def Slin_WeightOp : Slin_Op<"weight", [Pure, AllTypesMatch<["value", "result"]>,
    DeclareOpInterfaceMethods<Slin_WeightOpInterface, ["getWeight", "getWeightName"]>,
    DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames"]>]> {
  let summary = "a weight that a pass made";
  let description = [{
    New factors and biases until they are written into a model, where they become
    initializers of the same name. The dialect does not know how the bytes are
    held: `value` is any attribute with elements.

    Constraints:
    - (C1) `value` holds elements.

    Example:

    ```mlir
    %u = slin.weight "/h.0/mlp/c_fc/MatMul/slin_u" dense<0.5> : tensor<3072x192xf32>
    ```
  }];
  let arguments = (ins StrAttr:$name, TypedAttrInterface:$value);
  let results = (outs AnyType:$result);
  let assemblyFormat = "$name $value attr-dict";
  let hasVerifier = 1;
}

def Slin_ApplyOp : Slin_Op<"apply", [SingleBlock,
    DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames"]>]> {
  let summary = "an operator applied to activations";
  let description = [{
    `y = linop · x + bias` over the last axis of `input`, whatever the leading
    axes are. Activations may have any type, other dialects' too.

    The region `from`, if present, holds the model's own nodes that this op stands
    for, ending in `slin.yield`; they may read values outside. A pass that changes
    the operator or the bias drops the region, and what remains is written from
    the operator's term.

    Attributes, all optional: `path` is the node path of the linear in the model
    (the plan's key), `role` one of `up`, `gate`, `down`, `input_name` the name of
    the tensor it reads (the statistics' key), `decision` what was decided about
    it and why.

    Constraints:
    - (C1) Where the last dimension of `input` is known it is the operator's `in`.
    - (C2) Where the last dimension of the result is known it is the operator's `out`.
    - (C3) Where the shape of `bias` is known it has `out` elements, all in its
      last dimension, or one element.
    - (C4) The region has one block without arguments that ends in a `slin.yield`
      of one value of the result's type.
    - (C5) `role`, if present, is `up`, `gate` or `down`.

    Example:

    ```mlir
    %h = slin.apply %w1, %x bias %b1 : tensor<3072xf32> {path = "/h.0/mlp/c_fc/MatMul", role = "up"}
      : !slin.linop<768 -> 3072, f32>, tensor<?x?x768xf32> -> tensor<?x?x3072xf32>
      from {
        %0 = "onnx.MatMul"(%x, %w) : (tensor<?x?x768xf32>, tensor<768x3072xf32>) -> tensor<?x?x3072xf32>
        %1 = "onnx.Add"(%0, %b1) : (tensor<?x?x3072xf32>, tensor<3072xf32>) -> tensor<?x?x3072xf32>
        slin.yield %1 : tensor<?x?x3072xf32>
      }
    ```
  }];
  let arguments = (ins Slin_LinopType:$linop, AnyType:$input, Optional<AnyType>:$bias,
    OptionalAttr<StrAttr>:$path, OptionalAttr<StrAttr>:$role,
    OptionalAttr<StrAttr>:$input_name, OptionalAttr<DictionaryAttr>:$decision);
  let results = (outs AnyType:$result);
  let regions = (region AnyRegion:$source);
  let assemblyFormat = [{
    $linop `,` $input (`bias` $bias^ `:` type($bias))? attr-dict
    `:` qualified(type($linop)) `,` type($input) `->` type($result)
    (`from` $source^)?
  }];
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
  let builders = [
    OpBuilder<(ins "::mlir::Type":$result, "::mlir::Value":$linop,
      "::mlir::Value":$input, CArg<"::mlir::Value", "{}">:$bias)>
  ];
  let extraClassDeclaration = [{
    ::slin::LinopType getLinopType() {
      return ::mlir::cast<::slin::LinopType>(getLinop().getType());
    }
    /// Whether the model's own nodes are still there.
    bool hasSource() { return !getSource().empty(); }
    /// The value the model's own nodes compute; null without them.
    ::mlir::Value getSourceResult();
    /// What stands outside of the op and is read by the model's own nodes, and
    /// by what they read, without what makes the input and the bias: weights,
    /// and nodes that compute them or bring the input into another shape. Dead
    /// once these nodes are dropped, unless others read it.
    ::llvm::SmallVector<::mlir::Operation *> getOuterSources();
    /// Drops the model's own nodes: they no longer say what the op computes.
    void dropSource();
  }];
}

def Slin_AddOp : Slin_Op<"add", [SingleBlock,
    DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames"]>]> {
  let summary = "a sum of activations";
  let description = [{
    `y = a + b + …`, each with all features on its last axis; leading axes
    broadcast as in ONNX. Where linear paths meet: a residual, a Concat of
    features (each part placed by an operator), a choice between features by a
    constant mask.

    The region `from`, if present, holds the model's own nodes, as in
    `slin.apply`; operands that the nodes do not read are then this op's alone.
    `path`, optional, is the node's path in the model.

    Constraints:
    - (C1) There are at least two summands.
    - (C2) Where the last dimension of a summand and of the result are known they
      are equal.
    - (C3) The region has one block without arguments that ends in a `slin.yield`
      of one value of the result's type.

    Example:

    ```mlir
    %z = slin.add %x, %y {path = "/Add"} : tensor<?x768xf32>, tensor<?x768xf32> -> tensor<?x768xf32>
      from {
        %0 = "onnx.Add"(%x, %y) : (tensor<?x768xf32>, tensor<?x768xf32>) -> tensor<?x768xf32>
        slin.yield %0 : tensor<?x768xf32>
      }
    ```
  }];
  let arguments = (ins Variadic<AnyType>:$summands, OptionalAttr<StrAttr>:$path);
  let results = (outs AnyType:$result);
  let regions = (region AnyRegion:$source);
  let assemblyFormat = [{
    $summands attr-dict `:` type($summands) `->` type($result) (`from` $source^)?
  }];
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
  let builders = [
    OpBuilder<(ins "::mlir::Type":$result, "::mlir::ValueRange":$summands)>
  ];
  let extraClassDeclaration = [{
    /// Whether the model's own nodes are still there.
    bool hasSource() { return !getSource().empty(); }
    /// The ops outside that the model's own nodes need, other than operands.
    ::llvm::SmallVector<::mlir::Operation *> getOuterSources();
    /// Drops the model's own nodes: they no longer say what the op computes.
    void dropSource();
  }];
}

def Slin_ActivationOp : Slin_Op<"activation", [SingleBlock,
    DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames", "getAsmBlockArgumentNames"]>]> {
  let summary = "the pointwise part between linears";
  let description = [{
    Holds the model's own pointwise nodes, untouched. Lowering uses the name, ONNX
    export the region. `parameter` is the slope of `leaky_relu` or the scale of
    `elu`; other functions have none. The first operand is what the named function acts on;
    further operands are gated by it (`silu(g) · u`). Block arguments stand for
    the operands; other values outside (constants) may be read as well.

    Constraints:
    - (C1) The name is not empty.
    - (C2) There is at least one operand.
    - (C3) The region's arguments have the operands' types.
    - (C4) The region ends in a `slin.yield` of the results' types.
    - (C5) `parameter`, if present, is finite.

    Example:

    ```mlir
    %a = slin.activation silu(%g = %gate : tensor<?x172xf32>, %u = %up : tensor<?x172xf32>) -> tensor<?x172xf32> {
      %0 = "onnx.Sigmoid"(%g) : (tensor<?x172xf32>) -> tensor<?x172xf32>
      %1 = "onnx.Mul"(%g, %0) : (tensor<?x172xf32>, tensor<?x172xf32>) -> tensor<?x172xf32>
      %2 = "onnx.Mul"(%1, %u) : (tensor<?x172xf32>, tensor<?x172xf32>) -> tensor<?x172xf32>
      slin.yield %2 : tensor<?x172xf32>
    }
    ```
  }];
  let arguments = (ins StrAttr:$function, Variadic<AnyType>:$inputs,
    OptionalAttr<F64Attr>:$parameter);
  let results = (outs Variadic<AnyType>:$results);
  let regions = (region AnyRegion:$body);
  let assemblyFormat = [{
    custom<BareName>($function) `` custom<Bindings>($inputs, type($inputs), type($results), $body)
    attr-dict
  }];
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
}

def Slin_FFNOp : Slin_Op<"ffn", [SingleBlock,
    DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames", "getAsmBlockArgumentNames"]>]> {
  let summary = "a feed-forward network";
  let description = [{
    A region op, so that dumps show the unit and nothing is lost. Block arguments
    stand for the operands; the region may read values outside (weights, biases).
    The first result is the network's output, further results are taps: inner
    values that others read.

    What kind of network it is follows from the body (`getNetworkKind`): gated if
    an activation in it has more than one operand, plain otherwise. A node that
    cuts one linear's result into gate and up stands in the body, beside the
    activation.

    `path`, optional, is the network's place in the model.

    Constraints:
    - (C1) There is at least one operand and one result.
    - (C2) The region's arguments have the operands' types.
    - (C3) The region ends in a `slin.yield` of the results' types.

    Example:

    ```mlir
    %y = slin.ffn "/h.0/mlp" (%t = %x : tensor<?x768xf32>) -> tensor<?x768xf32> {
      %h = slin.apply %w1, %t : !slin.linop<768 -> 3072, f32>, tensor<?x768xf32> -> tensor<?x3072xf32>
      %a = slin.activation relu(%v = %h : tensor<?x3072xf32>) -> tensor<?x3072xf32> {
        %0 = "onnx.Relu"(%v) : (tensor<?x3072xf32>) -> tensor<?x3072xf32>
        slin.yield %0 : tensor<?x3072xf32>
      }
      %o = slin.apply %w2, %a : !slin.linop<3072 -> 768, f32>, tensor<?x3072xf32> -> tensor<?x768xf32>
      slin.yield %o : tensor<?x768xf32>
    }
    ```
  }];
  let arguments = (ins Variadic<AnyType>:$inputs, OptionalAttr<StrAttr>:$path);
  let results = (outs Variadic<AnyType>:$results);
  let regions = (region AnyRegion:$body);
  let assemblyFormat = [{
    ($path^)? custom<Bindings>($inputs, type($inputs), type($results), $body) attr-dict
  }];
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
  let extraClassDeclaration = [{
    /// Plain: linear, activation, linear. Gated: two linears (or two pieces of
    /// one) meet in the activation.
    enum class NetworkKind { Plain, Gated };
    NetworkKind getNetworkKind();
    /// The linears of the body, in order.
    ::llvm::SmallVector<::slin::ApplyOp> getLinears();
    /// The activations of the body, in order.
    ::llvm::SmallVector<::slin::ActivationOp> getActivations();
  }];
}

def Slin_YieldOp : Slin_Op<"yield", [Pure, Terminator, ReturnLike,
    ParentOneOf<["ApplyOp", "AddOp", "ActivationOp", "FFNOp"]>]> {
  let summary = "what a region of the dialect computes";
  let description = [{
    Constraints:
    - (C1) It ends a region of `slin.apply`, `slin.add`, `slin.activation` or `slin.ffn`,
      which checks the operands.

    Example:

    ```mlir
    %a = slin.activation relu(%v = %h : tensor<?x768xf32>) -> tensor<?x768xf32> {
      %o = onnx.Relu(%v) : (tensor<?x768xf32>) -> tensor<?x768xf32>
      slin.yield %o : tensor<?x768xf32>
    }
    ```
  }];
  let arguments = (ins Variadic<AnyType>:$operands);
  let assemblyFormat = "($operands^ `:` type($operands))? attr-dict";
}

#endif // SLIN_DIALECT_SLIN_IR_SLINOPS_TD
