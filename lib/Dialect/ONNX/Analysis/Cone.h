//===- Cone.h - What lies between linears -----------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// From the input of a linear back to the linears that it is computed from, and
// from the output of one forward to what stops the way to another.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_DIALECT_ONNX_ANALYSIS_CONE_H
#define SLIN_LIB_DIALECT_ONNX_ANALYSIS_CONE_H

#include "slin/Dialect/ONNX/Analysis/FFNAnalysis.h"

#include "llvm/ADT/DenseMap.h"

namespace slin::onnx {

/// Why a match broke, where, and what helps.
struct Break {
  mlir::Operation *node = nullptr;
  std::string reason;
  std::string hint;
  explicit operator bool() const { return node != nullptr; }
};

/// The linears of one block by their outputs: indices into a list.
using LinearsByOutput = llvm::DenseMap<mlir::Value, size_t>;

/// Everything from some linears to the input of another.
struct Cone {
  /// In the order of the block.
  llvm::SmallVector<mlir::Operation *> nodes;
  /// Nodes that make their shapes and constants from inner values' shapes and
  /// types.
  llvm::SmallVector<mlir::Operation *> sideNodes;
  /// Indices of the linears at its start, in the order of the block.
  llvm::SmallVector<size_t> leaves;
  /// Why it is no cone of linears.
  Break broken;
  /// Why the features of those linears do not come to its end in order.
  Break misplaced;
  /// Set if the linears are known, but the form between them is not rewritten.
  Break unsupported;
  /// Whether the unsupported form cuts one linear into gate and up.
  bool isFusedGate = false;
};

/// The cone that ends in `linear`'s input.
Cone findCone(const Linear &linear, llvm::ArrayRef<Linear> linears,
              const LinearsByOutput &byOutput);

/// Whether the nodes compute anything but an affine function, as far as their
/// operators say.
bool hasNonlinearNode(llvm::ArrayRef<mlir::Operation *> nodes);

/// What keeps `linear`'s output from reaching another linear through pointwise
/// nodes.
Break findObstacle(const Linear &linear);

/// What `node` does that no pointwise node does, as a clause: "'Softmax' mixes
/// tokens".
std::string describe(mlir::Operation *node);

} // namespace slin::onnx

#endif // SLIN_LIB_DIALECT_ONNX_ANALYSIS_CONE_H
