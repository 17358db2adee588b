//===- Scheduler.h - Which schedule an op gets ------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Asks all emitters that run on a target for candidates, drops those that
// something speaks against, and puts the others in the order of their times.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_CONVERSION_SLINGPUTONVVM_SCHEDULER_H
#define SLIN_LIB_CONVERSION_SLINGPUTONVVM_SCHEDULER_H

#include "KernelTime.h"
#include "MeasuredSchedules.h"

namespace slin::slingpu {

struct RatedSchedule {
  ScheduleAttr schedule;
  const KernelEmitter *emitter = nullptr;
  llvm::StringRef note; ///< Of the emitter.
  /// What speaks against it; then it has no time.
  std::string against;
  KernelTime estimate;
  std::optional<double> measured;

  double seconds() const { return measured ? *measured : estimate.total(); }
  /// `3.2 us, bound by memory`, or `3.2 us, measured`, and the note.
  std::string reasonFor() const;
};

/// `mma_sync, tile 64 x 64 x 64, 4 stages, 2 x 2 warps`, and what else is not
/// the usual.
std::string describe(ScheduleAttr schedule);

class Scheduler {
public:
  /// `costs` is a target of the cost model, or empty for that of `target`;
  /// `table` the path of measured schedules, or empty. Fails with a reason.
  static mlir::FailureOr<Scheduler>
  open(llvm::StringRef target, llvm::StringRef costs, llvm::StringRef table,
       mlir::MLIRContext *context, std::string &reason);

  const Architecture &getArchitecture() const { return *architecture; }

  /// The candidates for `op` at `tokens` tokens: measured ones first, then by
  /// estimate, those that something speaks against last.
  llvm::SmallVector<RatedSchedule> rate(ScheduledOpInterface op,
                                        int64_t tokens) const;

  /// The time of `op` with `schedule`, which nothing speaks against.
  double getSeconds(ScheduledOpInterface op, ScheduleAttr schedule,
                    int64_t tokens) const;

private:
  Scheduler(const Architecture *architecture, cost::Target costs)
      : architecture(architecture), costs(std::move(costs)) {}

  RatedSchedule rateOne(ScheduledOpInterface op, ScheduleAttr schedule,
                        const KernelEmitter &emitter, int64_t tokens) const;

  const Architecture *architecture;
  cost::Target costs;
  MeasuredSchedules table;
};

/// What the pass `name` chooses schedules with. `tokens` are the counts that it
/// is asked for, and usual ones afterwards where there are none. Fails after an
/// error.
mlir::FailureOr<Scheduler>
openScheduler(mlir::Operation *module, llvm::StringRef name,
              llvm::SmallVectorImpl<int64_t> &tokens, llvm::StringRef target,
              llvm::StringRef costs, llvm::StringRef table);

} // namespace slin::slingpu

#endif // SLIN_LIB_CONVERSION_SLINGPUTONVVM_SCHEDULER_H
