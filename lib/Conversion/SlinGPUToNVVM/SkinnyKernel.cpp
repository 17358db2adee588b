//===- SkinnyKernel.cpp - Products with few tokens on sm_90a --------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Sums go through shared memory, also where there is one block: there a lane
// has rows of one token, which are stored side by side. Each block of a cluster
// adds and finishes the sums of some tokens, in the order of the blocks, so
// that results are the same in every run.
//
//===----------------------------------------------------------------------===//

#include "RingProduct.h"
#include "SkinnyKernel.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace slin::slingpu;

/// f32 from token to token of the sums: 4 mod 16, so that the lanes of a warp,
/// which have 8 rows of 4 even tokens, meet in no bank.
static constexpr int64_t sumPitch = wgmmaRows + 4;

SkinnySizes::SkinnySizes(BlockGemmOp op) {
  ScheduleAttr schedule = *op.getSchedule();
  tokens = schedule.getTileTokens();
  stages = schedule.getStages();
  split = schedule.getSplit();
  steps = llvm::divideCeil(op.getColumns(), getSwizzledColumns(op));
  tilesOfRows = llvm::divideCeil(op.getRows(), wgmmaRows);
  weightBytes = wgmmaRows * swizzleBytes;
  inputBytes = tokens * swizzleBytes;
  inputs = stages * weightBytes;
  sums = inputs + stages * inputBytes;
  barriers = sums + tokens * sumPitch * 4;
  sharedBytes = barriers + Ring::getBarrierBytes(stages);
}

namespace {

class Body {
public:
  Body(BlockGemmOp op, const SkinnySizes &sizes, TensorMapKernel &kernel)
      : op(op), sizes(sizes), kernel(kernel), build(kernel.build),
        ring(kernel.shared, sizes.barriers, sizes.stages),
        wgmma(op.getElementType(), sizes.tokens),
        epilogue(op, kernel.arguments) {}

  void write();

private:
  void prepare();
  void findTile();
  SmallVector<Value> coordinates(Value step, Value row);
  void loadWeight(Value step, Value stage);
  void loadInput(Value step, Value stage);
  void produce();
  void consume();
  void keepSums(Value sums);
  void finish();
  Value loadSums(ArrayRef<Value> places, Value offset);

  mutable BlockGemmOp op;
  const SkinnySizes &sizes;
  TensorMapKernel &kernel;
  KernelBuilder &build;
  Ring ring;
  Wgmma wgmma;
  Epilogue epilogue;

  /// Where the tile starts.
  Value token, block, row;
  /// The steps of this block of the cluster.
  Value firstStep, steps;
};

} // namespace

void Body::prepare() {
  build.ifThen(build.equal(kernel.thread, 0), [&] {
    ring.initialise(build, /*arrivals=*/4);
    prefetchMap(build, kernel.input);
    prefetchMap(build, kernel.weight);
  });
  synchroniseCluster(build, 1);
}

void Body::findTile() {
  Value index = NVVM::BlockIdXOp::create(build, build.getI32Type());
  if (sizes.split > 1)
    index = build.div(index, sizes.split);
  int64_t tiles = sizes.tilesOfRows * op.getBlocks();
  token = build.mul(build.div(index, tiles), sizes.tokens);
  index = build.rem(index, tiles);
  block = build.div(index, sizes.tilesOfRows);
  row = build.mul(build.rem(index, sizes.tilesOfRows), wgmmaRows);

  auto start = [&](Value rank) {
    return build.div(build.mul(rank, sizes.steps), sizes.split);
  };
  firstStep = start(kernel.rank);
  steps = build.sub(start(build.add(kernel.rank, 1)), firstStep);
}

SmallVector<Value> Body::coordinates(Value step, Value row) {
  Value column = build.mul(build.add(firstStep, step), getSwizzledColumns(op));
  SmallVector<Value> list = {column, row};
  if (op.getBlocks() > 1)
    list.push_back(block);
  return list;
}

/// Announces the input too.
void Body::loadWeight(Value step, Value stage) {
  Value full = ring.full(build, stage);
  expectBytes(build, full, sizes.weightBytes + sizes.inputBytes);
  loadTile(build, build.at(kernel.shared, build.mul(stage, sizes.weightBytes)),
           kernel.weight, coordinates(step, row), full);
}

void Body::loadInput(Value step, Value stage) {
  Value place = build.add(build.mul(stage, sizes.inputBytes), sizes.inputs);
  loadTile(build, build.at(kernel.shared, place), kernel.input,
           coordinates(step, token), ring.full(build, stage));
}

/// The launch behind this one may start when all blocks of this one have: it
/// finds room beside them, and reads its weights while this one waits.
void Body::produce() {
  Value early = build.min(steps, sizes.stages);
  build.loop(0, early, 1, {}, [&](Value step, ValueRange) {
    loadWeight(step, step);
    return SmallVector<Value>();
  });
  launchDependents(build);
  waitForDependencies(build);
  build.loop(0, early, 1, {}, [&](Value step, ValueRange) {
    loadInput(step, step);
    return SmallVector<Value>();
  });
  build.loop(sizes.stages, steps, 1, {build.i32(0), build.i32(0)},
             [&](Value step, ValueRange carried) -> SmallVector<Value> {
               build.waitBarrier(ring.empty(build, carried[0]), carried[1]);
               loadWeight(step, carried[0]);
               loadInput(step, carried[0]);
               auto [next, parity] = ring.next(build, carried[0], carried[1]);
               return {next, parity};
             });
}

void Body::consume() {
  Value address =
      LLVM::PtrToIntOp::create(build, build.getI32Type(), kernel.shared);
  StagedTile weight = {describeTile(build, address), sizes.weightBytes};
  StagedTile input = {describeTile(build, build.add(address, sizes.inputs)),
                      sizes.inputBytes};
  RingProduct product(ring, wgmma, /*parts=*/1, /*cluster=*/1);
  keepSums(product.multiply(build, weight, input, build.equal(kernel.lane, 0),
                            steps, build.i32(0), build.i32(0))[3]);
}

/// To [token, row] in shared memory.
void Body::keepSums(Value values) {
  Value ownRow =
      build.add(build.shl(kernel.warp, 4), build.shr(kernel.lane, 2));
  Value ownToken = build.shl(build.bitAnd(kernel.lane, 3), 1);
  Value place =
      build.add(build.shl(ownRow, 2), build.mul(ownToken, sumPitch * 4));
  Value start = build.at(build.at(kernel.shared, sizes.sums), place);
  for (int64_t index = 0; index < wgmma.getSums(); ++index) {
    int64_t further = index / 2 % 2 * 8; // Rows.
    int64_t tokens = index / 4 * 8 + index % 2;
    LLVM::StoreOp::create(build, wgmma.sum(build, values, index),
                          build.at(start, 4 * (tokens * sumPitch + further)),
                          /*alignment=*/4);
  }
}

/// The sums of two rows over all blocks.
Value Body::loadSums(ArrayRef<Value> places, Value offset) {
  Type pair = VectorType::get(2, build.getF32Type());
  Value total;
  for (Value place : places) {
    Value part = LLVM::LoadOp::create(build, pair, build.at(place, offset),
                                      /*alignment=*/8);
    total =
        total ? arith::AddFOp::create(build, total, part).getResult() : part;
  }
  return total;
}

/// A warp has the rows of one token at a time.
void Body::finish() {
  Value own = build.at(kernel.shared, sizes.sums);
  SmallVector<Value> places;
  for (int64_t rank = 0; rank < sizes.split; ++rank)
    places.push_back(sizes.split == 1 ? own
                                      : mapToRank(build, own, build.i32(rank)));
  Value first = build.add(build.mul(kernel.rank, 4), kernel.warp);
  Value pair = build.shl(kernel.lane, 1);
  // Not those that do not exist.
  Value end =
      build.min(build.sub(kernel.arguments.tokens, token), sizes.tokens);
  build.loop(first, end, 4 * sizes.split, {}, [&](Value number, ValueRange) {
    Value offset =
        build.add(build.mul(number, sumPitch * 4), build.shl(pair, 2));
    Value sums = loadSums(places, offset);
    auto sum = [&](int64_t index) -> Value {
      return LLVM::ExtractElementOp::create(build, sums, build.i32(index));
    };
    epilogue.storePair(build, sum(0), sum(1), build.add(token, number), block,
                       build.add(row, pair));
    return SmallVector<Value>();
  });
}

void Body::write() {
  prepare();
  findTile();
  build.ifThen(
      build.less(kernel.warp, 4), [&] { consume(); },
      [&] {
        Value elected = NVVM::ElectSyncOp::create(build, build.getI1Type(),
                                                  /*membermask=*/Value());
        build.ifThen(elected, [&] { produce(); });
      });
  synchroniseCluster(build, sizes.split);
  // By now the thread that loads has waited for the launch before, whose
  // outputs gates and residuals may be.
  build.ifThen(build.less(kernel.warp, 4), [&] { finish(); });
  // Others may still read this block's sums.
  if (sizes.split > 1)
    synchroniseCluster(build, sizes.split);
}

void slin::slingpu::writeSkinnyKernel(BlockGemmOp op, const SkinnySizes &sizes,
                                      TensorMapKernel &kernel) {
  Body(op, sizes, kernel).write();
}
