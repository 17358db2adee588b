//===- MmaSyncKernel.h - A product by mma.sync ------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A block of threads multiplies one tile of tokens with one tile of rows. Steps
// of 128 bytes of columns pass through a ring of stages in shared memory:
//
//   cp.async   global memory -> stage, 16 bytes at (row, chunk ^ (row mod 8)),
//              so that neither these writes nor ldmatrix meet in a bank; what
//              is out of bounds is filled with zeros
//   ldmatrix   stage -> registers, 8 rows of 16 bytes at a time
//   mma.sync   m16n8k16 for bf16 and f16, m16n8k8 for f32 rounded to tf32 (to
//              nearest, ties away): a register holds two of the former or one
//              of the latter, at the same place
//
// The step that is loaded while one is multiplied goes to the stage that was
// read last, behind the barrier that ends its reading.
//
// By experts, the tokens of a tile are rows of one expert. There are as many
// blocks as tiles at worst; which tile is whose is counted from the offsets of
// the experts' rows, and a block without a tile ends.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_CONVERSION_SLINGPUTONVVM_MMASYNCKERNEL_H
#define SLIN_LIB_CONVERSION_SLINGPUTONVVM_MMASYNCKERNEL_H

#include "KernelBuilder.h"

#include "slin/Dialect/SlinGPU/IR/SlinGPUOps.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"

namespace slin::slingpu {

/// Sizes of a kernel, all of them known when it is made.
struct MmaSyncSizes {
  /// Bytes of columns in one step: a row of shared memory.
  static constexpr int64_t stepBytes = 128;

  explicit MmaSyncSizes(BlockGemmOp op);

  int64_t elementBytes, stages, tileTokens, tileRows;
  int64_t warpsAlongTokens, warpsAlongRows, threads;
  /// Products of 16 tokens and of 8 rows that a warp has.
  int64_t tokenParts, rowParts;
  /// Steps of columns, and tiles of rows in one block of the weight.
  int64_t steps, rowTiles;
  /// Registers that only products by experts need: bounds and bases of the
  /// expert, f32 factors as they were before they were rounded, and addresses
  /// of gathered rows, which no constant tells apart. What ptxas asks for at
  /// the widest tiles, rounded up.
  int64_t byExperts;

  int64_t stageBytes() const { return (tileTokens + tileRows) * stepBytes; }
  int64_t sharedBytes() const { return stages * stageBytes(); }
  /// Registers of a thread: sums, the parts of one product, and addresses.
  int64_t registers() const {
    return 4 * tokenParts * rowParts + 4 * tokenParts + 2 * rowParts +
           byExperts + 40;
  }
};

/// Writes the function `name` at the end of `module`. Its parameters are
/// pointers to the operands of `op` in order and to its result, then the number
/// of tokens, or of rows by experts at most, which are not read.
void emitMmaSyncKernel(BlockGemmOp op, llvm::StringRef name,
                       mlir::gpu::GPUModuleOp module);

} // namespace slin::slingpu

#endif // SLIN_LIB_CONVERSION_SLINGPUTONVVM_MMASYNCKERNEL_H
