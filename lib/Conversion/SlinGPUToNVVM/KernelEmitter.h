//===- KernelEmitter.h - Who makes kernels ----------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One emitter for each class of architectures, and one for few tokens. The
// schedule of an op names its emitter.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_CONVERSION_SLINGPUTONVVM_KERNELEMITTER_H
#define SLIN_LIB_CONVERSION_SLINGPUTONVVM_KERNELEMITTER_H

#include "KernelBuilder.h"

#include "slin/Dialect/SlinGPU/IR/SlinGPUOps.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"

#include <string>

namespace slin::slingpu {

/// How a kernel is launched; buffers are the op's operands in order, then its
/// result.
struct LaunchShape {
  NumberAttr gridX, gridY;
  /// Blocks per SM of persistent kernels; nothing for others.
  std::optional<int64_t> blocksPerSM;
  bool programmatic = false;
  /// One for each parameter of the kernel, in order.
  llvm::SmallVector<mlir::Attribute> parameters;
};

class KernelEmitter {
public:
  virtual ~KernelEmitter() = default;

  /// The name that schedules have.
  virtual llvm::StringRef getName() const = 0;

  /// The oldest architecture that runs the kernels, as 80 or 90, and whether no
  /// other one does (sm_90a).
  virtual int64_t getArchitecture() const = 0;
  virtual bool isSpecific() const { return false; }

  /// Bytes of dynamic shared memory of a kernel for `op`.
  virtual int64_t getSharedBytes(BlockGemmOp op) const = 0;

  /// What speaks against the schedule of `op` on an architecture with
  /// `sharedBytes` of shared memory per block: with limit, expected and found;
  /// empty where nothing does.
  virtual std::string reasonAgainst(BlockGemmOp op,
                                    int64_t sharedBytes) const = 0;

  /// Writes the kernel for `op` as function `name` at the end of `module`, and
  /// says how it is launched. `op` is one that nothing speaks against.
  virtual LaunchShape emit(BlockGemmOp op, llvm::StringRef name,
                           mlir::gpu::GPUModuleOp module) const = 0;
};

const KernelEmitter &getMmaSyncEmitter();
const KernelEmitter &getWgmmaEmitter();
const KernelEmitter &getSkinnyEmitter();

/// All of them.
llvm::ArrayRef<const KernelEmitter *> getEmitters();

} // namespace slin::slingpu

#endif // SLIN_LIB_CONVERSION_SLINGPUTONVVM_KERNELEMITTER_H
