//===- TokenTensor.cpp - Activations as [tokens, features] ----------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Reshapes that move nothing, and conversions between float types.
//
//===----------------------------------------------------------------------===//

#include "TokenTensor.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/ReshapeOpsUtils.h"

using namespace mlir;
using namespace slin;

bool slin::isComputable(Type elementType) {
  return elementType.isF64() || elementType.isF32() || elementType.isF16() ||
         elementType.isBF16();
}

Value slin::convertFloat(OpBuilder &builder, Location location, Value value,
                         Type type) {
  unsigned from = value.getType().getIntOrFloatBitWidth();
  unsigned to = type.getIntOrFloatBitWidth();
  if (value.getType() == type)
    return value;
  if (from < to)
    return arith::ExtFOp::create(builder, location, type, value);
  if (from > to)
    return arith::TruncFOp::create(builder, location, type, value);
  // f16 and bf16: neither holds the other.
  Value wide =
      arith::ExtFOp::create(builder, location, builder.getF32Type(), value);
  return arith::TruncFOp::create(builder, location, type, wide);
}

FloatType slin::accumulatorOf(TypeRange types) {
  Builder builder(types.front().getContext());
  for (Type type : types)
    if (type.isF64())
      return builder.getF64Type();
  return builder.getF32Type();
}

Value slin::flattenTokens(OpBuilder &builder, Location location, Value x) {
  auto type = cast<RankedTensorType>(x.getType());
  int64_t rank = type.getRank();
  if (rank == 2)
    return x;
  if (rank == 1) {
    auto matrix =
        RankedTensorType::get({1, type.getDimSize(0)}, type.getElementType());
    return tensor::ExpandShapeOp::create(
        builder, location, matrix, x, ArrayRef<ReassociationIndices>{{0, 1}});
  }
  SmallVector<ReassociationIndices> groups(2);
  for (int64_t axis = 0; axis + 1 < rank; ++axis)
    groups[0].push_back(axis);
  groups[1].push_back(rank - 1);
  return tensor::CollapseShapeOp::create(builder, location, x, groups);
}

Value slin::restoreTokens(OpBuilder &builder, Location location, Value y,
                          Value like) {
  auto type = cast<RankedTensorType>(y.getType());
  auto likeType = cast<RankedTensorType>(like.getType());
  int64_t rank = likeType.getRank();
  if (rank == 2)
    return y;
  if (rank == 1)
    return tensor::CollapseShapeOp::create(
        builder, location, y, ArrayRef<ReassociationIndices>{{0, 1}});
  SmallVector<int64_t> shape(likeType.getShape());
  shape.back() = type.getDimSize(1);
  SmallVector<OpFoldResult> sizes =
      tensor::getMixedSizes(builder, location, like);
  sizes.back() = builder.getIndexAttr(shape.back());
  SmallVector<ReassociationIndices> groups(2);
  for (int64_t axis = 0; axis + 1 < rank; ++axis)
    groups[0].push_back(axis);
  groups[1].push_back(rank - 1);
  return tensor::ExpandShapeOp::create(
      builder, location, RankedTensorType::get(shape, type.getElementType()), y,
      groups, sizes);
}
