//===- TimingConditions.h - Under what linears are timed ----*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the cost model asks of a linear beside its term: the element type, what
// its activations look like, and how much else is read between two calls.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_DIALECT_SLIN_TRANSFORMS_TIMINGCONDITIONS_H
#define SLIN_LIB_DIALECT_SLIN_TRANSFORMS_TIMINGCONDITIONS_H

#include "slin/Cost/Time.h"
#include "slin/Dialect/Slin/IR/SlinOps.h"

#include "mlir/IR/BuiltinOps.h"

#include <string>

namespace slin {

class TimingConditions {
public:
  /// Fails with a reason where there is no such target or a token count is not
  /// positive. Weights are counted as the module is now.
  static mlir::FailureOr<TimingConditions> open(mlir::ModuleOp module,
                                                llvm::StringRef target,
                                                llvm::ArrayRef<int64_t> tokens,
                                                std::string &reason);

  const cost::Target &getTarget() const { return target; }

  /// The conditions of linears of type `linop` whose own weights have
  /// `ownBytes`, for one token. Fails with a reason where the target cannot
  /// time the type.
  mlir::FailureOr<cost::Conditions> of(LinopType linop, double ownBytes,
                                       llvm::ArrayRef<ApplyOp> uses,
                                       std::string &reason) const;

private:
  TimingConditions(cost::Target target, double allBytes)
      : target(std::move(target)), allBytes(allBytes) {}
  cost::Target target;
  /// Bytes of the weights of the whole module.
  double allBytes;
};

/// Bytes of weights as they are stored.
double bytesOfWeights(mlir::ValueRange weights);

} // namespace slin

#endif // SLIN_LIB_DIALECT_SLIN_TRANSFORMS_TIMINGCONDITIONS_H
