//===- RingProduct.h - Products of what a ring is filled with ---*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A warpgroup waits for stage after stage of a ring and multiplies two tiles of
// each. A stage is released one step later, when its products are known to have
// ended.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_CONVERSION_SLINGPUTONVVM_RINGPRODUCT_H
#define SLIN_LIB_CONVERSION_SLINGPUTONVVM_RINGPRODUCT_H

#include "TensorMemory.h"
#include "Wgmma.h"

namespace slin::slingpu {

class RingProduct {
public:
  /// `parts` times 64 rows of `a` by all rows of `b`; who waits for stages to
  /// be empty are the `cluster` blocks that fill them.
  RingProduct(Ring ring, Wgmma wgmma, int64_t parts, int64_t cluster)
      : ring(ring), wgmma(wgmma), parts(parts), cluster(cluster) {}

  /// Multiplies `steps` stages, from `stage` on. Gives the stage and parity
  /// behind them, the last stage, which is not released yet, and the sums of
  /// each part.
  llvm::SmallVector<mlir::Value> multiply(KernelBuilder &build, StagedTile a,
                                          StagedTile b, mlir::Value isFirstLane,
                                          Operand steps, mlir::Value stage,
                                          mlir::Value parity) const;

private:
  llvm::SmallVector<mlir::Value>
  multiplyStep(KernelBuilder &build, const StagedTile &a, const StagedTile &b,
               mlir::Value isFirstLane, mlir::ValueRange carried) const;

  Ring ring;
  Wgmma wgmma;
  int64_t parts, cluster;
};

} // namespace slin::slingpu

#endif // SLIN_LIB_CONVERSION_SLINGPUTONVVM_RINGPRODUCT_H
