//===- ConstantTensor.h - Constants that a graph computes -------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The numbers of an expression of constants, in f64: what a model multiplies,
// masks, reshapes or adds up before it uses it as a weight.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_DIALECT_ONNX_ANALYSIS_CONSTANTTENSOR_H
#define SLIN_DIALECT_ONNX_ANALYSIS_CONSTANTTENSOR_H

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Value.h"

#include "llvm/ADT/SmallVector.h"

#include <string>
#include <vector>

namespace slin::onnx {

/// Row-major numbers that were not rounded on the way.
struct ConstantTensor {
  llvm::SmallVector<int64_t> shape;
  std::vector<double> values;
};

/// The element type of a constant expression; null where it has no float type,
/// several meet, or a Cast narrows one, which would round.
mlir::FloatType floatTypeOf(mlir::Value value);

/// Whether evaluateConstant knows the operators of an expression.
bool isEvaluable(mlir::Value value);

/// Evaluates it; fails with a reason where numbers cannot be read, shapes do
/// not fit, or there are too many of them.
mlir::FailureOr<ConstantTensor> evaluateConstant(mlir::Value value,
                                                 std::string &reason);

} // namespace slin::onnx

#endif // SLIN_DIALECT_ONNX_ANALYSIS_CONSTANTTENSOR_H
