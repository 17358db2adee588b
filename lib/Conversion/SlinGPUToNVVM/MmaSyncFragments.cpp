//===- MmaSyncFragments.cpp - What mma.sync multiplies --------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Layouts are those of the PTX ISA, "Matrix fragments for mma.m16n8k16" (for
// tf32 m16n8k8): tokens are the 16 rows of an instruction, the weight's rows
// its 8 columns.
//
//===----------------------------------------------------------------------===//

#include "MmaSyncFragments.h"

using namespace mlir;
using namespace slin::slingpu;

SmallVector<Value> MmaSyncFragments::loadMatrices(Value address) {
  MLIRContext *context = build.getContext();
  SmallVector<Type> types(4, build.getI32Type());
  Value loaded = NVVM::LdMatrixOp::create(
      build, LLVM::LLVMStructType::getLiteral(context, types), address, 4,
      NVVM::MMALayout::row, NVVM::LdStMatrixShapeAttr::get(context, 8, 8),
      NVVM::LdStMatrixEltType::B16);
  SmallVector<Value> registers;
  for (int64_t i = 0; i < 4; ++i)
    registers.push_back(multiplicand(
        LLVM::ExtractValueOp::create(build, loaded, ArrayRef<int64_t>{i})));
  return registers;
}

Value MmaSyncFragments::multiplicand(Value bits) {
  if (type.isBF16())
    return bits;
  if (type.isF16())
    return LLVM::BitcastOp::create(build, VectorType::get(2, type), bits);
  Value number = LLVM::BitcastOp::create(build, type, bits);
  return NVVM::ConvertFloatToTF32Op::create(build, build.getI32Type(), number,
                                            NVVM::FPRoundingMode::RNA);
}

/// The lane's 16 bytes: chunk `2 depth + which` of its row, swizzled by the
/// row.
Value MmaSyncFragments::chunkAt(Value which, Operand depth) {
  Value chunk = depth.value ? build.add(build.shl(depth, 1), which)
                            : build.add(which, 2 * depth.number);
  return build.shl(build.bitXor(chunk, build.bitAnd(lane, 7)), 4);
}

SmallVector<Value> MmaSyncFragments::loadTokens(Value row, Operand depth) {
  return loadMatrices(build.at(row, chunkAt(build.shr(lane, 4), depth)));
}

SmallVector<Value> MmaSyncFragments::loadRows(Value row, Operand depth) {
  Value which = build.bitAnd(build.shr(lane, 3), 1);
  return loadMatrices(build.at(row, chunkAt(which, depth)));
}

void MmaSyncFragments::multiply(ArrayRef<Value> left, ArrayRef<Value> right,
                                MutableArrayRef<Value> sums) {
  auto kind = type.isBF16()  ? NVVM::MMATypes::bf16
              : type.isF16() ? NVVM::MMATypes::f16
                             : NVVM::MMATypes::tf32;
  SmallVector<Type> types(4, build.getF32Type());
  Value product = NVVM::MmaOp::create(
      build, LLVM::LLVMStructType::getLiteral(build.getContext(), types), left,
      right, ValueRange(sums), ArrayRef<int64_t>{16, 8, type.isF32() ? 8 : 16},
      std::nullopt, std::nullopt, std::array<NVVM::MMATypes, 2>{kind, kind},
      std::array<NVVM::MMALayout, 2>{NVVM::MMALayout::row,
                                     NVVM::MMALayout::col});
  for (int64_t n = 0; n < 4; ++n)
    sums[n] =
        LLVM::ExtractValueOp::create(build, product, ArrayRef<int64_t>{n});
}
