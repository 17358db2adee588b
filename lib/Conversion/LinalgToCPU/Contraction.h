//===- Contraction.h - Products of tokens and a weight ----------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a linalg.matmul or linalg.contract on buffers computes, as one kernel
// can compute it: result columns in runs that read the same inputs.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_CONVERSION_LINALGTOCPU_CONTRACTION_H
#define SLIN_LIB_CONVERSION_LINALGTOCPU_CONTRACTION_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace slin {

/// result[t, j] += Σ_k weight(k, j) · input[t, inputOffset(j) + k·depthStride]
///
/// Columns come in `runs` runs of `runLength`; entry i of run r is column
/// r·runStart + i·columnStride, and reads inputs from r·runInput on. With a
/// `period` above 1 there is one run, and column j reads from j mod period on.
struct Contraction {
  mlir::Value input;  // [tokens, features], features side by side
  mlir::Value result; // the same
  mlir::memref::GlobalOp weight;
  mlir::FloatType accumulator;
  int64_t depth = 0, depthStride = 1;
  int64_t runs = 1, runLength = 0, runStart = 0, columnStride = 1, runInput = 0,
          period = 1;
  /// Place of weight(k, j) in the weight: columnPlaces[j] + depthPlaces[k].
  std::vector<int64_t> columnPlaces, depthPlaces;
};

/// The contraction that `op`, on buffers, is; nothing where its weight is no
/// constant or its maps have no such form. `lanes`: elements of a vector.
std::optional<Contraction> matchContraction(mlir::linalg::LinalgOp op,
                                            int64_t lanes);

} // namespace slin

#endif // SLIN_LIB_CONVERSION_LINALGTOCPU_CONTRACTION_H
