//===- Tcgen05Emitter.cpp - Kernels of sm_100a ----------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Which schedules there are kernels for, what those take, and how they are
// launched.
//
//===----------------------------------------------------------------------===//

#include "ScheduleReasons.h"

#include "llvm/Support/FormatVariadic.h"

#include "Tcgen05Kernel.h"

using namespace mlir;
using namespace slin::slingpu;

namespace {

class Tcgen05Emitter final : public EmitterOf<BlockGemmOp> {
public:
  StringRef getName() const override { return "tcgen05"; }
  bool isAssembledOnly() const override { return true; }
  bool runsOn(const Architecture &architecture) const override {
    return architecture.number == 100 && architecture.isAccelerated;
  }
  double getEfficiency(ScheduleAttr schedule,
                       const Architecture &) const override {
    return getTcgen05Efficiency(schedule.getTileRows());
  }
  SmallVector<ScheduleAttr> candidatesFor(BlockGemmOp op,
                                          int64_t tokens) const override;
  int64_t sharedBytesOf(BlockGemmOp op) const override {
    return Tcgen05Sizes(op).sharedBytes;
  }
  std::string whyNot(BlockGemmOp op, int64_t sharedBytes) const override;
  LaunchShape write(BlockGemmOp op, StringRef name,
                    gpu::GPUModuleOp module) const override;
};

} // namespace

SmallVector<ScheduleAttr> Tcgen05Emitter::candidatesFor(BlockGemmOp op,
                                                        int64_t tokens) const {
  struct Tile {
    int64_t tokens, rows;
  };
  static constexpr Tile tiles[] = {{128, 32},  {128, 64},  {128, 128},
                                   {128, 192}, {128, 256}, {256, 64},
                                   {256, 128}};
  SmallVector<ScheduleAttr> schedules;
  for (const Tile &tile : tiles)
    for (int64_t stages : {3, 4, 6, 8})
      for (int64_t cluster : {1, 2, 4})
        // The last block of a cluster needs tokens too.
        if (tokens > tile.tokens * (cluster - 1))
          schedules.push_back(ScheduleAttr::get(
              op.getContext(), getName(),
              {tile.tokens, tile.rows, getSwizzledColumns(op)}, stages,
              {tile.tokens / warpTokens, 1}, cluster, /*split=*/1,
              /*persistent=*/true));
  return schedules;
}

static std::string reasonAgainstTile(ScheduleAttr schedule, int64_t columns) {
  int64_t tokens = schedule.getTileTokens(), rows = schedule.getTileRows();
  if (tokens != tcgen05Rows && tokens != 2 * tcgen05Rows)
    return llvm::formatv("expected a tile of {0} or {1} tokens, found {2}",
                         tcgen05Rows, 2 * tcgen05Rows, tokens);
  if (schedule.getWarps()[0] != tokens / warpTokens ||
      schedule.getWarps()[1] != 1)
    return llvm::formatv("expected {0} warps along tokens ({1} tokens for "
                         "each) and 1 along rows, found {2} and {3}",
                         tokens / warpTokens, warpTokens,
                         schedule.getWarps()[0], schedule.getWarps()[1]);
  int64_t unit = std::max<int64_t>(16, 8 * schedule.getCluster());
  if (rows % unit != 0 || rows > 256)
    return llvm::formatv("expected a tile of a multiple of {0} rows, at most "
                         "256, found {1}",
                         unit, rows);
  if (schedule.getTileColumns() != columns)
    return llvm::formatv("expected a tile of {0} columns (128 bytes), found "
                         "{1}",
                         columns, schedule.getTileColumns());
  return "";
}

std::string Tcgen05Emitter::whyNot(BlockGemmOp op, int64_t sharedBytes) const {
  ScheduleAttr schedule = *op.getSchedule();
  int64_t cluster = schedule.getCluster();
  if (cluster != 1 && cluster != 2 && cluster != 4)
    return llvm::formatv("expected a cluster of 1, 2 or 4 blocks, found {0}",
                         cluster);
  if (schedule.getSplit() != 1)
    return llvm::formatv("expected columns in 1 part, found {0}",
                         schedule.getSplit());
  std::string reason = reasonAgainstStages(schedule);
  if (reason.empty())
    reason = reasonAgainstTile(schedule, getSwizzledColumns(op));
  if (reason.empty())
    reason = reasonAgainstTensorMaps(op);
  if (!reason.empty())
    return reason;
  Tcgen05Sizes sizes(op);
  if (sizes.allocatedColumns > tensorColumns)
    return llvm::formatv("expected at most {0} columns of tensor memory, found "
                         "{1} ({2} tiles of {3})",
                         tensorColumns, sizes.allocatedColumns, sizes.buffers,
                         sizes.sumColumns);
  return reasonAgainstSharedBytes(sizes.sharedBytes, sharedBytes);
}

LaunchShape Tcgen05Emitter::write(BlockGemmOp op, StringRef name,
                                  gpu::GPUModuleOp module) const {
  Tcgen05Sizes sizes(op);
  TensorMapShape shape = {
      {sizes.threads(), sizes.sharedBytes, sizes.cluster, sizes.blocksPerSM},
      getInputMap(op, sizes.tokens),
      getWeightMap(op, sizes.rows / sizes.cluster),
      TensorMapAttr()};
  if (sizes.storesTiles)
    shape.output = getOutputMap(op, warpTokens);
  TensorMapKernel kernel(op, shape, name, module);
  writeTcgen05Kernel(op, sizes, kernel);
  kernel.finish();
  return launchTiles(op, sizes, sizes.blocksPerSM, kernel);
}

const KernelEmitter &slin::slingpu::getTcgen05Emitter() {
  static const Tcgen05Emitter emitter;
  return emitter;
}
