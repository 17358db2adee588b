//===- NodeOrder.h - The places of nodes in a model -------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Converting to slin moves nodes into regions. Their places in the model are
// noted first and restored on the way back, so that a model that was not
// rewritten is written in its own order.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_CONVERSION_NODEORDER_H
#define SLIN_CONVERSION_NODEORDER_H

#include "mlir/IR/Block.h"

namespace slin {

/// The attribute on a slin.apply that keeps the name its result has in the model.
inline constexpr llvm::StringLiteral kOutputName = "onnx.output_name";

/// Notes the place of each node of `block`.
void noteNodeOrder(mlir::Block &block);

/// Brings the nodes of `block` back to their places: weights first, then nodes
/// by place, each after what it reads; removes the notes.
void restoreNodeOrder(mlir::Block &block);

} // namespace slin

#endif // SLIN_CONVERSION_NODEORDER_H
