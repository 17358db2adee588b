//===- GPUCandidates.cpp - Candidates as entries, to be measured ----------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a tuner runs: every kernel of a program once for each schedule that is
// worth a measurement, alone in an entry that says which one it is. The times
// go back into slin-gpu-schedule as its `table`.
//
//===----------------------------------------------------------------------===//

#include "Scheduler.h"

#include "slin/Conversion/Passes.h"
#include "slin/Dialect/SlinGPU/Transforms/Fusion.h"

#include "mlir/IR/IRMapping.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FormatVariadic.h"

namespace slin {
#define GEN_PASS_DEF_GPUCANDIDATES
#include "slin/Conversion/Passes.h.inc"
} // namespace slin

using namespace mlir;
using namespace slin;
using namespace slin::slingpu;

namespace {
struct GPUCandidatesPass final
    : slin::impl::GPUCandidatesBase<GPUCandidatesPass> {
  using GPUCandidatesBase::GPUCandidatesBase;
  void runOnOperation() override;

private:
  void write(ScheduledOpInterface op, const Scheduler &scheduler,
             ArrayRef<int64_t> tokens, OpBuilder &builder);
};
} // namespace

/// `4096x1024_relu bf16`, by which a table knows kernels.
static std::string nameOf(ScheduledOpInterface op) {
  return llvm::formatv("{0} {1}", op.getKernelName(), op.getElementType());
}

static bool isWeight(Value value) {
  return isa_and_nonnull<WeightOp>(value.getDefiningOp());
}

/// Whether random numbers of any count are what `op` reads: not the lists of
/// tokens and offsets that experts have.
static bool canRunAlone(Operation *op) {
  auto isActivations = [](Type type) {
    auto tensor = cast<RankedTensorType>(type);
    return tensor.getRank() == 2 && isa<FloatType>(tensor.getElementType());
  };
  return llvm::all_of(op->getResultTypes(), isActivations) &&
         llvm::all_of(op->getOperands(), [&](Value operand) {
           return isWeight(operand) || isActivations(operand.getType());
         });
}

static int64_t weightBytesOf(Operation *op) {
  int64_t bytes = 0;
  for (Value operand : op->getOperands())
    if (isWeight(operand)) {
      auto type = cast<RankedTensorType>(operand.getType());
      bytes += type.getNumElements() * type.getElementTypeBitWidth() / 8;
    }
  return bytes;
}

/// An entry that is `op` alone, with `schedule`. What it reads that is no
/// weight becomes its inputs.
static void writeEntry(ScheduledOpInterface op, ScheduleAttr schedule,
                       StringRef path, StringRef structure,
                       OpBuilder &builder) {
  SmallVector<Type> inputs;
  for (Value operand : op->getOperands())
    if (!isWeight(operand))
      inputs.push_back(operand.getType());
  auto entry = EntryOp::create(
      builder, op.getLoc(), builder.getStringAttr(path),
      builder.getDenseI64ArrayAttr({}), builder.getStringAttr(structure),
      builder.getTypeArrayAttr(inputs),
      builder.getTypeArrayAttr(op->getResultTypes()),
      /*networks=*/ArrayAttr(), /*plansCount=*/1);
  OpBuilder::InsertionGuard guard(builder);
  Block &body = entry.getPlans().front().emplaceBlock();
  builder.setInsertionPointToStart(&body);
  IRMapping mapping;
  for (Value operand : op->getOperands()) {
    if (isWeight(operand)) {
      if (!mapping.contains(operand))
        builder.clone(*operand.getDefiningOp(), mapping);
      continue;
    }
    Value argument = body.addArgument(operand.getType(), operand.getLoc());
    if (!mapping.contains(operand))
      mapping.map(operand, argument);
  }
  auto copy = cast<ScheduledOpInterface>(builder.clone(*op, mapping));
  copy.setScheduleAttr(schedule);
  YieldOp::create(builder, op.getLoc(), copy->getResults());
}

/// One entry per schedule that is among the best at one of the counts, with the
/// counts at which it is.
void GPUCandidatesPass::write(ScheduledOpInterface op,
                              const Scheduler &scheduler,
                              ArrayRef<int64_t> tokens, OpBuilder &builder) {
  llvm::MapVector<ScheduleAttr, std::string> counts;
  for (int64_t count : tokens) {
    int64_t taken = 0;
    for (const RatedSchedule &rated : scheduler.rate(op, count)) {
      if (!rated.against.empty() || (best && taken++ == best))
        break;
      std::string &text = counts[rated.schedule];
      text += (text.empty() ? "" : ",") + std::to_string(count);
    }
  }
  int64_t bytes = weightBytesOf(op);
  for (auto [index, candidate] : llvm::enumerate(counts)) {
    std::string schedule;
    llvm::raw_string_ostream(schedule) << candidate.first;
    writeEntry(op, candidate.first,
               llvm::formatv("{0} {1}", nameOf(op), index).str(),
               llvm::formatv("at {0} tokens, {1} bytes of weights: {2}",
                             candidate.second, bytes, schedule)
                   .str(),
               builder);
  }
}

void GPUCandidatesPass::runOnOperation() {
  ModuleOp module = getOperation();
  SmallVector<int64_t> counts(*tokens);
  FailureOr<Scheduler> scheduler =
      openScheduler(module, getArgument(), counts, target, costs, table);
  if (failed(scheduler))
    return signalPassFailure();
  SmallVector<EntryOp> entries;
  module.walk([&](EntryOp entry) { entries.push_back(entry); });
  llvm::StringSet<> seen;
  auto writeAll = [&](EntryOp entry) {
    OpBuilder builder(entry);
    entry.walk([&](ScheduledOpInterface op) {
      if (canRunAlone(op) && seen.insert(nameOf(op)).second)
        write(op, *scheduler, counts, builder);
    });
  };
  for (EntryOp entry : entries) {
    writeAll(entry);
    // The other form of the middle of a network is measured, too.
    if (fuse && fuseCores(entry, FusionLimits()) != 0)
      writeAll(entry);
    entry.erase();
  }
}
