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
#include "ScheduleReasons.h"

using namespace mlir;
using namespace slin::slingpu;

namespace {
class MmaSyncEmitter final : public EmitterOf<BlockGemmOp> {
public:
  StringRef getName() const override { return "mma_sync"; }
  bool runsOn(const Architecture &architecture) const override {
    return architecture.number >= 80;
  }
  double getEfficiency(ScheduleAttr schedule,
                       const Architecture &architecture) const override;
  SmallVector<ScheduleAttr> candidatesFor(BlockGemmOp op,
                                          int64_t tokens) const override;
  int64_t sharedBytesOf(BlockGemmOp op) const override {
    return MmaSyncSizes(op).sharedBytes();
  }
  std::string whyNot(BlockGemmOp op, int64_t sharedBytes) const override;
  LaunchShape write(BlockGemmOp op, StringRef name,
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
  if (reason.empty())
    reason = reasonAgainstStages(schedule);
  if (reason.empty())
    reason = reasonAgainstSharing(schedule);
  return reason;
}

/// For 16 columns of bf16 a warp reads 32 bytes of each of its tokens and rows,
/// at 128 bytes per clock and SM, and multiplies at 1024 products per clock and
/// SM (sm_80 white paper). Newer tensor cores reach their throughput only by
/// other instructions: sm_90 63 % of it by mma.sync (arXiv 2402.13499, table
/// 7), sm_100 what sm_80 does.
double MmaSyncEmitter::getEfficiency(ScheduleAttr schedule,
                                     const Architecture &architecture) const {
  double tokens = double(schedule.getTileTokens()) / schedule.getWarps()[0];
  double rows = double(schedule.getTileRows()) / schedule.getWarps()[1];
  double most = architecture.number == 90    ? 0.63
                : architecture.number == 100 ? 0.25
                                             : 1.0;
  return std::min(most, tokens * rows / (16 * (tokens + rows)));
}

SmallVector<ScheduleAttr> MmaSyncEmitter::candidatesFor(BlockGemmOp op,
                                                        int64_t tokens) const {
  struct Tile {
    int64_t tokens, rows, warpsAlongTokens, warpsAlongRows;
  };
  static constexpr Tile tiles[] = {
      {16, 32, 1, 2},   {16, 64, 1, 4},   {32, 32, 2, 2},  {32, 64, 1, 4},
      {64, 32, 4, 1},   {64, 64, 2, 2},   {64, 128, 2, 4}, {128, 64, 4, 2},
      {128, 128, 2, 4}, {128, 256, 2, 4}, {256, 128, 4, 2}};
  int64_t columns =
      MmaSyncSizes::stepBytes * 8 / op.getElementType().getWidth();
  SmallVector<ScheduleAttr> schedules;
  for (const Tile &tile : tiles)
    for (int64_t stages : {4, 3, 2, 6})
      schedules.push_back(ScheduleAttr::get(
          op.getContext(), getName(), {tile.tokens, tile.rows, columns}, stages,
          {tile.warpsAlongTokens, tile.warpsAlongRows}, /*cluster=*/1,
          /*split=*/1, /*persistent=*/false));
  return schedules;
}

std::string MmaSyncEmitter::whyNot(BlockGemmOp op, int64_t sharedBytes) const {
  MmaSyncSizes sizes(op);
  std::string reason = reasonAgainstTile(*op.getSchedule(), sizes);
  if (!reason.empty())
    return reason;
  reason = reasonAgainstRegisters(sizes.threads, sizes.registers());
  if (reason.empty())
    reason = reasonAgainstSharedBytes(sizes.sharedBytes(), sharedBytes);
  return reason;
}

LaunchShape MmaSyncEmitter::write(BlockGemmOp op, StringRef name,
                                  mlir::gpu::GPUModuleOp module) const {
  emitMmaSyncKernel(op, name, module);
  MmaSyncSizes sizes(op);
  int64_t tiles = sizes.rowTiles * op.getBlocks();
  // Every expert but one may have a last tile that is not full. With N rows in
  // tiles of t, E experts need no more than ceil(N / t) + E - 1.
  LaunchShape shape = launchWithPointers(
      op, NumberAttr::get(op.getContext(), op.getChoices(), sizes.tileTokens,
                          tiles, tiles * (op.getExperts() - 1)));
  // The most rows, which are 32-bit numbers: a plan bounds its tokens by this.
  shape.parameters.back() =
      NumberAttr::get(op.getContext(), op.getChoices(), 1, 1, 0);
  return shape;
}

const KernelEmitter &slin::slingpu::getMmaSyncEmitter() {
  static const MmaSyncEmitter emitter;
  return emitter;
}
