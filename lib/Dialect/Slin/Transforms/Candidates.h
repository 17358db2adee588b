//===- Candidates.h - Weights that may be factorised ------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The unit of factorisation is a weight with all linears that read it, because
// factors replace it only where they replace it for everybody.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_DIALECT_SLIN_TRANSFORMS_CANDIDATES_H
#define SLIN_LIB_DIALECT_SLIN_TRANSFORMS_CANDIDATES_H

#include "slin/Dialect/Slin/IR/SlinOps.h"
#include "slin/Factorization/Structures.h"

#include "mlir/IR/BuiltinOps.h"

#include <optional>
#include <string>

namespace slin {

/// A linear and the constant by which it multiplies its operator.
struct LinearUse {
  ApplyOp apply;
  double scale = 1;
};

/// A dense operator and the linears that use it, in the order of the module.
struct Candidate {
  DenseOp dense;
  llvm::SmallVector<LinearUse> uses;
  /// Ops between the weight and the linears' own nodes (a shared Transpose),
  /// which are dead once the linears are replaced.
  llvm::SmallVector<mlir::Operation *> between;
  /// Why the weight stays dense: lower case, with expected and found. Empty
  /// while nothing speaks against it.
  std::string reason;

  bool isDeclined() const { return !reason.empty(); }
  int64_t outputs() { return dense.getType().getOut(); }
  int64_t inputs() { return dense.getType().getIn(); }
  int64_t parameters() { return outputs() * inputs(); }
  /// The weight's name in the model; empty where it is no constant.
  llvm::StringRef weightName();
};

/// The name of the constant that defines `value`; empty where there is none.
llvm::StringRef constantName(mlir::Value value);

/// The linears of a module, in its order.
struct Linears {
  /// Those of dense operators, used directly or through slin.scale, in the
  /// order of their first linears. Where the weight is no constant, or is part
  /// of other operators, there is a reason.
  llvm::SmallVector<Candidate> candidates;
  /// Those whose operators are something else already.
  llvm::SmallVector<ApplyOp> others;
};

Linears findLinears(mlir::ModuleOp module);

/// Whether `value` is read by nothing but `linears`, their own nodes, and ops
/// between it and these, which are appended to `between`. Otherwise the op that
/// reads it.
mlir::Operation *
findOtherReader(mlir::Value value, llvm::ArrayRef<LinearUse> linears,
                llvm::SmallVectorImpl<mlir::Operation *> &between);

/// Gives the candidate a reason where its weight would stay behind because
/// others than its linears read it; otherwise fills in `between`.
void declineIfReadElsewhere(Candidate &candidate);

/// The weight [out, in] in f64; fails with a reason where it cannot be read.
mlir::FailureOr<factorization::Matrix> readWeight(Candidate &candidate,
                                                  std::string &reason);

} // namespace slin

#endif // SLIN_LIB_DIALECT_SLIN_TRANSFORMS_CANDIDATES_H
