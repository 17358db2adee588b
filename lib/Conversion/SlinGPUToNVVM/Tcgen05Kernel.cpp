//===- Tcgen05Kernel.cpp - Warp-specialised products on sm_100a -----------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Three roles, which wait for each other at mbarriers only: one thread keeps a
// ring of stages full, one multiplies what is there, and warps finish what is
// in tensor memory, each its own 32 tokens. The instructions that multiply say
// by themselves when a stage is free and when sums are there.
//
//===----------------------------------------------------------------------===//

#include "Tcgen05Kernel.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace slin::slingpu;

/// What tensor memory can be allocated in.
static constexpr int64_t leastColumns = 32;

Tcgen05Sizes::Tcgen05Sizes(BlockGemmOp op) : TileSizes(op) {
  ScheduleAttr schedule = *op.getSchedule();
  finishers = schedule.getWarps()[0];
  parts = tokens / tcgen05Rows;
  buffers = schedule.getPersistent() ? 2 : 1;
  sumColumns = parts * rows;
  allocatedColumns =
      std::max<int64_t>(leastColumns, llvm::PowerOf2Ceil(buffers * sumColumns));
  storesTiles = canStoreRuns(op) && rows % getSwizzledColumns(op) == 0;
  staging = stagesEnd;
  ring = staging + (storesTiles ? 2 * finishers * pieceBytes : 0);
  sums = ring + Ring::getBarrierBytes(stages);
  address = sums + Ring::getBarrierBytes(buffers);
  sharedBytes = address + 8;
  bool isHalf =
      2 * allocatedColumns <= tensorColumns && sharedBytes <= halfSharedBytes;
  blocksPerSM = isHalf ? 2 : 1;
}

namespace {

class Body {
public:
  Body(BlockGemmOp op, const Tcgen05Sizes &sizes, TensorMapKernel &kernel)
      : op(op), sizes(sizes), kernel(kernel), build(kernel.build),
        stages(kernel.shared, sizes.ring, sizes.stages),
        sums(kernel.shared, sizes.sums, sizes.buffers),
        loader(op, sizes, kernel, stages),
        product(op.getElementType(), sizes.rows),
        epilogue(op, kernel.arguments) {}

  void write();

private:
  void prepare();
  void load();

  void multiply();
  void multiplyStep(Value step, Value stage, Value parity, Value target);

  void finish();
  Value storeTile(const TilePlace &place, Value source, Value turn);
  void stagePiece(const TilePlace &place, Value source, Value buffer);
  Value finishPair(const TilePlace &place, Value first, Value second,
                   int64_t row);
  void storePairs(const TilePlace &place, Value source);

  /// Where the sums of a tile are in tensor memory.
  Value getSums(Value buffer) {
    return build.add(allocated, build.mul(buffer, sizes.sumColumns));
  }
  void synchroniseWarp() { NVVM::SyncWarpOp::create(build, build.i32(-1)); }

  mutable BlockGemmOp op;
  const Tcgen05Sizes &sizes;
  TensorMapKernel &kernel;
  KernelBuilder &build;
  /// Between who loads and who multiplies, and between that one and who
  /// finishes.
  Ring stages, sums;
  TileLoader loader;
  Tcgen05 product;
  Epilogue epilogue;

  Value allocated; ///< The address of the tensor memory.
  StagedTile input, weight;
  Value isFirstLane;
};

} // namespace

void Body::prepare() {
  build.ifThen(build.equal(kernel.thread, 0), [&] {
    stages.initialise(build, /*arrivals=*/sizes.cluster);
    sums.initialise(build, /*arrivals=*/sizes.finishers);
    loader.prefetchMaps();
  });
  Value place = build.at(kernel.shared, sizes.address);
  build.ifThen(build.equal(kernel.warp, sizes.finishers + 1),
               [&] { allocateColumns(build, place, sizes.allocatedColumns); });
  fenceBeforeArrival(build);
  synchroniseCluster(build, sizes.cluster);
  fenceAfterWait(build);
  allocated = LLVM::LoadOp::create(build, build.getI32Type(), place,
                                   /*alignment=*/4);
  loader.prepare();
}

/// A block ends only when all has arrived at its barriers that will, from the
/// others of its cluster too.
void Body::load() {
  SmallVector<Value> state = loader.load();
  build.loop(0, sizes.stages, 1, state,
             [&](Value, ValueRange state) -> SmallVector<Value> {
               build.waitBarrier(stages.empty(build, state[0]),
                                 build.bitXor(state[1], 1));
               auto [next, parity] = stages.next(build, state[0], state[1]);
               return {next, parity};
             });
}

/// One swizzled row of columns.
void Body::multiplyStep(Value step, Value stage, Value parity, Value target) {
  build.waitBarrier(stages.full(build, stage), parity);
  fenceAfterWait(build);
  Value accumulates = build.compare(arith::CmpIPredicate::ne, step, 0);
  Value a = input.at(build, stage), b = weight.at(build, stage);
  for (int64_t part = 0; part < sizes.parts; ++part) {
    int64_t offset = descriptorOffset(part * tcgen05Rows * swizzleBytes);
    product.multiply(build, part ? build.add(a, offset) : a, b,
                     part ? build.add(target, part * sizes.rows) : target,
                     accumulates);
  }
  commitProducts(build, stages.empty(build, stage), sizes.cluster);
}

void Body::multiply() {
  Value address =
      LLVM::PtrToIntOp::create(build, build.getI32Type(), kernel.shared);
  input = {describeTensorTile(build, address), sizes.inputBytes};
  weight = {describeTensorTile(build, build.add(address, sizes.weights)),
            sizes.weightBytes};
  Value zero = build.i32(0);
  loader.overTiles(
      {zero, zero, zero, zero},
      [&](const TilePlace &, ValueRange carried) -> SmallVector<Value> {
        Value buffer = carried[2], parity = carried[3];
        build.waitBarrier(sums.empty(build, buffer), build.bitXor(parity, 1));
        fenceAfterWait(build);
        Value target = getSums(buffer);
        SmallVector<Value> state =
            build.loop(0, sizes.steps, 1, carried.take_front(2),
                       [&](Value step, ValueRange state) -> SmallVector<Value> {
                         multiplyStep(step, state[0], state[1], target);
                         auto [next, parity] =
                             stages.next(build, state[0], state[1]);
                         return {next, parity};
                       });
        commitProducts(build, sums.full(build, buffer), /*cluster=*/1);
        auto [next, nextParity] = sums.next(build, buffer, parity);
        return {state[0], state[1], next, nextParity};
      });
}

void Body::finish() {
  isFirstLane = build.equal(kernel.lane, 0);
  // A warp of the second warpgroup has the tokens, and the columns, of the
  // second instruction.
  Value part = build.shr(kernel.warp, 2);
  Value lanes = build.mul(build.bitAnd(kernel.warp, 3), warpTokens);
  Value offset = build.add(build.mul(part, sizes.rows), build.shl(lanes, 16));
  Value ownTokens = build.mul(kernel.warp, warpTokens);

  waitForDependencies(build); // Before gates and residuals are read.
  Value zero = build.i32(0);
  loader.overTiles(
      {zero, zero, zero},
      [&](const TilePlace &tile, ValueRange carried) -> SmallVector<Value> {
        Value buffer = carried[0], parity = carried[1], turn = carried[2];
        build.waitBarrier(sums.full(build, buffer), parity);
        fenceAfterWait(build);
        TilePlace place = {build.add(tile.token, ownTokens), tile.block,
                           tile.row};
        Value source = build.add(getSums(buffer), offset);
        if (sizes.storesTiles)
          turn = storeTile(place, source, turn);
        else
          storePairs(place, source);
        fenceBeforeArrival(build);
        synchroniseWarp();
        build.ifThen(isFirstLane,
                     [&] { sums.release(build, buffer, /*cluster=*/1); });
        auto [next, nextParity] = sums.next(build, buffer, parity);
        return {next, nextParity, turn};
      });
  if (sizes.storesTiles)
    build.ifThen(isFirstLane,
                 [&] { waitForStores(build, 0, /*written=*/true); });
}

/// The pieces of a warp go through two buffers in shared memory, which take
/// turns. Gives the next turn.
Value Body::storeTile(const TilePlace &place, Value source, Value turn) {
  int64_t rows = getSwizzledColumns(op);
  Value buffers =
      build.at(kernel.shared, build.add(build.mul(kernel.warp, 2 * pieceBytes),
                                        sizes.staging));
  // LLVM would unroll what is large already.
  Value pieces = build.hide(build.i32(sizes.rows / rows));
  return build.loop(
      0, pieces, 1, turn,
      [&](Value piece, ValueRange carried) -> SmallVector<Value> {
        Value turn = carried[0], first = build.mul(piece, rows);
        Value buffer = build.at(buffers, build.mul(turn, pieceBytes));
        build.ifThen(isFirstLane, [&] { waitForStores(build, 1); });
        synchroniseWarp();
        TilePlace start = {place.token, place.block,
                           build.add(place.row, first)};
        stagePiece(start, build.add(source, first), buffer);
        NVVM::FenceProxyOp::create(
            build, NVVM::ProxyKind::async_shared,
            NVVM::SharedSpaceAttr::get(build.getContext(),
                                       NVVM::SharedSpace::shared_cta));
        synchroniseWarp();
        build.ifThen(isFirstLane, [&] {
          storeRuns(build, op, kernel.output, buffer, start, rows);
          commitStores(build);
        });
        return {build.bitXor(turn, 1)};
      })[0];
}

/// A thread has one token, and writes its swizzled row: 16 bytes are at their
/// number xor the row modulo 8.
void Body::stagePiece(const TilePlace &place, Value source, Value buffer) {
  int64_t bytes = getElementBytes(op), unit = 16 / bytes;
  Value row = build.at(buffer, build.mul(kernel.lane, swizzleBytes));
  Value within = build.bitAnd(kernel.lane, 7);
  auto word = build.getIntegerType(2 * 8 * bytes);
  auto vector = VectorType::get(unit / 2, word);
  SmallVector<Value> sums;
  for (int64_t first = 0; first < getSwizzledColumns(op); first += unit) {
    if (first % 32 == 0)
      sums = loadSums(build, first ? build.add(source, first) : source, 32);
    Value packed = LLVM::PoisonOp::create(build, vector);
    for (int64_t i = 0; i < unit; i += 2) {
      Value pair = finishPair(place, sums[first % 32 + i],
                              sums[first % 32 + i + 1], first + i);
      packed = LLVM::InsertElementOp::create(
          build, packed, LLVM::BitcastOp::create(build, word, pair),
          build.i32(i / 2));
    }
    Value number = build.bitXor(within, first / unit);
    LLVM::StoreOp::create(build, packed, build.at(row, build.shl(number, 4)),
                          /*alignment=*/16);
  }
}

/// Two sums of this thread, finished. Where there is no such token or row, some
/// other's gate and residual are read.
Value Body::finishPair(const TilePlace &place, Value first, Value second,
                       int64_t number) {
  Value row = number ? build.add(place.row, number) : place.row;
  if (op.getRows() % sizes.rows != 0)
    row = build.min(row, op.getRows() - 2);
  Value token = build.min(build.add(place.token, kernel.lane),
                          build.sub(kernel.arguments.tokens, 1));
  return epilogue.finishPair(build, first, second, token, place.block, row);
}

/// From registers to where the features are.
void Body::storePairs(const TilePlace &place, Value source) {
  int64_t count = sizes.rows % 32 == 0 ? 32 : 16;
  Value token = build.add(place.token, kernel.lane);
  Value pieces = build.hide(build.i32(sizes.rows / count));
  build.loop(0, pieces, 1, {}, [&](Value piece, ValueRange) {
    Value first = build.mul(piece, count);
    SmallVector<Value> sums = loadSums(build, build.add(source, first), count);
    Value row = build.add(place.row, first);
    for (int64_t i = 0; i < count; i += 2)
      epilogue.storePair(build, sums[i], sums[i + 1], token, place.block,
                         i ? build.add(row, i) : row);
    return SmallVector<Value>();
  });
}

void Body::write() {
  prepare();
  auto byOneThread = [&](function_ref<void()> body) {
    Value elected = NVVM::ElectSyncOp::create(build, build.getI1Type(),
                                              /*membermask=*/Value());
    build.ifThen(elected, body);
  };
  build.ifThen(
      build.less(kernel.warp, sizes.finishers), [&] { finish(); },
      [&] {
        build.ifThen(
            build.equal(kernel.warp, sizes.finishers),
            [&] { byOneThread([&] { load(); }); },
            [&] { byOneThread([&] { multiply(); }); });
      });
  fenceBeforeArrival(build);
  synchroniseCluster(build, sizes.cluster);
  fenceAfterWait(build);
  build.ifThen(build.equal(kernel.warp, sizes.finishers + 1),
               [&] { freeColumns(build, allocated, sizes.allocatedColumns); });
}

void slin::slingpu::writeTcgen05Kernel(BlockGemmOp op,
                                       const Tcgen05Sizes &sizes,
                                       TensorMapKernel &kernel) {
  Body(op, sizes, kernel).write();
}
