//===- ONNXInterfaces.td - What every node answers ----------*- tablegen -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Typed ops and `onnx.node` are asked through one interface, so that no code
// needs to know which of the two it looks at.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_DIALECT_ONNX_IR_ONNXINTERFACES_TD
#define SLIN_DIALECT_ONNX_IR_ONNXINTERFACES_TD

include "mlir/IR/OpBase.td"

def ONNX_NodeOpInterface : OpInterface<"NodeOpInterface"> {
  let cppNamespace = "::slin::onnx";
  let description = "A node of an ONNX graph.";
  let methods = [
    InterfaceMethod<"The operator's name, e.g. `MatMul`.", "::llvm::StringRef", "getOpType">,
    InterfaceMethod<"The operator's domain; empty for ai.onnx.", "::llvm::StringRef", "getDomain">,
    InterfaceMethod<[{
      The operator's ONNX attributes by name (no subgraphs, none of the names
      and details that are the node's own).
    }], "::mlir::DictionaryAttr", "getNodeAttributes">
  ];
  let extraClassDeclaration = [{
    /// The node's name; null if the node has none.
    ::mlir::StringAttr getNodeNameAttr();
    ::llvm::StringRef getNodeName();
    void setNodeName(::mlir::StringAttr name);
    /// The name of output `index` in the model; empty for an omitted output.
    std::string getOutputName(unsigned index);
    void setOutputName(unsigned index, ::llvm::StringRef name);
    /// Operand `index`, or null if it is absent or `onnx.none`.
    ::mlir::Value getPresentInput(unsigned index);
    /// The version of the operator's domain that the enclosing model or
    /// function imports; 0 if it imports none.
    int64_t getOpset();
    /// doc_string, metadata_props and whatever else the message says.
    ::mlir::DictionaryAttr getNodeInfo();
  }];
}

#endif // SLIN_DIALECT_ONNX_IR_ONNXINTERFACES_TD
