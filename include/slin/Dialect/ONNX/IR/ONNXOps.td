//===- ONNXOps.td - Ops of the onnx dialect -----------------*- tablegen -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Weights, the generic node, and the ends of subgraphs.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_DIALECT_ONNX_IR_ONNXOPS_TD
#define SLIN_DIALECT_ONNX_IR_ONNXOPS_TD

include "slin/Dialect/ONNX/IR/ONNXTypedOps.td"

def ONNX_NodeOp : ONNX_NodeBase<"node", [
    DeclareOpInterfaceMethods<ONNX_NodeOpInterface>]> {
  let summary = "a node of any operator, domain and version";
  let description = [{
    What has no typed op, or says more than its typed op models. Subgraphs are
    regions that end in `onnx.yield`; `graphs` says, region by region, the
    attribute each one belongs to and what its GraphProto records.

    Constraints:

    * (C1) `output_names`, where present, has one name per result.
    * (C2) `graphs` has one entry per region.
    * (C3) No attribute stands twice: a name in `graphs` is none of
      `operator_attributes`, and several regions have one name only where each
      entry says `list`.

    Example:

    ```mlir
    %y = onnx.node "Selector" domain "com.example" (%x) "/select" {mode = "all"}
    ```
  }];
  let arguments = !con(commonArguments, (ins
    StrAttr:$op_type,
    OptionalAttr<StrAttr>:$domain_name,
    OptionalAttr<StrAttr>:$overload,
    OptionalAttr<DictionaryAttr>:$operator_attributes,
    OptionalAttr<ArrayAttr>:$graphs));
  let regions = (region VariadicRegion<AnyRegion>:$bodies);
  let extraClassDefinition = commonDefinition # [{
    ::llvm::StringRef $cppClass::getDomain() {
      return ::slin::onnx::canonicalDomain(getDomainName().value_or(""));
    }
    ::mlir::DictionaryAttr $cppClass::getNodeAttributes() {
      if (::mlir::DictionaryAttr attributes = getOperatorAttributesAttr())
        return attributes;
      return ::mlir::DictionaryAttr::get(getContext());
    }
  }];
  let hasVerifier = 1;
}

def ONNX_InitializerOp : ONNX_Op<"initializer", [
    DeclareOpInterfaceMethods<Slin_WeightOpInterface, ["getWeight", "getWeightName"]>,
    DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames"]>]> {
  let summary = "a named constant tensor of a graph";
  let description = [{
    `default` marks the initializer of a graph input: it is only the input's
    default value, and uses read the input.

    Constraints:

    * (C1) the result has the type of the value's elements.

    Example:

    ```mlir
    %w = onnx.initializer "fc.weight" #onnx.weight<"m.data", 0, 64> : tensor<4x4xf32>
    ```
  }];
  let arguments = (ins StrAttr:$name, ONNX_TensorLikeAttr:$value,
                   UnitAttr:$default_value);
  let results = (outs AnyType:$result);
  let assemblyFormat = [{
    $name (`default` $default_value^)? $value `` custom<ElementsType>(type($result), ref($value)) attr-dict
  }];
  let extraClassDefinition = [{
    ::mlir::ElementsAttr $cppClass::getWeight() {
      return ::slin::onnx::elementsOf(getValue());
    }
    ::llvm::StringRef $cppClass::getWeightName() { return getName(); }
    void $cppClass::getAsmResultNames(::mlir::OpAsmSetValueNameFn setName) {
      setName(getResult(), ::slin::onnx::asmName(getName()));
    }
  }];
  let hasVerifier = 1;
}

def ONNX_SparseInitializerOp : ONNX_Op<"sparse_initializer"> {
  let summary = "a named constant sparse tensor of a graph";
  let description = [{
    Constraints:

    * (C1) the value is a `#onnx.sparse_tensor` or, where nothing else can say
      it, an `#onnx.opaque`.

    Example:

    ```mlir
    %s = onnx.sparse_initializer "s"
         #onnx.sparse_tensor<dense<2.0> : tensor<1xf32>, dense<3> : tensor<1xi64>, [8]>
         -> !onnx.unknown
    ```
  }];
  let arguments = (ins StrAttr:$name, AnyAttr:$value);
  let results = (outs AnyType:$result);
  let assemblyFormat = "$name $value `->` type($result) attr-dict";
  let hasVerifier = 1;
}

def ONNX_NoneOp : ONNX_Op<"none", [
    DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames"]>]> {
  let summary = "an optional input that is left out";
  let description = [{
    Example:

    ```mlir
    %none = onnx.none
    ```
  }];
  let results = (outs NoneType:$result);
  let assemblyFormat = "attr-dict";
  let extraClassDefinition = [{
    void $cppClass::getAsmResultNames(::mlir::OpAsmSetValueNameFn setName) {
      setName(getResult(), "none");
    }
  }];
}

def ONNX_MetadataOp : ONNX_Op<"metadata"> {
  let summary = "long texts of a model's nodes";
  let description = [{
    Exporters attach kilobytes of stack traces to each node. They stand here, after
    the graphs, and a node's `info` names its entry by number.

    Example:

    ```mlir
    onnx.metadata {
      0 = [["namespace", ": main.Encoder/layer.0: main.Layer/linear: aten.linear.default"]]
    }
    ```
  }];
  let arguments = (ins ArrayAttr:$entries);
  let assemblyFormat = "custom<MetadataEntries>($entries) attr-dict";
}

def ONNX_YieldOp : ONNX_Op<"yield", [Terminator, Pure]> {
  let summary = "the outputs of a subgraph";
  let description = [{
    Example:

    ```mlir
    %y = onnx.node "If" (%c) graphs [{attribute = "then_branch", outputs = [{onnx.name = "z"} ]} ] ({
      onnx.yield %z : tensor<?xf32>
    }) : (tensor<i1>) -> tensor<?xf32>
    ```
  }];
  let arguments = (ins Variadic<AnyType>:$outputs);
  let assemblyFormat = "($outputs^ `:` type($outputs))? attr-dict";
}

#endif // SLIN_DIALECT_ONNX_IR_ONNXOPS_TD
