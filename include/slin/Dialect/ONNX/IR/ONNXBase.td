//===- ONNXBase.td - Classes of the onnx dialect's ops ------*- tablegen -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A typed op is declared by its operator's name, the names of its inputs and
// the union of its attributes over all versions. Everything else is common.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_DIALECT_ONNX_IR_ONNXBASE_TD
#define SLIN_DIALECT_ONNX_IR_ONNXBASE_TD

include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/IR/OpAsmInterface.td"
include "slin/Dialect/ONNX/IR/ONNXAttributes.td"
include "slin/Dialect/ONNX/IR/ONNXInterfaces.td"
include "slin/Dialect/ONNX/IR/ONNXTypes.td"

class ONNX_Op<string mnemonic, list<Trait> traits = []>
    : Op<ONNX_Dialect, mnemonic, traits>;

class ONNX_NodeBase<string mnemonic, list<Trait> traits = []>
    : ONNX_Op<mnemonic, !listconcat(traits, [
        DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames"]>])> {
  let hasCustomAssemblyFormat = 1;
  dag commonArguments = (ins
    Variadic<AnyType>:$inputs,
    OptionalAttr<StrAttr>:$node_name,
    OptionalAttr<StrArrayAttr>:$output_names,
    OptionalAttr<DictionaryAttr>:$node_info);
  let results = (outs Variadic<AnyType>:$outputs);
  code commonDefinition = [{
    ::mlir::ParseResult $cppClass::parse(::mlir::OpAsmParser &parser,
                                         ::mlir::OperationState &state) {
      return ::slin::onnx::parseNode(parser, state);
    }
    void $cppClass::print(::mlir::OpAsmPrinter &printer) {
      ::slin::onnx::printNode(printer, getOperation());
    }
    void $cppClass::getAsmResultNames(::mlir::OpAsmSetValueNameFn setName) {
      ::slin::onnx::nameNodeResults(getOperation(), setName);
    }
  }];
}

/// An operator with a typed op. `forms` lists the forms of FFN spellings
/// (docs/Operators.md) that it serves.
class ONNX_TypedOp<string operator, list<string> inputNames, dag attributes,
                   string forms, string domain = "", string prefix = "",
                   list<Trait> traits = []>
    : ONNX_NodeBase<prefix # operator, !listconcat(traits, [
        DeclareOpInterfaceMethods<ONNX_NodeOpInterface>])> {
  let arguments = !con(commonArguments, attributes);
  let summary = "ONNX's " # operator #
    !if(!empty(domain), "", " of the domain " # domain);
  let description = "The node `" # operator # "`" #
    !if(!empty(domain), "", " of `" # domain # "`") #
    " with the attributes of all its versions, each optional: an absent one has " #
    "the default of the version that `getOpset()` tells. Inputs: " #
    !interleave(inputNames, ", ") # ". Forms served: " # forms # ".\n\n" #
    "Constraints:\n\n" #
    "* (C1) `output_names`, where present, has one name per result.\n\n" #
    "Example:\n\n```mlir\n%y = onnx." # prefix # operator # "(%x) \"/" #
    operator # "\"\n```\n";
  let extraClassDeclaration =
    !foldl("", !range(!size(inputNames)), text, i, text #
      "::mlir::Value get" # inputNames[i] # "Input() { return presentInput(" # i # "); }\n") #
    [{
      private:
      ::mlir::Value presentInput(unsigned index) {
        return ::slin::onnx::presentInput(getOperation(), index);
      }
      public:
    }];
  let extraClassDefinition = commonDefinition #
    "::llvm::StringRef $cppClass::getOpType() { return \"" # operator # "\"; }\n" #
    "::llvm::StringRef $cppClass::getDomain() { return \"" # domain # "\"; }\n" #
    [{
    ::mlir::DictionaryAttr $cppClass::getNodeAttributes() {
      return ::slin::onnx::typedNodeAttributes(getOperation());
    }
  }];
  let hasVerifier = 0;
}

class ONNX_Microsoft<string operator, list<string> inputNames, dag attributes, string forms>
    : ONNX_TypedOp<operator, inputNames, attributes, forms, "com.microsoft", "ms.">;

/// A tensor as an attribute: elements, or `#onnx.tensor` where the message says
/// more than its elements, or the message as it is.
def ONNX_TensorLikeAttr : Attr<CPred<
    "::llvm::isa<::mlir::ElementsAttr, ::slin::onnx::TensorAttr, ::slin::onnx::OpaqueMessageAttr>($_self)">,
    "elements, #onnx.tensor or #onnx.opaque"> {
  let storageType = "::mlir::Attribute";
  let returnType = "::mlir::Attribute";
  let convertFromStorage = "$_self";
}

// Attributes as ONNX stores them, all optional.
defvar Int = OptionalAttr<I64Attr>;
defvar Float = OptionalAttr<F32Attr>;
defvar String = OptionalAttr<StrAttr>;
defvar Ints = OptionalAttr<DenseI64ArrayAttr>;
defvar Floats = OptionalAttr<DenseF32ArrayAttr>;

#endif // SLIN_DIALECT_ONNX_IR_ONNXBASE_TD
