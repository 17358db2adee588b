//===- KernelTime.cpp - How long a kernel takes ---------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A roofline of three roofs, with two corrections that decide between
// schedules: the SM that has most blocks ends last, and bandwidth needs enough
// bytes on their way (Little's law), which few blocks or few stages do not
// have.
//
//===----------------------------------------------------------------------===//

#include "KernelTime.h"

#include "llvm/Support/MathExtras.h"

#include <cmath>

using namespace slin;
using namespace slin::slingpu;

/// From a read until its bytes are there: about 480 clocks of memory on sm_80
/// and sm_90 (arXiv 2402.13499), and a queue before it.
static constexpr double memoryLatency = 0.6e-6;

/// Bytes of shared memory of a block that the system takes.
static constexpr int64_t reservedBytes = 1024;

/// Roofs that are near each other are never reached at once: the 4-norm is 19 %
/// above two that are equal.
double KernelTime::total() const {
  double sum = 0;
  for (double roof : {multiply, memory, cache})
    sum += std::pow(roof, 4);
  return std::pow(sum, 0.25) + ends;
}

llvm::StringRef KernelTime::bound() const {
  if (multiply >= memory && multiply >= cache)
    return "tensor cores";
  return memory >= cache ? "memory" : "cache";
}

/// Blocks that run on an SM at once.
static int64_t getBlocksOfSM(ScheduledOpInterface op,
                             const KernelEmitter &emitter,
                             const Architecture &architecture) {
  ScheduleAttr schedule = op.getScheduleAttr();
  int64_t threads = 32 * schedule.getWarps()[0] * schedule.getWarps()[1];
  int64_t shared = emitter.getSharedBytes(op) + reservedBytes;
  return std::max<int64_t>(1, std::min(architecture.sharedBytesOfSM / shared,
                                       architecture.threadsOfSM / threads));
}

/// Operations per second and SM. tf32 is half as fast as bf16 on all of them.
static double getRate(ScheduledOpInterface op, const Architecture &architecture,
                      const cost::Target &costs) {
  auto rate = costs.throughput.find(cost::ElementType::BF16);
  assert(rate != costs.throughput.end() && "a GPU multiplies bf16");
  double perSM = rate->second / architecture.multiprocessors;
  return op.getElementType().isF32() ? perSM / 2 : perSM;
}

KernelTime slin::slingpu::estimateKernelTime(ScheduledOpInterface op,
                                             const KernelEmitter &emitter,
                                             int64_t tokens,
                                             const Architecture &architecture,
                                             const cost::Target &costs) {
  ScheduleAttr schedule = op.getScheduleAttr();
  KernelWork work = op.getWork(schedule, tokens);
  int64_t multiprocessors = architecture.multiprocessors;
  int64_t atOnce = std::min(
      work.blocks, multiprocessors * getBlocksOfSM(op, emitter, architecture));
  int64_t blocksOfBusiest = llvm::divideCeil(work.blocks, multiprocessors);

  KernelTime time;
  time.multiply = blocksOfBusiest * work.operations /
                  (getRate(op, architecture, costs) *
                   emitter.getEfficiency(schedule, architecture));
  double stepBytes = work.loadedBytes / work.steps;
  double ahead = std::min<int64_t>(schedule.getStages() - 1, work.steps);
  double onTheirWay = atOnce * std::max(ahead, 1.0) * stepBytes;
  double bandwidth = onTheirWay / memoryLatency;
  // Activations that fit half of the cache were written by the kernel before.
  time.memoryBytes = work.weightBytes;
  if (work.activationBytes > costs.cacheSize / 2)
    time.memoryBytes += work.activationBytes;
  time.cacheBytes = work.blocks * (work.loadedBytes + work.finishedBytes);
  time.memory = time.memoryBytes / std::min(costs.memoryBandwidth, bandwidth);
  time.cache = time.cacheBytes / std::min(costs.cacheBandwidth, bandwidth);
  double ofSM = costs.cacheBandwidth / multiprocessors;
  time.ends = memoryLatency + work.finishedBytes / ofSM;
  return time;
}
