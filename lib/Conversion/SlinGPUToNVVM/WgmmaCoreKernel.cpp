//===- WgmmaCoreKernel.cpp - The core of an FFN by wgmma -----------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A stage of `down` is released one step later, when its products are known to
// have ended. Weights do not depend on the kernel before, so the first ones are
// loaded before it has ended.
//
//===----------------------------------------------------------------------===//

#include "CoreFeatures.h"
#include "KernelFunction.h"
#include "TensorMemory.h"
#include "Wgmma.h"
#include "WgmmaCoreKernel.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace slin::slingpu;

/// Registers of a thread that multiplies, and of one that loads, out of the 168
/// that each of 384 threads of an SM gets.
static constexpr int64_t consumerRegisters = 240, producerRegisters = 24;

WgmmaCoreSizes::WgmmaCoreSizes(FFNCoreOp op) {
  ScheduleAttr schedule = *op.getSchedule();
  consumers = schedule.getWarps()[0] / 4;
  tokens = wgmmaRows * consumers;
  stages = schedule.getStages();
  steps = llvm::divideCeil(op.getHiddenFeatures(), step);
  inputRows = llvm::divideCeil(op.getInputFeatures(), step);
  depths = llvm::divideCeil(op.getInputFeatures(), 16);
  outputs = llvm::alignTo(op.getOutputFeatures(), 8);
  biasBytes = op.getBias() ? 4 * step : 0;
  upBytes = step * inputRows * rowBytes;
  // Tiles start at multiples of 1024.
  downBytes = outputs * rowBytes;
  up = tokens * inputRows * rowBytes;
  down = up + stages * upBytes;
  biases = down + stages * downBytes;
  barriers = biases + stages * biasBytes;
  sharedBytes = barriers + 8 + 2 * Ring::getBarrierBytes(stages);
}

namespace {
/// A part of shared memory that is filled by turns.
struct Turn {
  Value stage, parity;
};

class WgmmaCoreKernel {
public:
  WgmmaCoreKernel(FFNCoreOp op, StringRef name, mlir::gpu::GPUModuleOp module);
  void write();

  SmallVector<Attribute> parameters;

private:
  TensorMapAttr mapOf(int64_t buffer, Type type, int64_t columns,
                      NumberAttr rows, int64_t pitch, int64_t boxRows,
                      int64_t swizzle);
  void prepare();

  void produce();
  void loadUp(Value step, Value stage);
  void loadDown(Value step, Value stage);

  void consume();
  /// Starts the products of a stage of `up`; they are a group.
  Value multiplyUp(Value stage);
  /// The sums of a thread with their biases, when the products have ended.
  SmallVector<Value> finishUp(Value sums, Value stage);
  /// Activates sums, waits for the products before them, and rounds.
  SmallVector<Value> activate(ArrayRef<Value> sums, function_ref<void()> ended);
  SmallVector<Value> multiplyDown(ArrayRef<Value> hidden, Value stage,
                                  ArrayRef<Value> sums);
  /// By one thread of each warp.
  void release(const Ring &ring, Value stage);
  SmallVector<Value> step(Value index, ValueRange carried);
  void store(ArrayRef<Value> sums);
  Turn next(const Ring &ring, Turn turn) {
    auto [stage, parity] = ring.next(build, turn.stage, turn.parity);
    return {stage, parity};
  }

  FFNCoreOp op;
  WgmmaCoreSizes sizes;
  KernelBuilder build;
  Wgmma upProduct, downProduct;
  Value input, up, down, bias; ///< Tensor maps.
  Value output, tokens;
  Value shared, thread, warp, lane, firstToken;
  std::optional<Ring> upRing, downRing;
  Value inputBarrier;
  // Of a consumer.
  Value consumer, isFirstLane, inputTile, upTile, downTile;
};
} // namespace

/// Rows of columns in global memory.
TensorMapAttr WgmmaCoreKernel::mapOf(int64_t buffer, Type type, int64_t columns,
                                     NumberAttr rows, int64_t pitch,
                                     int64_t boxRows, int64_t swizzle) {
  return TensorMapAttr::get(op.getContext(), buffer, /*offset=*/0, type,
                            {NumberAttr::get(op.getContext(), columns), rows},
                            {pitch}, {sizes.step, boxRows}, swizzle);
}

WgmmaCoreKernel::WgmmaCoreKernel(FFNCoreOp op, StringRef name,
                                 mlir::gpu::GPUModuleOp module)
    : op(op), sizes(op), build(op.getLoc(), op.getContext()),
      upProduct(op.getElementType(), sizes.step),
      downProduct(op.getElementType(), sizes.outputs) {
  MLIRContext *context = op.getContext();
  FloatType type = op.getElementType();
  auto stored = [](Value weight) {
    return 2 * cast<RankedTensorType>(weight.getType()).getDimSize(2);
  };
  int64_t hidden = op.getHiddenFeatures(), features = op.getInputFeatures();
  parameters = {mapOf(0, type, features, NumberAttr::ofTokens(context),
                      2 * features, sizes.tokens, 128),
                mapOf(1, type, features, NumberAttr::get(context, hidden),
                      stored(op.getUp()), sizes.step, 128),
                mapOf(2, type, hidden,
                      NumberAttr::get(context, op.getOutputFeatures()),
                      stored(op.getDown()), sizes.outputs, 128)};
  if (op.getBias())
    parameters.push_back(mapOf(3, build.getF32Type(), hidden,
                               NumberAttr::get(context, 1),
                               llvm::alignTo(4 * hidden, 16), 1, 0));
  parameters.push_back(PointerAttr::get(context, op->getNumOperands(), 0));
  parameters.push_back(NumberAttr::ofTokens(context));
  SmallVector<Type> types;
  for (Attribute parameter : parameters)
    types.push_back(isa<TensorMapAttr>(parameter)
                        ? build.pointer(Space::Generic)
                    : isa<PointerAttr>(parameter) ? build.pointer(Space::Global)
                                                  : build.getI32Type());
  LLVM::LLVMFuncOp kernel =
      createKernel(module, op.getLoc(), name, types,
                   {sizes.threads(), sizes.sharedBytes, /*cluster=*/1,
                    /*blocksPerSM=*/1});
  for (auto [index, parameter] : llvm::enumerate(parameters))
    if (isa<TensorMapAttr>(parameter))
      markTensorMap(kernel, index);
  unsigned next = 0;
  for (Value *map : {&input, &up, &down})
    *map = kernel.getArgument(next++);
  if (op.getBias())
    bias = kernel.getArgument(next++);
  output = kernel.getArgument(next++);
  tokens = kernel.getArgument(next);
  build.setInsertionPointToStart(&kernel.getBody().front());
  shared = getDynamicShared(build, module);
  inputBarrier = build.at(shared, sizes.barriers);
  upRing.emplace(shared, sizes.barriers + 8, sizes.stages);
  downRing.emplace(shared,
                   sizes.barriers + 8 + Ring::getBarrierBytes(sizes.stages),
                   sizes.stages);
  thread = NVVM::ThreadIdXOp::create(build, build.getI32Type());
  lane = build.bitAnd(thread, 31);
  warp = build.warpOf(thread);
  Value block = NVVM::BlockIdXOp::create(build, build.getI32Type());
  firstToken = build.mul(block, sizes.tokens);
}

void WgmmaCoreKernel::prepare() {
  build.ifThen(build.equal(thread, 0), [&] {
    NVVM::MBarrierInitOp::create(build, inputBarrier, build.i32(1),
                                 /*predicate=*/Value());
    upRing->initialise(build, 4 * sizes.consumers);
    downRing->initialise(build, 4 * sizes.consumers);
    for (Value map : {input, up, down, bias})
      if (map)
        NVVM::PrefetchOp::create(build, NVVM::PrefetchCacheLevelAttr(),
                                 NVVM::CacheEvictionPriorityAttr(), map,
                                 /*predicate=*/Value(), /*tensormap=*/true);
  });
  synchroniseCluster(build, /*cluster=*/1);
}

//===----------------------------------------------------------------------===//
// The warpgroup that loads
//===----------------------------------------------------------------------===//

void WgmmaCoreKernel::loadUp(Value step, Value stage) {
  Value full = upRing->full(build, stage);
  Value first = build.mul(step, sizes.step);
  Value place =
      build.at(build.at(shared, build.mul(stage, sizes.upBytes)), sizes.up);
  expectBytes(build, full, sizes.upBytes + sizes.biasBytes);
  for (int64_t row = 0; row < sizes.inputRows; ++row)
    loadTile(build, build.at(place, row * sizes.step * sizes.rowBytes), up,
             {build.i32(row * sizes.step), first}, full);
  if (bias)
    loadTile(build,
             build.at(build.at(shared, build.mul(stage, sizes.biasBytes)),
                      sizes.biases),
             bias, {first, build.i32(0)}, full);
}

void WgmmaCoreKernel::loadDown(Value step, Value stage) {
  Value full = downRing->full(build, stage);
  expectBytes(build, full, sizes.downBytes);
  loadTile(
      build,
      build.at(build.at(shared, build.mul(stage, sizes.downBytes)), sizes.down),
      down, {build.mul(step, sizes.step), build.i32(0)}, full);
}

void WgmmaCoreKernel::produce() {
  int64_t early = std::min(sizes.steps, sizes.stages);
  for (int64_t step = 0; step < early; ++step) {
    loadUp(build.i32(step), build.i32(step));
    loadDown(build.i32(step), build.i32(step));
  }
  waitForDependencies(build);
  launchDependents(build);
  expectBytes(build, inputBarrier, sizes.up);
  for (int64_t row = 0; row < sizes.inputRows; ++row)
    loadTile(build, build.at(shared, row * sizes.tokens * sizes.rowBytes),
             input, {build.i32(row * sizes.step), firstToken}, inputBarrier);
  Value stage = build.i32(early % sizes.stages);
  Value parity = build.i32(early / sizes.stages);
  build.loop(early, sizes.steps, 1, {stage, parity},
             [&](Value step, ValueRange state) -> SmallVector<Value> {
               Turn turn{state[0], state[1]};
               Value before = build.bitXor(turn.parity, 1);
               build.waitBarrier(upRing->empty(build, turn.stage), before);
               loadUp(step, turn.stage);
               build.waitBarrier(downRing->empty(build, turn.stage), before);
               loadDown(step, turn.stage);
               turn = next(*upRing, turn);
               return {turn.stage, turn.parity};
             });
}

//===----------------------------------------------------------------------===//
// Warpgroups that multiply
//===----------------------------------------------------------------------===//

Value WgmmaCoreKernel::multiplyUp(Value stage) {
  Value b = build.add(
      upTile, build.mul(build.extend(stage), descriptorOffset(sizes.upBytes)));
  Value sums = upProduct.zero(build);
  for (int64_t depth = 0; depth < sizes.depths; ++depth) {
    int64_t row = depth / Wgmma::steps, within = depth % Wgmma::steps;
    if (depth == 0) {
      sums = upProduct.start(build, inputTile, b, sums);
      continue;
    }
    int64_t rows = row * sizes.rowBytes;
    sums = upProduct.multiply(
        build, build.add(inputTile, descriptorOffset(rows * sizes.tokens)),
        build.add(b, descriptorOffset(rows * sizes.step)), sums, within);
  }
  commitProducts(build);
  return sums;
}

/// Lane l has features 8 g + 2 (l mod 4) and one further, of two tokens.
SmallVector<Value> WgmmaCoreKernel::finishUp(Value sums, Value stage) {
  SmallVector<Value> finished;
  for (int64_t i = 0; i < upProduct.getSums(); ++i)
    finished.push_back(upProduct.sum(build, sums, i));
  if (!bias)
    return finished;
  Value place =
      build.at(build.at(shared, build.add(build.mul(stage, sizes.biasBytes),
                                          build.shl(build.bitAnd(lane, 3), 3))),
               sizes.biases);
  for (int64_t group = 0; group < sizes.step / 8; ++group) {
    Value pair =
        LLVM::LoadOp::create(build, VectorType::get(2, build.getF32Type()),
                             build.at(place, 32 * group), 8);
    for (int64_t i = 0; i < 4; ++i) {
      Value own = LLVM::ExtractElementOp::create(build, pair, build.i32(i % 2));
      Value &sum = finished[4 * group + i];
      sum = arith::AddFOp::create(build, sum, own);
    }
  }
  return finished;
}

SmallVector<Value> WgmmaCoreKernel::activate(ArrayRef<Value> sums,
                                             function_ref<void()> ended) {
  SmallVector<Value> wide, pairs;
  for (Value sum : sums)
    wide.push_back(activateHidden(build, op, sum));
  // Products under way have the time of the activations. They still read
  // the left factor before this one; if they did so when this one is written,
  // ptxas would let no two products run at once (C7513).
  waitForProducts(build, 0);
  ended();
  for (size_t i = 0; i < wide.size(); i += 2)
    pairs.push_back(LLVM::BitcastOp::create(
        build, build.getI32Type(), roundPair(build, op, wide[i], wide[i + 1])));
  return pairs;
}

SmallVector<Value> WgmmaCoreKernel::multiplyDown(ArrayRef<Value> hidden,
                                                 Value stage,
                                                 ArrayRef<Value> sums) {
  Value b = build.add(downTile, build.mul(build.extend(stage),
                                          descriptorOffset(sizes.downBytes)));
  SmallVector<Value> added(sums);
  for (int64_t step = 0; step < Wgmma::steps; ++step)
    added = downProduct.multiplyRegisters(build, hidden.slice(4 * step, 4), b,
                                          added, step);
  commitProducts(build);
  return added;
}

void WgmmaCoreKernel::release(const Ring &ring, Value stage) {
  build.ifThen(isFirstLane, [&] { ring.release(build, stage, /*cluster=*/1); });
}

/// All steps but the last one. Carried: the turns of `up` for the next step and
/// of `down` for this one, the stage of `down` before it, sums, result.
SmallVector<Value> WgmmaCoreKernel::step(Value index, ValueRange carried) {
  Turn up{carried[0], carried[1]}, down{carried[2], carried[3]};
  Value before = carried[4];
  SmallVector<Value> sums(carried.slice(5, upProduct.getSums()));
  SmallVector<Value> result(carried.drop_front(5 + upProduct.getSums()));
  SmallVector<Value> hidden = activate(sums, [&] {
    Value isLater = build.compare(arith::CmpIPredicate::ne, index, 0);
    build.ifThen(build.bitAnd(isFirstLane, isLater),
                 [&] { downRing->release(build, before, /*cluster=*/1); });
  });
  build.waitBarrier(upRing->full(build, up.stage), up.parity);
  build.waitBarrier(downRing->full(build, down.stage), down.parity);
  fenceProducts(build);
  Value coming = multiplyUp(up.stage);
  result = multiplyDown(hidden, down.stage, result);
  waitForProducts(build, 1);
  sums = finishUp(coming, up.stage);
  release(*upRing, up.stage);
  before = down.stage;
  up = next(*upRing, up), down = next(*downRing, down);
  SmallVector<Value> following{up.stage, up.parity, down.stage, down.parity,
                               before};
  llvm::append_range(following, sums);
  llvm::append_range(following, result);
  return following;
}

void WgmmaCoreKernel::consume() {
  consumer = build.sub(build.shr(warp, 2), 1);
  isFirstLane = build.equal(lane, 0);
  Value address = LLVM::PtrToIntOp::create(build, build.getI32Type(), shared);
  int64_t tokenBytes = wgmmaRows * sizes.rowBytes;
  inputTile =
      describeTile(build, build.add(address, build.mul(consumer, tokenBytes)));
  upTile = describeTile(build, build.add(address, sizes.up));
  downTile = describeTile(build, build.add(address, sizes.down));
  waitForDependencies(build); // Before what they may still read is written.

  Value zero = build.i32(0);
  build.waitBarrier(inputBarrier, zero);
  build.waitBarrier(upRing->full(build, zero), zero);
  fenceProducts(build);
  Value first = multiplyUp(zero);
  waitForProducts(build, 0);
  SmallVector<Value> sums = finishUp(first, zero);
  release(*upRing, zero);
  Turn up = next(*upRing, {zero, zero});
  SmallVector<Value> carried{up.stage, up.parity, zero, zero, zero};
  llvm::append_range(carried, sums);
  carried.append(downProduct.getSums(), build.f32(0.0));
  carried = build.loop(
      0, sizes.steps - 1, 1, carried,
      [&](Value index, ValueRange values) { return step(index, values); });

  ArrayRef<Value> rest = ArrayRef(carried).drop_front(5);
  SmallVector<Value> hidden =
      activate(rest.take_front(upProduct.getSums()), [] {});
  build.waitBarrier(downRing->full(build, carried[2]), carried[3]);
  fenceProducts(build);
  SmallVector<Value> result =
      multiplyDown(hidden, carried[2], rest.drop_front(upProduct.getSums()));
  waitForProducts(build, 0);
  store(result);
}

void WgmmaCoreKernel::store(ArrayRef<Value> sums) {
  Value token =
      build.add(build.add(firstToken, build.mul(build.sub(warp, 4), 16)),
                build.shr(lane, 2));
  Value feature = build.shl(build.bitAnd(lane, 3), 1);
  for (int64_t half = 0; half < 2; ++half) {
    Value own = half ? build.add(token, 8) : token;
    build.ifThen(build.less(own, tokens), [&] {
      for (int64_t group = 0; group < sizes.outputs / 8; ++group)
        storeResultPair(build, op, output, sums[4 * group + 2 * half],
                        sums[4 * group + 2 * half + 1], own,
                        build.add(feature, 8 * group));
    });
  }
}

void WgmmaCoreKernel::write() {
  prepare();
  bool balances = sizes.consumers == 2;
  build.ifThen(
      build.less(warp, 4),
      [&] {
        if (balances)
          setRegisters(build, producerRegisters, /*increase=*/false);
        build.ifThen(build.equal(warp, 0), [&] {
          Value elected = NVVM::ElectSyncOp::create(build, build.getI1Type(),
                                                    /*membermask=*/Value());
          build.ifThen(elected, [&] { produce(); });
        });
      },
      [&] {
        if (balances)
          setRegisters(build, consumerRegisters, /*increase=*/true);
        consume();
      });
  LLVM::ReturnOp::create(build, ValueRange());
}

SmallVector<Attribute>
slin::slingpu::emitWgmmaCoreKernel(FFNCoreOp op, StringRef name,
                                   mlir::gpu::GPUModuleOp module) {
  WgmmaCoreKernel kernel(op, name, module);
  kernel.write();
  return std::move(kernel.parameters);
}
