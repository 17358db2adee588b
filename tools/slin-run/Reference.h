//===- Reference.h - What a function means ----------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The second path: a function of slin ops evaluated in f64 by lib/Term, with
// nothing in common with lowering but the terms and the formulas.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_TOOLS_SLIN_RUN_REFERENCE_H
#define SLIN_TOOLS_SLIN_RUN_REFERENCE_H

#include "Tensor.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace slin {

/// A tensor of f64.
struct Numbers {
  std::vector<int64_t> shape;
  std::vector<double> data;
};

/// The results of `function` on `arguments`. `tokens` decides about
/// `slin.by_tokens`. Fails after an error at the op that has no meaning here.
mlir::FailureOr<std::vector<Numbers>>
evaluate(mlir::func::FuncOp function, const std::vector<Tensor> &arguments,
         int64_t tokens);

} // namespace slin

#endif // SLIN_TOOLS_SLIN_RUN_REFERENCE_H
