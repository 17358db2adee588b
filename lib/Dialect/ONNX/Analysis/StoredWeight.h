//===- StoredWeight.h - The weight behind an operand ------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// From a constant operand of a linear back to the op that stores its numbers.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_DIALECT_ONNX_ANALYSIS_STOREDWEIGHT_H
#define SLIN_LIB_DIALECT_ONNX_ANALYSIS_STOREDWEIGHT_H

#include "slin/Dialect/ONNX/Analysis/FFNAnalysis.h"
#include "slin/Weights/WeightInterfaces.h"

#include "mlir/IR/Operation.h"

namespace slin::onnx {

/// A constant operand and the nodes between it and the op that stores it.
struct StoredWeight {
  weights::WeightOpInterface op;
  /// Whether the last two axes are swapped: the operand is the transpose of
  /// what is stored.
  bool transposed = false;
  /// Whether a Transpose on the way is one of a matrix, not of each block.
  bool swapsMatrix = false;
  /// The element type that a Cast gives it; null without one.
  mlir::Type castTo;
  /// From the operand towards the weight.
  llvm::SmallVector<mlir::Operation *> path;
  /// What ended the way, where no weight was found.
  mlir::Value end;
};

/// The element type of a number in TensorProto.DataType, as far as linears
/// compute in it; null for others.
mlir::Type typeOfCode(mlir::MLIRContext *context, int64_t code);

/// Follows `operand` to the weight it comes from.
StoredWeight findWeight(mlir::Value operand);

/// The nodes of a weight's path that nothing else uses, from the user upwards,
/// appended in the order of the block. They must stand in the user's block. The
/// weight itself, be it a Constant node, stays outside: operators read it.
void appendOwned(const StoredWeight &weight, mlir::Operation *user,
                 llvm::SmallVectorImpl<mlir::Operation *> &nodes);

/// `operand` as a bias of `out` features: its last axis is theirs and it has no
/// other, or it is one number.
std::optional<StoredWeight> findBias(mlir::Value operand, int64_t out);

/// Takes the Add that alone uses the linear's output, if it adds a constant.
void absorbBias(Linear &linear);

/// The path of the linear that `node` belongs to: that of the node, but for the
/// names that slin gives to the nodes it writes.
std::string linearPathOf(mlir::Operation *node);

} // namespace slin::onnx

#endif // SLIN_LIB_DIALECT_ONNX_ANALYSIS_STOREDWEIGHT_H
