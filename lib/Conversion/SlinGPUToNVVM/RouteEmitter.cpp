//===- RouteEmitter.cpp - Which rows experts compute ----------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One block of threads, of which each warp has a part of the tokens, in order.
// In a first pass lane e counts the tokens of expert e in its warp's part, in a
// second one it numbers them, from where the experts and warps before end. The
// place of a token among the 32 of a round is the number of lanes before it
// that have the same expert, which a vote tells. So nothing depends on which
// thread comes first, and numbers of one expert rise with its tokens.
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
class RouteEmitter final : public EmitterOf<RouteOp> {
public:
  StringRef getName() const override { return "route"; }
  bool runsOn(const Architecture &architecture) const override {
    return architecture.number >= 80;
  }
  double getEfficiency(ScheduleAttr, const Architecture &) const override {
    return 1.0;
  }
  SmallVector<ScheduleAttr> candidatesFor(RouteOp op,
                                          int64_t tokens) const override;
  int64_t sharedBytesOf(RouteOp op) const override {
    // The counts of each warp, and those of all.
    return (op.getSchedule()->getWarps()[0] + 1) * op.getExperts() *
           numberBytes;
  }
  std::string whyNot(RouteOp op, int64_t sharedBytes) const override;
  LaunchShape write(RouteOp op, StringRef name,
                    mlir::gpu::GPUModuleOp module) const override;
};

/// The body of one kernel.
class RouteKernel {
public:
  RouteKernel(RouteOp op, LLVM::LLVMFuncOp kernel,
              mlir::gpu::GPUModuleOp module);
  void emit();

private:
  using Visit =
      function_ref<void(Value token, Value expert, Value chosen, Value place)>;
  /// Goes through the warp's tokens. `numbers` are those of the lane's experts,
  /// every 32nd one, and rise with each token; `visit`, if there is one, gets
  /// the number that a token that is chosen has.
  SmallVector<Value> walk(SmallVector<Value> numbers, Visit visit = {});
  SmallVector<Value> walkRound(Value token, ValueRange numbers, Visit visit);
  Value isChosen(Value token, Value exists, Value expert);
  void addUp();
  Value load(Value place) {
    return LLVM::LoadOp::create(build, build.getI32Type(), place, 4u);
  }
  void store(Value value, Value place) {
    LLVM::StoreOp::create(build, value, place, 4u);
  }
  /// The count of an expert in the part of a warp.
  Value countAt(Value warp, Value expert) {
    Value index = build.add(build.mul(warp, experts), expert);
    return build.at(shared, build.mul(index, numberBytes));
  }
  Value totalAt(Value expert) { return countAt(build.i32(warps), expert); }
  /// The number `index` (i32) of a table of the caller's or the workspace.
  Value entryAt(Value base, Value index) {
    return build.at(base,
                    build.mul(build.extend(index),
                              build.number(numberBytes, build.getI64Type())));
  }
  Value pairIndex(Value token, Value expert) {
    return build.add(build.mul(build.extend(token),
                               build.number(experts, build.getI64Type())),
                     build.extend(expert));
  }

  RouteOp op;
  int64_t experts, warps, groups;
  KernelBuilder build;
  Value gates, offsets, tokens, places, count, shared;
  Value thread, lane, warp, first, end;
};
} // namespace

RouteKernel::RouteKernel(RouteOp op, LLVM::LLVMFuncOp kernel,
                         mlir::gpu::GPUModuleOp module)
    : op(op), experts(op.getExperts()), warps(op.getSchedule()->getWarps()[0]),
      groups(llvm::divideCeil(experts, lanes)),
      build(op.getLoc(), OpBuilder::atBlockEnd(&kernel.getBody().front())) {
  auto parameter = kernel.getArguments().begin();
  gates = *parameter++;
  offsets = *parameter++;
  tokens = *parameter++;
  places = *parameter++;
  count = *parameter;
  shared = getDynamicShared(build, module);
}

/// Whether the gate is not zero, of a token that exists.
Value RouteKernel::isChosen(Value token, Value exists, Value expert) {
  unsigned width = op.getElementType().getWidth();
  Type type = build.getIntegerType(width);
  Value index = pairIndex(token, expert);
  index = build.select(exists, index, 0);
  Value place = build.at(
      gates, build.mul(index, build.number(width / 8, build.getI64Type())));
  Value bits = LLVM::LoadOp::create(build, type, place, width / 8);
  // -0 is zero too.
  Value sizeBits = build.bitAnd(bits, (int64_t(1) << (width - 1)) - 1);
  return build.bitAnd(exists,
                      build.compare(arith::CmpIPredicate::ne, sizeBits, 0));
}

SmallVector<Value> RouteKernel::walkRound(Value token, ValueRange numbers,
                                          Visit visit) {
  bool isBounded = int64_t(op.getChoices()) < experts;
  Value exists = build.less(token, end), taken = build.i32(0);
  Value lanesBefore = build.sub(build.shl(build.i32(1), lane), 1);
  SmallVector<Value> next;
  for (int64_t group = 0; group < groups; ++group) {
    int64_t size = std::min(lanes, experts - group * lanes);
    SmallVector<Value> carried = build.loop(
        0, size, 1, {numbers[group], taken}, [&](Value i, ValueRange values) {
          Value expert = build.add(i, group * lanes);
          Value chosen = isChosen(token, exists, expert);
          if (isBounded)
            chosen = build.bitAnd(
                chosen, build.less(values[1], int64_t(op.getChoices())));
          Value all =
              NVVM::VoteSyncOp::create(build, build.getI32Type(), build.i32(-1),
                                       chosen, NVVM::VoteSyncKind::ballot);
          auto bits = [&](Value set) -> Value {
            return LLVM::CtPopOp::create(build, build.getI32Type(), set);
          };
          if (visit) {
            Value start = NVVM::ShflOp::create(
                build, build.getI32Type(), build.i32(-1), values[0], i,
                build.i32(31), NVVM::ShflKind::idx, UnitAttr());
            visit(token, expert, chosen,
                  build.add(start, bits(build.bitAnd(all, lanesBefore))));
          }
          Value more = build.select(build.equal(lane, i), bits(all), 0);
          return SmallVector<Value>{
              build.add(values[0], more),
              build.add(values[1], build.select(chosen, 1, 0))};
        });
    next.push_back(carried[0]);
    taken = carried[1];
  }
  return next;
}

SmallVector<Value> RouteKernel::walk(SmallVector<Value> numbers, Visit visit) {
  return build.loop(first, end, lanes, numbers,
                    [&](Value start, ValueRange carried) {
                      return walkRound(build.add(start, lane), carried, visit);
                    });
}

/// Counts of experts and warps become where their numbers start.
void RouteKernel::addUp() {
  Value isExpert = build.less(thread, experts);
  build.ifThen(isExpert, [&] {
    Value total = build.loop(
        0, warps, 1, {build.i32(0)}, [&](Value which, ValueRange sum) {
          Value place = countAt(which, thread);
          Value own = load(place);
          store(sum[0], place);
          return SmallVector<Value>{build.add(sum[0], own)};
        })[0];
    store(total, totalAt(thread));
  });
  NVVM::Barrier0Op::create(build);
  build.ifThen(isExpert, [&] {
    Value start = build.loop(
        0, thread, 1, {build.i32(0)}, [&](Value expert, ValueRange sum) {
          return SmallVector<Value>{build.add(sum[0], load(totalAt(expert)))};
        })[0];
    store(start, entryAt(offsets, thread));
    build.ifThen(build.equal(thread, experts - 1), [&] {
      store(build.add(start, load(totalAt(thread))),
            entryAt(offsets, build.i32(experts)));
    });
    build.loop(0, warps, 1, {}, [&](Value which, ValueRange) {
      Value place = countAt(which, thread);
      store(build.add(load(place), start), place);
      return SmallVector<Value>();
    });
  });
  NVVM::Barrier0Op::create(build);
}

void RouteKernel::emit() {
  thread = NVVM::ThreadIdXOp::create(build, build.getI32Type());
  lane = build.bitAnd(thread, lanes - 1);
  warp = build.warpOf(thread);
  // Whole rounds for each warp.
  Value part = build.mul(
      build.div(build.add(count, lanes * warps - 1), lanes * warps), lanes);
  first = build.mul(warp, part);
  end = build.min(build.add(first, part), count);
  auto forOwnExperts = [&](function_ref<void(int64_t, Value)> body) {
    for (int64_t group = 0; group < groups; ++group) {
      Value expert = build.add(lane, group * lanes);
      build.ifThen(build.less(expert, experts), [&] { body(group, expert); });
    }
  };
  SmallVector<Value> counts = walk(SmallVector<Value>(groups, build.i32(0)));
  forOwnExperts([&](int64_t group, Value expert) {
    store(counts[group], countAt(warp, expert));
  });
  NVVM::Barrier0Op::create(build);
  addUp();
  SmallVector<Value> starts;
  for (int64_t group = 0; group < groups; ++group) {
    // Lanes without an expert read that of the last one.
    Value expert = build.min(build.add(lane, group * lanes), experts - 1);
    starts.push_back(load(countAt(warp, expert)));
  }
  walk(starts, [&](Value token, Value expert, Value chosen, Value place) {
    build.ifThen(chosen, [&] { store(token, entryAt(tokens, place)); });
    build.ifThen(build.less(token, end), [&] {
      Value entry = build.mul(pairIndex(token, expert),
                              build.number(numberBytes, build.getI64Type()));
      store(build.select(chosen, place, build.i32(-1)),
            build.at(places, entry));
    });
  });
  LLVM::ReturnOp::create(build, ValueRange());
}

SmallVector<ScheduleAttr> RouteEmitter::candidatesFor(RouteOp op,
                                                      int64_t) const {
  SmallVector<ScheduleAttr> schedules;
  for (int64_t warps : {4, 32})
    schedules.push_back(ScheduleAttr::get(
        op.getContext(), getName(), {lanes * warps, op.getExperts(), 1},
        /*stages=*/1, {warps, 1}, /*cluster=*/1, /*split=*/1,
        /*persistent=*/false));
  return schedules;
}

std::string RouteEmitter::whyNot(RouteOp op, int64_t sharedBytes) const {
  ScheduleAttr schedule = *op.getSchedule();
  int64_t warps = schedule.getWarps()[0], experts = op.getExperts();
  if (warps > 32 || schedule.getWarps()[1] != 1)
    return llvm::formatv(
        "expected 1 to 32 warps along tokens and 1 along rows, found {0} and "
        "{1}",
        warps, schedule.getWarps()[1]);
  int64_t tile[] = {lanes * warps, experts, 1};
  if (schedule.getTile() != ArrayRef(tile) || schedule.getStages() != 1)
    return llvm::formatv(
        "expected a tile of {0} tokens, {1} rows (experts) and 1 column, and "
        "1 stage, found {2}, {3}, {4} and {5}",
        tile[0], tile[1], schedule.getTileTokens(), schedule.getTileRows(),
        schedule.getTileColumns(), schedule.getStages());
  if (experts > lanes * warps)
    return llvm::formatv("expected at most {0} experts (one for each thread), "
                         "found {1}",
                         lanes * warps, experts);
  std::string reason = reasonAgainstSharing(schedule);
  if (reason.empty())
    reason = reasonAgainstSharedBytes(sharedBytesOf(op), sharedBytes);
  return reason;
}

LaunchShape RouteEmitter::write(RouteOp op, StringRef name,
                                mlir::gpu::GPUModuleOp module) const {
  int64_t threads = lanes * op.getSchedule()->getWarps()[0];
  LLVM::LLVMFuncOp kernel =
      createPointerKernel(op, name, module,
                          {threads, sharedBytesOf(op), /*cluster=*/1,
                           /*blocksPerSM=*/1});
  RouteKernel(op, kernel, module).emit();
  return launchWithPointers(op, NumberAttr::get(op.getContext(), 1));
}

const KernelEmitter &slin::slingpu::getRouteEmitter() {
  static const RouteEmitter emitter;
  return emitter;
}
