//===- Decision.h - What was decided about a linear -------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every selected linear says what became of it, in its `decision` and as a
// remark at its place in the model.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_DIALECT_SLIN_TRANSFORMS_DECISION_H
#define SLIN_LIB_DIALECT_SLIN_TRANSFORMS_DECISION_H

#include "Candidates.h"
#include "Factorizer.h"

namespace slin {

/// What replaced a weight.
struct Success {
  Size size;
  /// Numbers stored in the factors.
  int64_t parameters = 0;
  factorization::ErrorFigures errors;
  /// Whether the biases took over the mean.
  bool biasCorrected = false;
};

/// Notes that the candidate's weight was replaced.
void noteReplaced(Candidate &candidate, llvm::StringRef structure,
                  const Success &success);

/// Notes that it stays dense, for the candidate's reason.
void noteDeclined(Candidate &candidate, llvm::StringRef structure);

/// Remarks that the operator of `apply` is not dense; a decision that it
/// carries stays.
void noteOtherOperator(ApplyOp apply);

} // namespace slin

#endif // SLIN_LIB_DIALECT_SLIN_TRANSFORMS_DECISION_H
