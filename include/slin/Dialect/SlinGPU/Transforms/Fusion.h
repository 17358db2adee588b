//===- Fusion.h - Two products become one op --------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the pass slin-gpu-fuse does, for passes that weigh both forms.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_DIALECT_SLINGPU_TRANSFORMS_FUSION_H
#define SLIN_DIALECT_SLINGPU_TRANSFORMS_FUSION_H

#include "slin/Dialect/SlinGPU/IR/SlinGPUOps.h"

namespace slin::slingpu {

struct FusionLimits {
  /// The most features of an input or result of what is fused.
  int64_t maxRank = 256;
  /// Fuse only where a region serves no fewer tokens than this.
  int64_t minTokens = 1;
};

/// Makes slingpu.ffn_core of the products under `root` that can be. `report`
/// gets every pair that is looked at, before it is fused, and what speaks
/// against it (empty where nothing does). Returns the number of fused pairs.
unsigned
fuseCores(mlir::Operation *root, const FusionLimits &limits,
          llvm::function_ref<void(BlockGemmOp, BlockGemmOp, llvm::StringRef)>
              report = {});

} // namespace slin::slingpu

#endif // SLIN_DIALECT_SLINGPU_TRANSFORMS_FUSION_H
