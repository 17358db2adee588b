//===- Budget.h - How large the factors may be ------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The ratio is a floor over all selected weights, those included that turn out
// to stay dense: the others make up for them where they can.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_DIALECT_SLIN_TRANSFORMS_BUDGET_H
#define SLIN_LIB_DIALECT_SLIN_TRANSFORMS_BUDGET_H

#include "Candidates.h"
#include "Factorizer.h"

namespace slin {

/// A size for each candidate; candidates that get none are declined with the
/// reason, and have a meaningless size.
std::vector<Size> allocate(llvm::MutableArrayRef<Candidate> candidates,
                           const Factorizer &factorizer,
                           const Request &request);

/// The ratio by which the free weights must shrink so that `ratio` of `total`
/// parameters is removed while `fixed` of them stay. `ratio` itself where that
/// is impossible: then the floor is missed, but no weight is ruined for it.
double ratioOfFree(int64_t total, int64_t fixed, double ratio);

/// Whether at least `ratio` of `before` parameters is gone.
bool isFloorMet(int64_t before, int64_t after, double ratio);

} // namespace slin

#endif // SLIN_LIB_DIALECT_SLIN_TRANSFORMS_BUDGET_H
