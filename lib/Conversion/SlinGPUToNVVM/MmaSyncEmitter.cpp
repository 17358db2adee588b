//===- MmaSyncEmitter.cpp - Kernels for sm_80 and later -------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Which schedules the kernels by mma.sync take, and how they are launched.
//
//===----------------------------------------------------------------------===//

#include "KernelEmitter.h"
#include "MmaSyncKernel.h"

using namespace mlir;
using namespace slin::slingpu;

namespace {
class MmaSyncEmitter final : public KernelEmitter {
public:
  StringRef getName() const override { return "mma_sync"; }
  int64_t getArchitecture() const override { return 80; }
  int64_t getSharedBytes(BlockGemmOp op) const override {
    return MmaSyncSizes(op).sharedBytes();
  }
  std::string reasonAgainst(BlockGemmOp op, int64_t sharedBytes) const override;
  LaunchShape emit(BlockGemmOp op, StringRef name,
                   mlir::gpu::GPUModuleOp module) const override;
};
} // namespace

/// What speaks against the form of a tile; "" if nothing does.
static std::string reasonAgainstTile(ScheduleAttr schedule,
                                     const MmaSyncSizes &sizes) {
  std::string reason;
  llvm::raw_string_ostream os(reason);
  int64_t columns = MmaSyncSizes::stepBytes / sizes.elementBytes;
  int64_t tokens = 16 * sizes.warpsAlongTokens,
          rows = 16 * sizes.warpsAlongRows;
  if (schedule.getTileColumns() != columns)
    os << "expected tiles of " << columns << " columns (128 bytes), found "
       << schedule.getTileColumns();
  else if (sizes.tileTokens % tokens != 0)
    os << "expected tiles of a multiple of " << tokens
       << " tokens (16 for each warp), found " << sizes.tileTokens;
  else if (sizes.tileRows % rows != 0)
    os << "expected tiles of a multiple of " << rows
       << " rows (16 for each warp), found " << sizes.tileRows;
  else if (sizes.stages < 2)
    os << "expected at least 2 stages, found " << sizes.stages;
  else if (schedule.getCluster() != 1)
    os << "expected clusters of 1 block, found " << schedule.getCluster();
  else if (schedule.getSplit() != 1)
    os << "expected columns in 1 part, found " << schedule.getSplit();
  else if (schedule.getPersistent())
    os << "expected a kernel with a block for each tile, found a persistent "
          "one";
  return reason;
}

std::string MmaSyncEmitter::reasonAgainst(BlockGemmOp op,
                                          int64_t sharedBytes) const {
  MmaSyncSizes sizes(op);
  std::string reason = reasonAgainstTile(*op.getSchedule(), sizes);
  if (!reason.empty())
    return reason;
  llvm::raw_string_ostream os(reason);
  // An SM has 64 Ki registers, a thread 255 at most.
  int64_t registers = std::min<int64_t>(255, 65536 / sizes.threads);
  if (sizes.threads > 1024)
    os << "expected at most 32 warps, found " << sizes.threads / 32;
  else if (sizes.registers() > registers)
    os << "expected at most " << registers << " registers for each of "
       << sizes.threads << " threads, found " << sizes.registers();
  else if (sizes.sharedBytes() > sharedBytes)
    os << "expected at most " << sharedBytes
       << " bytes of shared memory, found " << sizes.sharedBytes();
  return reason;
}

LaunchShape MmaSyncEmitter::emit(BlockGemmOp op, StringRef name,
                                 mlir::gpu::GPUModuleOp module) const {
  emitMmaSyncKernel(op, name, module);
  MLIRContext *context = op.getContext();
  MmaSyncSizes sizes(op);
  LaunchShape shape;
  shape.gridX = NumberAttr::ofTokens(context, sizes.tileTokens,
                                     sizes.rowTiles * op.getBlocks());
  shape.gridY = NumberAttr::get(context, 1);
  for (int64_t buffer = 0; buffer <= op->getNumOperands(); ++buffer)
    shape.parameters.push_back(PointerAttr::get(context, buffer, 0));
  shape.parameters.push_back(NumberAttr::ofTokens(context));
  return shape;
}

const KernelEmitter &slin::slingpu::getMmaSyncEmitter() {
  static const MmaSyncEmitter emitter;
  return emitter;
}
