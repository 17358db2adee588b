//===- GPUSchedule.cpp - Ops get schedules, entries plans -----------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// For each range of token counts an entry has one plan. Where the fastest
// schedules at two of the counts that are asked for differ, the range is cut
// where their estimates cross. A range has its plan as it stands and, if
// something can be fused, as it is then.
//
//===----------------------------------------------------------------------===//

#include "Scheduler.h"

#include "slin/Conversion/Passes.h"
#include "slin/Dialect/SlinGPU/Transforms/Fusion.h"

#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Remarks.h"

#include <list>
#include <set>

namespace slin {
#define GEN_PASS_DEF_GPUSCHEDULE
#include "slin/Conversion/Passes.h.inc"
} // namespace slin

using namespace mlir;
using namespace slin;
using namespace slin::slingpu;

namespace {
/// A region, and the ops of it that become kernels.
struct Variant {
  Region *region;
  SmallVector<ScheduledOpInterface> ops;
  explicit Variant(Region &region) : region(&region) {
    for (Operation &op : region.front())
      if (auto kernel = dyn_cast<ScheduledOpInterface>(op))
        ops.push_back(kernel);
  }
};

/// The schedules of all ops of a variant, in their order, from `from` tokens
/// on.
struct Plan {
  const Variant *variant;
  int64_t from;
  /// The count that they were chosen for.
  int64_t chosenFor;
  SmallVector<ScheduleAttr> schedules;
  SmallVector<std::string> reasons;
};

struct GPUSchedulePass final : slin::impl::GPUScheduleBase<GPUSchedulePass> {
  using GPUScheduleBase::GPUScheduleBase;
  void runOnOperation() override;

private:
  LogicalResult schedule(EntryOp entry, const Scheduler &scheduler);
};

/// Cuts the range of one region, which has `variants`, into plans.
class RangePlanner {
public:
  RangePlanner(ArrayRef<Variant> variants, const Scheduler &scheduler)
      : variants(variants), scheduler(scheduler) {}

  /// Fails, after an error, where an op has no schedule.
  FailureOr<SmallVector<Plan>> plan(int64_t from, int64_t to,
                                    ArrayRef<int64_t> counts);

private:
  FailureOr<Plan> choose(int64_t tokens);
  FailureOr<Plan> choose(const Variant &variant, int64_t tokens);
  double getSeconds(const Plan &plan, int64_t tokens);
  int64_t findCrossing(const Plan &first, const Plan &second);

  ArrayRef<Variant> variants;
  const Scheduler &scheduler;
};
} // namespace

/// The first variant is the plan as it stands, which has to have kernels.
FailureOr<Plan> RangePlanner::choose(int64_t tokens) {
  FailureOr<Plan> best = choose(variants.front(), tokens);
  if (failed(best))
    return failure();
  for (const Variant &variant : variants.drop_front()) {
    ScopedDiagnosticHandler quiet(variant.region->getContext(),
                                  [](Diagnostic &) { return success(); });
    FailureOr<Plan> other = choose(variant, tokens);
    if (succeeded(other) &&
        getSeconds(*other, tokens) < getSeconds(*best, tokens))
      best = std::move(other);
  }
  return best;
}

FailureOr<Plan> RangePlanner::choose(const Variant &variant, int64_t tokens) {
  Plan plan{&variant, tokens, tokens};
  for (ScheduledOpInterface op : variant.ops) {
    if (ScheduleAttr given = op.getScheduleAttr()) {
      plan.schedules.push_back(given);
      plan.reasons.push_back("as it was given");
      continue;
    }
    SmallVector<RatedSchedule> rated = scheduler.rate(op, tokens);
    if (rated.empty() || !rated.front().against.empty())
      return op.emitError()
             << "entry '" << op->getParentOfType<EntryOp>().getPath()
             << "': no kernel for " << op.getKernelName() << " of "
             << op.getElementType() << " on "
             << scheduler.getArchitecture().name << ": "
             << (rated.empty() ? "expected an emitter for it, found none"
                               : rated.front().against);
    const RatedSchedule &best = rated.front();
    plan.schedules.push_back(best.schedule);
    plan.reasons.push_back(best.reasonFor());
  }
  return plan;
}

double RangePlanner::getSeconds(const Plan &plan, int64_t tokens) {
  double seconds = 0;
  for (auto [kernel, schedule] :
       llvm::zip_equal(plan.variant->ops, plan.schedules)) {
    ScheduledOpInterface op = kernel;
    if (!op.getScheduleAttr())
      seconds += scheduler.getSeconds(op, schedule, tokens);
  }
  return seconds;
}

/// The first count, after the one that `first` was chosen for, from which
/// `second` is no slower.
int64_t RangePlanner::findCrossing(const Plan &first, const Plan &second) {
  int64_t low = first.chosenFor, high = second.chosenFor;
  while (high - low > 1) {
    int64_t middle = low + (high - low) / 2;
    bool isSecond = getSeconds(second, middle) <= getSeconds(first, middle);
    (isSecond ? high : low) = middle;
  }
  return high;
}

FailureOr<SmallVector<Plan>> RangePlanner::plan(int64_t from, int64_t to,
                                                ArrayRef<int64_t> counts) {
  std::set<int64_t> wanted;
  for (int64_t count : counts)
    if (count >= from && count < to)
      wanted.insert(count);
  if (wanted.empty())
    wanted.insert(from);
  SmallVector<Plan> plans;
  while (!wanted.empty()) {
    FailureOr<Plan> next = choose(*wanted.begin());
    if (failed(next))
      return failure();
    wanted.erase(wanted.begin());
    if (plans.empty()) {
      next->from = from;
    } else if (plans.back().variant == next->variant &&
               plans.back().schedules == next->schedules) {
      continue;
    } else {
      next->from = findCrossing(plans.back(), *next);
    }
    plans.push_back(std::move(*next));
  }
  return plans;
}

/// `1 to 64 tokens`, `65 tokens and more`.
static std::string describeRange(int64_t from, int64_t to) {
  if (to == INT64_MAX)
    return std::to_string(from) + " tokens and more";
  return std::to_string(from) + " to " + std::to_string(to - 1) + " tokens";
}

static void remarkOn(EntryOp entry, unsigned index,
                     ArrayRef<std::string> reasons, int64_t chosenFor) {
  std::pair<int64_t, int64_t> range = entry.getRange(index);
  unsigned number = 0;
  for (ScheduledOpInterface op : Variant(entry.getPlans()[index]).ops)
    remark::passed(op.getLoc(), remark::RemarkOpts::name("Schedule")
                                    .category("slin-gpu-schedule")
                                    .function(entry.getPath()))
        << ("'" + entry.getPath() + "', " +
            describeRange(range.first, range.second) + ": " +
            op.getKernelName() + " by " + describe(op.getScheduleAttr()) +
            " (" + reasons[number++] + " at " + std::to_string(chosenFor) + ")")
               .str();
}

/// Writes the plans in place of those of `entry`.
static void replace(EntryOp entry, ArrayRef<int64_t> bounds,
                    ArrayRef<Plan> plans) {
  OpBuilder builder(entry);
  auto scheduled = EntryOp::create(
      builder, entry.getLoc(), entry.getPathAttr(),
      builder.getDenseI64ArrayAttr(bounds), entry.getStructureAttr(),
      entry.getInputTypesAttr(), entry.getOutputTypesAttr(),
      entry.getNetworksAttr(), plans.size());
  for (auto [index, plan] : llvm::enumerate(plans)) {
    IRMapping mapping;
    plan.variant->region->cloneInto(&scheduled.getPlans()[index], mapping);
    unsigned number = 0;
    for (Operation &op : scheduled.getPlans()[index].front())
      if (auto kernel = dyn_cast<ScheduledOpInterface>(op))
        kernel.setScheduleAttr(plan.schedules[number++]);
    remarkOn(scheduled, index, plan.reasons, plan.chosenFor);
  }
  scheduled->setDiscardableAttrs(entry->getDiscardableAttrDictionary());
  entry.erase();
}

/// A copy of the entry in which everything is fused that can be; null where
/// nothing can.
static OwningOpRef<EntryOp> makeFused(EntryOp entry) {
  OwningOpRef<EntryOp> copy(entry.clone());
  if (fuseCores(copy->getOperation(), FusionLimits()) == 0)
    return nullptr;
  return copy;
}

LogicalResult GPUSchedulePass::schedule(EntryOp entry,
                                        const Scheduler &scheduler) {
  OwningOpRef<EntryOp> fused = fuse ? makeFused(entry) : nullptr;
  SmallVector<int64_t> bounds;
  SmallVector<Plan> all;
  std::list<SmallVector<Variant>> variants;
  for (auto [index, region] : llvm::enumerate(entry.getPlans())) {
    auto [from, to] = entry.getRange(index);
    SmallVector<Variant> &own = variants.emplace_back();
    own.emplace_back(region);
    if (fused)
      own.emplace_back(fused->getPlans()[index]);
    auto plans = RangePlanner(own, scheduler).plan(from, to, *tokens);
    if (failed(plans))
      return failure();
    for (Plan &plan : *plans) {
      if (plan.from > 1)
        bounds.push_back(plan.from);
      all.push_back(std::move(plan));
    }
  }
  replace(entry, bounds, all);
  return success();
}

void GPUSchedulePass::runOnOperation() {
  ModuleOp module = getOperation();
  SmallVector<int64_t> counts(*tokens);
  FailureOr<Scheduler> scheduler =
      openScheduler(module, getArgument(), counts, target, costs, table);
  if (failed(scheduler))
    return signalPassFailure();
  tokens = ArrayRef<int64_t>(counts);
  SmallVector<EntryOp> entries;
  module.walk([&](EntryOp entry) { entries.push_back(entry); });
  for (EntryOp entry : entries)
    if (failed(schedule(entry, *scheduler)))
      return signalPassFailure();
}
