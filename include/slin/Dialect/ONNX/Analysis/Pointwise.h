//===- Pointwise.h - Operators that act on each element ---------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One table of pointwise operators, each with its function in f64. Whether a
// node may stand between two linears and what it computes are the same entry.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_DIALECT_ONNX_ANALYSIS_POINTWISE_H
#define SLIN_DIALECT_ONNX_ANALYSIS_POINTWISE_H

#include "slin/Dialect/ONNX/IR/ONNXDialect.h"

#include <functional>
#include <optional>

namespace slin::onnx {

/// Whether the node computes each element of its first result from the elements
/// of its operands at the same place.
bool isPointwise(mlir::Operation *node);

/// The operands whose elements a pointwise node computes with: the first one of
/// Cast, CastLike, Dropout and Identity, all present ones otherwise.
llvm::SmallVector<mlir::Value> pointwiseOperands(mlir::Operation *node);

/// The shape that both broadcast to; nothing if there is none.
std::optional<llvm::SmallVector<int64_t>> broadcast(llvm::ArrayRef<int64_t> a,
                                                    llvm::ArrayRef<int64_t> b);

/// The node's function. `arguments` are its operands in order, NaN for an
/// absent one.
double evaluatePointwise(mlir::Operation *node,
                         llvm::ArrayRef<double> arguments);

/// The same function, looked up once for many elements; null if the node has
/// none or lacks operands.
std::function<double(llvm::ArrayRef<double>)>
pointwiseFunction(mlir::Operation *node);

} // namespace slin::onnx

#endif // SLIN_DIALECT_ONNX_ANALYSIS_POINTWISE_H
