//===- CoreFeatures.h - Hidden features and results of cores - -*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the kernels of slingpu.ffn_core do with sums, whoever makes these.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_CONVERSION_SLINGPUTONVVM_COREFEATURES_H
#define SLIN_LIB_CONVERSION_SLINGPUTONVVM_COREFEATURES_H

#include "KernelBuilder.h"

#include "slin/Dialect/SlinGPU/IR/SlinGPUOps.h"

namespace slin::slingpu {

/// The activation of `op` on one f32.
mlir::Value activateHidden(KernelBuilder &build, FFNCoreOp op, mlir::Value sum);

/// Two numbers as a vector of the type of `op`.
mlir::Value roundPair(KernelBuilder &build, FFNCoreOp op, mlir::Value first,
                      mlir::Value second);

/// Rounds two neighbouring features of the result and stores what there is of
/// them at `output`; `feature` is even, and `token` one of the input.
void storeResultPair(KernelBuilder &build, FFNCoreOp op, mlir::Value output,
                     mlir::Value first, mlir::Value second, mlir::Value token,
                     mlir::Value feature);

} // namespace slin::slingpu

#endif // SLIN_LIB_CONVERSION_SLINGPUTONVVM_COREFEATURES_H
