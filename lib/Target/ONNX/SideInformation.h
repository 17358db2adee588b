//===- SideInformation.h - What stands beside the nodes ---------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Metadata, value information, annotations, device configurations and operator
// set imports as attributes, and back. What an attribute does not give back
// equal is kept as `#onnx.opaque`.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_TARGET_ONNX_SIDEINFORMATION_H
#define SLIN_LIB_TARGET_ONNX_SIDEINFORMATION_H

#include "slin/Dialect/ONNX/IR/ONNXDialect.h"

#include "mlir/IR/BuiltinAttributes.h"

#include "onnx-ml.pb.h"

namespace slin::onnx {

using Entries =
    google::protobuf::RepeatedPtrField<::onnx::StringStringEntryProto>;

/// Key and value pairs as `[["key", "value"], …]`.
mlir::ArrayAttr decodeEntries(mlir::MLIRContext *context,
                              const Entries &entries);
void encodeEntries(mlir::Attribute attribute, Entries &entries);

/// A ValueInfoProto as `{onnx.name = "x", onnx.details = {type = …, doc_string
/// = …}}`; the type is left out where `impliedType` says it.
mlir::DictionaryAttr decodeValueInfo(mlir::MLIRContext *context,
                                     const ::onnx::ValueInfoProto &message,
                                     mlir::Type impliedType);
void encodeValueInfo(mlir::DictionaryAttr attribute, mlir::Type impliedType,
                     ::onnx::ValueInfoProto &message);

/// Messages of one kind, in order, each as a structured attribute.
mlir::ArrayAttr decodeOpsets(
    mlir::MLIRContext *context,
    const google::protobuf::RepeatedPtrField<::onnx::OperatorSetIdProto>
        &messages);
void encodeOpsets(
    mlir::ArrayAttr attribute,
    google::protobuf::RepeatedPtrField<::onnx::OperatorSetIdProto> &messages);
mlir::ArrayAttr decodeAnnotations(
    mlir::MLIRContext *context,
    const google::protobuf::RepeatedPtrField<::onnx::TensorAnnotation>
        &messages);
void encodeAnnotations(
    mlir::ArrayAttr attribute,
    google::protobuf::RepeatedPtrField<::onnx::TensorAnnotation> &messages);
mlir::ArrayAttr decodeDevices(
    mlir::MLIRContext *context,
    const google::protobuf::RepeatedPtrField<::onnx::DeviceConfigurationProto>
        &messages);
void encodeDevices(
    mlir::ArrayAttr attribute,
    google::protobuf::RepeatedPtrField<::onnx::DeviceConfigurationProto>
        &messages);
mlir::ArrayAttr
decodeNodeDevices(mlir::MLIRContext *context,
                  const google::protobuf::RepeatedPtrField<
                      ::onnx::NodeDeviceConfigurationProto> &messages);
void encodeNodeDevices(
    mlir::ArrayAttr attribute,
    google::protobuf::RepeatedPtrField<::onnx::NodeDeviceConfigurationProto>
        &messages);

/// Adds `name` where the optional string field is present.
inline void addString(mlir::NamedAttrList &attributes, llvm::StringRef name,
                      bool present, const std::string &value,
                      mlir::MLIRContext *context) {
  if (present)
    attributes.set(name, mlir::StringAttr::get(context, value));
}

/// Unknown fields of a message, as they are.
void addUnknown(mlir::NamedAttrList &attributes, const std::string &fields,
                mlir::MLIRContext *context);
void encodeUnknown(mlir::DictionaryAttr attributes, std::string *fields);

} // namespace slin::onnx

#endif // SLIN_LIB_TARGET_ONNX_SIDEINFORMATION_H
