//===- WgmmaKernel.h - Warp-specialised products on sm_90a ------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The sizes and the body of a kernel in which one warpgroup loads tiles and one
// or two multiply them.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_CONVERSION_SLINGPUTONVVM_WGMMAKERNEL_H
#define SLIN_LIB_CONVERSION_SLINGPUTONVVM_WGMMAKERNEL_H

#include "TileLoader.h"
#include "Wgmma.h"

namespace slin::slingpu {

/// What follows from the sizes and the schedule of an op.
struct WgmmaSizes : TileSizes {
  explicit WgmmaSizes(BlockGemmOp op);

  int64_t consumers; ///< Warpgroups that multiply.
  int64_t parts;     ///< Instructions over the tokens of a consumer.
  /// Whether sums leave through shared memory and TMA.
  bool storesTiles;
  int64_t blocksPerSM; ///< That registers and shared memory suffice for.
  /// Whether the warpgroup that loads leaves registers to those that multiply;
  /// ptxas then has to know how many there are at first.
  bool balancesRegisters() const { return consumers == 2 || blocksPerSM == 2; }

  int64_t staging, barriers, sharedBytes; ///< Offsets and the end.
};

/// Rows and tokens that are stored at once.
inline constexpr int64_t stagedRows = 64;
inline constexpr int64_t stagedBytes = 64 * stagedRows * 2;

/// Writes the body.
void writeWgmmaKernel(BlockGemmOp op, const WgmmaSizes &sizes,
                      TensorMapKernel &kernel);

} // namespace slin::slingpu

#endif // SLIN_LIB_CONVERSION_SLINGPUTONVVM_WGMMAKERNEL_H
