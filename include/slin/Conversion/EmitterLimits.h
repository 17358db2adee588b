//===- EmitterLimits.h - Emitters say what they cannot do -------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// For tools that verify schedules: without this, only slin-gpu-to-nvvm does.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_CONVERSION_EMITTERLIMITS_H
#define SLIN_CONVERSION_EMITTERLIMITS_H

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace slin::slingpu {

/// Attaches what the emitters of slin-gpu-to-nvvm know of their limits to the
/// dialect `slingpu` (slin/Dialect/SlinGPU/IR/ScheduleLimits.h).
void registerEmitterLimits(mlir::DialectRegistry &registry);

} // namespace slin::slingpu

#endif // SLIN_CONVERSION_EMITTERLIMITS_H
