//===- Constants.h - Constant values of a graph -----------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Exporters spell constants as initializers, Constant nodes, or small
// expressions of them. No op of the dialect folds, so the question is answered
// here, without changing anything.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_DIALECT_ONNX_ANALYSIS_CONSTANTS_H
#define SLIN_DIALECT_ONNX_ANALYSIS_CONSTANTS_H

#include "slin/Dialect/ONNX/IR/ONNXDialect.h"

#include <optional>

namespace slin::onnx {

/// Whether `value` depends on nothing but weights and constants.
bool isConstant(mlir::Value value);

/// A constant as one number.
struct ScalarConstant {
  double value = 0.0;
  /// False if the constant has several different elements; `value` then is the
  /// first one.
  bool uniform = true;
};

/// The number a constant stands for; nothing if `value` is not constant or
/// cannot be evaluated.
std::optional<ScalarConstant> scalarConstant(mlir::Value value);

/// The integers of a constant of rank 0 or 1 and at most `most` elements;
/// nothing if it is not one.
std::optional<llvm::SmallVector<int64_t>> integerConstant(mlir::Value value,
                                                          int64_t most = 64);

/// As above, also of pointwise expressions of constants, as exporters write the
/// target of an Expand.
std::optional<llvm::SmallVector<int64_t>> integerExpression(mlir::Value value);

/// An integer list that a node has as attribute `name` in old opsets and as
/// operand `index` in new ones. Nothing if it has neither or it is not
/// constant.
std::optional<llvm::SmallVector<int64_t>>
integersOf(mlir::Operation *node, llvm::StringRef name, unsigned index);

/// An attribute of the node that is a number, or `otherwise`.
double numberAttribute(mlir::Operation *node, llvm::StringRef name,
                       double otherwise);

/// The operator of a node, `ms.` in front of those of com.microsoft and
/// `domain::` in front of those of other domains; empty if `op` is no node.
std::string operatorName(mlir::Operation *op);

/// The path of a node in the model: its name or, without one, that of its first
/// output.
std::string pathOf(mlir::Operation *node);

} // namespace slin::onnx

#endif // SLIN_DIALECT_ONNX_ANALYSIS_CONSTANTS_H
