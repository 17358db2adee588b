//===- TensorMapKernel.cpp - Functions with tensor maps -------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A block diagonal is a third axis of the tensor maps, so that what is read
// past the edge of a block is zero and not the next block.
//
//===----------------------------------------------------------------------===//

#include "TensorMapKernel.h"
#include "TensorMemory.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace slin::slingpu;

namespace slin::slingpu {

int64_t getElementBytes(BlockGemmOp op) {
  return op.getElementType().getIntOrFloatBitWidth() / 8;
}

std::string reasonAgainstTensorMaps(BlockGemmOp op) {
  int64_t bytes = getElementBytes(op);
  if (op.getOffsets())
    return llvm::formatv("TMA: expected the same matrix for all tokens, found "
                         "one for each of {0} experts",
                         op.getExperts());
  if (int64_t row = op.getInputFeatures() * bytes; row % 16 != 0)
    return llvm::formatv(
        "TMA: expected rows of the input of whole 16 bytes, found {0} bytes",
        row);
  if (int64_t row = op.getColumns() * bytes;
      op.getBlocks() > 1 && row % 16 != 0)
    return llvm::formatv("TMA: expected blocks of the input of whole 16 bytes, "
                         "found {0} bytes",
                         row);
  return "";
}

/// [planes, rows, columns]; `strides`: bytes from row to row and from plane to
/// plane.
static TensorMapAttr getMap(BlockGemmOp op, int64_t buffer, Type type,
                            int64_t columns, NumberAttr rows, int64_t planes,
                            std::pair<int64_t, int64_t> strides,
                            int64_t boxRows) {
  MLIRContext *context = op.getContext();
  SmallVector<NumberAttr> dims = {NumberAttr::get(context, columns), rows};
  SmallVector<int64_t> bytes = {strides.first};
  SmallVector<int64_t> box = {getSwizzledColumns(op), boxRows};
  if (planes > 1) {
    dims.push_back(NumberAttr::get(context, planes));
    bytes.push_back(strides.second);
    box.push_back(1);
  }
  return TensorMapAttr::get(context, buffer, /*offset=*/0, type, dims, bytes,
                            box, swizzleBytes);
}

/// TMA rounds f32 to what the tensor cores multiply.
static Type getLoadedType(BlockGemmOp op) {
  return op.getElementType().isF32() ? FloatTF32Type::get(op.getContext())
                                     : op.getElementType();
}

TensorMapAttr getInputMap(BlockGemmOp op, int64_t rows) {
  int64_t bytes = getElementBytes(op);
  return getMap(op, 0, getLoadedType(op), op.getColumns(),
                NumberAttr::ofTokens(op.getContext()), op.getBlocks(),
                {op.getInputFeatures() * bytes, op.getColumns() * bytes}, rows);
}

TensorMapAttr getWeightMap(BlockGemmOp op, int64_t rows) {
  int64_t row = op.getStoredColumns() * getElementBytes(op);
  return getMap(op, 1, getLoadedType(op), op.getColumns(),
                NumberAttr::get(op.getContext(), op.getRows()), op.getBlocks(),
                {row, op.getRows() * row}, rows);
}

int64_t getRunLength(BlockGemmOp op) {
  return op.getBlocks() == 1 ? op.getRows() : int64_t(op.getRun());
}

TensorMapAttr getOutputMap(BlockGemmOp op, int64_t rows) {
  int64_t bytes = getElementBytes(op), run = getRunLength(op);
  return getMap(op, op->getNumOperands(), op.getElementType(), run,
                NumberAttr::ofTokens(op.getContext()),
                op.getOutputFeatures() / run,
                {op.getOutputFeatures() * bytes, run * bytes}, rows);
}

bool canStoreRuns(BlockGemmOp op) {
  int64_t bytes = getElementBytes(op);
  return getRunLength(op) * bytes % 16 == 0 &&
         op.getOutputFeatures() * bytes % 16 == 0;
}

/// Every run that meets the box takes its part of it: seen from there, the box
/// starts before the run or ends behind it, and that is not written.
void storeRuns(KernelBuilder &build, BlockGemmOp op, Value map, Value source,
               const TilePlace &place, int64_t rows) {
  int64_t run = getRunLength(op), runs = op.getOutputFeatures() / run;
  if (runs == 1) {
    storeTile(build, source, map, {place.row, place.token});
    return;
  }
  int64_t meeting = run == op.getRows() || run % rows == 0 ? 1
                    : rows % run == 0 ? rows / run
                                      : (rows - 2) / run + 2;
  Value first = build.div(place.row, run);
  for (int64_t i = 0; i < meeting; ++i) {
    Value number = build.add(first, i);
    Value plane = build.add(build.mul(number, op.getBlocks()), place.block);
    storeTile(
        build, source, map,
        {build.sub(place.row, build.mul(number, run)), place.token, plane});
  }
}

} // namespace slin::slingpu

namespace {

/// A parameter of the kernel, the place for its value, and what it is passed.
struct Parameter {
  Type type;
  Value *value;
  Attribute attribute;
};

} // namespace

static SmallVector<Parameter> getParameters(BlockGemmOp op,
                                            const TensorMapShape &shape,
                                            TensorMapKernel &kernel) {
  MLIRContext *context = op.getContext();
  auto map = LLVM::LLVMPointerType::get(context);
  auto pointer = LLVM::LLVMPointerType::get(context, unsigned(Space::Global));
  SmallVector<Parameter> parameters = {{map, &kernel.input, shape.input},
                                       {map, &kernel.weight, shape.weight}};
  if (shape.output)
    parameters.push_back({map, &kernel.output, shape.output});
  int64_t buffer = 2;
  auto addPointer = [&](Value *place) {
    parameters.push_back(
        {pointer, place, PointerAttr::get(context, buffer++, 0)});
  };
  if (op.getBias())
    addPointer(&kernel.arguments.bias);
  if (op.getGate())
    addPointer(&kernel.arguments.gate);
  if (op.getResidual())
    addPointer(&kernel.arguments.residual);
  if (!shape.output)
    addPointer(&kernel.arguments.output);
  parameters.push_back({IntegerType::get(context, 32), &kernel.arguments.tokens,
                        NumberAttr::ofTokens(context)});
  return parameters;
}

TensorMapKernel::TensorMapKernel(BlockGemmOp op, const TensorMapShape &shape,
                                 StringRef name, gpu::GPUModuleOp module)
    : build(op.getLoc(), op.getContext()) {
  SmallVector<Parameter> list = getParameters(op, shape, *this);
  SmallVector<Type> types;
  for (const Parameter &parameter : list)
    types.push_back(parameter.type);
  LLVM::LLVMFuncOp function =
      createKernel(module, op.getLoc(), name, types, shape.size);
  for (auto [index, parameter] : llvm::enumerate(list)) {
    if (isa<TensorMapAttr>(parameter.attribute))
      markTensorMap(function, index);
    if (parameter.value == &arguments.bias)
      markConstant(function, index);
    *parameter.value = function.getArgument(index);
    parameters.push_back(parameter.attribute);
  }
  build.setInsertionPointToStart(&function.getBody().front());

  shared = getDynamicShared(build, module);
  thread = NVVM::ThreadIdXOp::create(build, build.getI32Type());
  lane = build.bitAnd(thread, 31);
  warp = build.warpOf(thread);
  rank = shape.size.cluster > 1
             ? NVVM::BlockInClusterIdXOp::create(build, build.getI32Type())
                   .getResult()
             : build.i32(0);
}

void TensorMapKernel::finish() { LLVM::ReturnOp::create(build, ValueRange()); }
