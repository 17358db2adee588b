//===- MergeReasons.h - Why linears stay apart ------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Remarks on what a plan does not merge, each with the condition that was not
// met: a rewrite that stays silent cannot be told from one that was not tried.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_DIALECT_SLIN_TRANSFORMS_MERGEREASONS_H
#define SLIN_LIB_DIALECT_SLIN_TRANSFORMS_MERGEREASONS_H

#include "MergePlan.h"

namespace slin {

/// A remark that `op` is not merged.
void explainNotMerged(mlir::Operation *op, const std::string &reason);

/// Remarks on all that `plan` leaves apart.
void explainPlan(const AffineGraph &graph, const MergePlan &plan,
                 WeightNumbers &numbers,
                 llvm::function_ref<bool(mlir::FloatType)> mayMergeIdentity);

} // namespace slin

#endif // SLIN_LIB_DIALECT_SLIN_TRANSFORMS_MERGEREASONS_H
