//===- MmaSyncKernel.cpp - A product by mma.sync --------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Tokens are the 16 rows of an instruction, the weight's rows its 8 columns, so
// that two neighbouring registers are neighbouring features.
//
//===----------------------------------------------------------------------===//

#include "Epilogue.h"
#include "KernelFunction.h"
#include "MmaSyncFragments.h"
#include "MmaSyncKernel.h"
#include "TileCopy.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace slin::slingpu;

MmaSyncSizes::MmaSyncSizes(BlockGemmOp op) {
  ScheduleAttr schedule = *op.getSchedule();
  elementBytes = op.getElementType().getWidth() / 8;
  stages = schedule.getStages();
  tileTokens = schedule.getTileTokens();
  tileRows = schedule.getTileRows();
  warpsAlongTokens = schedule.getWarps()[0];
  warpsAlongRows = schedule.getWarps()[1];
  threads = 32 * warpsAlongTokens * warpsAlongRows;
  tokenParts = tileTokens / (16 * warpsAlongTokens);
  rowParts = tileRows / (8 * warpsAlongRows);
  steps = llvm::divideCeil(op.getColumns() * elementBytes, stepBytes);
  rowTiles = llvm::divideCeil(op.getRows(), tileRows);
  byExperts = op.getOffsets() ? 24 : 0;
  if (op.getOffsets() && op.getElementType().isF32())
    byExperts += 4 * tokenParts + 2 * rowParts;
  if (op.getTokens()) {
    int64_t row = op.getColumns() * elementBytes;
    int64_t width = std::min<int64_t>(16, row & -row);
    byExperts +=
        2 * llvm::divideCeil(tileTokens * (stepBytes / width), threads);
  }
}

namespace {
/// The body of one kernel.
class MmaSyncKernel {
public:
  MmaSyncKernel(BlockGemmOp op, LLVM::LLVMFuncOp kernel,
                mlir::gpu::GPUModuleOp module);
  void emit();

private:
  void findTile();
  void findExpert(Value number);
  TileCopy inputCopy();
  TileCopy weightCopy();
  /// Starts the copies of step `step`, which exists, to stage `stage`.
  void load(Value step, Value stage);
  /// Adds the products of one instruction's depth to `sums`, number `depth` of
  /// a step; `input` and `weight` are where the lane reads in this stage.
  void multiply(Value input, Value weight, int64_t depth,
                MutableArrayRef<Value> sums, function_ref<void()> afterLoads);
  SmallVector<Value> mainLoop();
  void store(ArrayRef<Value> sums);

  BlockGemmOp op;
  MmaSyncSizes sizes;
  KernelBuilder build;
  Value input, weight, shared, tokens;
  /// Where the rows of experts start, and which tokens they are; null without.
  Value offsets, gathered;
  EpilogueArguments epilogue;
  /// Threads within the block and the warp; warps along tokens and rows.
  Value thread, lane, warpToken, warpRow;
  /// The tile of this block of threads. Its tokens are rows by experts, of
  /// which there are any up to `tokens`; whether the tile exists (null: yes).
  Value firstToken, block, firstRow, exists;
  std::optional<TileCopy> copyInput, copyWeight;
};
} // namespace

MmaSyncKernel::MmaSyncKernel(BlockGemmOp op, LLVM::LLVMFuncOp kernel,
                             mlir::gpu::GPUModuleOp module)
    : op(op), sizes(op),
      build(op.getLoc(), OpBuilder::atBlockEnd(&kernel.getBody().front())) {
  auto parameter = kernel.getArguments().begin();
  input = *parameter++;
  weight = *parameter++;
  markConstant(kernel, 1);
  if (op.getBias()) {
    markConstant(kernel, 2);
    epilogue.bias = *parameter++;
  }
  if (op.getGate())
    epilogue.gate = *parameter++;
  if (op.getResidual())
    epilogue.residual = *parameter++;
  if (op.getOffsets())
    offsets = *parameter++;
  if (op.getTokens())
    gathered = *parameter++;
  epilogue.output = *parameter++;
  tokens = epilogue.tokens = *parameter;
  shared = getDynamicShared(build, module);
}

/// Tiles of rows come first, so that blocks which run together read the same
/// tokens and, in turn, the whole weight.
void MmaSyncKernel::findTile() {
  thread = NVVM::ThreadIdXOp::create(build, build.getI32Type());
  lane = build.bitAnd(thread, 31);
  Value warp = build.shr(thread, 5);
  warpToken = build.div(warp, sizes.warpsAlongRows);
  warpRow = build.rem(warp, sizes.warpsAlongRows);
  Value index = NVVM::BlockIdXOp::create(build, build.getI32Type());
  int64_t tiles = sizes.rowTiles * op.getBlocks();
  Value number = build.div(index, tiles);
  if (offsets)
    findExpert(number);
  else
    firstToken = build.mul(number, sizes.tileTokens);
  Value tile = build.rem(index, tiles);
  block = build.div(tile, sizes.rowTiles);
  firstRow = build.mul(build.rem(tile, sizes.rowTiles), sizes.tileRows);
}

/// The expert whose tile has this number, and the rows of the tile; its weight
/// and bias become those of the kernel.
void MmaSyncKernel::findExpert(Value number) {
  Value none = build.i32(0);
  auto offset = [&](Value place) -> Value {
    return LLVM::LoadOp::create(build, build.getI32Type(), place, 4u);
  };
  // Carried: first row, end, and expert of the tile; tiles of experts before.
  SmallVector<Value> found = build.loop(
      0, op.getExperts(), 1, {none, none, none, none},
      [&](Value expert, ValueRange carried) {
        Value place = build.at(offsets, build.mul(expert, 4));
        Value start = offset(place), end = offset(build.at(place, 4));
        Value rows = build.sub(end, start);
        Value tiles =
            build.div(build.add(rows, sizes.tileTokens - 1), sizes.tileTokens);
        Value own = build.sub(number, carried[3]);
        // Of a tile of an expert before, `own` has wrapped around.
        Value isHere = build.less(own, tiles);
        Value first = build.add(start, build.mul(own, sizes.tileTokens));
        return SmallVector<Value>{build.select(isHere, first, carried[0]),
                                  build.select(isHere, end, carried[1]),
                                  build.select(isHere, expert, carried[2]),
                                  build.add(carried[3], tiles)};
      });
  firstToken = found[0];
  tokens = epilogue.tokens = found[1];
  exists = build.compare(arith::CmpIPredicate::ne, tokens, 0);
  int64_t biases = op.getOutputFeatures();
  int64_t weights = biases * op.getStoredColumns() * sizes.elementBytes;
  auto partOf = [&](Value base, int64_t bytes) {
    return build.at(base, build.mul(build.extend(found[2]),
                                    build.number(bytes, build.getI64Type())));
  };
  weight = partOf(weight, weights);
  if (epilogue.bias)
    epilogue.bias = partOf(epilogue.bias, 4 * biases);
}

TileCopy MmaSyncKernel::inputCopy() {
  int64_t bytes = sizes.elementBytes, pitch = op.getInputFeatures() * bytes;
  int64_t columns = op.getColumns() * bytes;
  Value wide = build.number(pitch, build.getI64Type());
  Value offset = build.extend(build.mul(block, columns)), list;
  if (gathered)
    list = build.at(gathered, build.mul(build.extend(firstToken),
                                        build.number(4, build.getI64Type())));
  else
    offset = build.add(build.mul(build.extend(firstToken), wide), offset);
  // A row of a block starts at a multiple of its columns, as all others do.
  int64_t alignment = columns & -columns;
  return TileCopy(build,
                  {build.at(input, offset), build.sub(tokens, firstToken),
                   sizes.tileTokens, pitch, columns, alignment, list},
                  thread, sizes.threads);
}

TileCopy MmaSyncKernel::weightCopy() {
  int64_t pitch = op.getStoredColumns() * sizes.elementBytes;
  Value row = build.add(build.mul(block, op.getRows()), firstRow);
  Value offset =
      build.mul(build.extend(row), build.number(pitch, build.getI64Type()));
  Value existing;
  if (op.getRows() % sizes.tileRows != 0)
    existing =
        build.sub(build.number(op.getRows(), build.getI32Type()), firstRow);
  return TileCopy(build,
                  {build.at(weight, offset), existing, sizes.tileRows, pitch,
                   pitch, /*alignment=*/16},
                  thread, sizes.threads);
}

void MmaSyncKernel::load(Value step, Value stage) {
  Value start = build.at(shared, build.mul(stage, sizes.stageBytes()));
  copyInput->emit(build, step, start);
  copyWeight->emit(build, step,
                   build.at(start, sizes.tileTokens * MmaSyncSizes::stepBytes));
}

void MmaSyncKernel::multiply(Value input, Value weight, int64_t depth,
                             MutableArrayRef<Value> sums,
                             function_ref<void()> afterLoads) {
  constexpr int64_t part = 16 * MmaSyncSizes::stepBytes;
  MmaSyncFragments fragments(build, op.getElementType(), lane);
  SmallVector<SmallVector<Value>> a, b;
  for (int64_t i = 0; i < sizes.tokenParts; ++i)
    a.push_back(fragments.loadTokens(build.at(input, i * part), depth));
  for (int64_t j = 0; j < sizes.rowParts / 2; ++j)
    b.push_back(fragments.loadRows(build.at(weight, j * part), depth));
  afterLoads();
  for (int64_t i = 0; i < sizes.tokenParts; ++i)
    for (int64_t j = 0; j < sizes.rowParts; ++j)
      fragments.multiply(a[i], ArrayRef(b[j / 2]).slice(j % 2 * 2, 2),
                         sums.slice(4 * (i * sizes.rowParts + j), 4));
}

SmallVector<Value> MmaSyncKernel::mainLoop() {
  constexpr int64_t row = MmaSyncSizes::stepBytes;
  int64_t ahead = sizes.stages - 1;
  // Each step has a group of copies, even where it has none to do: then one
  // number of groups to wait for holds for all steps.
  for (int64_t step = 0; step < ahead; ++step) {
    if (step < sizes.steps)
      load(build.i32(step), build.i32(step));
    NVVM::CpAsyncCommitGroupOp::create(build);
  }
  MmaSyncFragments fragments(build, op.getElementType(), lane);
  Value tokenRow = build.add(build.mul(warpToken, 16 * sizes.tokenParts),
                             fragments.tokenRow());
  Value weightRow =
      build.add(build.mul(warpRow, 8 * sizes.rowParts), fragments.weightRow());
  Value inputOffset = build.mul(tokenRow, row);
  Value weightOffset =
      build.add(build.mul(weightRow, row), sizes.tileTokens * row);
  SmallVector<Value> carried(2 + 4 * sizes.tokenParts * sizes.rowParts,
                             build.f32(0.0));
  carried[0] = build.i32(0);
  carried[1] = build.i32(ahead);
  auto next = [&](Value stage) {
    Value following = build.add(stage, 1);
    return build.select(build.equal(following, sizes.stages), 0, following);
  };
  auto body = [&](Value step, ValueRange values) {
    SmallVector<Value> sums(values.drop_front(2));
    NVVM::CpAsyncWaitGroupOp::create(build, uint32_t(ahead - 1));
    NVVM::Barrier0Op::create(build);
    Value stage = build.at(shared, build.mul(values[0], sizes.stageBytes()));
    auto loadNext = [&] {
      Value coming = build.add(step, ahead);
      if (sizes.steps > ahead)
        build.ifThen(build.less(coming, sizes.steps),
                     [&] { load(coming, values[1]); });
      NVVM::CpAsyncCommitGroupOp::create(build);
    };
    for (int64_t depth = 0; depth < row / 32; ++depth)
      multiply(build.at(stage, inputOffset), build.at(stage, weightOffset),
               depth, sums, [&] {
                 // Behind the first loads, which the products wait for.
                 if (depth == 0)
                   loadNext();
               });
    SmallVector<Value> results{next(values[0]), next(values[1])};
    llvm::append_range(results, sums);
    return results;
  };
  SmallVector<Value> results = build.loop(0, sizes.steps, 1, carried, body);
  return SmallVector<Value>(ArrayRef<Value>(results).drop_front(2));
}

/// Lane l has rows 2 (l mod 4) and one further, of tokens l / 4 and 8 further.
void MmaSyncKernel::store(ArrayRef<Value> sums) {
  Epilogue finishing(op, epilogue);
  Value token = build.add(
      build.add(firstToken, build.mul(warpToken, 16 * sizes.tokenParts)),
      build.shr(lane, 2));
  Value row =
      build.add(build.add(firstRow, build.mul(warpRow, 8 * sizes.rowParts)),
                build.shl(build.bitAnd(lane, 3), 1));
  for (int64_t i = 0; i < sizes.tokenParts; ++i)
    for (int64_t half = 0; half < 2; ++half)
      for (int64_t j = 0; j < sizes.rowParts; ++j) {
        int64_t place = 4 * (i * sizes.rowParts + j) + 2 * half;
        finishing.storePair(build, sums[place], sums[place + 1],
                            build.add(token, 16 * i + 8 * half), block,
                            build.add(row, 8 * j));
      }
}

void MmaSyncKernel::emit() {
  findTile();
  auto multiplyTile = [&] {
    copyInput = inputCopy();
    copyWeight = weightCopy();
    store(mainLoop());
  };
  if (exists)
    build.ifThen(exists, multiplyTile);
  else
    multiplyTile();
  LLVM::ReturnOp::create(build, ValueRange());
}

void slin::slingpu::emitMmaSyncKernel(BlockGemmOp op, StringRef name,
                                      mlir::gpu::GPUModuleOp module) {
  MmaSyncSizes sizes(op);
  // Without a number of blocks ptxas may spill to let more of them run at once.
  LLVM::LLVMFuncOp kernel =
      createPointerKernel(op, name, module,
                          {sizes.threads, sizes.sharedBytes(), /*cluster=*/1,
                           /*blocksPerSM=*/1});
  MmaSyncKernel(op, kernel, module).emit();
}
