//===- StackGroups.h - Linears of one input ---------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What can be one product or several: dense linears that read one value, or one
// dense linear of which only parts are read.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_DIALECT_SLIN_TRANSFORMS_STACKGROUPS_H
#define SLIN_LIB_DIALECT_SLIN_TRANSFORMS_STACKGROUPS_H

#include "Candidates.h"

namespace slin {

/// One of both is in the model; the expressions are those of the parts.
struct StackGroup {
  /// The linears that are there: all that could be stacked, or the one whose
  /// parts are read.
  llvm::SmallVector<ApplyOp> linears;
  /// What reads the parts of one linear; nothing where linears are apart.
  llvm::SmallVector<ApplyOp> cuts;
  /// Where each part begins in the whole.
  llvm::SmallVector<int64_t> offsets;
  llvm::SmallVector<TermWithLeaves> parts;

  bool isStacked() const { return !cuts.empty(); }
  /// The features of the whole.
  int64_t rows() const;
};

/// The groups of these linears, in the order of the module. `notTaken` hears of
/// each linear that is in none for a reason.
std::vector<StackGroup> findStackGroups(
    Linears &linears,
    llvm::function_ref<void(ApplyOp, const std::string &)> notTaken);

/// The parts, one after the other. Fails with a reason where that is too large.
mlir::FailureOr<TermWithLeaves> stackParts(const StackGroup &group,
                                           std::string &reason);

} // namespace slin

#endif // SLIN_LIB_DIALECT_SLIN_TRANSFORMS_STACKGROUPS_H
