//===- TensorFields.h - Elements in fields of their own ---------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// TensorProto's float_data, int32_data and so on, as bytes in `raw_data` layout
// and back.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_TARGET_ONNX_TENSORFIELDS_H
#define SLIN_LIB_TARGET_ONNX_TENSORFIELDS_H

#include "slin/Dialect/ONNX/IR/ONNXDialect.h"

#include "onnx-ml.pb.h"

namespace slin::onnx {

/// A field that holds elements of certain types.
enum class Field { Float, Int32, Int64, Double, UInt64 };

/// `float_data` and so on.
llvm::StringRef nameOfField(Field field);

/// The field ONNX prescribes for elements of `type`.
Field fieldOf(mlir::Type type);

/// What the message's fields hold, in `raw_data` layout.
std::vector<char> bytesOfFields(const ::onnx::TensorProto &message,
                                mlir::Type type, Field field);

/// Fills `field` from bytes in `raw_data` layout.
void fillField(::onnx::TensorProto &message, llvm::ArrayRef<char> bytes,
               mlir::Type type, Field field);

} // namespace slin::onnx

#endif // SLIN_LIB_TARGET_ONNX_TENSORFIELDS_H
