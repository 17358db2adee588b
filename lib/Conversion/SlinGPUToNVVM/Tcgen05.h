//===- Tcgen05.h - Products into tensor memory ------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// `tcgen05`: one thread multiplies 128 rows of one tile in shared memory with
// up to 256 rows of another one. Sums are in tensor memory: row by row in its
// 128 lanes, column by column in its 512 columns of 32 bits. A warp reads the
// 32 lanes of its place in its warpgroup; thread i of it has lane i.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_CONVERSION_SLINGPUTONVVM_TCGEN05_H
#define SLIN_LIB_CONVERSION_SLINGPUTONVVM_TCGEN05_H

#include "TileDescriptor.h"

namespace slin::slingpu {

/// The rows of one instruction, and the lanes of tensor memory.
inline constexpr int64_t tcgen05Rows = 128;

/// Columns of the tensor memory of an SM.
inline constexpr int64_t tensorColumns = 512;

/// The part of the tensor cores' throughput that instructions of `columns`
/// columns reach. One reads 32 bytes of each of its rows and columns, at 128
/// bytes per clock and SM, and multiplies at 4096 products of bf16 per clock
/// and SM (2250 Tflop/s on 148 SMs of 1.86 GHz, B200 data sheet).
double getTcgen05Efficiency(int64_t columns);

class Tcgen05 {
public:
  /// Elements of type `element`, `columns` rows of the second tile.
  Tcgen05(mlir::FloatType element, int64_t columns)
      : element(element), columns(columns) {}

  /// By one thread: starts the product of two tiles of one swizzled row of
  /// columns. It is added to the sums at `sums`, an address (i32) of tensor
  /// memory, or, without `accumulates` (i1), takes their place.
  void multiply(KernelBuilder &build, mlir::Value a, mlir::Value b,
                mlir::Value sums, mlir::Value accumulates) const;

  /// What the instruction is told of types and sizes.
  int64_t getInstructionDescriptor() const;

private:
  mlir::FloatType element;
  int64_t columns;
};

/// Describes a tile that is swizzled by 128 bytes, at byte address `address`
/// (i32) of shared memory, to `tcgen05.mma`.
mlir::Value describeTensorTile(KernelBuilder &build, mlir::Value address);

/// By one thread: arrives at an mbarrier, of all blocks of a cluster, when the
/// products that this thread has started so far have ended.
void commitProducts(KernelBuilder &build, mlir::Value barrier, int64_t cluster);

/// By one warp: waits for `columns` columns of tensor memory (a power of two,
/// at least 32), stores their address (i32) at `place` in shared memory, and
/// lets others allocate. Only this warp may give them back.
void allocateColumns(KernelBuilder &build, mlir::Value place, int64_t columns);
void freeColumns(KernelBuilder &build, mlir::Value address, int64_t columns);

/// By a whole warp: `count` (16 or 32) columns of its lanes, as f32.
llvm::SmallVector<mlir::Value> loadSums(KernelBuilder &build,
                                        mlir::Value address, int64_t count);

/// Before an arrival or a barrier that says that sums were read or allocated,
/// and behind a wait for one.
void fenceBeforeArrival(KernelBuilder &build);
void fenceAfterWait(KernelBuilder &build);

} // namespace slin::slingpu

#endif // SLIN_LIB_CONVERSION_SLINGPUTONVVM_TCGEN05_H
