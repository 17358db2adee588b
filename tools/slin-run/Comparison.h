//===- Comparison.h - Results against the reference -------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// How far results are from what they should be, and how they are printed.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_TOOLS_SLIN_RUN_COMPARISON_H
#define SLIN_TOOLS_SLIN_RUN_COMPARISON_H

#include "slin/Evaluation/Tensor.h"

namespace slin {

/// Compares each result with its reference: the largest difference over the
/// largest magnitude of the reference; integers must be equal. `tolerance` 0:
/// that of the element type. Prints what was found; fails where it is too much.
mlir::LogicalResult compare(llvm::ArrayRef<evaluation::Tensor> results,
                            llvm::ArrayRef<evaluation::Tensor> references,
                            double tolerance, llvm::raw_ostream &os,
                            llvm::raw_ostream &errors);

/// `result 0: tensor<2x2xf32> [[1, 2], [3, 4]]`.
void print(llvm::ArrayRef<evaluation::Tensor> results, llvm::raw_ostream &os);

} // namespace slin

#endif // SLIN_TOOLS_SLIN_RUN_COMPARISON_H
