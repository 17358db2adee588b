//===- Arguments.h - What a function is run on ------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Inputs from the command line: random numbers of the types of a function, or
// arrays of a file.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_TOOLS_SLIN_RUN_ARGUMENTS_H
#define SLIN_TOOLS_SLIN_RUN_ARGUMENTS_H

#include "slin/Evaluation/Tensor.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace slin {

/// What the user asked for.
struct ArgumentOptions {
  /// `random(SEED)` or the path of an .npz file, one per argument or one for
  /// all.
  std::vector<std::string> inputs;
  /// Sizes of the unknown dimensions of each random argument, in order.
  std::vector<int64_t> dims;
  /// The last unknown dimension of each argument, the others being 1; 0: not
  /// given.
  int64_t tokens = 0;
  /// Whether the function is compiled: its arguments then are real numbers, and
  /// no tensor is empty.
  bool isCompiled = true;
};

/// One tensor per argument of `function`, its elements as its type has them.
/// Fails, with an error on `errors`, where an option does not fit.
mlir::FailureOr<std::vector<evaluation::Tensor>>
makeArguments(mlir::func::FuncOp function, const ArgumentOptions &options,
              llvm::raw_ostream &errors);

} // namespace slin

#endif // SLIN_TOOLS_SLIN_RUN_ARGUMENTS_H
