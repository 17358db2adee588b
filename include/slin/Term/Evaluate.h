//===- Evaluate.h - Terms as numbers ----------------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The visitor that computes in f64. It is the meaning of a term: other visitors
// are right when they agree with it.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_TERM_EVALUATE_H
#define SLIN_TERM_EVALUATE_H

#include "slin/Term/Term.h"

#include "llvm/ADT/STLFunctionalExtras.h"

#include <Eigen/Core>

namespace slin::term {

/// Row-major f64, as weights are stored.
using Matrix =
    Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Gives the row-major numbers of the whole stored tensor `id`, valid for the
/// duration of the evaluation.
using LeafNumbers = llvm::function_ref<llvm::ArrayRef<double>(unsigned id)>;

/// The matrix of `term`, `[rows, columns]`.
Matrix densify(const Term &term, LeafNumbers numbers);

/// `term` on every row of `batch`: `[tokens, columns]` to `[tokens, rows]`,
/// without ever forming a matrix that is not stored.
Matrix apply(const Term &term, const Matrix &batch, LeafNumbers numbers);

} // namespace slin::term

#endif // SLIN_TERM_EVALUATE_H
