//===- WgmmaEmitter.cpp - Kernels of sm_90a for many tokens ---------------===//
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
#include "TensorMemory.h"
#include "Wgmma.h"
#include "WgmmaKernel.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace slin::slingpu;

/// Sums of a thread that leave enough registers for every epilogue: ptxas
/// spills with 192 sums, gate and residual.
static constexpr int64_t mostSums = 128;

/// f32 are stored from registers: four lanes have whole sectors of 32 bytes.
static bool canStoreTiles(BlockGemmOp op, int64_t tileRows) {
  return getElementBytes(op) == 2 && canStoreRuns(op) &&
         tileRows % stagedRows == 0;
}

WgmmaSizes::WgmmaSizes(BlockGemmOp op) : TileSizes(op) {
  ScheduleAttr schedule = *op.getSchedule();
  consumers = std::max<int64_t>(schedule.getWarps()[0] / 4, 1);
  parts = tokens / (wgmmaRows * consumers);
  storesTiles = canStoreTiles(op, rows);
  staging = stagesEnd;
  barriers = staging + (storesTiles ? 2 * consumers * stagedBytes : 0);
  sharedBytes = barriers + Ring::getBarrierBytes(stages);
  // Then one block multiplies while the other one stores. An instruction of 256
  // rows needs more than the 128 registers that threads then start with.
  bool isHalf = consumers == 1 && rows <= 128 && sharedBytes <= halfSharedBytes;
  blocksPerSM = isHalf ? 2 : 1;
}

namespace {

class WgmmaEmitter final : public EmitterOf<BlockGemmOp> {
public:
  StringRef getName() const override { return "wgmma"; }
  bool runsOn(const Architecture &architecture) const override {
    return architecture.number == 90 && architecture.isAccelerated;
  }
  double getEfficiency(ScheduleAttr schedule,
                       const Architecture &architecture) const override;
  SmallVector<ScheduleAttr> candidatesFor(BlockGemmOp op,
                                          int64_t tokens) const override;
  int64_t sharedBytesOf(BlockGemmOp op) const override {
    return WgmmaSizes(op).sharedBytes;
  }
  std::string whyNot(BlockGemmOp op, int64_t sharedBytes) const override;
  LaunchShape write(BlockGemmOp op, StringRef name,
                    gpu::GPUModuleOp module) const override;
};

} // namespace

/// The tile's rows are the columns of the instruction.
double WgmmaEmitter::getEfficiency(ScheduleAttr schedule,
                                   const Architecture &) const {
  return getWgmmaEfficiency(schedule.getTileRows());
}

SmallVector<ScheduleAttr> WgmmaEmitter::candidatesFor(BlockGemmOp op,
                                                      int64_t tokens) const {
  struct Tile {
    int64_t tokens, rows, warps;
  };
  static constexpr Tile tiles[] = {{64, 64, 4},   {64, 128, 4},  {64, 256, 4},
                                   {128, 64, 4},  {128, 128, 4}, {128, 64, 8},
                                   {128, 128, 8}, {128, 192, 8}, {128, 256, 8},
                                   {256, 64, 8},  {256, 128, 8}};
  SmallVector<ScheduleAttr> schedules;
  for (const Tile &tile : tiles)
    for (int64_t stages : {3, 4, 6})
      for (int64_t cluster : {1, 2})
        // The second block of a cluster needs tokens too.
        if (cluster == 1 || tokens > tile.tokens)
          schedules.push_back(ScheduleAttr::get(
              op.getContext(), getName(),
              {tile.tokens, tile.rows, getSwizzledColumns(op)}, stages,
              {tile.warps, 1}, cluster, /*split=*/1, /*persistent=*/true));
  return schedules;
}

static std::string reasonAgainstTile(ScheduleAttr schedule, int64_t columns) {
  int64_t consumers = schedule.getWarps()[0] / 4;
  if (schedule.getWarps()[1] != 1 ||
      (schedule.getWarps()[0] != 4 && schedule.getWarps()[0] != 8))
    return llvm::formatv("expected 4 or 8 warps along tokens and 1 along rows, "
                         "found {0} and {1}",
                         schedule.getWarps()[0], schedule.getWarps()[1]);
  if (int64_t tokens = schedule.getTileTokens();
      tokens % (wgmmaRows * consumers) != 0 || tokens > 256)
    return llvm::formatv("expected a tile of a multiple of {0} tokens, at most "
                         "256, found {1}",
                         wgmmaRows * consumers, tokens);
  int64_t rows = schedule.getTileRows(), unit = 8 * schedule.getCluster();
  if (rows % unit != 0 || rows > 256)
    return llvm::formatv("expected a tile of a multiple of {0} rows, at most "
                         "256, found {1}",
                         unit, rows);
  if (schedule.getTileColumns() != columns)
    return llvm::formatv("expected a tile of {0} columns (128 bytes), found "
                         "{1}",
                         columns, schedule.getTileColumns());
  int64_t sums = schedule.getTileTokens() / consumers * rows / 128;
  if (sums > mostSums)
    return llvm::formatv("expected at most {0} sums per thread, found {1}",
                         mostSums, sums);
  return "";
}

std::string WgmmaEmitter::whyNot(BlockGemmOp op, int64_t sharedBytes) const {
  ScheduleAttr schedule = *op.getSchedule();
  if (schedule.getCluster() > 2)
    return llvm::formatv("expected a cluster of at most 2 blocks, found {0}",
                         schedule.getCluster());
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
  return reasonAgainstSharedBytes(sharedBytesOf(op), sharedBytes);
}

LaunchShape WgmmaEmitter::write(BlockGemmOp op, StringRef name,
                                gpu::GPUModuleOp module) const {
  WgmmaSizes sizes(op);
  std::optional<int64_t> registersFor;
  if (sizes.balancesRegisters())
    registersFor = sizes.blocksPerSM;
  TensorMapShape shape = {{128 * (sizes.consumers + 1), sizes.sharedBytes,
                           sizes.cluster, registersFor},
                          getInputMap(op, sizes.tokens),
                          getWeightMap(op, sizes.rows / sizes.cluster),
                          TensorMapAttr()};
  if (sizes.storesTiles)
    shape.output = getOutputMap(op, wgmmaRows);
  TensorMapKernel kernel(op, shape, name, module);
  writeWgmmaKernel(op, sizes, kernel);
  kernel.finish();
  return launchTiles(op, sizes, sizes.blocksPerSM, kernel);
}

const KernelEmitter &slin::slingpu::getWgmmaEmitter() {
  static const WgmmaEmitter emitter;
  return emitter;
}
