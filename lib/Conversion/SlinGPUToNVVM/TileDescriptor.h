//===- TileDescriptor.h - Tiles as tensor cores find them -------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// How `wgmma` and `tcgen05.mma` are told where a tile is in shared memory.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_CONVERSION_SLINGPUTONVVM_TILEDESCRIPTOR_H
#define SLIN_LIB_CONVERSION_SLINGPUTONVVM_TILEDESCRIPTOR_H

#include "KernelBuilder.h"

namespace slin::slingpu {

/// Bytes of a row of a tile in shared memory: what a swizzle of 128 bytes
/// needs.
inline constexpr int64_t swizzleBytes = 128;

/// Bytes of a row that one instruction multiplies.
inline constexpr int64_t instructionBytes = 32;

/// Describes a tile that is swizzled by 128 bytes, at byte address `address`
/// (i32) of shared memory, to `wgmma`.
mlir::Value describeTile(KernelBuilder &build, mlir::Value address);

/// What a descriptor grows by for `bytes`.
inline int64_t descriptorOffset(int64_t bytes) { return bytes >> 4; }

/// A tile in every stage of a ring.
struct StagedTile {
  mlir::Value first; ///< Describes that of stage 0.
  int64_t bytes;     ///< From stage to stage.

  /// Describes that of `stage`.
  mlir::Value at(KernelBuilder &build, mlir::Value stage) const;
};

} // namespace slin::slingpu

#endif // SLIN_LIB_CONVERSION_SLINGPUTONVVM_TILEDESCRIPTOR_H
