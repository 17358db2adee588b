//===- OutlineParallelLoops.cpp - Loops as functions of a range -----------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A parallel loop becomes a function of (what it captures, begin, end) and a
// call of `slin_parallel_for`, which whoever runs the code provides. Neither
// OpenMP's runtime nor coroutines are needed for that.
//
//===----------------------------------------------------------------------===//

#include "slin/Conversion/Passes.h"

#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Transforms/RegionUtils.h"

namespace slin {
#define GEN_PASS_DEF_OUTLINEPARALLELLOOPS
#include "slin/Conversion/Passes.h.inc"
} // namespace slin

using namespace mlir;

static constexpr llvm::StringLiteral kRuntime = "slin_parallel_for";

namespace {
struct OutlineParallelLoopsPass final
    : slin::impl::OutlineParallelLoopsBase<OutlineParallelLoopsPass> {
  using OutlineParallelLoopsBase::OutlineParallelLoopsBase;
  void runOnOperation() override;

private:
  void outline(scf::ParallelOp loop, unsigned number);
  void declareRuntime();
};
} // namespace

/// `value` in another type that is the same for the machine.
static Value castTo(OpBuilder &builder, Location location, Type type,
                    Value value) {
  if (value.getType() == type)
    return value;
  return UnrealizedConversionCastOp::create(builder, location, type, value)
      .getResult(0);
}

/// Outermost, over 0, 1, …, without results.
static bool canOutline(scf::ParallelOp loop) {
  return loop.getNumLoops() == 1 && loop.getInitVals().empty() &&
         !loop->getParentOfType<scf::ParallelOp>() &&
         isZeroInteger(getAsOpFoldResult(loop.getLowerBound()[0])) &&
         isOneInteger(getAsOpFoldResult(loop.getStep()[0]));
}

/// Constants move into the function instead of through its captures.
static void sinkConstants(scf::ParallelOp loop) {
  llvm::SetVector<Value> captured;
  getUsedValuesDefinedAbove(loop.getRegion(), captured);
  OpBuilder builder = OpBuilder::atBlockBegin(loop.getBody());
  for (Value value : captured) {
    Operation *op = value.getDefiningOp();
    if (!op || !op->hasTrait<OpTrait::ConstantLike>())
      continue;
    Value copy = builder.clone(*op)->getResult(0);
    replaceAllUsesInRegionWith(value, copy, loop.getRegion());
  }
}

void OutlineParallelLoopsPass::outline(scf::ParallelOp loop, unsigned number) {
  MLIRContext *context = &getContext();
  Location location = loop.getLoc();
  LLVMTypeConverter converter(context);
  Type pointer = LLVM::LLVMPointerType::get(context);
  Type i64 = IntegerType::get(context, 64);
  sinkConstants(loop);
  llvm::SetVector<Value> captured;
  getUsedValuesDefinedAbove(loop.getRegion(), captured);
  SmallVector<Type> fields;
  for (Value value : captured)
    fields.push_back(converter.convertType(value.getType()));
  auto record = LLVM::LLVMStructType::getLiteral(context, fields);

  // The call: captures in a record on the stack.
  OpBuilder builder(loop);
  Value one = LLVM::ConstantOp::create(builder, location, i64,
                                       builder.getI64IntegerAttr(1));
  Value memory =
      LLVM::AllocaOp::create(builder, location, pointer, record, one);
  Value packed = LLVM::PoisonOp::create(builder, location, record);
  for (auto [index, value] : llvm::enumerate(captured))
    packed = LLVM::InsertValueOp::create(
        builder, location, packed,
        castTo(builder, location, fields[index], value), index);
  LLVM::StoreOp::create(builder, location, packed, memory);
  auto parent = loop->getParentOfType<func::FuncOp>();
  std::string name = (parent.getName() + "_loop_" + Twine(number)).str();
  Value function = LLVM::AddressOfOp::create(builder, location, pointer, name);
  Value count = castTo(builder, location, i64, loop.getUpperBound()[0]);
  LLVM::CallOp::create(builder, location, TypeRange(), kRuntime,
                       ValueRange{function, memory, count});

  // The function: the same loop over a part of the range.
  OpBuilder module = OpBuilder::atBlockEnd(getOperation().getBody());
  auto outlined = LLVM::LLVMFuncOp::create(
      module, location, name,
      LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(context),
                                  {pointer, i64, i64}),
      LLVM::Linkage::Internal);
  Block *entry = outlined.addEntryBlock(module);
  OpBuilder inner = OpBuilder::atBlockBegin(entry);
  Value loaded =
      LLVM::LoadOp::create(inner, location, record, entry->getArgument(0));
  for (auto [index, value] : llvm::enumerate(captured)) {
    Value field = LLVM::ExtractValueOp::create(inner, location, loaded, index);
    replaceAllUsesInRegionWith(value,
                               castTo(inner, location, value.getType(), field),
                               loop.getRegion());
  }
  Type index = inner.getIndexType();
  Value begin = castTo(inner, location, index, entry->getArgument(1));
  Value end = castTo(inner, location, index, entry->getArgument(2));
  Value step = arith::ConstantIndexOp::create(inner, location, 1);
  auto range = scf::ForOp::create(inner, location, begin, end, step);
  LLVM::ReturnOp::create(inner, location, ValueRange());
  Block *body = range.getBody();
  loop.getBody()->getTerminator()->erase();
  loop.getBody()->getArgument(0).replaceAllUsesWith(range.getInductionVar());
  body->getOperations().splice(body->getTerminator()->getIterator(),
                               loop.getBody()->getOperations());
  loop.erase();
}

void OutlineParallelLoopsPass::declareRuntime() {
  OpBuilder builder = OpBuilder::atBlockBegin(getOperation().getBody());
  Type pointer = LLVM::LLVMPointerType::get(&getContext());
  auto type =
      LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(&getContext()),
                                  {pointer, pointer, builder.getI64Type()});
  LLVM::LLVMFuncOp::create(builder, getOperation().getLoc(), kRuntime, type);
}

void OutlineParallelLoopsPass::runOnOperation() {
  SmallVector<scf::ParallelOp> loops;
  getOperation().walk([&](scf::ParallelOp loop) {
    if (canOutline(loop) && loop->getParentOfType<func::FuncOp>())
      loops.push_back(loop);
  });
  if (loops.empty())
    return;
  declareRuntime();
  for (auto [number, loop] : llvm::enumerate(loops))
    outline(loop, number);
}
