//===- KernelBuilder.cpp - Writes the bodies of kernels -------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Everything is in arith and scf, which upstream lowers; only addresses and
// barriers are LLVM's and NVVM's.
//
//===----------------------------------------------------------------------===//

#include "KernelBuilder.h"

using namespace mlir;
using namespace slin::slingpu;

Value KernelBuilder::number(int64_t value, Type type) {
  return arith::ConstantOp::create(*this, getIntegerAttr(type, value));
}

Value KernelBuilder::f32(double value) {
  return arith::ConstantOp::create(*this, getF32FloatAttr(value));
}

Value KernelBuilder::materialise(Operand operand, Type type) {
  return operand.value ? operand.value : number(operand.number, type);
}

template <typename Op>
Value KernelBuilder::binary(Operand a, Operand b) {
  Type type = (a.value ? a.value : b.value).getType();
  return createOrFold<Op>(materialise(a, type), materialise(b, type));
}

Value KernelBuilder::add(Operand a, Operand b) {
  return binary<arith::AddIOp>(a, b);
}
Value KernelBuilder::sub(Operand a, Operand b) {
  return binary<arith::SubIOp>(a, b);
}
Value KernelBuilder::mul(Operand a, Operand b) {
  return binary<arith::MulIOp>(a, b);
}
Value KernelBuilder::div(Operand a, Operand b) {
  return binary<arith::DivUIOp>(a, b);
}
Value KernelBuilder::rem(Operand a, Operand b) {
  return binary<arith::RemUIOp>(a, b);
}
Value KernelBuilder::shl(Operand a, Operand b) {
  return binary<arith::ShLIOp>(a, b);
}
Value KernelBuilder::shr(Operand a, Operand b) {
  return binary<arith::ShRUIOp>(a, b);
}
Value KernelBuilder::bitAnd(Operand a, Operand b) {
  return binary<arith::AndIOp>(a, b);
}
Value KernelBuilder::bitOr(Operand a, Operand b) {
  return binary<arith::OrIOp>(a, b);
}
Value KernelBuilder::bitXor(Operand a, Operand b) {
  return binary<arith::XOrIOp>(a, b);
}
Value KernelBuilder::min(Operand a, Operand b) {
  return binary<arith::MinUIOp>(a, b);
}

Value KernelBuilder::compare(arith::CmpIPredicate predicate, Operand a,
                             Operand b) {
  Type type = (a.value ? a.value : b.value).getType();
  return createOrFold<arith::CmpIOp>(predicate, materialise(a, type),
                                     materialise(b, type));
}

Value KernelBuilder::select(Value condition, Operand a, Operand b) {
  Type type = a.value   ? a.value.getType()
              : b.value ? b.value.getType()
                        : getI32Type();
  return createOrFold<arith::SelectOp>(condition, materialise(a, type),
                                       materialise(b, type));
}

Value KernelBuilder::hide(Value number) {
  return LLVM::InlineAsmOp::create(
             *this, TypeRange{number.getType()}, ValueRange{number},
             "mov.b32 $0, $1;", "=r,r", /*has_side_effects=*/false,
             /*is_align_stack=*/false, LLVM::tailcallkind::TailCallKind::None,
             LLVM::AsmDialectAttr(), ArrayAttr())
      .getResult(0);
}

Value KernelBuilder::at(Value base, Operand offset) {
  if (!offset.value)
    return offset.number == 0
               ? base
               : LLVM::GEPOp::create(
                     *this, base.getType(), getI8Type(), base,
                     ArrayRef<LLVM::GEPArg>{int32_t(offset.number)});
  return LLVM::GEPOp::create(*this, base.getType(), getI8Type(), base,
                             ArrayRef<LLVM::GEPArg>{offset.value});
}

Value KernelBuilder::warpOf(Value thread) {
  return NVVM::ShflOp::create(*this, getI32Type(), i32(-1), shr(thread, 5),
                              i32(0), i32(31), NVVM::ShflKind::idx, UnitAttr());
}

void KernelBuilder::ifThen(Value condition, function_ref<void()> body,
                           function_ref<void()> otherwise) {
  auto branch = scf::IfOp::create(*this, condition, bool(otherwise));
  OpBuilder::InsertionGuard guard(*this);
  setInsertionPointToStart(branch.thenBlock());
  body();
  if (!otherwise)
    return;
  setInsertionPointToStart(branch.elseBlock());
  otherwise();
}

SmallVector<Value>
KernelBuilder::loop(Operand from, Operand to, Operand step, ValueRange carried,
                    function_ref<SmallVector<Value>(Value, ValueRange)> body) {
  Type type = from.value   ? from.value.getType()
              : to.value   ? to.value.getType()
              : step.value ? step.value.getType()
                           : getI32Type();
  auto loop =
      scf::ForOp::create(*this, materialise(from, type), materialise(to, type),
                         materialise(step, type), carried);
  OpBuilder::InsertionGuard guard(*this);
  // Without carried values the builder has made the terminator.
  setInsertionPointToStart(loop.getBody());
  SmallVector<Value> next =
      body(loop.getInductionVar(), loop.getRegionIterArgs());
  if (!carried.empty())
    scf::YieldOp::create(*this, next);
  return SmallVector<Value>(loop.getResults());
}

void KernelBuilder::waitBarrier(Value barrier, Value parity) {
  auto loop = scf::WhileOp::create(*this, TypeRange(), ValueRange());
  OpBuilder::InsertionGuard guard(*this);
  createBlock(&loop.getBefore());
  Value ended = NVVM::MBarrierTryWaitOp::create(*this, getI1Type(), barrier,
                                                parity, /*ticks=*/Value());
  Value spins = arith::XOrIOp::create(*this, ended, number(1, getI1Type()));
  scf::ConditionOp::create(*this, spins, ValueRange());
  createBlock(&loop.getAfter());
  scf::YieldOp::create(*this);
}
