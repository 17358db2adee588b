//===- PlanWriter.h - Launches as a plan ------------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One region of a slingpu.entry, on one target.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_TARGET_ARTEFACT_PLANWRITER_H
#define SLIN_LIB_TARGET_ARTEFACT_PLANWRITER_H

#include "Sections.h"
#include "WeightTable.h"
#include "Workspace.h"

#include "slin/Dialect/SlinGPU/IR/SlinGPUOps.h"

namespace slin::artefact {

/// What launches have to know of a kernel.
struct KernelRecord {
  uint32_t index;
  uint32_t cluster;
};
using KernelTable = llvm::DenseMap<mlir::Attribute, KernelRecord>;

class PlanWriter {
public:
  PlanWriter(Sections &sections, WeightTable &weights,
             const KernelTable &kernels, uint32_t target)
      : sections(sections), weights(weights), kernels(kernels), target(target) {
  }

  /// Adds the plan of region `index` of `entry`. Fails with a diagnostic.
  mlir::LogicalResult write(slingpu::EntryOp entry, unsigned index);

private:
  mlir::LogicalResult collectLaunches(mlir::Block &block);
  mlir::LogicalResult collectBuffers(mlir::Block &block);
  mlir::LogicalResult addBuffer(mlir::Value value, slingpu_buffer buffer);
  mlir::LogicalResult addStep(slingpu::LaunchOp launch);
  mlir::LogicalResult addArgument(slingpu::LaunchOp launch,
                                  mlir::Attribute parameter);
  mlir::FailureOr<uint32_t> addTensorMap(slingpu::LaunchOp launch,
                                         slingpu::TensorMapAttr map);
  mlir::FailureOr<slingpu_number>
  numberOf(slingpu::LaunchOp launch, slingpu::NumberAttr number, uint64_t most);
  mlir::FailureOr<uint32_t> bufferOf(slingpu::LaunchOp launch, int64_t index);
  mlir::InFlightDiagnostic error(mlir::Operation *op);

  Sections &sections;
  WeightTable &weights;
  const KernelTable &kernels;
  uint32_t target;

  slingpu::EntryOp entry;
  llvm::SmallVector<slingpu::LaunchOp> launches;
  llvm::DenseMap<mlir::Value, uint32_t> buffers;
  /// What every token count of the plan has to keep.
  struct Limit {
    slingpu_number number;
    uint64_t most;
  };
  llvm::SmallVector<Limit> limits;
};

} // namespace slin::artefact

#endif // SLIN_LIB_TARGET_ARTEFACT_PLANWRITER_H
