//===- TokenTensor.h - Activations as [tokens, features] --------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Linears and activations know tokens and features; models have any number of
// leading axes and several widths of numbers.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_CONVERSION_SLINTOLINALG_TOKENTENSOR_H
#define SLIN_LIB_CONVERSION_SLINTOLINALG_TOKENTENSOR_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"

namespace slin {

/// Whether there is arithmetic for the type: f64, f32, f16, bf16.
bool isComputable(mlir::Type elementType);

/// [leading…, features] as [tokens, features].
mlir::Value flattenTokens(mlir::OpBuilder &builder, mlir::Location location,
                          mlir::Value x);

/// [tokens, features] with the leading axes of `like`.
mlir::Value restoreTokens(mlir::OpBuilder &builder, mlir::Location location,
                          mlir::Value y, mlir::Value like);

/// `value`, a float, in another float type.
mlir::Value convertFloat(mlir::OpBuilder &builder, mlir::Location location,
                         mlir::Value value, mlir::Type type);

/// The element type in which `types` are computed: f64 if one of them is,
/// otherwise f32.
mlir::FloatType accumulatorOf(mlir::TypeRange types);

} // namespace slin

#endif // SLIN_LIB_CONVERSION_SLINTOLINALG_TOKENTENSOR_H
