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

#include "slin/Dialect/SlinGPU/IR/Architecture.h"
#include "slin/Dialect/SlinGPU/IR/SlinGPUOps.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"

#include <string>

namespace slin::slingpu {

/// How a kernel is launched; buffers are the op's operands in order, then its
/// results.
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

  /// Whether kernels run on `architecture`.
  virtual bool runsOn(const Architecture &architecture) const = 0;

  /// Whether all that is certain of its kernels is that they assemble: no GPU
  /// has run one, and what the emulator takes their instructions to do is read
  /// from the PTX ISA alone.
  virtual bool isAssembledOnly() const { return false; }

  /// What people who ask why a kernel was chosen have to know beside its time;
  /// empty where that is all.
  virtual llvm::StringRef getNote(const Architecture &architecture) const {
    return "";
  }

  /// Whether there are kernels for ops of this kind.
  virtual bool takes(ScheduledOpInterface op) const = 0;

  /// The part of the tensor cores' throughput that tiles of `schedule` reach
  /// when all that they read is in shared memory.
  virtual double getEfficiency(ScheduleAttr schedule,
                               const Architecture &architecture) const = 0;

  /// Schedules that are worth a thought for `op` at `tokens` tokens; something
  /// may speak against some of them.
  virtual llvm::SmallVector<ScheduleAttr>
  getCandidates(ScheduledOpInterface op, int64_t tokens) const = 0;

  /// Bytes of dynamic shared memory of a kernel for `op`.
  virtual int64_t getSharedBytes(ScheduledOpInterface op) const = 0;

  /// What speaks against the schedule of `op` with `sharedBytes` of shared
  /// memory per block: with limit, expected and found; empty where nothing
  /// does.
  virtual std::string reasonAgainst(ScheduledOpInterface op,
                                    int64_t sharedBytes) const = 0;

  /// Writes the kernel for `op` as function `name` at the end of `module`, and
  /// says how it is launched. `op` is one that nothing speaks against.
  virtual LaunchShape emit(ScheduledOpInterface op, llvm::StringRef name,
                           mlir::gpu::GPUModuleOp module) const = 0;
};

/// An emitter for ops of one kind.
template <typename Op>
class EmitterOf : public KernelEmitter {
public:
  virtual llvm::SmallVector<ScheduleAttr>
  candidatesFor(Op op, int64_t tokens) const = 0;
  virtual int64_t sharedBytesOf(Op op) const = 0;
  virtual std::string whyNot(Op op, int64_t sharedBytes) const = 0;
  virtual LaunchShape write(Op op, llvm::StringRef name,
                            mlir::gpu::GPUModuleOp module) const = 0;

  bool takes(ScheduledOpInterface op) const final {
    return mlir::isa<Op>(op.getOperation());
  }
  llvm::SmallVector<ScheduleAttr> getCandidates(ScheduledOpInterface op,
                                                int64_t tokens) const final {
    return candidatesFor(cast(op), tokens);
  }
  int64_t getSharedBytes(ScheduledOpInterface op) const final {
    return sharedBytesOf(cast(op));
  }
  std::string reasonAgainst(ScheduledOpInterface op,
                            int64_t sharedBytes) const final {
    return whyNot(cast(op), sharedBytes);
  }
  LaunchShape emit(ScheduledOpInterface op, llvm::StringRef name,
                   mlir::gpu::GPUModuleOp module) const final {
    return write(cast(op), name, module);
  }

private:
  static Op cast(ScheduledOpInterface op) {
    return mlir::cast<Op>(op.getOperation());
  }
};

/// A launch whose parameters are pointers to the operands of `op` and to its
/// results, then the number of tokens.
LaunchShape launchWithPointers(ScheduledOpInterface op, NumberAttr gridX);

const KernelEmitter &getMmaSyncEmitter();
const KernelEmitter &getMmaSyncCoreEmitter();
const KernelEmitter &getWgmmaEmitter();
const KernelEmitter &getWgmmaCoreEmitter();
const KernelEmitter &getSkinnyEmitter();
const KernelEmitter &getTcgen05Emitter();
const KernelEmitter &getRouteEmitter();
const KernelEmitter &getCombineEmitter();

/// All of them.
llvm::ArrayRef<const KernelEmitter *> getEmitters();

/// The emitter of that name; null where there is none.
const KernelEmitter *findEmitter(llvm::StringRef name);

} // namespace slin::slingpu

#endif // SLIN_LIB_CONVERSION_SLINGPUTONVVM_KERNELEMITTER_H
