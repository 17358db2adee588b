//===- LinearJoin.h - Linears that are one together -------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A Split or Slices cut the features, each part has a linear of its own, a
// Concat joins the results or an Add adds them: that is one linear whose term
// says which features a part reads. Where it follows another linear, or another
// follows it, both are one as long as the factors are fewer numbers than their
// product.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_DIALECT_ONNX_ANALYSIS_LINEARJOIN_H
#define SLIN_LIB_DIALECT_ONNX_ANALYSIS_LINEARJOIN_H

#include "Cone.h"

namespace slin::onnx {

/// A linear made of others, and which of the list they are.
struct LinearJoin {
  Linear linear;
  llvm::SmallVector<size_t> members;
};

/// A linear that takes part in a join: times a constant, by these nodes.
struct JoinMember {
  size_t index;
  double scale = 1.0;
  llvm::SmallVector<mlir::Operation *> nodes;
};

/// Linears on one value or on pieces of it, before their results meet.
struct LinearGroup {
  mlir::Value source;
  int64_t in = 0;
  mlir::Type elementType;
  /// Of each member: its term on the source, numbered into `weights`.
  std::vector<term::Term> terms;
  llvm::SmallVector<mlir::Value> weights;
  /// Those of the members, and the nodes that cut the source where nobody else
  /// reads their pieces.
  llvm::SmallVector<mlir::Operation *> nodes;
  /// Their contractions.
  llvm::SmallVector<mlir::Operation *, 0> contractions;
};

/// The group of at least two different members that share no weight.
std::optional<LinearGroup> findGroup(llvm::ArrayRef<JoinMember> members,
                                     llvm::ArrayRef<Linear> linears);

/// The linear of `group` whose results meet in `node` by `whole`, without a
/// bias.
Linear makeJoined(const LinearGroup &group, const term::Term &whole,
                  mlir::Operation *node, const Linear &first);

/// What `node` joins, if it is a Concat along the features.
std::optional<LinearJoin> findConcatenation(mlir::Operation *node,
                                            llvm::ArrayRef<Linear> linears,
                                            const LinearsByOutput &byOutput);

/// The linear with the one in front of it, where one of them was joined.
std::optional<LinearJoin> findComposition(size_t index,
                                          llvm::ArrayRef<Linear> linears,
                                          const LinearsByOutput &byOutput);

/// Takes nodes behind a joined linear that only reorder its features.
void absorbReordering(Linear &linear);

} // namespace slin::onnx

#endif // SLIN_LIB_DIALECT_ONNX_ANALYSIS_LINEARJOIN_H
