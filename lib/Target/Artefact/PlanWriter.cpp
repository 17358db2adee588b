//===- PlanWriter.cpp - Launches as a plan --------------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The last plan of an entry serves as many tokens as its numbers allow: grids
// and parameters are 32-bit.
//
//===----------------------------------------------------------------------===//

#include "PlanWriter.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace slin;
using namespace slin::artefact;
using namespace slin::slingpu;

/// Row numbers of a tile that juts out are still 32-bit numbers.
static constexpr uint64_t kMostTokens = (1u << 30) - 1;
static constexpr uint64_t kMostBytes = UINT64_MAX >> 2;

static uint64_t valueAt(const slingpu_number &number, uint64_t tokens) {
  auto steps = (static_cast<unsigned __int128>(number.scale) * tokens +
                number.divisor - 1) /
               number.divisor;
  unsigned __int128 value = steps * number.multiplier + number.constant;
  return value > UINT64_MAX ? UINT64_MAX : uint64_t(value);
}

InFlightDiagnostic PlanWriter::error(Operation *op) {
  return op->emitError() << "entry '" << entry.getPath() << "': ";
}

//===----------------------------------------------------------------------===//
// Buffers
//===----------------------------------------------------------------------===//

LogicalResult PlanWriter::collectLaunches(Block &block) {
  for (Operation &op : block.without_terminator()) {
    if (auto launch = dyn_cast<LaunchOp>(op))
      launches.push_back(launch);
    else if (!isa<WeightOp>(op))
      return error(&op) << "expected launches of kernels, found '"
                        << op.getName() << "'; slin-gpu-to-nvvm makes them";
  }
  if (launches.empty() || launches.size() > SLINGPU_MAX_STEPS)
    return error(entry) << "expected 1 to " << SLINGPU_MAX_STEPS
                        << " launches, found " << launches.size();
  return success();
}

LogicalResult PlanWriter::addBuffer(Value value, slingpu_buffer buffer) {
  buffers[value] = buffers.size();
  if (buffers.size() > SLINGPU_MAX_BUFFERS)
    return error(entry) << "expected at most " << SLINGPU_MAX_BUFFERS
                        << " buffers of a plan, found more";
  sections.add(buffer);
  return success();
}

LogicalResult PlanWriter::collectBuffers(Block &block) {
  for (BlockArgument input : block.getArguments())
    if (failed(addBuffer(input,
                         {SLINGPU_BUFFER_INPUT, input.getArgNumber(), {}, {}})))
      return failure();
  for (OpOperand &output : block.getTerminator()->getOpOperands()) {
    if (!output.get().getDefiningOp<LaunchOp>() ||
        buffers.contains(output.get()))
      return error(block.getTerminator())
             << "expected outputs that are results of launches, each once; "
                "output "
             << output.getOperandNumber() << " is not";
    if (failed(addBuffer(
            output.get(),
            {SLINGPU_BUFFER_OUTPUT, output.getOperandNumber(), {}, {}})))
      return failure();
  }
  SmallVector<Life> lives;
  for (auto [step, launch] : llvm::enumerate(launches)) {
    for (Value operand : launch.getBuffers()) {
      for (Life &life : lives)
        if (life.value == operand)
          life.last = step;
      auto weight = operand.getDefiningOp<WeightOp>();
      if (!weight || buffers.contains(operand))
        continue;
      FailureOr<uint32_t> index = weights.add(weight);
      if (failed(index) ||
          failed(addBuffer(operand, {SLINGPU_BUFFER_WEIGHT, *index, {}, {}})))
        return failure();
    }
    for (Value result : launch.getResults()) {
      if (buffers.contains(result))
        continue;
      auto extent = extentOf(cast<RankedTensorType>(result.getType()));
      if (!extent)
        return error(launch) << "expected a result with one axis of tokens and "
                                "at most 2^31 bytes for each, found "
                             << result.getType();
      lives.push_back({result, *extent, unsigned(step), unsigned(step)});
    }
  }
  auto places = placeInWorkspace(lives);
  for (const Life &life : lives) {
    const Place &place = places.find(life.value)->second;
    limits.push_back({place.offset, kMostBytes});
    limits.push_back({place.size, kMostBytes});
    if (failed(addBuffer(life.value, {SLINGPU_BUFFER_WORKSPACE, 0, place.offset,
                                      place.size})))
      return failure();
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

FailureOr<slingpu_number>
PlanWriter::numberOf(LaunchOp launch, NumberAttr number, uint64_t most) {
  if (number.getScale() > UINT32_MAX || number.getDivisor() > UINT32_MAX)
    return error(launch) << "expected numbers with scale and divisor of 32 "
                            "bits, found "
                         << number;
  slingpu_number record = {
      uint32_t(number.getScale()), uint32_t(number.getDivisor()),
      uint64_t(number.getMultiplier()), uint64_t(number.getConstant())};
  limits.push_back({record, most});
  return record;
}

FailureOr<uint32_t> PlanWriter::bufferOf(LaunchOp launch, int64_t index) {
  int64_t operands = launch.getBuffers().size();
  Value value = index < operands ? launch.getBuffers()[index]
                                 : launch.getResult(index - operands);
  auto place = buffers.find(value);
  if (place == buffers.end())
    return error(launch) << "expected buffers that are inputs, weights or "
                            "results of launches; buffer "
                         << index << " is none";
  return place->second;
}

static std::optional<uint32_t> elementTypeOf(Type type) {
  return llvm::TypeSwitch<Type, std::optional<uint32_t>>(type)
      .Case([](Float32Type) { return SLINGPU_F32; })
      .Case([](Float16Type) { return SLINGPU_F16; })
      .Case([](BFloat16Type) { return SLINGPU_BF16; })
      .Case([](FloatTF32Type) { return SLINGPU_TF32; })
      .Case([](IntegerType integer) -> std::optional<uint32_t> {
        if (integer.getWidth() == 32)
          return SLINGPU_I32;
        if (integer.getWidth() == 8)
          return SLINGPU_U8;
        return std::nullopt;
      })
      .Default(std::nullopt);
}

static slingpu_swizzle swizzleOf(int64_t bytes) {
  return bytes == 128  ? SLINGPU_SWIZZLE_128
         : bytes == 64 ? SLINGPU_SWIZZLE_64
         : bytes == 32 ? SLINGPU_SWIZZLE_32
                       : SLINGPU_SWIZZLE_NONE;
}

FailureOr<uint32_t> PlanWriter::addTensorMap(LaunchOp launch,
                                             TensorMapAttr map) {
  auto type = elementTypeOf(map.getType());
  auto buffer = bufferOf(launch, map.getBuffer());
  if (failed(buffer))
    return failure();
  if (!type)
    return error(launch) << "expected a tensor map of f32, tf32, f16, bf16, "
                            "i32 or i8, found "
                         << map.getType();
  uint32_t bytes = *type == SLINGPU_U8                             ? 1
                   : *type == SLINGPU_F16 || *type == SLINGPU_BF16 ? 2
                                                                   : 4;
  if (map.getBox()[0] * bytes % 16 != 0 || map.getOffset() % 16 != 0)
    return error(launch) << "expected offset and inner box of a tensor map of "
                            "whole 16 bytes, found "
                         << map.getOffset() << " and "
                         << map.getBox()[0] * bytes;
  slingpu_tensor_map record = {};
  record.buffer = *buffer;
  record.element_type = *type;
  record.rank = map.getDims().size();
  record.swizzle = swizzleOf(map.getSwizzle());
  record.l2_promotion = SLINGPU_L2_256;
  llvm::copy(map.getBox(), record.box);
  record.offset = constantNumber(map.getOffset());
  for (auto [axis, dim] : llvm::enumerate(map.getDims())) {
    auto number = numberOf(launch, dim, uint64_t(1) << 32);
    if (failed(number))
      return failure();
    record.dims[axis] = *number;
  }
  for (auto [axis, stride] : llvm::enumerate(map.getStrides()))
    record.strides[axis] = constantNumber(stride);
  return sections.add(record);
}

LogicalResult PlanWriter::addArgument(LaunchOp launch, Attribute parameter) {
  slingpu_argument record = {};
  if (auto map = dyn_cast<TensorMapAttr>(parameter)) {
    auto index = addTensorMap(launch, map);
    if (failed(index))
      return failure();
    record = {SLINGPU_ARGUMENT_TENSOR_MAP, *index, {}};
  } else if (auto pointer = dyn_cast<PointerAttr>(parameter)) {
    auto buffer = bufferOf(launch, pointer.getBuffer());
    if (failed(buffer))
      return failure();
    record = {SLINGPU_ARGUMENT_POINTER, *buffer,
              constantNumber(pointer.getOffset())};
  } else {
    auto number = numberOf(launch, cast<NumberAttr>(parameter), INT32_MAX);
    if (failed(number))
      return failure();
    record = {SLINGPU_ARGUMENT_NUMBER, 0, *number};
  }
  sections.add(record);
  return success();
}

LogicalResult PlanWriter::addStep(LaunchOp launch) {
  auto kernel = kernels.find(launch.getKernel());
  if (kernel == kernels.end())
    return error(launch) << "expected a kernel, found " << launch.getKernel()
                         << ", which has no 'nvvm.kernel'";
  auto gridX = numberOf(launch, launch.getGridX(), INT32_MAX);
  auto gridY = numberOf(launch, launch.getGridY(), UINT16_MAX);
  if (failed(gridX) || failed(gridY))
    return failure();
  uint32_t cluster = kernel->second.cluster;
  if (gridX->multiplier % cluster != 0 || gridX->constant % cluster != 0)
    return error(launch) << "expected a grid of whole clusters of " << cluster
                         << " blocks, found " << launch.getGridX();
  if (launch.getParameters().size() > SLINGPU_MAX_ARGUMENTS)
    return error(launch) << "expected at most " << SLINGPU_MAX_ARGUMENTS
                         << " parameters, found "
                         << launch.getParameters().size();
  slingpu_step step = {};
  step.kind = SLINGPU_STEP_KERNEL;
  step.kernel = kernel->second.index;
  step.flags = launch.getProgrammatic() ? SLINGPU_STEP_PROGRAMMATIC : 0;
  step.blocks_per_sm = launch.getBlocksPerSm().value_or(0);
  step.grid_x = *gridX;
  step.grid_y = *gridY;
  step.first_argument = sections.count<slingpu_argument>();
  step.argument_count = launch.getParameters().size();
  for (Attribute parameter : launch.getParameters())
    if (failed(addArgument(launch, parameter)))
      return failure();
  sections.add(step);
  return success();
}

//===----------------------------------------------------------------------===//
// Plans
//===----------------------------------------------------------------------===//

LogicalResult PlanWriter::write(EntryOp op, unsigned index) {
  entry = op;
  launches.clear();
  buffers.clear();
  limits.clear();
  Block &block = entry.getPlans()[index].front();
  slingpu_plan plan = {};
  plan.target = target;
  plan.first_buffer = sections.count<slingpu_buffer>();
  plan.first_step = sections.count<slingpu_step>();
  if (failed(collectLaunches(block)) || failed(collectBuffers(block)))
    return failure();
  for (LaunchOp launch : launches)
    if (failed(addStep(launch)))
      return failure();
  plan.buffer_count = buffers.size();
  plan.step_count = launches.size();
  auto isWithin = [&](uint64_t tokens) {
    return llvm::all_of(limits, [&](const Limit &limit) {
      return valueAt(limit.number, tokens) <= limit.most;
    });
  };
  // Numbers never fall, so that the greatest count of tokens is a bound.
  uint64_t least = 0, beyond = kMostTokens + 1;
  while (beyond - least > 1) {
    uint64_t middle = least + (beyond - least) / 2;
    (isWithin(middle) ? least : beyond) = middle;
  }
  auto [from, to] = entry.getRange(index);
  bool isLast = to == INT64_MAX;
  if (uint64_t(isLast ? from + 1 : to) > beyond)
    return error(entry) << "plan " << index << " is for " << from
                        << (isLast ? "" : " to " + std::to_string(to - 1))
                        << " tokens, but grids and parameters of its kernels "
                           "pass their limits from "
                        << beyond << " on";
  plan.from = from;
  plan.to = isLast ? beyond : to;
  sections.add(plan);
  return success();
}
