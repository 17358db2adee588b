//===- PTX.h - Kernels as PTX -----------------------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A gpu.module in nvvm, llvm, scf and arith becomes PTX text within the
// process, by LLVM's own NVPTX backend.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_TARGET_PTX_PTX_H
#define SLIN_TARGET_PTX_PTX_H

#include "slin/Dialect/SlinGPU/IR/Architecture.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/IR/DialectRegistry.h"

#include <string>

namespace slin::ptx {

/// An architecture that kernels are compiled for. Text has no greater version
/// of PTX than its kernels need, so that old drivers take it.
using Chip = slingpu::Architecture;

/// The chip of that name. Fails with a reason that lists those that there are.
mlir::FailureOr<Chip> findChip(llvm::StringRef name, std::string &reason);

/// What the lowering of kernels needs beyond the dialects that they are in.
/// translateToPTX asks for it itself, but a context that several threads use
/// has to have it before.
void registerTranslation(mlir::DialectRegistry &registry);

/// The PTX of `module`, which stays as it is. Fails with a diagnostic.
mlir::FailureOr<std::string> translateToPTX(mlir::gpu::GPUModuleOp module,
                                            const Chip &chip);

} // namespace slin::ptx

#endif // SLIN_TARGET_PTX_PTX_H
