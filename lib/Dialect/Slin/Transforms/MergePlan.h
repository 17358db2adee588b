//===- MergePlan.h - Which linears become one -------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Merging a value into its readers is exact wherever the value is affine;
// whether it gains depends on all of its readers. A value with one reader is
// always merged: the form of the whole may keep its factors apart. Of the
// others, and of sums that an operator reads, each is merged if
// multiply-accumulates become fewer.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_DIALECT_SLIN_TRANSFORMS_MERGEPLAN_H
#define SLIN_LIB_DIALECT_SLIN_TRANSFORMS_MERGEPLAN_H

#include "AffineGraph.h"

#include "slin/Term/Form.h"

namespace slin {

/// A value that is computed, and how.
struct MergedValue {
  AffineForm form;
  /// Of each summand.
  llvm::SmallVector<term::Form, 2> forms;
  /// The features that are computed where an activation reads no others; empty
  /// for all.
  llvm::BitVector selection;
  int64_t cost = 0;
};

/// An activation of which only some features are read.
struct NarrowedActivation {
  ActivationOp activation;
  llvm::BitVector features;
};

/// A value that is not merged into its readers, and what that would cost.
struct KeptValue {
  mlir::Value value;
  int64_t cost, costMerged;
};

struct MergePlan {
  /// In the order of the block.
  llvm::MapVector<mlir::Value, MergedValue> values;
  llvm::SmallVector<NarrowedActivation> activations;
  llvm::SmallVector<KeptValue> kept;
  /// Multiply-accumulates per token of the whole, less four for each feature of
  /// an activation that is left out: only differences between plans say
  /// something.
  int64_t cost = 0;
};

/// The cheapest plan for the graph. `mayMergeIdentity` says of an operator's
/// element type whether `1 + w` may be rounded. Nothing where forms would be
/// too large to write.
std::optional<MergePlan>
planMerges(const AffineGraph &graph, WeightNumbers &numbers,
           llvm::function_ref<bool(mlir::FloatType)> mayMergeIdentity);

/// The element type of the linears of a form; null for sums alone.
mlir::FloatType elementTypeOf(const AffineForm &form);

} // namespace slin

#endif // SLIN_LIB_DIALECT_SLIN_TRANSFORMS_MERGEPLAN_H
