//===- WgmmaCoreKernel.h - The core of an FFN by wgmma ------- -*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The dataflow of MmaSyncCoreKernel.h between warpgroups. One thread loads: the
// tokens once, then for each step of 64 hidden features
//
//   up    [64, R1] and the biases  for sums = up · t
//   down  [R2, 64]                 for result += down · act(sums + bias)
//
// into a ring each. Each of the other warpgroups has 64 tokens. While the
// second product of a step runs, the sums of the next step are computed and
// activated: there is always a product under way.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_CONVERSION_SLINGPUTONVVM_WGMMACOREKERNEL_H
#define SLIN_LIB_CONVERSION_SLINGPUTONVVM_WGMMACOREKERNEL_H

#include "KernelEmitter.h"

namespace slin::slingpu {

/// What follows from the sizes and the schedule of an op.
struct WgmmaCoreSizes {
  /// A row of shared memory, and the hidden features of a step that it holds.
  static constexpr int64_t rowBytes = 128, step = 64;

  explicit WgmmaCoreSizes(FFNCoreOp op);

  int64_t consumers; ///< Warpgroups that multiply.
  int64_t tokens;    ///< Of a tile.
  int64_t stages;    ///< Of each ring.
  int64_t steps;     ///< Of hidden features.
  int64_t inputRows; ///< Rows of shared memory that one token takes.
  int64_t depths;    ///< Instructions over the features of a token.
  int64_t outputs;   ///< Features of the result, a multiple of 8.
  int64_t biasBytes; ///< Of a stage; 0 where there is no bias.

  int64_t upBytes, downBytes;         ///< Of a stage.
  int64_t up, down, biases, barriers; ///< Offsets in shared memory.
  int64_t sharedBytes;
  int64_t threads() const { return 128 * (consumers + 1); }
};

/// Writes the function `name` at the end of `module`; says what its parameters
/// are.
llvm::SmallVector<mlir::Attribute>
emitWgmmaCoreKernel(FFNCoreOp op, llvm::StringRef name,
                    mlir::gpu::GPUModuleOp module);

} // namespace slin::slingpu

#endif // SLIN_LIB_CONVERSION_SLINGPUTONVVM_WGMMACOREKERNEL_H
