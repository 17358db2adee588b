//===- SkinnyEmitter.cpp - Kernels of sm_90a for few tokens ---------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Which schedules there are kernels for, what those take, and how they are
// launched. More tokens than a tile has are more tiles, which read the weight
// again.
//
//===----------------------------------------------------------------------===//

#include "ScheduleReasons.h"
#include "SkinnyKernel.h"
#include "Wgmma.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace slin::slingpu;

/// Tokens of a tile, and blocks of a cluster that every card can run.
static constexpr int64_t mostTokens = 64, mostBlocks = 8;

namespace {

class SkinnyEmitter final : public EmitterOf<BlockGemmOp> {
public:
  StringRef getName() const override { return "skinny"; }
  bool runsOn(const Architecture &architecture) const override {
    return architecture.number == 90 && architecture.isAccelerated;
  }
  double getEfficiency(ScheduleAttr schedule,
                       const Architecture &architecture) const override;
  SmallVector<ScheduleAttr> candidatesFor(BlockGemmOp op,
                                          int64_t tokens) const override;
  int64_t sharedBytesOf(BlockGemmOp op) const override {
    return SkinnySizes(op).sharedBytes;
  }
  std::string whyNot(BlockGemmOp op, int64_t sharedBytes) const override;
  LaunchShape write(BlockGemmOp op, StringRef name,
                    gpu::GPUModuleOp module) const override;
};

} // namespace

/// As for wgmma, with the tokens as columns of the instruction.
double SkinnyEmitter::getEfficiency(ScheduleAttr schedule,
                                    const Architecture &) const {
  return getWgmmaEfficiency(schedule.getTileTokens());
}

SmallVector<ScheduleAttr> SkinnyEmitter::candidatesFor(BlockGemmOp op,
                                                       int64_t tokens) const {
  SmallVector<ScheduleAttr> schedules;
  if (tokens > mostTokens)
    return schedules;
  int64_t tile = std::max<int64_t>(8, llvm::PowerOf2Ceil(tokens));
  int64_t columns = getSwizzledColumns(op);
  int64_t steps = llvm::divideCeil(op.getColumns(), columns);
  for (int64_t split : {1, 2, 3, 4, 6, 8}) {
    if (split > steps)
      break;
    for (int64_t stages : {4, 5, 6, 8, 12})
      schedules.push_back(ScheduleAttr::get(
          op.getContext(), getName(), {tile, wgmmaRows, columns}, stages,
          {1, 4}, /*cluster=*/split, split, /*persistent=*/false));
  }
  return schedules;
}

static std::string reasonAgainstTile(ScheduleAttr schedule, int64_t columns) {
  int64_t tokens = schedule.getTileTokens();
  if (tokens % 8 != 0 || tokens > mostTokens)
    return llvm::formatv(
        "expected a tile of a multiple of 8 tokens, at most {0}, found {1}",
        mostTokens, tokens);
  if (schedule.getTileRows() != wgmmaRows)
    return llvm::formatv("expected a tile of {0} rows, found {1}", wgmmaRows,
                         schedule.getTileRows());
  if (schedule.getTileColumns() != columns)
    return llvm::formatv(
        "expected a tile of {0} columns (128 bytes), found {1}", columns,
        schedule.getTileColumns());
  if (schedule.getWarps()[0] != 1 || schedule.getWarps()[1] != 4)
    return llvm::formatv(
        "expected 1 warp along tokens and 4 along rows, found {0} and {1}",
        schedule.getWarps()[0], schedule.getWarps()[1]);
  std::string reason = reasonAgainstStages(schedule);
  if (reason.empty() && schedule.getPersistent())
    return "expected a kernel with a block for each tile, found a persistent "
           "one";
  return reason;
}

static std::string reasonAgainstSplit(ScheduleAttr schedule, int64_t steps) {
  if (schedule.getSplit() > mostBlocks)
    return llvm::formatv("expected columns in at most {0} parts, found {1}",
                         mostBlocks, schedule.getSplit());
  if (schedule.getCluster() != schedule.getSplit())
    return llvm::formatv("expected a cluster of {0} blocks (one for each part "
                         "of the columns), found {1}",
                         schedule.getSplit(), schedule.getCluster());
  if (schedule.getSplit() > steps)
    return llvm::formatv("expected columns in at most {0} parts (steps of a "
                         "tile), found {1}",
                         steps, schedule.getSplit());
  return "";
}

std::string SkinnyEmitter::whyNot(BlockGemmOp op, int64_t sharedBytes) const {
  SkinnySizes sizes(op);
  std::string reason =
      reasonAgainstTile(*op.getSchedule(), getSwizzledColumns(op));
  if (reason.empty())
    reason = reasonAgainstSplit(*op.getSchedule(), sizes.steps);
  if (reason.empty())
    reason = reasonAgainstTensorMaps(op);
  if (reason.empty())
    reason = reasonAgainstSharedBytes(sizes.sharedBytes, sharedBytes);
  return reason;
}

LaunchShape SkinnyEmitter::write(BlockGemmOp op, StringRef name,
                                 gpu::GPUModuleOp module) const {
  SkinnySizes sizes(op);
  std::optional<int64_t> blocksPerSM;
  if (sizes.sharedBytes <= halfSharedBytes)
    blocksPerSM = 2;
  TensorMapShape shape = {
      {SkinnySizes::threads, sizes.sharedBytes, sizes.split, blocksPerSM},
      getInputMap(op, sizes.tokens),
      getWeightMap(op, wgmmaRows),
      TensorMapAttr()};
  TensorMapKernel kernel(op, shape, name, module);
  writeSkinnyKernel(op, sizes, kernel);
  kernel.finish();

  LaunchShape launch;
  launch.gridX =
      NumberAttr::ofTokens(op.getContext(), sizes.tokens,
                           sizes.tilesOfRows * op.getBlocks() * sizes.split);
  launch.gridY = NumberAttr::get(op.getContext(), 1);
  launch.programmatic = true;
  launch.parameters = std::move(kernel.parameters);
  return launch;
}

const KernelEmitter &slin::slingpu::getSkinnyEmitter() {
  static const SkinnyEmitter emitter;
  return emitter;
}
