//===- Tcgen05Kernel.h - Warp-specialised products on sm_100a ---*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The sizes and the body of a kernel in which one warp loads tiles, one
// multiplies them, and one or two warpgroups finish and store the sums.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_CONVERSION_SLINGPUTONVVM_TCGEN05KERNEL_H
#define SLIN_LIB_CONVERSION_SLINGPUTONVVM_TCGEN05KERNEL_H

#include "TileLoader.h"

#include "Tcgen05.h"

namespace slin::slingpu {

/// What follows from the sizes and the schedule of an op.
struct Tcgen05Sizes : TileSizes {
  explicit Tcgen05Sizes(BlockGemmOp op);

  int64_t finishers; ///< Warps that finish sums.
  int64_t parts;     ///< Instructions over the tokens of a tile.
  /// Tiles whose sums are in tensor memory at once: where a block takes more
  /// than one, the next one is multiplied while one is stored.
  int64_t buffers;
  int64_t sumColumns;       ///< Of tensor memory, for one tile.
  int64_t allocatedColumns; ///< Of all tiles, as they are allocated.
  /// Whether sums leave through shared memory and TMA.
  bool storesTiles;
  int64_t blocksPerSM; ///< That shared and tensor memory suffice for.

  int64_t threads() const { return 32 * (finishers + 2); }

  /// Offsets in shared memory, and the end.
  int64_t staging, ring, sums, address, sharedBytes;
};

/// Tokens that a warp finishes, and bytes of a piece of them that is stored at
/// once: one swizzled row of each.
inline constexpr int64_t warpTokens = 32;
inline constexpr int64_t pieceBytes = warpTokens * swizzleBytes;

/// Writes the body.
void writeTcgen05Kernel(BlockGemmOp op, const Tcgen05Sizes &sizes,
                        TensorMapKernel &kernel);

} // namespace slin::slingpu

#endif // SLIN_LIB_CONVERSION_SLINGPUTONVVM_TCGEN05KERNEL_H
