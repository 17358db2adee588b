//===- WgmmaCoreEmitter.cpp - Cores of FFNs for sm_90a -------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Which schedules the fused kernels by wgmma take, and how they are launched.
//
//===----------------------------------------------------------------------===//

#include "KernelEmitter.h"
#include "ScheduleReasons.h"
#include "Wgmma.h"
#include "WgmmaCoreKernel.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace slin::slingpu;

namespace {
class WgmmaCoreEmitter final : public EmitterOf<FFNCoreOp> {
public:
  StringRef getName() const override { return "wgmma_core"; }
  bool runsOn(const Architecture &architecture) const override {
    return architecture.number == 90 && architecture.isAccelerated;
  }
  double getEfficiency(ScheduleAttr schedule,
                       const Architecture &architecture) const override;
  SmallVector<ScheduleAttr> candidatesFor(FFNCoreOp op,
                                          int64_t tokens) const override;
  int64_t sharedBytesOf(FFNCoreOp op) const override {
    return WgmmaCoreSizes(op).sharedBytes;
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

/// For one hidden feature, a warpgroup of 64 tokens reads 2 bytes of each
/// column of `up`, of each row of `down` and, once in 64, of all its tokens, at
/// 128 bytes per clock and SM, and multiplies at 2048 products per clock and SM
/// (989 Tflop/s on 132 SMs of 1.83 GHz, H100 data sheet); here for as many
/// columns as rows. FlashAttention-3, whose dataflow this is, reaches 75 % of
/// the throughput (arXiv 2407.08608, abstract).
double WgmmaCoreEmitter::getEfficiency(ScheduleAttr,
                                       const Architecture &) const {
  constexpr double products = 2.0 * wgmmaRows / 2048;
  constexpr double reads = (4.0 + 2.0 * wgmmaRows / 64) / 128;
  return 0.75 * std::min(1.0, products / reads);
}

SmallVector<ScheduleAttr> WgmmaCoreEmitter::candidatesFor(FFNCoreOp op,
                                                          int64_t) const {
  SmallVector<ScheduleAttr> schedules;
  for (int64_t consumers : {1, 2})
    for (int64_t stages : {2, 3, 4})
      schedules.push_back(ScheduleAttr::get(
          op.getContext(), getName(),
          {wgmmaRows * consumers, tileRowsOf(op), WgmmaCoreSizes::step}, stages,
          {4 * consumers, 1}, /*cluster=*/1, /*split=*/1,
          /*persistent=*/false));
  return schedules;
}

/// What speaks against the form of a tile; "" if nothing does.
static std::string reasonAgainstTile(FFNCoreOp op) {
  ScheduleAttr schedule = *op.getSchedule();
  ArrayRef<int64_t> warps = schedule.getWarps();
  if (warps[1] != 1 || (warps[0] != 4 && warps[0] != 8))
    return llvm::formatv("expected 4 or 8 warps along tokens and 1 along rows, "
                         "found {0} and {1}",
                         warps[0], warps[1]);
  if (schedule.getTileTokens() != 16 * warps[0])
    return llvm::formatv("expected a tile of {0} tokens (16 for each warp), "
                         "found {1}",
                         16 * warps[0], schedule.getTileTokens());
  if (schedule.getTileRows() != tileRowsOf(op))
    return llvm::formatv("expected a tile of all {0} rows of 'down' (in whole "
                         "16), found {1}",
                         tileRowsOf(op), schedule.getTileRows());
  if (schedule.getTileColumns() != WgmmaCoreSizes::step)
    return llvm::formatv("expected a tile of {0} columns (128 bytes), found "
                         "{1}",
                         WgmmaCoreSizes::step, schedule.getTileColumns());
  std::string reason = reasonAgainstStages(schedule);
  return reason.empty() ? reasonAgainstSharing(schedule) : reason;
}

std::string WgmmaCoreEmitter::whyNot(FFNCoreOp op, int64_t sharedBytes) const {
  if (op.getElementType().isF32())
    return "expected elements of bf16 or f16, whose sums lie in registers as "
           "factors do, found f32";
  if (op.getGateInput())
    return "expected no gate, for whose sums there are no registers, found one";
  std::string reason = reasonAgainstTile(op);
  if (!reason.empty())
    return reason;
  if (int64_t row = 2 * op.getInputFeatures(); row % 16 != 0)
    return llvm::formatv("TMA: expected rows of the input of whole 16 bytes, "
                         "found {0} bytes",
                         row);
  WgmmaCoreSizes sizes(op);
  if (sizes.outputs > 256)
    return llvm::formatv("expected at most 256 features of the result, found "
                         "{0}",
                         op.getOutputFeatures());
  return reasonAgainstSharedBytes(sizes.sharedBytes, sharedBytes);
}

LaunchShape WgmmaCoreEmitter::write(FFNCoreOp op, StringRef name,
                                    mlir::gpu::GPUModuleOp module) const {
  LaunchShape shape;
  shape.gridX =
      NumberAttr::ofTokens(op.getContext(), op.getSchedule()->getTileTokens());
  shape.gridY = NumberAttr::get(op.getContext(), 1);
  shape.programmatic = true;
  shape.parameters = emitWgmmaCoreKernel(op, name, module);
  return shape;
}

const KernelEmitter &slin::slingpu::getWgmmaCoreEmitter() {
  static const WgmmaCoreEmitter emitter;
  return emitter;
}
