//===- MmaSyncFragments.h - What mma.sync multiplies ----------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Fragments of matrices of which a row of shared memory has 128 bytes, swizzled
// as TileCopy leaves them, and products of them.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_CONVERSION_SLINGPUTONVVM_MMASYNCFRAGMENTS_H
#define SLIN_LIB_CONVERSION_SLINGPUTONVVM_MMASYNCFRAGMENTS_H

#include "KernelBuilder.h"

namespace slin::slingpu {

/// The fragments of one element type: bf16, f16, or f32 rounded to tf32.
class MmaSyncFragments {
public:
  MmaSyncFragments(KernelBuilder &build, mlir::FloatType type, mlir::Value lane)
      : build(build), type(type), lane(lane) {}

  /// The row of 16 tokens that this lane's address for `loadTokens` is in.
  mlir::Value tokenRow() const { return build.bitAnd(lane, 15); }
  /// The row of 16 rows of a weight that this lane's address for `loadRows` is
  /// in.
  mlir::Value weightRow() const {
    return build.add(build.bitAnd(lane, 7), build.shl(build.shr(lane, 4), 3));
  }

  /// Bytes `32 depth` to `32 depth + 31` of 16 tokens: the left factor of one
  /// instruction. `row` is where the lane's row starts, in a matrix that starts
  /// at a multiple of 1024.
  llvm::SmallVector<mlir::Value> loadTokens(mlir::Value row, Operand depth);
  /// The same of 16 rows of a weight: the right factors of two instructions,
  /// two registers of each.
  llvm::SmallVector<mlir::Value> loadRows(mlir::Value row, Operand depth);

  /// Adds the product of a left factor (4 registers) and a right one (2) to 4
  /// sums.
  void multiply(llvm::ArrayRef<mlir::Value> left,
                llvm::ArrayRef<mlir::Value> right,
                llvm::MutableArrayRef<mlir::Value> sums);

  /// 32 bits of shared memory as mma.sync takes them.
  mlir::Value multiplicand(mlir::Value bits);

private:
  mlir::Value chunkAt(mlir::Value which, Operand depth);
  /// Four 8 x 16 byte matrices, a register of each.
  llvm::SmallVector<mlir::Value> loadMatrices(mlir::Value address);

  KernelBuilder &build;
  mlir::FloatType type;
  mlir::Value lane;
};

} // namespace slin::slingpu

#endif // SLIN_LIB_CONVERSION_SLINGPUTONVVM_MMASYNCFRAGMENTS_H
