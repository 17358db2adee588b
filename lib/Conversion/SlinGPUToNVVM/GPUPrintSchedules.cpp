//===- GPUPrintSchedules.cpp - Candidates and their times -----------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// For people who ask why an op got its schedule.
//
//===----------------------------------------------------------------------===//

#include "Scheduler.h"

#include "slin/Conversion/Passes.h"

#include "llvm/Support/Format.h"

namespace slin {
#define GEN_PASS_DEF_GPUPRINTSCHEDULES
#include "slin/Conversion/Passes.h.inc"
} // namespace slin

using namespace mlir;
using namespace slin;
using namespace slin::slingpu;

namespace {
struct GPUPrintSchedulesPass final
    : slin::impl::GPUPrintSchedulesBase<GPUPrintSchedulesPass> {
  using GPUPrintSchedulesBase::GPUPrintSchedulesBase;
  void runOnOperation() override;
};
} // namespace

static void printRow(raw_ostream &os, const RatedSchedule &rated) {
  std::string text = describe(rated.schedule);
  if (!rated.against.empty()) {
    os << "      no kernel  " << text << ": " << rated.against << '\n';
    return;
  }
  const KernelTime &time = rated.estimate;
  os << llvm::format("%12.2f us  ", rated.seconds() * 1e6) << text;
  if (rated.measured)
    os << ": measured\n";
  else
    os << llvm::format(": tensor cores %.2f, memory %.2f (%.2f MB), cache %.2f "
                       "(%.2f MB), ends %.2f\n",
                       time.multiply * 1e6, time.memory * 1e6,
                       time.memoryBytes / 1e6, time.cache * 1e6,
                       time.cacheBytes / 1e6, time.ends * 1e6);
}

static void print(raw_ostream &os, EntryOp entry, ScheduledOpInterface op,
                  int64_t tokens, const Scheduler &scheduler) {
  os << "entry '" << entry.getPath() << "': " << op.getKernelName() << " of "
     << op.getElementType() << ", " << tokens << " tokens, "
     << scheduler.getArchitecture().name << '\n';
  for (const RatedSchedule &rated : scheduler.rate(op, tokens))
    printRow(os, rated);
}

void GPUPrintSchedulesPass::runOnOperation() {
  ModuleOp module = getOperation();
  SmallVector<int64_t> counts(*tokens);
  FailureOr<Scheduler> scheduler =
      openScheduler(module, getArgument(), counts, target, costs, table);
  if (failed(scheduler))
    return signalPassFailure();
  module.walk([&](EntryOp entry) {
    for (auto [index, plan] : llvm::enumerate(entry.getPlans())) {
      std::pair<int64_t, int64_t> range = entry.getRange(index);
      plan.walk([&](ScheduledOpInterface op) {
        for (int64_t count : counts)
          if (count >= range.first && count < range.second)
            print(llvm::errs(), entry, op, count, *scheduler);
      });
    }
  });
  markAllAnalysesPreserved();
}
