//===- Contraction.cpp - Products of tokens and a weight ------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Maps and strides are evaluated to lists of places, one per column and one per
// step of the sum; the form of the lists, not that of the maps, says whether
// the kernel can do it.
//
//===----------------------------------------------------------------------===//

#include "Contraction.h"

#include "llvm/ADT/STLExtras.h"

#include <numeric>

using namespace mlir;
using namespace slin;

/// The constant that `value` is a view of; null if it is none.
static memref::GlobalOp globalOf(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (auto get = dyn_cast<memref::GetGlobalOp>(op)) {
      auto global = SymbolTable::lookupNearestSymbolFrom<memref::GlobalOp>(
          op, get.getNameAttr());
      bool hasValue = global && global.getConstant() &&
                      isa_and_nonnull<ElementsAttr>(
                          global.getInitialValue().value_or(Attribute()));
      return hasValue ? global : memref::GlobalOp();
    }
    if (!isa<memref::ExpandShapeOp, memref::CollapseShapeOp, memref::SubViewOp,
             memref::CastOp>(op))
      return {};
    value = op->getOperand(0);
  }
  return {};
}

namespace {
/// One operand: the stride of each dimension of the op in its buffer.
struct Strides {
  llvm::DenseMap<unsigned, int64_t> ofDim;
  int64_t offset = 0;
  bool has(unsigned dim) const { return ofDim.contains(dim); }
  int64_t of(unsigned dim) const { return ofDim.lookup(dim); }
};
} // namespace

/// Fails where a stride is not known. The offset may be unknown (0 then).
static std::optional<Strides> stridesOf(Value buffer, AffineMap map) {
  SmallVector<int64_t> strides;
  int64_t offset;
  if (!map.isProjectedPermutation() ||
      failed(cast<MemRefType>(buffer.getType())
                 .getStridesAndOffset(strides, offset)))
    return std::nullopt;
  Strides result;
  result.offset = ShapedType::isDynamic(offset) ? 0 : offset;
  for (auto [expr, stride] : llvm::zip(map.getResults(), strides)) {
    if (ShapedType::isDynamic(stride))
      return std::nullopt;
    result.ofDim[cast<AffineDimExpr>(expr).getPosition()] = stride;
  }
  return result;
}

/// For each index over `dims`, the last one fastest: Σ index · stride.
static std::vector<int64_t> placesOf(ArrayRef<unsigned> dims,
                                     ArrayRef<int64_t> sizes,
                                     const Strides &strides) {
  std::vector<int64_t> places{0};
  for (unsigned dim : dims) {
    std::vector<int64_t> next;
    for (int64_t place : places)
      for (int64_t index = 0; index < sizes[dim]; ++index)
        next.push_back(place + index * strides.of(dim));
    places = std::move(next);
  }
  return places;
}

/// How columns that read at `offsets` form runs; whether they do.
static bool findRuns(ArrayRef<int64_t> offsets, int64_t lanes, Contraction &c) {
  int64_t columns = offsets.size();
  auto isForm = [&](llvm::function_ref<int64_t(int64_t)> form) {
    return llvm::all_of(llvm::seq<int64_t>(columns),
                        [&](int64_t j) { return offsets[j] == form(j); });
  };
  int64_t same = 1;
  while (same < columns && offsets[same] == 0)
    ++same;
  int64_t step = same < columns ? offsets[same] : 0;
  if (columns % same == 0 &&
      isForm([&](int64_t j) { return j / same * step; })) {
    c.runs = columns / same;
    c.runLength = c.runStart = same;
    c.runInput = step;
    return true;
  }
  // Columns of several blocks alternate.
  int64_t cycle = 1;
  while (cycle < columns && offsets[cycle] != 0)
    ++cycle;
  if (columns % cycle != 0 ||
      !isForm([&](int64_t j) { return j % cycle * step; }))
    return false;
  if (step == 1 && cycle <= 16 && lanes % cycle == 0) {
    c.period = cycle;
    c.runLength = columns;
    return true;
  }
  c.runs = cycle;
  c.runLength = columns / cycle;
  c.runStart = 1;
  c.columnStride = cycle;
  c.runInput = step;
  return true;
}

/// [tokens, a, b, …] as [tokens, features]; null if features are not side by
/// side.
static Value flattened(OpBuilder &builder, Value buffer) {
  auto type = cast<MemRefType>(buffer.getType());
  SmallVector<int64_t> strides;
  int64_t offset, expected = 1;
  if (failed(type.getStridesAndOffset(strides, offset)) || type.getRank() < 2)
    return {};
  for (int64_t axis = type.getRank() - 1; axis > 0; --axis) {
    if (strides[axis] != expected && type.getDimSize(axis) != 1)
      return {};
    expected *= type.getDimSize(axis);
  }
  if (type.getRank() == 2)
    return buffer;
  SmallVector<ReassociationIndices> groups(2);
  groups[0].push_back(0);
  for (int64_t axis = 1; axis < type.getRank(); ++axis)
    groups[1].push_back(axis);
  if (!memref::CollapseShapeOp::isGuaranteedCollapsible(type, groups))
    return {};
  return memref::CollapseShapeOp::create(builder, buffer.getLoc(), buffer,
                                         groups);
}

namespace {
/// The dimensions of the op that are columns of the result, in its order, and
/// those of the sum.
struct Dimensions {
  SmallVector<unsigned> columns, depth;
};
} // namespace

/// The first axis of input and result is the tokens', of which the weight has
/// none; all other dimensions are the weight's.
static std::optional<Dimensions> dimensionsOf(ArrayRef<AffineMap> maps,
                                              ArrayRef<int64_t> sizes,
                                              const Strides &weight,
                                              const Strides &out) {
  auto token = dyn_cast<AffineDimExpr>(maps[2].getResult(0));
  if (!token || maps[0].getResult(0) != token ||
      weight.has(token.getPosition()))
    return std::nullopt;
  Dimensions result;
  for (AffineExpr expr : maps[2].getResults().drop_front())
    result.columns.push_back(cast<AffineDimExpr>(expr).getPosition());
  for (unsigned dim = 0; dim < maps[0].getNumDims(); ++dim)
    if (!out.has(dim))
      result.depth.push_back(dim);
  for (unsigned dim : llvm::concat<unsigned>(result.columns, result.depth))
    if (!weight.has(dim) || ShapedType::isDynamic(sizes[dim]))
      return std::nullopt;
  return result;
}

/// Fills in what the places say; whether they have the form.
static bool findPlaces(Contraction &c, Dimensions dims, ArrayRef<int64_t> sizes,
                       const Strides &in, const Strides &weight,
                       int64_t lanes) {
  // The sum may go in any order: that of the input.
  llvm::sort(dims.depth, [&](unsigned a, unsigned b) {
    return std::make_pair(-in.of(a), a) < std::make_pair(-in.of(b), b);
  });
  std::vector<int64_t> reads = placesOf(dims.depth, sizes, in);
  c.depth = reads.size();
  c.depthStride = reads.size() > 1 ? reads[1] : 1;
  for (auto [k, place] : llvm::enumerate(reads))
    if (place != int64_t(k) * c.depthStride)
      return false;
  if (!findRuns(placesOf(dims.columns, sizes, in), lanes, c))
    return false;
  c.columnPlaces = placesOf(dims.columns, sizes, weight);
  for (int64_t &place : c.columnPlaces)
    place += weight.offset;
  c.depthPlaces = placesOf(dims.depth, sizes, weight);
  return true;
}

std::optional<Contraction> slin::matchContraction(linalg::LinalgOp op,
                                                  int64_t lanes) {
  if (!isa<linalg::MatmulOp, linalg::ContractOp>(op) ||
      !op.hasPureBufferSemantics())
    return std::nullopt;
  Value buffers[] = {op->getOperand(0), op->getOperand(1), op->getOperand(2)};
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  std::optional<Strides> in = stridesOf(buffers[0], maps[0]);
  std::optional<Strides> weight = stridesOf(buffers[1], maps[1]);
  std::optional<Strides> out = stridesOf(buffers[2], maps[2]);
  Contraction c;
  c.weight = globalOf(buffers[1]);
  c.accumulator = dyn_cast<FloatType>(getElementTypeOrSelf(buffers[2]));
  if (!in || !weight || !out || !c.weight || !c.accumulator ||
      (!c.accumulator.isF32() && !c.accumulator.isF64()))
    return std::nullopt;
  SmallVector<int64_t> sizes = op.getStaticLoopRanges();
  std::optional<Dimensions> dims = dimensionsOf(maps, sizes, *weight, *out);
  if (!dims || !findPlaces(c, *dims, sizes, *in, *weight, lanes))
    return std::nullopt;
  OpBuilder builder(op);
  c.input = flattened(builder, buffers[0]);
  c.result = flattened(builder, buffers[2]);
  if (!c.input || !c.result)
    return std::nullopt;
  return c;
}
