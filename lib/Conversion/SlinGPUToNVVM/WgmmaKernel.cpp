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
  Body(BlockGemmOp op, const WgmmaSizes &sizes, TensorMapKernel &kernel)
      : op(op), sizes(sizes), kernel(kernel), build(kernel.build),
        ring(kernel.shared, sizes.barriers, sizes.stages),
        loader(op, sizes, kernel, ring), wgmma(op.getElementType(), sizes.rows),
        epilogue(op, kernel.arguments) {}

  void write();

private:
  void prepare();
  void consume();
  void store(TilePlace tile, ValueRange sums);
  void storePart(const TilePlace &tile, Value token, Value sums);
  void stagePart(const TilePlace &tile, Value token, Value sums, int64_t part);
  void stageChunk(const TilePlace &tile, Value token, Value sums, int64_t chunk,
                  int64_t buffer);
  Value finishPair(const TilePlace &tile, Value token, Value sums,
                   int64_t index);

  mutable BlockGemmOp op;
  const WgmmaSizes &sizes;
  TensorMapKernel &kernel;
  KernelBuilder &build;
  Ring ring;
  TileLoader loader;
  Wgmma wgmma;
  Epilogue epilogue;

  // Of a consumer.
  Value consumer, warpInGroup, isIssuer;
};

} // namespace

void Body::prepare() {
  build.ifThen(build.equal(kernel.thread, 0), [&] {
    ring.initialise(build, 4 * sizes.consumers * sizes.cluster);
    loader.prefetchMaps();
  });
  synchroniseCluster(build, sizes.cluster);
  loader.prepare();
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
  loader.overTiles(
      {build.i32(0), build.i32(0)},
      [&](const TilePlace &tile, ValueRange carried) -> SmallVector<Value> {
        SmallVector<Value> done =
            product.multiply(build, input, weight, isFirstLane, sizes.steps,
                             carried[0], carried[1]);
        build.ifThen(isFirstLane,
                     [&] { ring.release(build, done[2], sizes.cluster); });
        store(tile, ValueRange(done).drop_front(3));
        return {done[0], done[1]};
      });
  if (sizes.storesTiles)
    build.ifThen(isIssuer, [&] { waitForStores(build, 0, /*written=*/true); });
}

/// Each part loads its biases anew: kept from part to part, they and the sums
/// are more than the registers hold.
void Body::store(TilePlace tile, ValueRange sums) {
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
void Body::storePart(const TilePlace &tile, Value token, Value sums) {
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
Value Body::finishPair(const TilePlace &tile, Value token, Value sums,
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
void Body::stagePart(const TilePlace &tile, Value token, Value sums,
                     int64_t part) {
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
      TilePlace place = {token, tile.block,
                         build.add(tile.row, chunk * stagedRows)};
      storeRuns(build, op, kernel.output,
                build.at(buffers, buffer * stagedBytes), place, stagedRows);
      commitStores(build);
    });
  }
}

/// The swizzle places 16 bytes at their number xor the row modulo 8.
void Body::stageChunk(const TilePlace &tile, Value token, Value sums,
                      int64_t chunk, int64_t buffer) {
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
          build.ifThen(elected, [&] { loader.load(); });
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
                                     TensorMapKernel &kernel) {
  Body(op, sizes, kernel).write();
}
