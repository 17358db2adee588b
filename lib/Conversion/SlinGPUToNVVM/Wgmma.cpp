//===- Wgmma.cpp - Products of warpgroups ---------------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Source: PTX ISA, "Asynchronous Warpgroup Level Matrix Instructions". Sums are
// one struct, which stays in its registers when a loop carries it.
//
//===----------------------------------------------------------------------===//

#include "Wgmma.h"

#include "llvm/ADT/Sequence.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace slin::slingpu {

double getWgmmaEfficiency(int64_t columns) {
  return std::min(1.0, 2.0 * columns / (columns + wgmmaRows));
}

Type Wgmma::getType(Builder &build) const {
  return LLVM::LLVMStructType::getLiteral(
      build.getContext(), SmallVector<Type>(getSums(), build.getF32Type()));
}

Value Wgmma::zero(KernelBuilder &build) const {
  return LLVM::ZeroOp::create(build, getType(build));
}

Value Wgmma::sum(KernelBuilder &build, Value sums, int64_t index) const {
  return LLVM::ExtractValueOp::create(build, sums, index);
}

Value Wgmma::multiply(KernelBuilder &build, Value a, Value b, Value sums,
                      int64_t step) const {
  return multiply(build, a, b, sums, step, NVVM::WGMMAScaleOut::one);
}

Value Wgmma::start(KernelBuilder &build, Value a, Value b, Value sums) const {
  return multiply(build, a, b, sums, 0, NVVM::WGMMAScaleOut::zero);
}

Value Wgmma::multiply(KernelBuilder &build, Value a, Value b, Value sums,
                      int64_t step, NVVM::WGMMAScaleOut scale) const {
  NVVM::WGMMATypes type = element.isBF16()  ? NVVM::WGMMATypes::bf16
                          : element.isF16() ? NVVM::WGMMATypes::f16
                                            : NVVM::WGMMATypes::tf32;
  int64_t depth = instructionBytes * 8 / element.getIntOrFloatBitWidth();
  auto shape =
      NVVM::MMAShapeAttr::get(build.getContext(), wgmmaRows, columns, depth);
  int64_t offset = descriptorOffset(instructionBytes * step);
  return NVVM::WgmmaMmaAsyncOp::create(
      build, getType(build), sums, offset ? build.add(a, offset) : a,
      offset ? build.add(b, offset) : b, shape, type, type,
      NVVM::WGMMATypes::f32, scale, NVVM::WGMMAScaleIn::one,
      NVVM::WGMMAScaleIn::one, NVVM::MMALayout::row, NVVM::MMALayout::col,
      NVVM::MMAIntOverflowAttr());
}

/// The op of the dialect has no left factor in registers.
SmallVector<Value> Wgmma::multiplyRegisters(KernelBuilder &build,
                                            ArrayRef<Value> left, Value b,
                                            ArrayRef<Value> sums,
                                            int64_t step) const {
  int64_t count = getSums();
  auto list = [](int64_t from, int64_t count) {
    return llvm::join(llvm::map_range(llvm::seq(from, from + count),
                                      [](int64_t number) {
                                        return "$" + std::to_string(number);
                                      }),
                      ", ");
  };
  // Outputs are numbered first, then the inputs that are tied to them.
  std::string type = element.isBF16() ? "bf16" : "f16";
  std::string text = llvm::formatv(
      "wgmma.mma_async.sync.aligned.m64n{0}k16.f32.{1}.{1} "
      "{{{2}}, {{{3}}, ${4}, 1, 1, 1, 0;",
      columns, type, list(0, count), list(2 * count, 4), 2 * count + 4);
  std::string constraints;
  for (int64_t i = 0; i < count; ++i)
    constraints += "=f,";
  for (int64_t i = 0; i < count; ++i)
    constraints += std::to_string(i) + ",";
  constraints += "r,r,r,r,l";
  SmallVector<Value> operands(sums);
  llvm::append_range(operands, left);
  int64_t offset = descriptorOffset(instructionBytes * step);
  operands.push_back(offset ? build.add(b, offset) : b);
  Value result = LLVM::InlineAsmOp::create(
                     build, getType(build), operands, text, constraints,
                     /*has_side_effects=*/true, /*is_align_stack=*/false,
                     LLVM::TailCallKind::None,
                     LLVM::AsmDialectAttr::get(build.getContext(),
                                               LLVM::AsmDialect::AD_ATT),
                     /*operand_attrs=*/ArrayAttr())
                     .getResult(0);
  SmallVector<Value> added;
  for (int64_t i = 0; i < count; ++i)
    added.push_back(sum(build, result, i));
  return added;
}

void fenceProducts(KernelBuilder &build) {
  NVVM::WgmmaFenceAlignedOp::create(build);
}

void commitProducts(KernelBuilder &build) {
  NVVM::WgmmaGroupSyncAlignedOp::create(build);
}

void waitForProducts(KernelBuilder &build, int64_t groups) {
  NVVM::WgmmaWaitGroupSyncOp::create(build, uint64_t(groups));
}

void setRegisters(KernelBuilder &build, int64_t registers, bool increase) {
  NVVM::SetMaxRegisterOp::create(build, uint32_t(registers),
                                 increase
                                     ? NVVM::SetMaxRegisterAction::increase
                                     : NVVM::SetMaxRegisterAction::decrease);
}

void storeMatrices(KernelBuilder &build, Value place, ValueRange packed) {
  NVVM::StMatrixOp::create(
      build, place, packed, NVVM::MMALayout::row,
      NVVM::LdStMatrixShapeAttr::get(build.getContext(), 8, 8),
      NVVM::LdStMatrixEltType::B16);
}

} // namespace slin::slingpu
