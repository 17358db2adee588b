//===- Tcgen05.cpp - Products into tensor memory --------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Source: PTX ISA, "TensorCore 5th Generation Family Instructions".
//
//===----------------------------------------------------------------------===//

#include "Tcgen05.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace slin::slingpu {

double getTcgen05Efficiency(int64_t columns) {
  return std::min(1.0, 2.0 * columns / (columns + tcgen05Rows));
}

int64_t Tcgen05::getInstructionDescriptor() const {
  constexpr int64_t sumsOfF32 = 1 << 4;
  int64_t type = element.isF16() ? 0 : element.isBF16() ? 1 : 2;
  // Both factors are of this type, and have their columns side by side.
  return sumsOfF32 | type << 7 | type << 10 | (columns / 8) << 17 |
         (tcgen05Rows / 16) << 24;
}

static Value toTensorPointer(KernelBuilder &build, Value address) {
  return LLVM::IntToPtrOp::create(build, build.pointer(Space::Tensor), address);
}

void Tcgen05::multiply(KernelBuilder &build, Value a, Value b, Value sums,
                       Value accumulates) const {
  auto kind =
      element.isF32() ? NVVM::Tcgen05MMAKind::TF32 : NVVM::Tcgen05MMAKind::F16;
  Value target = toTensorPointer(build, sums);
  Value descriptor = build.i32(getInstructionDescriptor());
  for (int64_t from = 0; from < swizzleBytes; from += instructionBytes) {
    int64_t offset = descriptorOffset(from);
    NVVM::Tcgen05MMAOp::create(
        build, kind, NVVM::CTAGroupKind::CTA_1,
        NVVM::Tcgen05MMACollectorOp::DISCARD, /*aShift=*/false, target,
        offset ? build.add(a, offset) : a, offset ? build.add(b, offset) : b,
        descriptor, offset ? build.number(1, build.getI1Type()) : accumulates,
        /*scaleInputD=*/Value(), /*disableOutputLane=*/Value());
  }
}

/// As for wgmma, with the version of descriptors.
Value describeTensorTile(KernelBuilder &build, Value address) {
  return build.bitOr(describeTile(build, address), int64_t(1) << 46);
}

void commitProducts(KernelBuilder &build, Value barrier, int64_t cluster) {
  Value mask;
  if (cluster > 1)
    mask = build.number((1 << cluster) - 1, build.getI16Type());
  NVVM::Tcgen05CommitOp::create(build, barrier, mask);
}

void allocateColumns(KernelBuilder &build, Value place, int64_t columns) {
  NVVM::Tcgen05AllocOp::create(build, place, build.i32(columns));
  NVVM::Tcgen05RelinquishAllocPermitOp::create(build);
}

void freeColumns(KernelBuilder &build, Value address, int64_t columns) {
  NVVM::Tcgen05DeallocOp::create(build, toTensorPointer(build, address),
                                 build.i32(columns));
}

/// Waits until `values` (i32) are there. The op of the dialect does not say for
/// what it waits, so that LLVM could read them before.
static SmallVector<Value> waitForLoads(KernelBuilder &build,
                                       ArrayRef<Value> values) {
  SmallVector<std::string> constraints(values.size(), "=r");
  for (size_t i = 0; i < values.size(); ++i)
    constraints.push_back(std::to_string(i));
  Type all = LLVM::LLVMStructType::getLiteral(
      build.getContext(), SmallVector<Type>(values.size(), build.getI32Type()));
  Value loaded = LLVM::InlineAsmOp::create(
                     build, all, values, "tcgen05.wait::ld.sync.aligned;",
                     llvm::join(constraints, ","), /*has_side_effects=*/true,
                     /*is_align_stack=*/false, LLVM::TailCallKind::None,
                     LLVM::AsmDialectAttr(), ArrayAttr())
                     .getResult(0);
  SmallVector<Value> result;
  for (int64_t i = 0; i < int64_t(values.size()); ++i)
    result.push_back(LLVM::ExtractValueOp::create(build, loaded, i));
  return result;
}

SmallVector<Value> loadSums(KernelBuilder &build, Value address,
                            int64_t count) {
  Value loaded = NVVM::Tcgen05LdOp::create(
      build, VectorType::get(count, build.getI32Type()), /*pack=*/false,
      NVVM::Tcgen05LdStShape::SHAPE_32X32B, toTensorPointer(build, address),
      /*offset=*/Value());
  SmallVector<Value> bits;
  for (int64_t i = 0; i < count; ++i)
    bits.push_back(LLVM::ExtractElementOp::create(build, loaded, build.i32(i)));
  SmallVector<Value> sums;
  for (Value value : waitForLoads(build, bits))
    sums.push_back(LLVM::BitcastOp::create(build, build.getF32Type(), value));
  return sums;
}

void fenceBeforeArrival(KernelBuilder &build) {
  NVVM::Tcgen05FenceOp::create(build,
                               NVVM::Tcgen05FenceKind::BEFORE_THREAD_SYNC);
}

void fenceAfterWait(KernelBuilder &build) {
  NVVM::Tcgen05FenceOp::create(build,
                               NVVM::Tcgen05FenceKind::AFTER_THREAD_SYNC);
}

} // namespace slin::slingpu
