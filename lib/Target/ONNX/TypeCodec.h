//===- TypeCodec.h - TypeProto to type and back -----------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every TypeProto has a type that gives it back.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_TARGET_ONNX_TYPECODEC_H
#define SLIN_LIB_TARGET_ONNX_TYPECODEC_H

#include "slin/Dialect/ONNX/IR/ONNXDialect.h"

#include "onnx-ml.pb.h"

namespace slin::onnx {

/// The element type with number `code` of TensorProto.DataType.
mlir::Type decodeElementType(mlir::MLIRContext *context, int32_t code);
/// Its number; 0 for types ONNX has none for.
int32_t encodeElementType(mlir::Type type);

mlir::Type decodeType(mlir::MLIRContext *context,
                      const ::onnx::TypeProto &message);
/// Writes `type`; for `!onnx.unknown` nothing, and the result is false.
bool encodeType(mlir::Type type, ::onnx::TypeProto &message);

} // namespace slin::onnx

#endif // SLIN_LIB_TARGET_ONNX_TYPECODEC_H
