//===- FunctionValues.h - What a function computes --------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The values of a function on fixed random inputs, by name, so that two
// versions of it can be compared. Inputs depend on names and known sizes alone;
// so do the results of nodes that cannot be evaluated, which are random as
// well, so that what stands behind them is compared all the same.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_PIPELINES_FUNCTIONVALUES_H
#define SLIN_LIB_PIPELINES_FUNCTIONVALUES_H

#include "slin/Evaluation/Evaluation.h"
#include "slin/Evaluation/Rounding.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringMap.h"

namespace slin {

/// Random tensors by name, the same ones for both versions of a function.
class RandomTensors {
public:
  /// A tensor of `type`, its unknown dimensions small and by their names; fails
  /// with a reason.
  mlir::FailureOr<evaluation::Tensor>
  make(llvm::StringRef name, mlir::Type type, std::string &reason);

private:
  int64_t sizeOf(mlir::RankedTensorType type, unsigned axis);
  llvm::StringMap<int64_t> sizes;
  llvm::StringMap<evaluation::Tensor> made;
};

struct FunctionValues {
  /// A value inside of the function.
  struct Inner {
    evaluation::Tensor tensor;
    mlir::Location location;
  };
  /// By name, in the order of the graph.
  llvm::MapVector<mlir::StringAttr, Inner> values;
  /// The function's results, and what is read by nodes that are not evaluated.
  llvm::MapVector<mlir::StringAttr, evaluation::Tensor> ends;
  /// What was not evaluated, and why.
  llvm::SetVector<mlir::StringAttr> obstacles;
  /// Of values that are not numbers on these inputs.
  llvm::SetVector<mlir::StringAttr> notFinite;
};

/// Evaluates `function`; `tokens` decides about `slin.by_tokens`.
FunctionValues evaluateFunction(mlir::func::FuncOp function, int64_t tokens,
                                RandomTensors &inputs,
                                evaluation::WeightCache &weights);

/// The largest difference of two tensors over the largest magnitude of
/// `expected`; infinite where they have different shapes.
double differenceOf(const evaluation::Tensor &expected,
                    const evaluation::Tensor &found);

} // namespace slin

#endif // SLIN_LIB_PIPELINES_FUNCTIONVALUES_H
