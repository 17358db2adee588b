//===- RingProduct.cpp - Products of what a ring is filled with -----------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The products of two steps are in flight at a time.
//
//===----------------------------------------------------------------------===//

#include "RingProduct.h"

using namespace mlir;
using namespace slin::slingpu;

/// One swizzled row of columns. Carried: stage, parity, the stage of the step
/// before (or -1), sums.
SmallVector<Value> RingProduct::multiplyStep(KernelBuilder &build,
                                             const StagedTile &a,
                                             const StagedTile &b,
                                             Value isFirstLane,
                                             ValueRange carried) const {
  Value stage = carried[0], parity = carried[1], before = carried[2];
  SmallVector<Value> sums(carried.drop_front(3));
  build.waitBarrier(ring.full(build, stage), parity);
  Value first = a.at(build, stage), second = b.at(build, stage);
  fenceProducts(build);
  for (int64_t step = 0; step < Wgmma::steps; ++step)
    for (int64_t part = 0; part < parts; ++part) {
      int64_t offset = descriptorOffset(part * wgmmaRows * swizzleBytes);
      Value rows = offset ? build.add(first, offset) : first;
      sums[part] = wgmma.multiply(build, rows, second, sums[part], step);
    }
  commitProducts(build);
  waitForProducts(build, 1);
  Value releases = build.bitAnd(
      isFirstLane, build.compare(arith::CmpIPredicate::ne, before, -1));
  build.ifThen(releases, [&] { ring.release(build, before, cluster); });
  auto [next, nextParity] = ring.next(build, stage, parity);
  SmallVector<Value> result = {next, nextParity, stage};
  llvm::append_range(result, sums);
  return result;
}

SmallVector<Value> RingProduct::multiply(KernelBuilder &build, StagedTile a,
                                         StagedTile b, Value isFirstLane,
                                         Operand steps, Value stage,
                                         Value parity) const {
  // LLVM would unroll short loops, and put the zeros that sums start with
  // behind the fence, where ptxas has to add another one (C7519).
  Value count = build.hide(steps.value ? steps.value : build.i32(steps.number));
  SmallVector<Value> start = {stage, parity, build.i32(-1)};
  start.append(parts, wgmma.zero(build));
  SmallVector<Value> end =
      build.loop(0, count, 1, start, [&](Value, ValueRange carried) {
        return multiplyStep(build, a, b, isFirstLane, carried);
      });
  waitForProducts(build, 0);
  return end;
}
