//===- MmaSyncCoreKernel.cpp - The core of an FFN by mma.sync -------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Parts are numbered through all steps; part p is in stage p mod stages. What
// is loaded while part p is multiplied goes to the stage of part p - 1, behind
// the barrier that ends its reading.
//
//===----------------------------------------------------------------------===//

#include "CoreFeatures.h"
#include "KernelFunction.h"
#include "MmaSyncCoreKernel.h"
#include "MmaSyncFragments.h"
#include "TileCopy.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace slin::slingpu;

MmaSyncCoreSizes::MmaSyncCoreSizes(FFNCoreOp op) {
  ScheduleAttr schedule = *op.getSchedule();
  stages = schedule.getStages();
  tileTokens = schedule.getTileTokens();
  warpsAlongTokens = schedule.getWarps()[0];
  warpsAlongHidden = schedule.getWarps()[1];
  threads = 32 * warpsAlongTokens * warpsAlongHidden;
  tokenParts = tileTokens / (16 * warpsAlongTokens);
  hiddenParts = step / (8 * warpsAlongHidden);
  outputParts = llvm::alignTo(op.getOutputFeatures(), 16) / 8;
  inputRows = llvm::divideCeil(op.getInputFeatures() * elementBytes, rowBytes);
  gateRows = llvm::divideCeil(op.getGateFeatures() * elementBytes, rowBytes);
  hasBias = op.getBias() || op.getGateBias();
  steps = llvm::divideCeil(op.getHiddenFeatures(), step);
  partsOfStep = op.getGateInput() ? 3 : 2;
}

namespace {
/// What a part of a step multiplies.
enum class Part { Gate, Up, Down };

using Fragment = SmallVector<Value>;
using Fragments = SmallVector<Fragment>;

/// The factors of a product whose rows are hidden features.
struct UpProduct {
  /// In global memory.
  Value input, weight, bias;
  int64_t features, storedColumns, rows;
  /// Where the tokens start in shared memory, in bytes.
  int64_t place;
};

/// The body of one kernel.
class MmaSyncCoreKernel {
public:
  MmaSyncCoreKernel(FFNCoreOp op, LLVM::LLVMFuncOp kernel,
                    mlir::gpu::GPUModuleOp module);
  void emit();

private:
  Part partOf(int64_t index) const {
    return Part(index % sizes.partsOfStep + 3 - sizes.partsOfStep);
  }
  const UpProduct &productOf(Part part) const {
    return part == Part::Gate ? gate : up;
  }
  void loadTokens(const UpProduct &product);
  /// Starts the copies of a part of step `step`, which exists.
  void load(Part part, Value step, Value stage);
  void loadUp(const UpProduct &product, Value step, Value stage);
  void loadBias(Value bias, Value step, Value stage);
  /// Adds the hidden features of this warp to `sums`.
  void multiplyUp(const UpProduct &product, Value stage,
                  MutableArrayRef<Value> sums);
  void addBias(Value stage, MutableArrayRef<Value> sums);
  /// Activates, multiplies by the gate, and rounds; pairs of features.
  SmallVector<Value> activate(ArrayRef<Value> sums, ArrayRef<Value> gates);
  void multiplyDown(Value stage, ArrayRef<Value> hidden,
                    MutableArrayRef<Value> sums);
  SmallVector<Value> step(Value step, ValueRange carried);
  SmallVector<Value> mainLoop();
  /// Where a warp's sums are in shared memory.
  Value sharedSums(Value warp);
  void shareSums(ArrayRef<Value> sums);
  SmallVector<Value> addShared(Value offset);
  void store(ArrayRef<Value> sums);

  FFNCoreOp op;
  MmaSyncCoreSizes sizes;
  KernelBuilder build;
  FloatType type;
  UpProduct up, gate;
  Value down, output, tokens, shared;
  /// Threads within the block and the warp; warps along tokens and hidden
  /// features.
  Value thread, lane, warpToken, warpHidden;
  Value firstToken;
  std::optional<MmaSyncFragments> fragments;
};
} // namespace

MmaSyncCoreKernel::MmaSyncCoreKernel(FFNCoreOp op, LLVM::LLVMFuncOp kernel,
                                     mlir::gpu::GPUModuleOp module)
    : op(op), sizes(op),
      build(op.getLoc(), OpBuilder::atBlockEnd(&kernel.getBody().front())),
      type(op.getElementType()) {
  unsigned next = 0;
  auto parameter = [&](bool isThere, bool isConstant) {
    if (!isThere)
      return Value();
    if (isConstant)
      markConstant(kernel, next);
    return Value(kernel.getArgument(next++));
  };
  auto stored = [](Value weight) {
    return weight ? cast<RankedTensorType>(weight.getType()).getDimSize(2) : 0;
  };
  up.input = parameter(true, false);
  up.weight = parameter(true, true);
  down = parameter(true, true);
  up.bias = parameter(bool(op.getBias()), true);
  gate.input = parameter(bool(op.getGateInput()), false);
  gate.weight = parameter(bool(op.getGateUp()), true);
  gate.bias = parameter(bool(op.getGateBias()), true);
  output = parameter(true, false);
  tokens = parameter(true, false);
  up.features = op.getInputFeatures(), gate.features = op.getGateFeatures();
  up.storedColumns = stored(op.getUp()),
  gate.storedColumns = stored(op.getGateUp());
  up.rows = sizes.inputRows, gate.rows = sizes.gateRows;
  up.place = 0, gate.place = sizes.inputBytes();
  shared = getDynamicShared(build, module);
  thread = NVVM::ThreadIdXOp::create(build, build.getI32Type());
  lane = build.bitAnd(thread, 31);
  Value warp = build.shr(thread, 5);
  warpToken = build.div(warp, sizes.warpsAlongHidden);
  warpHidden = build.rem(warp, sizes.warpsAlongHidden);
  Value index = NVVM::BlockIdXOp::create(build, build.getI32Type());
  firstToken = build.mul(index, sizes.tileTokens);
  fragments.emplace(build, type, lane);
}

//===----------------------------------------------------------------------===//
// Copies
//===----------------------------------------------------------------------===//

void MmaSyncCoreKernel::loadTokens(const UpProduct &product) {
  int64_t pitch = product.features * sizes.elementBytes;
  Value offset = build.mul(build.extend(firstToken),
                           build.number(pitch, build.getI64Type()));
  // A row starts at a multiple of its size, as all others do.
  TileCopy copy(build,
                {build.at(product.input, offset), build.sub(tokens, firstToken),
                 sizes.tileTokens, pitch, pitch, pitch & -pitch},
                thread, sizes.threads);
  for (int64_t row = 0; row < product.rows; ++row)
    copy.emit(build, build.i32(row),
              build.at(shared, product.place +
                                   row * sizes.tileTokens * sizes.rowBytes));
}

void MmaSyncCoreKernel::loadUp(const UpProduct &product, Value step,
                               Value stage) {
  int64_t pitch = product.storedColumns * sizes.elementBytes;
  Value first = build.mul(step, sizes.step);
  Value offset =
      build.mul(build.extend(first), build.number(pitch, build.getI64Type()));
  Value existing;
  if (op.getHiddenFeatures() % sizes.step != 0)
    existing = build.sub(build.i32(op.getHiddenFeatures()), first);
  TileCopy copy(build,
                {build.at(product.weight, offset), existing, sizes.step, pitch,
                 pitch, /*alignment=*/16},
                thread, sizes.threads);
  for (int64_t row = 0; row < product.rows; ++row)
    copy.emit(build, build.i32(row),
              build.at(stage, row * sizes.step * sizes.rowBytes));
  if (product.bias)
    loadBias(product.bias, step, stage);
}

/// 4 biases for each of so many threads; zeros for those that do not exist.
void MmaSyncCoreKernel::loadBias(Value bias, Value step, Value stage) {
  constexpr int64_t bytes = 4 * MmaSyncCoreSizes::step;
  int64_t all = 4 * op.getHiddenFeatures();
  Value within = build.shl(thread, 4);
  Value offset = build.add(build.mul(step, bytes), within);
  Value size;
  if (all % bytes != 0)
    size = build.select(build.less(offset, all),
                        build.min(build.sub(all, offset), 16), 0);
  build.ifThen(build.less(thread, bytes / 16), [&] {
    NVVM::CpAsyncOp::create(
        build, build.at(build.at(stage, sizes.biasPlace()), within),
        build.at(bias, offset), 16, NVVM::LoadCacheModifierKind::CG, size);
  });
}

void MmaSyncCoreKernel::load(Part part, Value step, Value stage) {
  Value place =
      build.at(shared, build.add(build.mul(stage, sizes.stageBytes()),
                                 sizes.inputBytes() + sizes.gateBytes()));
  if (part != Part::Down)
    return loadUp(productOf(part), step, place);
  int64_t features = op.getOutputFeatures(), rows = 8 * sizes.outputParts;
  int64_t pitch = cast<RankedTensorType>(op.getDown().getType()).getDimSize(2) *
                  sizes.elementBytes;
  TileCopy copy(build,
                {down, features == rows ? Value() : build.i32(features), rows,
                 pitch, pitch, /*alignment=*/16},
                thread, sizes.threads);
  copy.emit(build, step, place);
}

//===----------------------------------------------------------------------===//
// Hidden features
//===----------------------------------------------------------------------===//

/// Adds the biases, which a stage has behind the weight, to sums. Lane l has
/// features 2 (l mod 4) and one further, of tokens l / 4 and 8 further.
void MmaSyncCoreKernel::addBias(Value stage, MutableArrayRef<Value> sums) {
  Value first = build.add(build.mul(warpHidden, 8 * sizes.hiddenParts),
                          build.shl(build.bitAnd(lane, 3), 1));
  Value place =
      build.at(build.at(stage, sizes.biasPlace()), build.shl(first, 2));
  for (int64_t j = 0; j < sizes.hiddenParts; ++j) {
    Value pair =
        LLVM::LoadOp::create(build, VectorType::get(2, build.getF32Type()),
                             build.at(place, 8 * j * 4), 8);
    for (int64_t n = 0; n < 2; ++n) {
      Value bias = LLVM::ExtractElementOp::create(build, pair, build.i32(n));
      for (int64_t i = 0; i < sizes.tokenParts; ++i)
        for (int64_t half = 0; half < 2; ++half) {
          Value &sum = sums[4 * (i * sizes.hiddenParts + j) + 2 * half + n];
          sum = arith::AddFOp::create(build, sum, bias);
        }
    }
  }
}

void MmaSyncCoreKernel::multiplyUp(const UpProduct &product, Value stage,
                                   MutableArrayRef<Value> sums) {
  constexpr int64_t row = MmaSyncCoreSizes::rowBytes;
  Value token = build.add(build.mul(warpToken, 16 * sizes.tokenParts),
                          fragments->tokenRow());
  Value hidden = build.add(build.mul(warpHidden, 8 * sizes.hiddenParts),
                           fragments->weightRow());
  Value left = build.at(build.at(shared, build.mul(token, row)), product.place);
  Value right = build.at(stage, build.mul(hidden, row));
  int64_t depths = llvm::divideCeil(product.features, 16);
  for (int64_t depth = 0; depth < depths; ++depth) {
    int64_t panel = depth / 4, within = depth % 4;
    Fragments a, b;
    for (int64_t i = 0; i < sizes.tokenParts; ++i)
      a.push_back(fragments->loadTokens(
          build.at(left, (panel * sizes.tileTokens + 16 * i) * row), within));
    for (int64_t j = 0; j < sizes.hiddenParts / 2; ++j)
      b.push_back(fragments->loadRows(
          build.at(right, (panel * sizes.step + 16 * j) * row), within));
    for (int64_t i = 0; i < sizes.tokenParts; ++i)
      for (int64_t j = 0; j < sizes.hiddenParts; ++j)
        fragments->multiply(a[i], ArrayRef(b[j / 2]).slice(j % 2 * 2, 2),
                            sums.slice(4 * (i * sizes.hiddenParts + j), 4));
  }
}

SmallVector<Value> MmaSyncCoreKernel::activate(ArrayRef<Value> sums,
                                               ArrayRef<Value> gates) {
  SmallVector<Value> pairs;
  for (size_t i = 0; i < sums.size(); i += 2) {
    Value gate;
    if (!gates.empty())
      gate = arith::ExtFOp::create(
          build, VectorType::get(2, build.getF32Type()), gates[i / 2]);
    Value both[2];
    for (int64_t n = 0; n < 2; ++n) {
      both[n] = activateHidden(build, op, sums[i + n]);
      if (gate)
        both[n] = arith::MulFOp::create(
            build, both[n],
            LLVM::ExtractElementOp::create(build, gate, build.i32(n)));
    }
    pairs.push_back(roundPair(build, op, both[0], both[1]));
  }
  return pairs;
}

//===----------------------------------------------------------------------===//
// The result
//===----------------------------------------------------------------------===//

/// Two neighbouring parts of 8 hidden features are the left factor of one
/// instruction: their pairs, of tokens l / 4 and 8 further.
void MmaSyncCoreKernel::multiplyDown(Value stage, ArrayRef<Value> hidden,
                                     MutableArrayRef<Value> sums) {
  constexpr int64_t row = MmaSyncCoreSizes::rowBytes;
  Value right = build.at(stage, build.mul(fragments->weightRow(), row));
  for (int64_t k = 0; k < sizes.hiddenParts / 2; ++k) {
    Fragments left(sizes.tokenParts);
    for (int64_t i = 0; i < sizes.tokenParts; ++i)
      for (Value pair : hidden.slice(2 * (i * sizes.hiddenParts + 2 * k), 4))
        left[i].push_back(fragments->multiplicand(
            LLVM::BitcastOp::create(build, build.getI32Type(), pair)));
    Operand depth = k;
    if (sizes.warpsAlongHidden > 1)
      depth = build.add(build.mul(warpHidden, sizes.hiddenParts / 2), k);
    for (int64_t j = 0; j < sizes.outputParts; j += 2) {
      Fragment two = fragments->loadRows(build.at(right, 8 * j * row), depth);
      for (int64_t i = 0; i < sizes.tokenParts; ++i)
        for (int64_t half = 0; half < 2; ++half)
          fragments->multiply(
              left[i], ArrayRef(two).slice(2 * half, 2),
              sums.slice(4 * (i * sizes.outputParts + j + half), 4));
    }
  }
}

SmallVector<Value> MmaSyncCoreKernel::step(Value step, ValueRange carried) {
  int64_t ahead = sizes.stages - 1;
  Value read = carried[0], write = carried[1];
  SmallVector<Value> sums(carried.drop_front(2)), gates, hidden;
  auto next = [&](Value stage) {
    Value following = build.add(stage, 1);
    return build.select(build.equal(following, sizes.stages), 0, following);
  };
  for (int64_t index = 0; index < sizes.partsOfStep; ++index) {
    Part part = partOf(index);
    NVVM::CpAsyncWaitGroupOp::create(build, uint32_t(ahead - 1));
    NVVM::Barrier0Op::create(build);
    int64_t stepsOn = (index + ahead) / sizes.partsOfStep;
    Value coming = stepsOn == 0 ? step : build.add(step, stepsOn);
    auto loadNext = [&] { load(partOf(index + ahead), coming, write); };
    if (stepsOn == 0)
      loadNext();
    else if (sizes.steps > stepsOn)
      build.ifThen(build.less(coming, sizes.steps), loadNext);
    NVVM::CpAsyncCommitGroupOp::create(build);
    Value stage =
        build.at(shared, build.add(build.mul(read, sizes.stageBytes()),
                                   sizes.inputBytes() + sizes.gateBytes()));
    if (part == Part::Down) {
      multiplyDown(stage, hidden, sums);
    } else {
      SmallVector<Value> products(4 * sizes.tokenParts * sizes.hiddenParts,
                                  build.f32(0.0));
      multiplyUp(productOf(part), stage, products);
      if (productOf(part).bias)
        addBias(stage, products);
      if (part == Part::Up)
        hidden = activate(products, gates);
      else
        for (size_t i = 0; i < products.size(); i += 2)
          gates.push_back(roundPair(build, op, products[i], products[i + 1]));
    }
    read = next(read), write = next(write);
  }
  SmallVector<Value> results{read, write};
  llvm::append_range(results, sums);
  return results;
}

SmallVector<Value> MmaSyncCoreKernel::mainLoop() {
  // Each part has a group of copies, even where it has none to do: then one
  // number of groups to wait for holds for all parts. The tokens come with the
  // first one.
  int64_t ahead = sizes.stages - 1;
  loadTokens(up);
  if (op.getGateInput())
    loadTokens(gate);
  for (int64_t index = 0; index < ahead; ++index) {
    int64_t step = index / sizes.partsOfStep;
    if (step < sizes.steps)
      load(partOf(index), build.i32(step), build.i32(index));
    NVVM::CpAsyncCommitGroupOp::create(build);
  }
  SmallVector<Value> carried(2 + sizes.sums(), build.f32(0.0));
  carried[0] = build.i32(0);
  carried[1] = build.i32(ahead);
  SmallVector<Value> results = build.loop(
      0, sizes.steps, 1, carried,
      [&](Value index, ValueRange values) { return step(index, values); });
  return SmallVector<Value>(ArrayRef<Value>(results).drop_front(2));
}

/// Four sums of a thread are 16 bytes, those of a warp side by side.
Value MmaSyncCoreKernel::sharedSums(Value warp) {
  Value index = build.add(build.mul(warpToken, sizes.warpsAlongHidden), warp);
  return build.at(shared, build.add(build.mul(index, sizes.sums() * 128),
                                    build.shl(lane, 4)));
}

void MmaSyncCoreKernel::shareSums(ArrayRef<Value> sums) {
  // Of the stages somebody may still read the last one.
  if (sizes.sharedSumBytes() > sizes.inputBytes() + sizes.gateBytes())
    NVVM::Barrier0Op::create(build);
  Value place = sharedSums(warpHidden);
  for (int64_t i = 0; i < sizes.sums(); i += 4) {
    Value four =
        LLVM::PoisonOp::create(build, VectorType::get(4, build.getF32Type()));
    for (int64_t n = 0; n < 4; ++n)
      four =
          LLVM::InsertElementOp::create(build, four, sums[i + n], build.i32(n));
    LLVM::StoreOp::create(build, four, build.at(place, i * 128), 16);
  }
  NVVM::Barrier0Op::create(build);
}

/// The sums of all warps along hidden features, of the part that starts at
/// `offset` bytes.
SmallVector<Value> MmaSyncCoreKernel::addShared(Value offset) {
  SmallVector<Value> sums;
  for (int64_t warp = 0; warp < sizes.warpsAlongHidden; ++warp) {
    Value four =
        LLVM::LoadOp::create(build, VectorType::get(4, build.getF32Type()),
                             build.at(sharedSums(build.i32(warp)), offset), 16);
    for (int64_t n = 0; n < 4; ++n) {
      Value own = LLVM::ExtractElementOp::create(build, four, build.i32(n));
      if (warp == 0)
        sums.push_back(own);
      else
        sums[n] = arith::AddFOp::create(build, sums[n], own);
    }
  }
  return sums;
}

/// Lane l has features 2 (l mod 4) and one further of each part, of tokens l /
/// 4 and 8 further. Where warps share hidden features, each stores the sums of
/// every so many parts.
void MmaSyncCoreKernel::store(ArrayRef<Value> sums) {
  int64_t sharers = sizes.warpsAlongHidden;
  if (sharers > 1)
    shareSums(sums);
  Value token = build.add(
      build.add(firstToken, build.mul(warpToken, 16 * sizes.tokenParts)),
      build.shr(lane, 2));
  Value firstFeature =
      build.add(build.mul(warpHidden, 8), build.shl(build.bitAnd(lane, 3), 1));
  for (int64_t i = 0; i < sizes.tokenParts; ++i)
    for (int64_t j = 0; j < sizes.outputParts; j += sharers) {
      int64_t part = i * sizes.outputParts + j;
      Value feature = build.add(firstFeature, 8 * j);
      build.ifThen(build.less(feature, op.getOutputFeatures()), [&] {
        SmallVector<Value> four =
            sharers == 1
                ? SmallVector<Value>(sums.slice(4 * part, 4))
                : addShared(build.mul(build.add(warpHidden, part), 512));
        for (int64_t half = 0; half < 2; ++half) {
          Value own = build.add(token, 16 * i + 8 * half);
          build.ifThen(build.less(own, tokens), [&] {
            storeResultPair(build, op, output, four[2 * half],
                            four[2 * half + 1], own, feature);
          });
        }
      });
    }
}

void MmaSyncCoreKernel::emit() {
  store(mainLoop());
  LLVM::ReturnOp::create(build, ValueRange());
}

void slin::slingpu::emitMmaSyncCoreKernel(FFNCoreOp op, StringRef name,
                                          mlir::gpu::GPUModuleOp module) {
  MmaSyncCoreSizes sizes(op);
  // Without a number of blocks ptxas may spill to let more of them run at once.
  LLVM::LLVMFuncOp kernel =
      createPointerKernel(op, name, module,
                          {sizes.threads, sizes.sharedBytes(), /*cluster=*/1,
                           /*blocksPerSM=*/1});
  MmaSyncCoreKernel(op, kernel, module).emit();
}
