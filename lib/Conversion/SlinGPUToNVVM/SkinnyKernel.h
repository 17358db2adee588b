//===- SkinnyKernel.h - Products with few tokens on sm_90a ------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Few tokens would leave most of the 64 rows of an instruction empty. So the
// weight's rows are these, and tokens are its columns. What takes time is to
// read the weight: the blocks of a cluster share its columns, so that all SMs
// read, and a launch reads ahead as far as its ring reaches before the launch
// before it has ended.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_CONVERSION_SLINGPUTONVVM_SKINNYKERNEL_H
#define SLIN_LIB_CONVERSION_SLINGPUTONVVM_SKINNYKERNEL_H

#include "TensorMapKernel.h"

namespace slin::slingpu {

/// What follows from the sizes and the schedule of an op.
struct SkinnySizes {
  /// Four warps multiply, one loads.
  static constexpr int64_t threads = 160;

  explicit SkinnySizes(BlockGemmOp op);

  int64_t tokens; ///< Of a tile; its rows are those of an instruction.
  int64_t stages;
  int64_t split;       ///< Blocks of a cluster, which share the columns.
  int64_t steps;       ///< Rows of a tile in shared memory over all columns.
  int64_t tilesOfRows; ///< Of a block.

  int64_t weightBytes, inputBytes;             ///< Of a stage.
  int64_t inputs, sums, barriers, sharedBytes; ///< Offsets and the end.
};

/// Writes the body.
void writeSkinnyKernel(BlockGemmOp op, const SkinnySizes &sizes,
                       TensorMapKernel &kernel);

} // namespace slin::slingpu

#endif // SLIN_LIB_CONVERSION_SLINGPUTONVVM_SKINNYKERNEL_H
