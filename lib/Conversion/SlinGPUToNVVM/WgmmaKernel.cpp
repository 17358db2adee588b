//===- WgmmaKernel.cpp - Warp-specialised products on sm_90a --------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One thread of the first warpgroup keeps a ring of stages full, across tiles;
// the others multiply what is there while it loads. Weights do not depend on
// the kernel before, so the first ones are loaded before it has ended.
//
//===----------------------------------------------------------------------===//

#include "RingProduct.h"
#include "WgmmaKernel.h"

using namespace mlir;
using namespace slin::slingpu;

/// Tiles of tokens that are taken before the next tile of rows, so that
/// neighbours in time share weights and inputs in L2.
static constexpr int64_t tokenTilesInTurn = 8;

/// Registers of a thread that multiplies, and of one that loads, out of what
/// the threads of an SM get: 168 of 384 threads, 128 of two times 256. With
/// more, ptxas spills where an epilogue has gate and residual.
static constexpr int64_t consumerRegisters = 224;
static int64_t getProducerRegisters(const WgmmaSizes &sizes) {
  return sizes.consumers == 2 ? 40 : 32;
}

namespace {

class Body {
public:
  Body(BlockGemmOp op, const WgmmaSizes &sizes, HopperKernel &kernel)
      : op(op), sizes(sizes), kernel(kernel), build(kernel.build),
        ring(kernel.shared, sizes.barriers, sizes.stages),
        wgmma(op.getElementType(), sizes.rows), epilogue(op, kernel.arguments) {
  }

  void write();

private:
  /// Where a tile starts.
  struct Tile {
    Value token, block, row;
  };
  Tile getTile(Value index);
  SmallVector<Value> coordinates(Operand column, Value row, Value block);

  void prepare();
  void produce();
  void loadInput(const Tile &tile, Operand step, Value stage);
  void loadWeight(const Tile &tile, Operand step, Value stage);

  void consume();
  void store(Tile tile, ValueRange sums);
  void storePart(const Tile &tile, Value token, Value sums);
  void stagePart(const Tile &tile, Value token, Value sums, int64_t part);
  void stageChunk(const Tile &tile, Value token, Value sums, int64_t chunk,
                  int64_t buffer);
  void storeChunk(const Tile &tile, Value token, Value row, Value source);
  Value finishPair(const Tile &tile, Value token, Value sums, int64_t index);

  mutable BlockGemmOp op;
  const WgmmaSizes &sizes;
  HopperKernel &kernel;
  KernelBuilder &build;
  Ring ring;
  Wgmma wgmma;
  Epilogue epilogue;

  Value firstTile, tileStep, tilesOfTokens, tiles;
  // Of a consumer.
  Value consumer, warpInGroup, isIssuer;
};

} // namespace

Body::Tile Body::getTile(Value index) {
  Value block = build.i32(0);
  if (op.getBlocks() > 1) {
    Value perBlock = build.mul(tilesOfTokens, sizes.tilesOfRows);
    block = build.div(index, perBlock);
    index = build.rem(index, perBlock);
  }
  int64_t inTurn = sizes.tilesOfRows * tokenTilesInTurn;
  Value first = build.mul(build.div(index, inTurn), tokenTilesInTurn);
  Value height = build.min(build.sub(tilesOfTokens, first), tokenTilesInTurn);
  Value rest = build.rem(index, inTurn);
  Value tokenTile = build.add(first, build.rem(rest, height));
  if (sizes.cluster > 1)
    tokenTile = build.add(build.mul(tokenTile, sizes.cluster), kernel.rank);
  return {build.mul(tokenTile, sizes.tokens), block,
          build.mul(build.div(rest, height), sizes.rows)};
}

SmallVector<Value> Body::coordinates(Operand column, Value row, Value block) {
  SmallVector<Value> list = {
      column.value ? column.value : build.i32(column.number), row};
  if (op.getBlocks() > 1)
    list.push_back(block);
  return list;
}

void Body::prepare() {
  build.ifThen(build.equal(kernel.thread, 0), [&] {
    ring.initialise(build, 4 * sizes.consumers * sizes.cluster);
    for (Value map : {kernel.input, kernel.weight, kernel.output})
      if (map)
        prefetchMap(build, map);
  });
  synchroniseCluster(build, sizes.cluster);

  Value block = NVVM::BlockIdXOp::create(build, build.getI32Type());
  Value blocks = NVVM::GridDimXOp::create(build, build.getI32Type());
  firstTile = sizes.cluster > 1 ? build.div(block, sizes.cluster) : block;
  tileStep = sizes.cluster > 1 ? build.div(blocks, sizes.cluster) : blocks;
  int64_t height = sizes.tokens * sizes.cluster;
  tilesOfTokens =
      build.div(build.add(kernel.arguments.tokens, height - 1), height);
  tiles = build.mul(tilesOfTokens, sizes.tilesOfRows * op.getBlocks());
}

void Body::loadInput(const Tile &tile, Operand step, Value stage) {
  Value target = build.at(kernel.shared, build.mul(stage, sizes.inputBytes));
  int64_t columns = getSwizzledColumns(op);
  Operand column = step.value ? Operand(build.mul(step.value, columns))
                              : Operand(step.number * columns);
  loadTile(build, target, kernel.input,
           coordinates(column, tile.token, tile.block),
           ring.full(build, stage));
}

/// In a cluster each block loads a part of the rows, for all blocks.
void Body::loadWeight(const Tile &tile, Operand step, Value stage) {
  Value target =
      build.at(kernel.shared,
               build.add(build.mul(stage, sizes.weightBytes), sizes.weights));
  int64_t columns = getSwizzledColumns(op);
  Operand column = step.value ? Operand(build.mul(step.value, columns))
                              : Operand(step.number * columns);
  Value full = ring.full(build, stage);
  if (sizes.cluster == 1)
    return loadTile(build, target, kernel.weight,
                    coordinates(column, tile.row, tile.block), full);
  int64_t part = sizes.rows / sizes.cluster;
  target = build.at(target, build.mul(kernel.rank, part * swizzleBytes));
  Value row = build.add(tile.row, build.mul(kernel.rank, part));
  multicastTile(build, target, kernel.weight,
                coordinates(column, row, tile.block), full, sizes.cluster);
}

void Body::produce() {
  int64_t bytes = sizes.inputBytes + sizes.weightBytes;
  int64_t early = std::min(sizes.steps, sizes.stages);
  Tile first = getTile(firstTile);
  for (int64_t step = 0; step < early; ++step) {
    Value stage = build.i32(step);
    expectBytes(build, ring.full(build, stage), bytes);
    loadWeight(first, step, stage);
  }
  waitForDependencies(build);
  launchDependents(build);
  for (int64_t step = 0; step < early; ++step)
    loadInput(first, step, build.i32(step));

  Value stage = build.i32(early % sizes.stages);
  Value parity = build.i32(early / sizes.stages);
  build.loop(firstTile, tiles, tileStep, {build.i32(early), stage, parity},
             [&](Value index, ValueRange carried) -> SmallVector<Value> {
               Tile tile = getTile(index);
               SmallVector<Value> state = build.loop(
                   carried[0], sizes.steps, 1, carried.drop_front(),
                   [&](Value step, ValueRange ringState) -> SmallVector<Value> {
                     Value stage = ringState[0], parity = ringState[1];
                     build.waitBarrier(ring.empty(build, stage),
                                       build.bitXor(parity, 1));
                     expectBytes(build, ring.full(build, stage), bytes);
                     loadInput(tile, step, stage);
                     loadWeight(tile, step, stage);
                     auto [next, nextParity] = ring.next(build, stage, parity);
                     return {next, nextParity};
                   });
               return {build.i32(0), state[0], state[1]};
             });
}

void Body::consume() {
  consumer = build.sub(build.shr(kernel.warp, 2), 1);
  warpInGroup = build.bitAnd(kernel.warp, 3);
  Value isFirstLane = build.equal(kernel.lane, 0);
  isIssuer = build.bitAnd(build.equal(warpInGroup, 0), isFirstLane);
  Value address =
      LLVM::PtrToIntOp::create(build, build.getI32Type(), kernel.shared);
  int64_t tokenBytes = sizes.parts * wgmmaRows * swizzleBytes;
  StagedTile input = {
      describeTile(build, build.add(address, build.mul(consumer, tokenBytes))),
      sizes.inputBytes};
  StagedTile weight = {describeTile(build, build.add(address, sizes.weights)),
                       sizes.weightBytes};
  RingProduct product(ring, wgmma, sizes.parts, sizes.cluster);

  waitForDependencies(build); // Before gates and residuals are read.
  build.loop(firstTile, tiles, tileStep, {build.i32(0), build.i32(0)},
             [&](Value index, ValueRange carried) -> SmallVector<Value> {
               Tile tile = getTile(index);
               SmallVector<Value> done =
                   product.multiply(build, input, weight, isFirstLane,
                                    sizes.steps, carried[0], carried[1]);
               build.ifThen(isFirstLane, [&] {
                 ring.release(build, done[2], sizes.cluster);
               });
               store(tile, ValueRange(done).drop_front(3));
               return {done[0], done[1]};
             });
  if (sizes.storesTiles)
    build.ifThen(isIssuer, [&] { waitForStores(build, 0, /*written=*/true); });
}

/// Each part loads its biases anew: kept from part to part, they and the sums
/// are more than the registers hold.
void Body::store(Tile tile, ValueRange sums) {
  Value first =
      build.add(tile.token, build.mul(consumer, sizes.parts * wgmmaRows));
  for (int64_t part = 0; part < sizes.parts; ++part) {
    Value token = part ? build.add(first, part * wgmmaRows) : first;
    if (part)
      tile.row = build.hide(tile.row);
    if (sizes.storesTiles)
      stagePart(tile, token, sums[part], part);
    else
      storePart(tile, token, sums[part]);
  }
}

/// From registers to where the features are.
void Body::storePart(const Tile &tile, Value token, Value sums) {
  token = build.add(
      token, build.add(build.mul(warpInGroup, 16), build.shr(kernel.lane, 2)));
  Value lower = build.add(token, 8);
  Value row = build.add(tile.row, build.shl(build.bitAnd(kernel.lane, 3), 1));
  for (int64_t group = 0; group < sizes.rows / 8; ++group) {
    Value place = group ? build.add(row, 8 * group) : row;
    auto sum = [&](int64_t index) {
      return wgmma.sum(build, sums, 4 * group + index);
    };
    epilogue.storePair(build, sum(0), sum(1), token, tile.block, place);
    epilogue.storePair(build, sum(2), sum(3), lower, tile.block, place);
  }
}

/// Sums `index` and the next one of this thread, finished, as 32 bits. Where
/// there is no such token or row, some other's gate and residual are read.
Value Body::finishPair(const Tile &tile, Value token, Value sums,
                       int64_t index) {
  Value row = build.add(tile.row, build.shl(build.bitAnd(kernel.lane, 3), 1));
  row = build.add(row, 8 * (index / 4));
  if (op.getRows() % sizes.rows != 0)
    row = build.min(row, op.getRows() - 2);
  token = build.add(
      token, build.add(build.mul(warpInGroup, 16), build.shr(kernel.lane, 2)));
  token = build.min(build.add(token, index % 4 * 4),
                    build.sub(kernel.arguments.tokens, 1));
  Value pair = epilogue.finishPair(build, wgmma.sum(build, sums, index),
                                   wgmma.sum(build, sums, index + 1), token,
                                   tile.block, row);
  return LLVM::BitcastOp::create(build, build.getI32Type(), pair);
}

/// 64 tokens through two buffers in shared memory, which take turns within a
/// tile.
void Body::stagePart(const Tile &tile, Value token, Value sums, int64_t part) {
  int64_t chunks = sizes.rows / stagedRows;
  Value barrier = build.add(consumer, 1);
  Value buffers =
      build.at(kernel.shared,
               build.add(build.mul(consumer, 2 * stagedBytes), sizes.staging));
  for (int64_t chunk = 0; chunk < chunks; ++chunk) {
    int64_t number = part * chunks + chunk, buffer = number % 2;
    // The tile before an odd one ended with the buffer that this one starts
    // with.
    bool isSame = number == 0 && sizes.parts * chunks % 2 != 0;
    build.ifThen(isIssuer, [&] { waitForStores(build, isSame ? 0 : 1); });
    synchronise(build, barrier, 128);
    stageChunk(tile, token, sums, chunk, buffer);
    NVVM::FenceProxyOp::create(
        build, NVVM::ProxyKind::async_shared,
        NVVM::SharedSpaceAttr::get(build.getContext(),
                                   NVVM::SharedSpace::shared_cta));
    synchronise(build, barrier, 128);
    build.ifThen(isIssuer, [&] {
      storeChunk(tile, token, build.add(tile.row, chunk * stagedRows),
                 build.at(buffers, buffer * stagedBytes));
      commitStores(build);
    });
  }
}

/// Every run that meets the chunk takes its part of it: seen from there, the
/// chunk starts before the run or ends behind it, and that is not written.
void Body::storeChunk(const Tile &tile, Value token, Value row, Value source) {
  int64_t run = getRunLength(op), runs = op.getOutputFeatures() / run;
  if (runs == 1) {
    storeTile(build, source, kernel.output, {row, token});
    return;
  }
  int64_t meeting = run == op.getRows() || run % stagedRows == 0 ? 1
                    : stagedRows % run == 0 ? stagedRows / run
                                            : (stagedRows - 2) / run + 2;
  Value first = build.div(row, run);
  for (int64_t i = 0; i < meeting; ++i) {
    Value number = build.add(first, i);
    Value place = build.add(build.mul(number, op.getBlocks()), tile.block);
    storeTile(build, source, kernel.output,
              {build.sub(row, build.mul(number, run)), token, place});
  }
}

/// The swizzle places 16 bytes at their number xor the row modulo 8.
void Body::stageChunk(const Tile &tile, Value token, Value sums, int64_t chunk,
                      int64_t buffer) {
  Value row =
      build.add(build.bitAnd(kernel.lane, 15), build.mul(warpInGroup, 16));
  Value place = build.add(build.mul(consumer, 2 * stagedBytes),
                          build.mul(row, swizzleBytes));
  Value base = build.at(build.at(kernel.shared, place),
                        sizes.staging + buffer * stagedBytes);
  Value within = build.bitAnd(kernel.lane, 7);
  for (int64_t group = 0; group < 8; group += 2) {
    SmallVector<Value> packed;
    for (int64_t i = 0; i < 8; i += 2)
      packed.push_back(
          finishPair(tile, token, sums, 32 * chunk + 4 * group + i));
    Value number =
        build.bitXor(build.add(build.shr(kernel.lane, 4), group), within);
    storeMatrices(build, build.at(base, build.shl(number, 4)), packed);
  }
}

void Body::write() {
  prepare();
  build.ifThen(
      build.less(kernel.warp, 4),
      [&] {
        if (sizes.balancesRegisters())
          setRegisters(build, getProducerRegisters(sizes), /*increase=*/false);
        build.ifThen(build.equal(kernel.warp, 0), [&] {
          Value elected = NVVM::ElectSyncOp::create(build, build.getI1Type(),
                                                    /*membermask=*/Value());
          build.ifThen(elected, [&] { produce(); });
        });
      },
      [&] {
        if (sizes.balancesRegisters())
          setRegisters(build, consumerRegisters, /*increase=*/true);
        consume();
      });
  // Others may still write to this block's shared memory and barriers.
  if (sizes.cluster > 1)
    synchroniseCluster(build, sizes.cluster);
}

void slin::slingpu::writeWgmmaKernel(BlockGemmOp op, const WgmmaSizes &sizes,
                                     HopperKernel &kernel) {
  Body(op, sizes, kernel).write();
}
