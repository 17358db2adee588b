//===- Scheduler.cpp - Which schedule an op gets --------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Emitters read the schedule off the op, so that each candidate is put on it
// while it is asked about.
//
//===----------------------------------------------------------------------===//

#include "Scheduler.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/FormatVariadic.h"

#include <numeric>
#include <tuple>

using namespace mlir;
using namespace slin;
using namespace slin::slingpu;

std::string RatedSchedule::reasonFor() const {
  std::string reason = llvm::formatv("{0:f2} us, ", seconds() * 1e6);
  reason += measured ? "measured" : ("bound by " + estimate.bound()).str();
  if (!note.empty())
    reason += (", " + note).str();
  return reason;
}

std::string slin::slingpu::describe(ScheduleAttr schedule) {
  std::string text = llvm::formatv(
      "{0}, tile {1} x {2} x {3}, {4} stages, {5} x {6} warps",
      schedule.getEmitter(), schedule.getTileTokens(), schedule.getTileRows(),
      schedule.getTileColumns(), schedule.getStages(), schedule.getWarps()[0],
      schedule.getWarps()[1]);
  llvm::raw_string_ostream os(text);
  if (schedule.getCluster() != 1)
    os << ", clusters of " << schedule.getCluster();
  if (schedule.getSplit() != 1)
    os << ", columns in " << schedule.getSplit() << " parts";
  if (schedule.getPersistent())
    os << ", persistent";
  const KernelEmitter *emitter = findEmitter(schedule.getEmitter());
  if (emitter && emitter->isAssembledOnly())
    os << ", assembled only";
  return text;
}

FailureOr<Scheduler> Scheduler::open(StringRef target, StringRef costs,
                                     StringRef table, MLIRContext *context,
                                     std::string &reason) {
  const Architecture *architecture = findArchitecture(target);
  if (!architecture) {
    llvm::raw_string_ostream os(reason);
    os << "expected a target of ";
    llvm::interleaveComma(getArchitectures(), os,
                          [&](const Architecture &it) { os << it.name; });
    os << ", found '" << target << "'";
    return failure();
  }
  auto known =
      cost::findTarget(costs.empty() ? StringRef(architecture->costs) : costs);
  if (!known) {
    reason = known.reason();
    return failure();
  }
  if (!known->supports(cost::ElementType::BF16)) {
    reason =
        llvm::formatv("expected costs of a GPU, with a throughput of bf16, "
                      "found '{0}'",
                      known->name);
    return failure();
  }
  Scheduler scheduler(architecture, *known);
  if (table.empty())
    return scheduler;
  auto measured = MeasuredSchedules::read(table, target, context, reason);
  if (failed(measured))
    return failure();
  scheduler.table = std::move(*measured);
  return scheduler;
}

RatedSchedule Scheduler::rateOne(ScheduledOpInterface op, ScheduleAttr schedule,
                                 const KernelEmitter &emitter,
                                 int64_t tokens) const {
  ScheduleAttr before = op.getScheduleAttr();
  llvm::scope_exit restore([&] { op.setScheduleAttr(before); });
  op.setScheduleAttr(schedule);
  RatedSchedule rated{schedule, &emitter, emitter.getNote(*architecture)};
  rated.against = emitter.reasonAgainst(op, architecture->sharedBytes);
  if (rated.against.empty())
    rated.estimate =
        estimateKernelTime(op, emitter, tokens, *architecture, costs);
  return rated;
}

SmallVector<RatedSchedule> Scheduler::rate(ScheduledOpInterface op,
                                           int64_t tokens) const {
  SmallVector<RatedSchedule> all;
  for (const MeasuredSchedule &row : table.find(op, tokens)) {
    const KernelEmitter *emitter = findEmitter(row.schedule.getEmitter());
    if (!emitter || !emitter->takes(op) || !emitter->runsOn(*architecture))
      continue;
    all.push_back(rateOne(op, row.schedule, *emitter, tokens));
    all.back().measured = row.seconds;
  }
  for (const KernelEmitter *emitter : getEmitters()) {
    if (!emitter->takes(op) || !emitter->runsOn(*architecture))
      continue;
    for (ScheduleAttr schedule : emitter->getCandidates(op, tokens))
      if (llvm::none_of(all, [&](const RatedSchedule &known) {
            return known.schedule == schedule;
          }))
        all.push_back(rateOne(op, schedule, *emitter, tokens));
  }
  // Equal times keep the order of emitters and candidates.
  std::vector<unsigned> order(all.size());
  std::iota(order.begin(), order.end(), 0);
  auto keyOf = [&](unsigned index) {
    const RatedSchedule &rated = all[index];
    return std::make_tuple(!rated.against.empty(), !rated.measured,
                           rated.seconds(), index);
  };
  llvm::sort(order,
             [&](unsigned a, unsigned b) { return keyOf(a) < keyOf(b); });
  SmallVector<RatedSchedule> sorted;
  for (unsigned index : order)
    sorted.push_back(std::move(all[index]));
  return sorted;
}

double Scheduler::getSeconds(ScheduledOpInterface op, ScheduleAttr schedule,
                             int64_t tokens) const {
  for (const MeasuredSchedule &row : table.find(op, tokens))
    if (row.schedule == schedule)
      return row.seconds;
  return rateOne(op, schedule, *findEmitter(schedule.getEmitter()), tokens)
      .seconds();
}

/// Puts usual counts where none are asked for; false where one is below 1.
static bool completeTokens(SmallVectorImpl<int64_t> &tokens,
                           std::string &reason) {
  for (int64_t count : tokens)
    if (count < 1) {
      reason =
          "expected token counts of at least 1, found " + std::to_string(count);
      return false;
    }
  if (tokens.empty())
    tokens.append({1, 16, 64, 256, 1024, 4096, 16384});
  return true;
}

FailureOr<Scheduler>
slin::slingpu::openScheduler(Operation *module, StringRef name,
                             SmallVectorImpl<int64_t> &tokens, StringRef target,
                             StringRef costs, StringRef table) {
  std::string reason;
  FailureOr<Scheduler> scheduler;
  if (completeTokens(tokens, reason))
    scheduler =
        Scheduler::open(target, costs, table, module->getContext(), reason);
  if (failed(scheduler))
    emitError(module->getLoc()) << name << ": " << reason;
  return scheduler;
}
