//===- ShapeProbe.h - Values that depend on shapes alone --------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Exporters compute masks, bounds of slices and places of assignments from the
// shapes of activations. Whether such a value is the same for every number of
// tokens is asked by evaluating it for several: nothing is evaluated that could
// tell sizes apart that are not tried (ShapeEvaluator.h), so that equal answers
// are no accident.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_DIALECT_ONNX_ANALYSIS_SHAPEPROBE_H
#define SLIN_LIB_DIALECT_ONNX_ANALYSIS_SHAPEPROBE_H

#include "mlir/IR/Operation.h"
#include "mlir/Support/LLVM.h"

#include "llvm/ADT/SmallVector.h"

#include <optional>
#include <vector>

namespace slin::onnx {

/// A small tensor of numbers.
struct SmallTensor {
  llvm::SmallVector<int64_t> shape;
  std::vector<double> numbers;
  /// Whether they are integers: quotients are then cut.
  bool isInteger = false;
};

/// A constant, or an expression of constants.
std::optional<SmallTensor> evaluateSmallTensor(mlir::Value value);

/// A list of integers that a node has as attribute `name` or as operand
/// `index`, where it is the same for every number of tokens.
std::optional<llvm::SmallVector<int64_t>>
probedIntegers(mlir::Operation *node, llvm::StringRef name, unsigned index);

/// Numbers that are the same along all axes but `fromRight` (1 is the last
/// one), which has `features` entries; one number stands for all.
std::optional<std::vector<double>>
numbersAlongAxis(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<double> numbers,
                 int64_t features, int64_t fromRight);

/// Whether broadcasting a constant of shape `shape` changes nothing about the
/// axes of `data` other than `fromRight`.
bool addsNoAxes(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int64_t> data,
                int64_t fromRight = 1);

/// `mask`, a condition between two values of `features` features, per feature,
/// where it is the same for every token and every number of tokens.
std::optional<std::vector<double>> channelMask(mlir::Value mask,
                                               int64_t features,
                                               mlir::Value yes, mlir::Value no);

/// Features `[offset, offset + size)` of `features` that a ScatterND overwrites
/// in every token by the features of `updates`.
struct ScatteredFeatures {
  mlir::Value updates;
  int64_t features, offset, size;
};
std::optional<ScatteredFeatures> scatteredFeatures(mlir::Operation *scatter);

/// Entries `[offset, offset + size)` of the first axis that a ScatterND
/// overwrites, in order.
struct ScatteredRows {
  int64_t offset, size;
};
std::optional<ScatteredRows> scatteredRows(mlir::Operation *scatter);

} // namespace slin::onnx

#endif // SLIN_LIB_DIALECT_ONNX_ANALYSIS_SHAPEPROBE_H
