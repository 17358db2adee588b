//===- Wgmma.h - Products of warpgroups -------------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// `wgmma`: a warpgroup multiplies 64 rows of one tile in shared memory with up
// to 256 rows of another one. Of the sums, a thread has in `4 g + 0, 1` row
// `lane / 4` of its warp's 16 rows and columns `8 g + 2 (lane % 4) + 0, 1`, and
// in `4 g + 2, 3` those 8 rows further.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_CONVERSION_SLINGPUTONVVM_WGMMA_H
#define SLIN_LIB_CONVERSION_SLINGPUTONVVM_WGMMA_H

#include "TileDescriptor.h"

namespace slin::slingpu {

/// The rows of one instruction.
inline constexpr int64_t wgmmaRows = 64;

/// The part of the tensor cores' throughput that instructions of `columns`
/// columns reach. One reads 32 bytes of each of its rows and columns, at 128
/// bytes per clock and SM, and multiplies at 2048 products of bf16 per clock
/// and SM (989 Tflop/s on 132 SMs of 1.83 GHz, H100 data sheet).
double getWgmmaEfficiency(int64_t columns);

class Wgmma {
public:
  /// Elements of type `element`, `columns` rows of the second tile.
  Wgmma(mlir::FloatType element, int64_t columns)
      : element(element), columns(columns) {}

  /// Sums of one thread.
  int64_t getSums() const { return columns / 2; }
  mlir::Value zero(KernelBuilder &build) const;
  mlir::Value sum(KernelBuilder &build, mlir::Value sums, int64_t index) const;

  /// The product of two tiles of one swizzled row of columns, added to `sums`.
  /// The descriptors are of the first column.
  mlir::Value multiply(KernelBuilder &build, mlir::Value a, mlir::Value b,
                       mlir::Value sums, int64_t step) const;
  /// The first product of sums that start at zero; `sums` are any.
  mlir::Value start(KernelBuilder &build, mlir::Value a, mlir::Value b,
                    mlir::Value sums) const;
  /// Adds the product of 64 rows that are in registers with 16 columns, those
  /// of `step`, of a tile in shared memory to `sums`, f32 of their own. `left`
  /// are the lane's pairs as sums have them: two of columns 0 to 7, of the rows
  /// of sums 0 and 2, then two of columns 8 to 15; 32 bits each. For bf16 and
  /// f16.
  llvm::SmallVector<mlir::Value>
  multiplyRegisters(KernelBuilder &build, llvm::ArrayRef<mlir::Value> left,
                    mlir::Value b, llvm::ArrayRef<mlir::Value> sums,
                    int64_t step) const;
  /// Instructions for one swizzled row.
  static constexpr int64_t steps = 4;

private:
  mlir::Type getType(mlir::Builder &build) const;
  mlir::Value multiply(KernelBuilder &build, mlir::Value a, mlir::Value b,
                       mlir::Value sums, int64_t step,
                       mlir::NVVM::WGMMAScaleOut scale) const;

  mlir::FloatType element;
  int64_t columns;
};

void fenceProducts(KernelBuilder &build);
void commitProducts(KernelBuilder &build);
/// Waits until no more than `groups` groups of products are unfinished.
void waitForProducts(KernelBuilder &build, int64_t groups);

/// The registers that a thread of this warpgroup has from here on.
void setRegisters(KernelBuilder &build, int64_t registers, bool increase);

/// Stores four 8 x 8 matrices of 16-bit numbers, a row for each lane's address.
void storeMatrices(KernelBuilder &build, mlir::Value place,
                   mlir::ValueRange packed);

} // namespace slin::slingpu

#endif // SLIN_LIB_CONVERSION_SLINGPUTONVVM_WGMMA_H
