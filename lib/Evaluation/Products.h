//===- Products.h - Products of matrices ------------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The one product that MatMul, Einsum and Conv are made of.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_EVALUATION_PRODUCTS_H
#define SLIN_LIB_EVALUATION_PRODUCTS_H

#include "slin/Evaluation/Tensor.h"

namespace slin::evaluation {

/// `batch` products of `[rows, inner]` by `[inner, columns]`.
Reals multiply(llvm::ArrayRef<double> a, llvm::ArrayRef<double> b,
               int64_t batch, int64_t rows, int64_t inner, int64_t columns);

} // namespace slin::evaluation

#endif // SLIN_LIB_EVALUATION_PRODUCTS_H
