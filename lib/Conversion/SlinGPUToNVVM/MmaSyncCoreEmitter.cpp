//===- MmaSyncCoreEmitter.cpp - Cores of FFNs for sm_80 and later ---------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Which schedules the fused kernels by mma.sync take, and how they are
// launched.
//
//===----------------------------------------------------------------------===//

#include "KernelEmitter.h"
#include "MmaSyncCoreKernel.h"
#include "ScheduleReasons.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace slin::slingpu;

namespace {
class MmaSyncCoreEmitter final : public EmitterOf<FFNCoreOp> {
public:
  StringRef getName() const override { return "mma_sync_core"; }
  bool runsOn(const Architecture &architecture) const override {
    return architecture.number >= 80;
  }
  StringRef getNote(const Architecture &architecture) const override {
    return architecture.number == 100
               ? "by mma.sync for want of a core by tcgen05"
               : "";
  }
  double getEfficiency(ScheduleAttr schedule,
                       const Architecture &architecture) const override;
  SmallVector<ScheduleAttr> candidatesFor(FFNCoreOp op,
                                          int64_t tokens) const override;
  int64_t sharedBytesOf(FFNCoreOp op) const override {
    return MmaSyncCoreSizes(op).sharedBytes();
  }
  std::string whyNot(FFNCoreOp op, int64_t sharedBytes) const override;
  LaunchShape write(FFNCoreOp op, StringRef name,
                    mlir::gpu::GPUModuleOp module) const override;
};
} // namespace

/// Rows of a tile: all features of the result.
static int64_t tileRowsOf(FFNCoreOp op) {
  return llvm::alignTo(op.getOutputFeatures(), 16);
}

/// What speaks against the form of a tile; "" if nothing does.
static std::string reasonAgainstTile(FFNCoreOp op) {
  ScheduleAttr schedule = *op.getSchedule();
  int64_t tokens = 16 * schedule.getWarps()[0], along = schedule.getWarps()[1];
  std::string reason;
  llvm::raw_string_ostream os(reason);
  if (op.getElementType().isF32())
    os << "expected elements of bf16 or f16, whose sums lie in registers as "
          "factors do, found f32";
  else if (schedule.getTileRows() != tileRowsOf(op))
    os << "expected tiles of all " << tileRowsOf(op)
       << " rows of 'down' (in whole 16), found " << schedule.getTileRows();
  else if (schedule.getTileColumns() != MmaSyncCoreSizes::step)
    os << "expected tiles of " << MmaSyncCoreSizes::step
       << " columns (128 bytes), found " << schedule.getTileColumns();
  else if (along != 1 && along != 2 && along != 4)
    os << "expected 1, 2 or 4 warps along rows, found " << along;
  else if (schedule.getTileTokens() % tokens != 0)
    os << "expected tiles of a multiple of " << tokens
       << " tokens (16 for each warp), found " << schedule.getTileTokens();
  if (reason.empty())
    reason = reasonAgainstStages(schedule);
  if (reason.empty())
    reason = reasonAgainstSharing(schedule);
  return reason;
}

/// For one hidden feature a warp of T tokens reads 2 bytes of each column of
/// `up` and row of `down`, and, once in 64, all its tokens, at 128 bytes per
/// clock and SM, and multiplies at 1024 products per clock and SM (sm_80 white
/// paper); here for as many columns as rows. The activation takes its time
/// between the products: FlashAttention-2, whose dataflow this is, reaches 73 %
/// of the throughput on sm_80 (arXiv 2307.08691, abstract) and 35 % on sm_90
/// (arXiv 2407.08608, abstract). sm_100 has by mma.sync a quarter of its own.
double
MmaSyncCoreEmitter::getEfficiency(ScheduleAttr schedule,
                                  const Architecture &architecture) const {
  double tokens = double(schedule.getTileTokens()) / schedule.getWarps()[0];
  double most = architecture.number == 90    ? 0.35
                : architecture.number == 100 ? 0.25 * 0.73
                                             : 0.73;
  // Warps along rows read the tokens as often, for fewer hidden features.
  double inputs = tokens * schedule.getWarps()[1] / 32;
  return most * std::min(1.0, tokens / (4 * (4 + inputs)));
}

SmallVector<ScheduleAttr>
MmaSyncCoreEmitter::candidatesFor(FFNCoreOp op, int64_t tokens) const {
  struct Tile {
    int64_t tokens, warpsAlongTokens, warpsAlongRows;
  };
  // Two parts of 16 tokens in one warp have registers for few features only.
  static constexpr Tile tiles[] = {{16, 1, 4},  {32, 2, 2},  {64, 4, 1},
                                   {64, 4, 2},  {128, 8, 1}, {64, 2, 2},
                                   {128, 4, 1}, {128, 4, 2}};
  SmallVector<ScheduleAttr> schedules;
  for (const Tile &tile : tiles)
    for (int64_t stages : {2, 3, 4})
      schedules.push_back(ScheduleAttr::get(
          op.getContext(), getName(),
          {tile.tokens, tileRowsOf(op), MmaSyncCoreSizes::step}, stages,
          {tile.warpsAlongTokens, tile.warpsAlongRows}, /*cluster=*/1,
          /*split=*/1, /*persistent=*/false));
  return schedules;
}

std::string MmaSyncCoreEmitter::whyNot(FFNCoreOp op,
                                       int64_t sharedBytes) const {
  std::string reason = reasonAgainstTile(op);
  if (!reason.empty())
    return reason;
  MmaSyncCoreSizes sizes(op);
  reason = reasonAgainstRegisters(sizes.threads, sizes.registers());
  if (reason.empty())
    reason = reasonAgainstSharedBytes(sizes.sharedBytes(), sharedBytes);
  return reason;
}

LaunchShape MmaSyncCoreEmitter::write(FFNCoreOp op, StringRef name,
                                      mlir::gpu::GPUModuleOp module) const {
  emitMmaSyncCoreKernel(op, name, module);
  return launchWithPointers(
      op,
      NumberAttr::ofTokens(op.getContext(), op.getSchedule()->getTileTokens()));
}

const KernelEmitter &slin::slingpu::getMmaSyncCoreEmitter() {
  static const MmaSyncCoreEmitter emitter;
  return emitter;
}
