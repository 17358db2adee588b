//===- TensorMemory.h - Copies with mbarriers -------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// TMA copies, the ring of stages that they fill, and the waits between kernels
// and between the blocks of a cluster.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_CONVERSION_SLINGPUTONVVM_TENSORMEMORY_H
#define SLIN_LIB_CONVERSION_SLINGPUTONVVM_TENSORMEMORY_H

#include "KernelBuilder.h"

#include <utility>

namespace slin::slingpu {

/// Stages of shared memory, each with an mbarrier that says that it is full and
/// one that says that it is empty.
class Ring {
public:
  /// `barriers` is the offset of the mbarriers in `shared`.
  Ring(mlir::Value shared, int64_t barriers, int64_t stages)
      : shared(shared), barriers(barriers), stages(stages) {}

  static int64_t getBarrierBytes(int64_t stages) { return 16 * stages; }

  /// By one thread: makes the mbarriers. A stage is empty after `arrivals`.
  void initialise(KernelBuilder &build, int64_t arrivals) const;

  mlir::Value full(KernelBuilder &build, mlir::Value stage) const;
  mlir::Value empty(KernelBuilder &build, mlir::Value stage) const;

  /// The stage and parity after these.
  std::pair<mlir::Value, mlir::Value>
  next(KernelBuilder &build, mlir::Value stage, mlir::Value parity) const;

  /// By one thread: arrives at the `empty` of every block of the cluster.
  void release(KernelBuilder &build, mlir::Value stage, int64_t cluster) const;

private:
  mlir::Value shared;
  int64_t barriers, stages;
};

/// Announces `bytes` to an mbarrier, and arrives at it.
void expectBytes(KernelBuilder &build, mlir::Value barrier, int64_t bytes);

/// Fetches a tensor map, which the first copy would wait for.
void prefetchMap(KernelBuilder &build, mlir::Value map);

/// Copies the box at `coordinates` (innermost first) to shared memory.
void loadTile(KernelBuilder &build, mlir::Value target, mlir::Value map,
              mlir::ValueRange coordinates, mlir::Value barrier);

/// The same, to this place of all blocks of a cluster.
void multicastTile(KernelBuilder &build, mlir::Value target, mlir::Value map,
                   mlir::ValueRange coordinates, mlir::Value barrier,
                   int64_t cluster);

/// Copies a box from shared memory.
void storeTile(KernelBuilder &build, mlir::Value source, mlir::Value map,
               mlir::ValueRange coordinates);

/// Makes the copies from shared memory since the last call a group.
void commitStores(KernelBuilder &build);

/// Waits until no more than `groups` groups still read shared memory, or, with
/// `written`, have not been written.
void waitForStores(KernelBuilder &build, int64_t groups, bool written = false);

/// Waits for all of the kernels before this one.
void waitForDependencies(KernelBuilder &build);
/// Lets the kernel after this one start.
void launchDependents(KernelBuilder &build);

/// All threads of the cluster wait for each other; of the block, without one.
void synchroniseCluster(KernelBuilder &build, int64_t cluster);

/// `threads` threads of the block wait for each other at named barrier `id`.
void synchronise(KernelBuilder &build, mlir::Value id, int64_t threads);

/// The same place of shared memory in block `rank` of the cluster.
mlir::Value mapToRank(KernelBuilder &build, mlir::Value place,
                      mlir::Value rank);

} // namespace slin::slingpu

#endif // SLIN_LIB_CONVERSION_SLINGPUTONVVM_TENSORMEMORY_H
