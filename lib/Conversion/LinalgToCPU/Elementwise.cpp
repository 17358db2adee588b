//===- Elementwise.cpp - Pointwise ops in vectors -------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What is left of a row after whole vectors goes through masks, so that any
// number of features is one path.
//
//===----------------------------------------------------------------------===//

#include "Elementwise.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace slin;

/// A scalar, or a buffer whose features, if the map has them, lie side by side.
static bool canRead(Value operand, AffineMap map) {
  auto type = dyn_cast<MemRefType>(operand.getType());
  if (!type)
    return operand.getType().isIntOrFloat();
  SmallVector<int64_t> strides;
  int64_t offset;
  if (failed(type.getStridesAndOffset(strides, offset)))
    return false;
  unsigned last = map.getNumDims() - 1;
  for (auto [axis, expr] : llvm::enumerate(map.getResults())) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    if (!dim)
      return false;
    if (dim.getPosition() == last &&
        (axis + 1 != map.getNumResults() || strides.back() != 1))
      return false;
  }
  return true;
}

bool slin::canWriteElementwise(linalg::LinalgOp op) {
  if (!op.hasPureBufferSemantics() || op.getNumLoops() == 0 ||
      op.getNumParallelLoops() != op.getNumLoops() ||
      op.getNumDpsInits() != 1 || op->getNumRegions() != 1)
    return false;
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  if (!maps.back().isIdentity())
    return false;
  for (auto [operand, map] : llvm::zip(op->getOperands(), maps))
    if (!canRead(operand, map))
      return false;
  return llvm::all_of(op.getBlock()->without_terminator(),
                      [](Operation &inner) {
                        return isa<arith::ConstantOp>(inner) ||
                               (OpTrait::hasElementwiseMappableTraits(&inner) &&
                                inner.getNumRegions() == 0);
                      });
}

namespace {
class ElementwiseWriter {
public:
  ElementwiseWriter(linalg::LinalgOp op, int64_t vectorBits);
  void write();

private:
  void writeRows(unsigned dim);
  void writeRow();
  void writeVector(Value feature, Value mask);
  Value read(unsigned operand, Value feature, Value mask);
  Value vectorOf(Value value);
  SmallVector<Value> indicesOf(unsigned operand, Value feature);
  Value index(int64_t number) {
    return arith::ConstantIndexOp::create(b, location, number);
  }

  linalg::LinalgOp op;
  OpBuilder b;
  Location location;
  SmallVector<AffineMap> maps;
  SmallVector<Value> sizes, row;
  int64_t lanes;
  IRMapping mapping;
};
} // namespace

ElementwiseWriter::ElementwiseWriter(linalg::LinalgOp op, int64_t vectorBits)
    : op(op), b(op), location(op.getLoc()), maps(op.getIndexingMapsArray()) {
  unsigned widest = 32;
  auto consider = [&](Type type) {
    Type element = getElementTypeOrSelf(type);
    if (element.isIntOrFloat())
      widest = std::max(widest, element.getIntOrFloatBitWidth());
  };
  for (Value operand : op->getOperands())
    consider(operand.getType());
  for (Operation &inner : *op.getBlock())
    for (Type type : inner.getResultTypes())
      consider(type);
  lanes = vectorBits / widest;
}

SmallVector<Value> ElementwiseWriter::indicesOf(unsigned operand,
                                                Value feature) {
  SmallVector<Value> indices;
  for (AffineExpr expr : maps[operand].getResults()) {
    unsigned dim = cast<AffineDimExpr>(expr).getPosition();
    indices.push_back(dim < row.size() ? row[dim] : feature);
  }
  return indices;
}

Value ElementwiseWriter::vectorOf(Value value) {
  if (isa<VectorType>(value.getType()))
    return value;
  return vector::BroadcastOp::create(
      b, location, VectorType::get({lanes}, value.getType()), value);
}

Value ElementwiseWriter::read(unsigned operand, Value feature, Value mask) {
  Value buffer = op->getOperand(operand);
  auto type = dyn_cast<MemRefType>(buffer.getType());
  if (!type)
    return vectorOf(buffer);
  SmallVector<Value> indices = indicesOf(operand, feature);
  if (!maps[operand].isFunctionOfDim(row.size()))
    return vectorOf(memref::LoadOp::create(b, location, buffer, indices));
  auto vector = VectorType::get({lanes}, type.getElementType());
  if (!mask)
    return vector::LoadOp::create(b, location, vector, buffer, indices);
  Value zero =
      arith::ConstantOp::create(b, location, vector, b.getZeroAttr(vector));
  return vector::MaskedLoadOp::create(b, location, vector, buffer, indices,
                                      mask, zero);
}

void ElementwiseWriter::writeVector(Value feature, Value mask) {
  Block *block = op.getBlock();
  mapping.clear();
  for (BlockArgument argument : block->getArguments())
    if (!argument.use_empty())
      mapping.map(argument, read(argument.getArgNumber(), feature, mask));
  for (Operation &inner : block->without_terminator()) {
    if (isa<arith::ConstantOp>(inner)) {
      Value scalar = b.clone(inner)->getResult(0);
      mapping.map(inner.getResult(0), vectorOf(scalar));
      continue;
    }
    for (Value operand : inner.getOperands())
      if (!mapping.contains(operand))
        mapping.map(operand, vectorOf(operand));
    Operation *wide = b.clone(inner, mapping);
    for (auto [narrow, result] :
         llvm::zip(inner.getResults(), wide->getResults())) {
      result.setType(VectorType::get({lanes}, narrow.getType()));
      mapping.map(narrow, result);
    }
  }
  Value yielded = block->getTerminator()->getOperand(0);
  Value value = vectorOf(mapping.lookupOrDefault(yielded));
  unsigned output = op->getNumOperands() - 1;
  SmallVector<Value> indices = indicesOf(output, feature);
  Value buffer = op->getOperand(output);
  if (mask)
    vector::MaskedStoreOp::create(b, location, buffer, indices, mask, value);
  else
    vector::StoreOp::create(b, location, value, buffer, indices);
}

void ElementwiseWriter::writeRow() {
  Value size = sizes.back(), step = index(lanes);
  Value whole = b.createOrFold<arith::MulIOp>(
      location, b.createOrFold<arith::DivUIOp>(location, size, step), step);
  auto loop = scf::ForOp::create(b, location, index(0), whole, step);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    writeVector(loop.getInductionVar(), Value());
  }
  std::optional<int64_t> known = getConstantIntValue(size);
  if (known && *known % lanes == 0)
    return;
  Value left = arith::SubIOp::create(b, location, size, whole);
  Value mask = vector::CreateMaskOp::create(
      b, location, VectorType::get({lanes}, b.getI1Type()), left);
  writeVector(whole, mask);
}

void ElementwiseWriter::writeRows(unsigned dim) {
  if (dim + 1 == sizes.size())
    return writeRow();
  OpBuilder::InsertionGuard guard(b);
  if (dim == 0) {
    auto loop =
        scf::ParallelOp::create(b, location, ValueRange{index(0)},
                                ValueRange{sizes[0]}, ValueRange{index(1)});
    b.setInsertionPointToStart(loop.getBody());
    row.push_back(loop.getInductionVars()[0]);
  } else {
    auto loop = scf::ForOp::create(b, location, index(0), sizes[dim], index(1));
    b.setInsertionPointToStart(loop.getBody());
    row.push_back(loop.getInductionVar());
  }
  writeRows(dim + 1);
}

void ElementwiseWriter::write() {
  Value output = op->getOperands().back();
  auto type = cast<MemRefType>(output.getType());
  for (auto [dim, size] : llvm::enumerate(type.getShape()))
    sizes.push_back(
        ShapedType::isDynamic(size)
            ? memref::DimOp::create(b, location, output, dim).getResult()
            : index(size));
  writeRows(0);
}

void slin::writeElementwise(linalg::LinalgOp op, int64_t vectorBits) {
  ElementwiseWriter(op, vectorBits).write();
}
