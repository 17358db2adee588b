//===- CombineEmitter.cpp - The sum of what experts computed --------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A warp has one token and as many features as its lanes read in one go, up to
// 16 bytes each; its experts are added in their order, so that the sum is the
// same in every run. All lanes ask for the same gates and places.
//
//===----------------------------------------------------------------------===//

#include "KernelEmitter.h"
#include "KernelFunction.h"
#include "ScheduleReasons.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace slin::slingpu;

static constexpr int64_t lanes = 32, numberBytes = 4;

namespace {
class CombineEmitter final : public EmitterOf<CombineOp> {
public:
  StringRef getName() const override { return "combine"; }
  bool runsOn(const Architecture &architecture) const override {
    return architecture.number >= 80;
  }
  double getEfficiency(ScheduleAttr, const Architecture &) const override {
    return 1.0;
  }
  SmallVector<ScheduleAttr> candidatesFor(CombineOp op,
                                          int64_t tokens) const override;
  int64_t sharedBytesOf(CombineOp) const override { return 0; }
  std::string whyNot(CombineOp op, int64_t sharedBytes) const override;
  LaunchShape write(CombineOp op, StringRef name,
                    mlir::gpu::GPUModuleOp module) const override;
};

/// The body of one kernel.
class CombineKernel {
public:
  CombineKernel(CombineOp op, LLVM::LLVMFuncOp kernel);
  void emit();

private:
  /// The token's sums, f32.
  SmallVector<Value> addExperts();
  SmallVector<Value> addExpert(Value expert, ValueRange sums);
  /// `gate · row` added to the sums.
  SmallVector<Value> addRow(Value gate, Value place, ValueRange sums);
  Value wide(Value number) {
    return number.getType().isF32()
               ? number
               : arith::ExtFOp::create(build, build.getF32Type(), number);
  }
  /// Element `index` (i64) of a table of `bytes` each.
  Value elementAt(Value base, Value index, int64_t bytes) {
    return build.at(base,
                    build.mul(index, build.number(bytes, build.getI64Type())));
  }
  /// Where the lane's features of a row of features are.
  Value featuresOf(Value base, Value row) {
    Value index =
        build.add(build.mul(build.extend(row),
                            build.number(op.getFeatures(), build.getI64Type())),
                  build.extend(feature));
    return elementAt(base, index, bytes);
  }

  CombineOp op;
  FloatType type;
  int64_t bytes, width;
  KernelBuilder build;
  Value rows, gates, places, output, tokens;
  Value token, feature;
};
} // namespace

/// Features that a lane has: as many as lie in 16 bytes, where all rows start
/// at multiples of these.
static int64_t getLaneFeatures(CombineOp op) {
  int64_t bytes = op.getElementType().getWidth() / 8;
  int64_t row = op.getFeatures() * bytes;
  return std::min<int64_t>(16, row & -row) / bytes;
}

CombineKernel::CombineKernel(CombineOp op, LLVM::LLVMFuncOp kernel)
    : op(op), type(op.getElementType()), bytes(type.getWidth() / 8),
      width(getLaneFeatures(op)),
      build(op.getLoc(), OpBuilder::atBlockEnd(&kernel.getBody().front())) {
  auto parameter = kernel.getArguments().begin();
  rows = *parameter++;
  gates = *parameter++;
  places = *parameter++;
  output = *parameter++;
  tokens = *parameter;
}

SmallVector<Value> CombineKernel::addRow(Value gate, Value place,
                                         ValueRange sums) {
  Value row =
      LLVM::LoadOp::create(build, VectorType::get(width, type),
                           featuresOf(rows, place), unsigned(width * bytes));
  SmallVector<Value> next;
  for (int64_t i = 0; i < width; ++i) {
    Value number = LLVM::ExtractElementOp::create(build, row, build.i32(i));
    auto fused = arith::FastMathFlags::contract;
    Value product = arith::MulFOp::create(build, gate, wide(number), fused);
    next.push_back(arith::AddFOp::create(build, sums[i], product, fused));
  }
  return next;
}

SmallVector<Value> CombineKernel::addExpert(Value expert, ValueRange sums) {
  Value index =
      build.add(build.mul(build.extend(token),
                          build.number(op.getExperts(), build.getI64Type())),
                build.extend(expert));
  Value place = LLVM::LoadOp::create(build, build.getI32Type(),
                                     elementAt(places, index, numberBytes), 4u);
  // Rows behind the last pair hold anything, so that they must not be read.
  auto branch =
      scf::IfOp::create(build, sums.getTypes(),
                        build.compare(arith::CmpIPredicate::sge, place, 0),
                        /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(build);
  build.setInsertionPointToStart(branch.thenBlock());
  Value gate = LLVM::LoadOp::create(build, type, elementAt(gates, index, bytes),
                                    unsigned(bytes));
  scf::YieldOp::create(build, addRow(wide(gate), place, sums));
  build.setInsertionPointToStart(branch.elseBlock());
  scf::YieldOp::create(build, sums);
  return SmallVector<Value>(branch.getResults());
}

SmallVector<Value> CombineKernel::addExperts() {
  return build.loop(
      0, op.getExperts(), 1, SmallVector<Value>(width, build.f32(0.0)),
      [&](Value expert, ValueRange sums) { return addExpert(expert, sums); });
}

void CombineKernel::emit() {
  ScheduleAttr schedule = *op.getSchedule();
  Value thread = NVVM::ThreadIdXOp::create(build, build.getI32Type());
  Value lane = build.bitAnd(thread, lanes - 1), warp = build.warpOf(thread);
  Value index = NVVM::BlockIdXOp::create(build, build.getI32Type());
  int64_t tiles = llvm::divideCeil(op.getFeatures(), schedule.getTileRows());
  token = build.add(
      build.mul(build.div(index, tiles), schedule.getTileTokens()), warp);
  feature =
      build.add(build.mul(build.rem(index, tiles), schedule.getTileRows()),
                build.mul(lane, width));
  Value inside = build.bitAnd(build.less(token, tokens),
                              build.less(feature, op.getFeatures()));
  build.ifThen(inside, [&] {
    Value packed = LLVM::PoisonOp::create(build, VectorType::get(width, type));
    for (auto [i, sum] : llvm::enumerate(addExperts())) {
      Value number =
          type.isF32() ? sum : arith::TruncFOp::create(build, type, sum);
      packed =
          LLVM::InsertElementOp::create(build, packed, number, build.i32(i));
    }
    LLVM::StoreOp::create(build, packed, featuresOf(output, token),
                          unsigned(width * bytes));
  });
  LLVM::ReturnOp::create(build, ValueRange());
}

SmallVector<ScheduleAttr> CombineEmitter::candidatesFor(CombineOp op,
                                                        int64_t) const {
  SmallVector<ScheduleAttr> schedules;
  for (int64_t warps : {4, 8})
    schedules.push_back(ScheduleAttr::get(
        op.getContext(), getName(), {warps, lanes * getLaneFeatures(op), 1},
        /*stages=*/1, {warps, 1}, /*cluster=*/1, /*split=*/1,
        /*persistent=*/false));
  return schedules;
}

std::string CombineEmitter::whyNot(CombineOp op, int64_t) const {
  ScheduleAttr schedule = *op.getSchedule();
  int64_t warps = schedule.getWarps()[0];
  if (warps > 32 || schedule.getWarps()[1] != 1)
    return llvm::formatv(
        "expected 1 to 32 warps along tokens and 1 along rows, found {0} and "
        "{1}",
        warps, schedule.getWarps()[1]);
  int64_t tile[] = {warps, lanes * getLaneFeatures(op), 1};
  if (schedule.getTile() != ArrayRef(tile) || schedule.getStages() != 1)
    return llvm::formatv(
        "expected a tile of {0} tokens, {1} rows (features) and 1 column, and "
        "1 stage, found {2}, {3}, {4} and {5}",
        tile[0], tile[1], schedule.getTileTokens(), schedule.getTileRows(),
        schedule.getTileColumns(), schedule.getStages());
  return reasonAgainstSharing(schedule);
}

LaunchShape CombineEmitter::write(CombineOp op, StringRef name,
                                  mlir::gpu::GPUModuleOp module) const {
  ScheduleAttr schedule = *op.getSchedule();
  int64_t warps = schedule.getWarps()[0];
  LLVM::LLVMFuncOp kernel =
      createPointerKernel(op, name, module,
                          {lanes * warps, /*sharedBytes=*/0, /*cluster=*/1,
                           /*blocksPerSM=*/1});
  CombineKernel(op, kernel).emit();
  return launchWithPointers(
      op, NumberAttr::ofTokens(
              op.getContext(), warps,
              llvm::divideCeil(op.getFeatures(), schedule.getTileRows())));
}

const KernelEmitter &slin::slingpu::getCombineEmitter() {
  static const CombineEmitter emitter;
  return emitter;
}
