//===- ONNXAttributes.td - Attributes of the onnx dialect ---*- tablegen -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Weights by reference, and the parts of ONNX's messages that builtin attributes
// cannot say. Upstream's dense resources keep the bytes in memory and print them
// as hexadecimal text; here both stay in the file they came from.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_DIALECT_ONNX_IR_ONNXATTRIBUTES_TD
#define SLIN_DIALECT_ONNX_IR_ONNXATTRIBUTES_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "slin/Dialect/ONNX/IR/ONNXDialect.td"
include "slin/Weights/WeightInterfaces.td"

class ONNX_Attr<string name, string attrMnemonic, list<Trait> traits = []>
    : AttrDef<ONNX_Dialect, name, traits> {
  let mnemonic = attrMnemonic;
}

/// Elements of a tensor that are not held in memory by the attribute.
class ONNX_ElementsAttr<string name, string attrMnemonic>
    : ONNX_Attr<name, attrMnemonic,
                [ElementsAttrInterface,
                 DeclareAttrInterfaceMethods<Slin_ElementsSourceAttrInterface>]> {
  code elementsDeclaration = [{
    using ContiguousIterableTypesT = std::tuple<>;
    using NonContiguousIterableTypesT =
        std::tuple<::mlir::Attribute, ::llvm::APInt, ::llvm::APFloat>;
    ::mlir::FailureOr<::slin::weights::ElementIterator<::llvm::APInt>>
    try_value_begin_impl(OverloadToken<::llvm::APInt>) const {
      return ::slin::weights::beginIntegers(*this);
    }
    ::mlir::FailureOr<::slin::weights::ElementIterator<::llvm::APFloat>>
    try_value_begin_impl(OverloadToken<::llvm::APFloat>) const {
      return ::slin::weights::beginFloats(*this);
    }
    ::mlir::FailureOr<::slin::weights::ElementIterator<::mlir::Attribute>>
    try_value_begin_impl(OverloadToken<::mlir::Attribute>) const {
      return ::slin::weights::beginAttributes(*this);
    }
    ::mlir::ShapedType getShapedType() const { return getType(); }
    bool isSplat() const { return false; }
  }];
  let extraClassDeclaration = elementsDeclaration;
}

def ONNX_WeightAttr : ONNX_ElementsAttr<"Weight", "weight"> {
  let summary = "the bytes of a tensor, by reference to a file";
  let description = [{
    Little-endian elements in row-major order, `length` bytes at `offset` of
    `file`, which is looked for beside the model (`onnx.base` of the module) and
    then in the folders of `--data-dir`. The optional number is the XXH3 hash of
    the bytes, checked when they are read.

    ```mlir
    #onnx.weight<"model.onnx.data", 4096, 2359296> : tensor<768x768xf32>
    ```
  }];
  let parameters = (ins AttributeSelfTypeParameter<"", "::mlir::ShapedType">:$type,
                    "::mlir::StringAttr":$file, "uint64_t":$offset,
                    "uint64_t":$length, OptionalParameter<"uint64_t">:$hash);
  let assemblyFormat = "`<` $file `,` $offset `,` $length (`,` $hash^)? `>`";
}

def ONNX_InlineAttr : ONNX_ElementsAttr<"Inline", "inline"> {
  let summary = "the bytes of a small tensor whose elements have no literals";
  let description = [{
    For packed and narrow element types, and for values that a literal would not
    keep (a bool stored as 2). The bytes are those of ONNX's `raw_data`.

    ```mlir
    #onnx.inline<"\12\03"> : tensor<3xi4>
    ```
  }];
  let parameters = (ins AttributeSelfTypeParameter<"", "::mlir::ShapedType">:$type,
                    "::mlir::StringAttr":$bytes);
  let assemblyFormat = "`<` $bytes `>`";
}

def ONNX_SyntheticAttr : ONNX_ElementsAttr<"Synthetic", "synthetic"> {
  let summary = "numbers made by a formula, for tests";
  let description = [{
    Real numbers without a fixture: `normal` draws from N(0, scale²), `uniform`
    from [-scale, scale), `low_rank` is the product of two normal matrices with
    `rank` columns. The same seed gives the same numbers on every machine.

    ```mlir
    #onnx.synthetic<normal, seed = 1> : tensor<64x16xf32>
    #onnx.synthetic<low_rank 8, seed = 3, scale = 2.0> : tensor<64x16xf32>
    ```
  }];
  let parameters = (ins AttributeSelfTypeParameter<"", "::mlir::ShapedType">:$type,
                    "::mlir::StringAttr":$kind, "int64_t":$rank,
                    "int64_t":$seed, "::mlir::FloatAttr":$scale);
  let hasCustomAssemblyFormat = 1;
}

def ONNX_DimsAttr : ONNX_Attr<"Dims", "dims"> {
  let summary = "dimensions with names, as the encoding of a tensor type";
  let description = [{
    One entry per dimension: a number, a name, or `?` for a dimension of which
    nothing is recorded. A dimension's denotation follows as `as "DATA_BATCH"`.

    ```mlir
    tensor<?x?x768xf32, #onnx.dims<"batch", "time", 768>>
    ```
  }];
  let parameters = (ins ArrayRefParameter<"::mlir::Attribute">:$dims,
                    OptionalArrayRefParameter<"::mlir::StringAttr">:$denotations);
  let hasCustomAssemblyFormat = 1;
}

def ONNX_TensorAttr : ONNX_Attr<"Tensor", "tensor"> {
  let summary = "a TensorProto: elements and what else the message says";
  let description = [{
    Used where the message says more than its elements. `details` may hold
    `name`, `doc_string`, `metadata_props`, `encoding` (the field that holds the
    elements when it is not `raw_data`), `external_data` (the entries, where
    their spelling is not location, offset, length) and `segment`.

    ```mlir
    #onnx.tensor<dense<1.0> : tensor<f32>, {encoding = "float_data", name = "one"}>
    ```
  }];
  let parameters = (ins "::mlir::ElementsAttr":$elements,
                    "::mlir::DictionaryAttr":$details);
  let assemblyFormat = "`<` $elements `,` $details `>`";
}

def ONNX_SparseTensorAttr : ONNX_Attr<"SparseTensor", "sparse_tensor"> {
  let summary = "a SparseTensorProto: values, indices and the dense shape";
  let description = [{
    ```mlir
    #onnx.sparse_tensor<dense<2.0> : tensor<1xf32>, dense<3> : tensor<1xi64>, [8]>
    ```
  }];
  let parameters = (ins "::mlir::Attribute":$values, "::mlir::Attribute":$indices,
                    "::mlir::DenseI64ArrayAttr":$dims);
  let assemblyFormat = "`<` $values `,` $indices `,` $dims `>`";
}

def ONNX_ReferenceAttr : ONNX_Attr<"Reference", "ref"> {
  let summary = "the value of an attribute of the enclosing function";
  let description = [{
    ONNX's `ref_attr_name`; the number is AttributeProto's `type`.

    ```mlir
    #onnx.ref<"alpha", 1>
    ```
  }];
  let parameters = (ins "::mlir::StringAttr":$name, "int64_t":$kind);
  let assemblyFormat = "`<` $name `,` $kind `>`";
}

def ONNX_ListAttr : ONNX_Attr<"List", "list"> {
  let summary = "an attribute that is a list of tensors, sparse tensors, types, or an empty list";
  let description = [{
    Lists of numbers and strings are builtin arrays; this one says its kind by
    AttributeProto's `type` number, so that an empty list keeps it.

    ```mlir
    #onnx.list<9, [dense<1> : tensor<i64>, dense<2> : tensor<i64>]>
    ```
  }];
  let parameters = (ins "int64_t":$kind, "::mlir::ArrayAttr":$elements);
  let assemblyFormat = "`<` $kind `,` $elements `>`";
}

def ONNX_AnnotatedAttr : ONNX_Attr<"Annotated", "annotated"> {
  let summary = "an attribute with its own doc string or an undeclared kind";
  let description = [{
    `details` may hold `doc_string`, and `type` where the message's `type` field
    is absent (-1) or is not what the value says.

    ```mlir
    #onnx.annotated<1 : i64, {doc_string = "the axis"}>
    ```
  }];
  let parameters = (ins "::mlir::Attribute":$value, "::mlir::DictionaryAttr":$details);
  let assemblyFormat = "`<` $value `,` $details `>`";
}

def ONNX_OpaqueMessageAttr : ONNX_Attr<"OpaqueMessage", "opaque"> {
  let summary = "a message, or fields of one, that nobody models, as bytes";
  let description = [{
    Kept and written back as they were.

    ```mlir
    #onnx.opaque<"\C2\3E\01x">
    ```
  }];
  let parameters = (ins "::mlir::StringAttr":$bytes);
  let assemblyFormat = "`<` $bytes `>`";
}

#endif // SLIN_DIALECT_ONNX_IR_ONNXATTRIBUTES_TD
