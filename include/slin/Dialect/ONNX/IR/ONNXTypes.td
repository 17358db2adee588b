//===- ONNXTypes.td - Types of the onnx dialect -------------*- tablegen -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What ONNX's TypeProto can say and a builtin tensor cannot. Tensors are builtin
// `tensor`s; symbolic dimensions are their encoding `#onnx.dims`.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_DIALECT_ONNX_IR_ONNXTYPES_TD
#define SLIN_DIALECT_ONNX_IR_ONNXTYPES_TD

include "mlir/IR/AttrTypeBase.td"
include "slin/Dialect/ONNX/IR/ONNXDialect.td"

class ONNX_Type<string name, string typeMnemonic> : TypeDef<ONNX_Dialect, name> {
  let mnemonic = typeMnemonic;
}

def ONNX_UnknownType : ONNX_Type<"Unknown", "unknown"> {
  let summary = "a value whose type the model does not record";
  let description = "Example: `!onnx.unknown`";
}

def ONNX_StringType : ONNX_Type<"String", "string"> {
  let summary = "element type of string tensors";
  let description = "Example: `tensor<2x!onnx.string>`";
}

def ONNX_ElementType : ONNX_Type<"Element", "element"> {
  let summary = "an element type by its number in TensorProto.DataType";
  let description = [{
    For numbers that have no builtin type: 0 (undefined) and those of later
    releases. Example: `tensor<2x!onnx.element<0>>`
  }];
  let parameters = (ins "int32_t":$code);
  let assemblyFormat = "`<` $code `>`";
}

def ONNX_SequenceType : ONNX_Type<"Sequence", "sequence"> {
  let summary = "a sequence of values of one type";
  let description = "Example: `!onnx.sequence<tensor<?xf32>>`";
  let parameters = (ins "::mlir::Type":$elementType);
  let assemblyFormat = "`<` $elementType `>`";
}

def ONNX_OptionalType : ONNX_Type<"Optional", "optional"> {
  let summary = "a value or nothing";
  let description = "Example: `!onnx.optional<tensor<?xf32>>`";
  let parameters = (ins "::mlir::Type":$elementType);
  let assemblyFormat = "`<` $elementType `>`";
}

def ONNX_MapType : ONNX_Type<"Map", "map"> {
  let summary = "a map from keys of an element type to values";
  let description = "Example: `!onnx.map<i64, tensor<f32>>`";
  let parameters = (ins "::mlir::Type":$keyType, "::mlir::Type":$valueType);
  let assemblyFormat = "`<` $keyType `,` $valueType `>`";
}

def ONNX_SparseType : ONNX_Type<"Sparse", "sparse"> {
  let summary = "a sparse tensor; its dense form is the parameter";
  let description = "Example: `!onnx.sparse<tensor<3x4xf32>>`";
  let parameters = (ins "::mlir::Type":$denseType);
  let assemblyFormat = "`<` $denseType `>`";
}

def ONNX_OpaqueValueType : ONNX_Type<"OpaqueValue", "opaque_value"> {
  let summary = "ONNX-ML's Opaque type";
  let description = "Example: `!onnx.opaque_value<\"com.example\", \"Handle\">`";
  let parameters = (ins "::mlir::StringAttr":$domain, "::mlir::StringAttr":$name);
  let assemblyFormat = "`<` $domain `,` $name `>`";
}

def ONNX_DenotedType : ONNX_Type<"Denoted", "denoted"> {
  let summary = "a type with ONNX's denotation";
  let description = "Example: `!onnx.denoted<\"IMAGE\", tensor<1x3x?x?xf32>>`";
  let parameters = (ins "::mlir::StringAttr":$denotation, "::mlir::Type":$type);
  let assemblyFormat = "`<` $denotation `,` $type `>`";
}

def ONNX_RawType : ONNX_Type<"Raw", "raw"> {
  let summary = "a TypeProto that nothing else can say, as its bytes";
  let description = "Example: `!onnx.raw<\"\\0A\\00\">`";
  let parameters = (ins "::mlir::StringAttr":$bytes);
  let assemblyFormat = "`<` $bytes `>`";
}

#endif // SLIN_DIALECT_ONNX_IR_ONNXTYPES_TD
