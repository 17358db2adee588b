//===- KernelFunction.h - The function that is a kernel ---------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a launch has to know of a kernel stands in the attributes of its
// function: nvvm.reqntid, slingpu.shared and slingpu.cluster. Those of an
// emitter that is assembled only have slingpu.assembled_only too.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_CONVERSION_SLINGPUTONVVM_KERNELFUNCTION_H
#define SLIN_LIB_CONVERSION_SLINGPUTONVVM_KERNELFUNCTION_H

#include "KernelBuilder.h"

#include "slin/Dialect/SlinGPU/IR/SlinGPUOps.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"

namespace slin::slingpu {

/// What launches a kernel: threads of a block, bytes of dynamic shared memory,
/// blocks of a cluster, and blocks that registers of an SM must suffice for.
/// Without the last ptxas chooses it, and may spill to have more.
struct KernelSize {
  int64_t threads, sharedBytes, cluster = 1;
  std::optional<int64_t> blocksPerSM;
};

/// A kernel at the end of `module` whose body is an empty block.
mlir::LLVM::LLVMFuncOp createKernel(mlir::gpu::GPUModuleOp module,
                                    mlir::Location location,
                                    llvm::StringRef name,
                                    llvm::ArrayRef<mlir::Type> parameters,
                                    KernelSize size);

/// One whose parameters are those of `launchWithPointers`.
mlir::LLVM::LLVMFuncOp createPointerKernel(mlir::Operation *op,
                                           llvm::StringRef name,
                                           mlir::gpu::GPUModuleOp module,
                                           KernelSize size);

/// Says of parameter `index` that nobody writes what it points to while the
/// kernel runs: weights only, since a launch may overlap the one before it.
void markConstant(mlir::LLVM::LLVMFuncOp kernel, unsigned index);

/// Says of parameter `index` that it is a tensor map: passed by value and not
/// written.
void markTensorMap(mlir::LLVM::LLVMFuncOp kernel, unsigned index);

/// The start of dynamic shared memory, a multiple of 1024.
mlir::Value getDynamicShared(KernelBuilder &build,
                             mlir::gpu::GPUModuleOp module);

} // namespace slin::slingpu

#endif // SLIN_LIB_CONVERSION_SLINGPUTONVVM_KERNELFUNCTION_H
