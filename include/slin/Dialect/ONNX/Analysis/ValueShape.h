//===- ValueShape.h - Shapes of values without recorded types ---*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Most exports record no types of inner values, but their ranks, and often
// their sizes, follow from a few nodes upstream. Nothing is written into the
// IR: recorded types stay what the model says.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_DIALECT_ONNX_ANALYSIS_VALUESHAPE_H
#define SLIN_DIALECT_ONNX_ANALYSIS_VALUESHAPE_H

#include "mlir/IR/Value.h"
#include "mlir/Support/LLVM.h"

#include "llvm/ADT/SmallVector.h"

#include <optional>

namespace slin::onnx {

/// The shape of `value`, `ShapedType::kDynamic` for sizes that are not known:
/// the recorded one, or what follows from Reshape, Transpose, Squeeze,
/// Unsqueeze, MatMul, Gemm, Conv and pointwise nodes.
std::optional<llvm::SmallVector<int64_t>> shapeOf(mlir::Value value);

/// Its rank.
std::optional<int64_t> rankOf(mlir::Value value);

/// The size of its last axis, also where nothing is known of the others: from
/// the weights of linears, norms and embeddings.
std::optional<int64_t> lastDimensionOf(mlir::Value value);

/// The same without evaluating sizes that the graph computes from shapes.
std::optional<int64_t> storedLastDimensionOf(mlir::Value value);

} // namespace slin::onnx

#endif // SLIN_DIALECT_ONNX_ANALYSIS_VALUESHAPE_H
