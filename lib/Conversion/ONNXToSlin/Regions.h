//===- Regions.h - Nodes that move into regions -----------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the conversion of networks and that of single linears have in common.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_CONVERSION_ONNXTOSLIN_REGIONS_H
#define SLIN_LIB_CONVERSION_ONNXTOSLIN_REGIONS_H

#include "slin/Dialect/ONNX/Analysis/FFNAnalysis.h"

#include "llvm/ADT/SmallPtrSet.h"

namespace slin {

/// What a value that was moved into a region became in `block`: the result of
/// the op whose region yields it.
mlir::Value visibleIn(mlir::Block *block, mlir::Value value);

/// Moves `nodes`, in the order of their block, to a new block of `region` that
/// yields `results`. Readers outside of the region read `replacements` instead,
/// the results of the op.
void moveNodes(llvm::ArrayRef<mlir::Operation *> nodes, mlir::Region &region,
               mlir::ValueRange results, mlir::ValueRange replacements);

/// Whether a constant has the type of its elements, or can get it.
bool hasElementsType(mlir::Value constant, std::string &reason);

/// That the constants of `linear` can be operands of operators, and that its
/// inner values are read by nobody else.
mlir::LogicalResult
checkLinear(const onnx::Linear &linear,
            llvm::function_ref<bool(mlir::Operation *)> isInside,
            std::string &reason);

/// That no value leaves `nodes`, all of one block, and comes back into them: a
/// region would read its own result.
mlir::LogicalResult
checkNoWayBack(const llvm::SmallPtrSetImpl<mlir::Operation *> &nodes,
               mlir::Block *block, std::string &reason);

} // namespace slin

#endif // SLIN_LIB_CONVERSION_ONNXTOSLIN_REGIONS_H
