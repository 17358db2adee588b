//===- TileLoader.cpp - Keeps a ring full, tile after tile ----------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The blocks of a cluster take tiles of different tokens and the same rows;
// each loads a part of the rows, for all of them.
//
//===----------------------------------------------------------------------===//

#include "TileLoader.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace slin::slingpu;

/// Tiles of tokens that are taken before the next tile of rows, so that
/// neighbours in time share weights and inputs in L2.
static constexpr int64_t tokenTilesInTurn = 8;

TileSizes::TileSizes(BlockGemmOp op) {
  ScheduleAttr schedule = *op.getSchedule();
  tokens = schedule.getTileTokens();
  rows = schedule.getTileRows();
  stages = schedule.getStages();
  cluster = schedule.getCluster();
  steps = llvm::divideCeil(op.getColumns(), getSwizzledColumns(op));
  tilesOfRows = llvm::divideCeil(op.getRows(), rows);
  inputBytes = tokens * swizzleBytes;
  weightBytes = rows * swizzleBytes;
  weights = stages * inputBytes;
  stagesEnd = weights + stages * weightBytes;
}

void TileLoader::prepare() {
  Value block = NVVM::BlockIdXOp::create(build, build.getI32Type());
  Value blocks = NVVM::GridDimXOp::create(build, build.getI32Type());
  firstTile = sizes.cluster > 1 ? build.div(block, sizes.cluster) : block;
  tileStep = sizes.cluster > 1 ? build.div(blocks, sizes.cluster) : blocks;
  int64_t height = sizes.tokens * sizes.cluster;
  tilesOfTokens =
      build.div(build.add(kernel.arguments.tokens, height - 1), height);
  tiles = build.mul(tilesOfTokens, sizes.tilesOfRows * op.getBlocks());
}

void TileLoader::prefetchMaps() {
  for (Value map : {kernel.input, kernel.weight, kernel.output})
    if (map)
      prefetchMap(build, map);
}

TilePlace TileLoader::getTile(Value index) {
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

SmallVector<Value> TileLoader::overTiles(
    ValueRange carried,
    function_ref<SmallVector<Value>(const TilePlace &, ValueRange)> body) {
  return build.loop(firstTile, tiles, tileStep, carried,
                    [&](Value index, ValueRange carried) {
                      return body(getTile(index), carried);
                    });
}

SmallVector<Value> TileLoader::coordinates(Operand step, Value row,
                                           Value block) {
  int64_t columns = getSwizzledColumns(op);
  SmallVector<Value> list = {step.value ? build.mul(step.value, columns)
                                        : build.i32(step.number * columns),
                             row};
  if (op.getBlocks() > 1)
    list.push_back(block);
  return list;
}

void TileLoader::loadInput(const TilePlace &tile, Operand step, Value stage) {
  Value target = build.at(kernel.shared, build.mul(stage, sizes.inputBytes));
  loadTile(build, target, kernel.input,
           coordinates(step, tile.token, tile.block), ring.full(build, stage));
}

void TileLoader::loadWeight(const TilePlace &tile, Operand step, Value stage) {
  Value target =
      build.at(kernel.shared,
               build.add(build.mul(stage, sizes.weightBytes), sizes.weights));
  Value full = ring.full(build, stage);
  if (sizes.cluster == 1)
    return loadTile(build, target, kernel.weight,
                    coordinates(step, tile.row, tile.block), full);
  int64_t part = sizes.rows / sizes.cluster;
  target = build.at(target, build.mul(kernel.rank, part * swizzleBytes));
  Value row = build.add(tile.row, build.mul(kernel.rank, part));
  multicastTile(build, target, kernel.weight,
                coordinates(step, row, tile.block), full, sizes.cluster);
}

SmallVector<Value> TileLoader::load() {
  int64_t bytes = sizes.inputBytes + sizes.weightBytes;
  int64_t early = std::min(sizes.steps, sizes.stages);
  TilePlace first = getTile(firstTile);
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
  auto loadStep = [&](const TilePlace &tile, Value step,
                      ValueRange state) -> SmallVector<Value> {
    Value stage = state[0], parity = state[1];
    build.waitBarrier(ring.empty(build, stage), build.bitXor(parity, 1));
    expectBytes(build, ring.full(build, stage), bytes);
    loadInput(tile, step, stage);
    loadWeight(tile, step, stage);
    auto [next, nextParity] = ring.next(build, stage, parity);
    return {next, nextParity};
  };
  // Of the first tile, only what is behind the early steps.
  SmallVector<Value> end = overTiles(
      {build.i32(early), stage, parity},
      [&](const TilePlace &tile, ValueRange carried) -> SmallVector<Value> {
        SmallVector<Value> state =
            build.loop(carried[0], sizes.steps, 1, carried.drop_front(),
                       [&](Value step, ValueRange state) {
                         return loadStep(tile, step, state);
                       });
        return {build.i32(0), state[0], state[1]};
      });
  return {end[1], end[2]};
}

LaunchShape slin::slingpu::launchTiles(BlockGemmOp op, const TileSizes &sizes,
                                       int64_t blocksPerSM,
                                       TensorMapKernel &kernel) {
  LaunchShape launch;
  launch.gridX =
      NumberAttr::ofTokens(op.getContext(), sizes.tokens * sizes.cluster,
                           sizes.tilesOfRows * op.getBlocks() * sizes.cluster);
  launch.gridY = NumberAttr::get(op.getContext(), 1);
  if (op.getSchedule()->getPersistent())
    launch.blocksPerSM = blocksPerSM;
  launch.programmatic = true;
  launch.parameters = std::move(kernel.parameters);
  return launch;
}
