//===- Contraction.h - A node that multiplies by a weight -------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// MatMul, Gemm, FusedMatMul, Einsum and convolutions of kernel 1, all as one
// thing: which axes of the other operand meet the weight, and where the result
// has its features. Whether these axes hold features is asked elsewhere.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_DIALECT_ONNX_ANALYSIS_CONTRACTION_H
#define SLIN_LIB_DIALECT_ONNX_ANALYSIS_CONTRACTION_H

#include "StoredWeight.h"

#include "slin/Term/Term.h"

namespace slin::onnx {

struct Contraction {
  mlir::Value data;
  StoredWeight weight;
  /// The weight's matrices as they are used, of leaf 0: `[rows, columns]`, or
  /// `[blocks, rows, columns]`. A kernel of ones is read without its axes of
  /// size one, and with its groups as an axis: the same numbers in order.
  term::Leaf leaf;
  mlir::Type elementType;
  double scale = 1.0;
  /// The bias that the node itself adds; its features are the rows.
  std::optional<StoredWeight> bias;
  double biasScale = 1.0;

  /// Axes of the data, counted from the right: the one that the columns meet,
  /// which holds the rows afterwards, and the one of the blocks (0 without, or
  /// where they lie on the first one with the columns).
  int64_t inputAxis = 1, blockAxis = 0;
  /// Axes of the result in terms of those, where the node also transposes them;
  /// as many as the data has.
  std::optional<llvm::SmallVector<int64_t>> permutation;
};

/// What `node` multiplies by a weight, or nothing.
std::optional<Contraction> findContraction(mlir::Operation *node);

} // namespace slin::onnx

#endif // SLIN_LIB_DIALECT_ONNX_ANALYSIS_CONTRACTION_H
