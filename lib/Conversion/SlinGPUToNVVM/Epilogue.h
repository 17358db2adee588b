//===- Epilogue.h - From sums to stored features ----------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What follows the products is the same for all emitters: bias, activation,
// gate, residual, rounding, and the place of each feature.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_CONVERSION_SLINGPUTONVVM_EPILOGUE_H
#define SLIN_LIB_CONVERSION_SLINGPUTONVVM_EPILOGUE_H

#include "KernelBuilder.h"

#include "slin/Dialect/SlinGPU/IR/SlinGPUOps.h"

namespace slin::slingpu {

/// Pointers and the number of tokens, as the kernel got them. Those that `op`
/// does not have are null. All pointers are to global memory.
struct EpilogueArguments {
  mlir::Value bias, gate, residual, output;
  mlir::Value tokens;
};

class Epilogue {
public:
  Epilogue(BlockGemmOp op, EpilogueArguments arguments)
      : op(op), arguments(arguments) {}

  /// `act(sum + bias) * gate + residual` of one f32 sum, at token `token`, row
  /// `row` of block `block` (i32), which are within bounds.
  mlir::Value finish(KernelBuilder &build, mlir::Value sum, mlir::Value token,
                     mlir::Value block, mlir::Value row) const;

  /// The same of rows `row` and `row + 1`, which are stored side by side from
  /// an even place on: two rounded numbers.
  mlir::Value finishPair(KernelBuilder &build, mlir::Value first,
                         mlir::Value second, mlir::Value token,
                         mlir::Value block, mlir::Value row) const;

  /// Finishes, rounds and stores the sums of rows `row` and `row + 1` (`row` is
  /// even); what is out of bounds is not stored.
  void storePair(KernelBuilder &build, mlir::Value first, mlir::Value second,
                 mlir::Value token, mlir::Value block, mlir::Value row) const;

  /// Where row `row` of block `block` is stored: a feature of the result.
  mlir::Value placeOf(KernelBuilder &build, mlir::Value block,
                      mlir::Value row) const;

private:
  mutable BlockGemmOp op;
  EpilogueArguments arguments;
};

/// An activation of the catalogue on one f32. Fails for names that it does not
/// have.
mlir::FailureOr<mlir::Value> emitActivation(KernelBuilder &build,
                                            llvm::StringRef name,
                                            std::optional<double> parameter,
                                            mlir::Value x);

/// Whether there is an activation of that name.
bool hasActivation(llvm::StringRef name);

} // namespace slin::slingpu

#endif // SLIN_LIB_CONVERSION_SLINGPUTONVVM_EPILOGUE_H
