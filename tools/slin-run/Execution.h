//===- Execution.h - Functions in machine code ------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A module through the pipeline `slin-cpu` and LLVM's JIT, and calls of its
// functions.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_TOOLS_SLIN_RUN_EXECUTION_H
#define SLIN_TOOLS_SLIN_RUN_EXECUTION_H

#include "slin/Evaluation/Tensor.h"
#include "slin/Pipelines/CPU.h"
#include "slin/Weights/Elements.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/ExecutionEngine/ExecutionEngine.h"

namespace slin {

/// A tensor of static shape in memory and its elements, row-major, as compiled
/// code has them.
struct Buffer {
  mlir::RankedTensorType type;
  std::vector<char> bytes;
};

/// The buffer of a tensor of real numbers, and back.
Buffer toBuffer(const evaluation::Tensor &tensor);
evaluation::Tensor fromBuffer(const Buffer &buffer);

/// The width of this machine's vectors.
int64_t hostVectorBits();

class CompiledFunction {
public:
  /// Lowers `module`, which it changes, and compiles `name`. Null after an
  /// error.
  static std::unique_ptr<CompiledFunction> compile(mlir::ModuleOp module,
                                                   llvm::StringRef name,
                                                   const CPUOptions &options);

  /// Calls the function once; `seconds`, if given, is how long that took.
  std::vector<Buffer> run(std::vector<Buffer> &arguments,
                          double *seconds = nullptr);

private:
  mlir::SmallVector<mlir::RankedTensorType> resultTypes;
  /// Bytes of the weights that the code refers to.
  std::vector<weights::Elements> weights;
  std::unique_ptr<mlir::ExecutionEngine> engine;
  void (*function)(void **) = nullptr;
};

/// Registers what translation to LLVM needs.
void registerExecution(mlir::DialectRegistry &registry);

} // namespace slin

#endif // SLIN_TOOLS_SLIN_RUN_EXECUTION_H
