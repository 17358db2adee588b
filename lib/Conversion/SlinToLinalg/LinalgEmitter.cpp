//===- LinalgEmitter.cpp - Terms as linalg ops ----------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A product over permuted features is a contraction over their digits: the
// input is seen as [tokens, digits…] in the order it is stored, the weight as
// [groups…, rows, columns…] in the order of the term, and the maps say which
// digit is which. The same holds for what it writes. A BlockShuffle is thus two
// contractions and no copy.
//
//===----------------------------------------------------------------------===//

#include "LinalgEmitter.h"
#include "TokenTensor.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/ReshapeOpsUtils.h"

using namespace mlir;
using namespace slin;
using slin::term::Permutation;
using slin::term::Rearrangement;

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

static RankedTensorType typeOf(Value tensor) {
  return cast<RankedTensorType>(tensor.getType());
}

OpFoldResult LinalgEmitter::tokensOf(Value tensor) {
  return tensor::getMixedSize(builder, location, tensor, 0);
}

Value LinalgEmitter::empty(Value like, ArrayRef<int64_t> sizes, Type type) {
  SmallVector<OpFoldResult> shape{tokensOf(like)};
  for (int64_t size : sizes)
    shape.push_back(builder.getIndexAttr(size));
  return tensor::EmptyOp::create(builder, location, shape, type);
}

Value LinalgEmitter::zero(Value like, ArrayRef<int64_t> sizes) {
  Value number = arith::ConstantOp::create(
      builder, location, builder.getFloatAttr(accumulator, 0.0));
  return linalg::FillOp::create(builder, location, number,
                                empty(like, sizes, accumulator))
      .getResult(0);
}

/// Axis `axis` of a tensor of static shape, apart from axis 0 of activations,
/// as `digits`.
static Value expandAxes(OpBuilder &builder, Location location, Value tensor,
                        ArrayRef<SmallVector<int64_t>> digits) {
  RankedTensorType type = typeOf(tensor);
  SmallVector<ReassociationIndices> groups;
  SmallVector<int64_t> shape;
  SmallVector<OpFoldResult> sizes;
  for (auto [axis, parts] : llvm::enumerate(digits)) {
    ReassociationIndices &group = groups.emplace_back();
    for (int64_t part : parts) {
      group.push_back(shape.size());
      shape.push_back(part);
      sizes.push_back(
          ShapedType::isDynamic(part)
              ? tensor::getMixedSize(builder, location, tensor, axis)
              : OpFoldResult(builder.getIndexAttr(part)));
    }
  }
  if (int64_t(shape.size()) == type.getRank())
    return tensor;
  return tensor::ExpandShapeOp::create(
      builder, location, RankedTensorType::get(shape, type.getElementType()),
      tensor, groups, sizes);
}

Value LinalgEmitter::expand(Value tensor, ArrayRef<int64_t> digits) {
  return expandAxes(builder, location, tensor,
                    {{typeOf(tensor).getDimSize(0)},
                     SmallVector<int64_t>(digits.begin(), digits.end())});
}

Value LinalgEmitter::collapse(Value tensor) {
  int64_t rank = typeOf(tensor).getRank();
  if (rank == 2)
    return tensor;
  SmallVector<ReassociationIndices> groups(2);
  groups[0].push_back(0);
  for (int64_t axis = 1; axis < rank; ++axis)
    groups[1].push_back(axis);
  return tensor::CollapseShapeOp::create(builder, location, tensor, groups);
}

Value LinalgEmitter::box(const term::Leaf &leaf) {
  Value stored = leafTensor(leaf.id);
  if (leaf.isWhole() && !(leaf.rank() == 3 && leaf.sizes[0] == 1))
    return stored;
  SmallVector<OpFoldResult> offsets, sizes, strides;
  SmallVector<int64_t> shape;
  for (unsigned axis = 0; axis < leaf.rank(); ++axis) {
    offsets.push_back(builder.getIndexAttr(leaf.offsets[axis]));
    sizes.push_back(builder.getIndexAttr(leaf.sizes[axis]));
    strides.push_back(builder.getIndexAttr(1));
    // One matrix of a tensor of blocks is a matrix.
    if (leaf.rank() != 3 || axis != 0 || leaf.sizes[0] != 1)
      shape.push_back(leaf.sizes[axis]);
  }
  auto type = RankedTensorType::get(shape, typeOf(stored).getElementType());
  return tensor::ExtractSliceOp::create(builder, location, type, stored,
                                        offsets, sizes, strides);
}

//===----------------------------------------------------------------------===//
// Element by element
//===----------------------------------------------------------------------===//

Value LinalgEmitter::elementwise(ValueRange inputs, FloatType type,
                                 ElementFunction function) {
  Value like = inputs.front();
  AffineMap whole = builder.getMultiDimIdentityMap(2);
  SmallVector<AffineMap> maps;
  for (Value input : inputs) {
    int64_t rank = typeOf(input).getRank();
    maps.push_back(rank ? whole.getMinorSubMap(rank)
                        : AffineMap::get(2, 0, builder.getContext()));
  }
  maps.push_back(whole);
  Value result = empty(like, typeOf(like).getDimSize(1), type);
  SmallVector<utils::IteratorType> iterators(2, utils::IteratorType::parallel);
  auto body = [&](OpBuilder &inner, Location loc, ValueRange elements) {
    SmallVector<Value> wide;
    for (Value element : elements.drop_back())
      wide.push_back(convertFloat(inner, loc, element, accumulator));
    Value value = function(inner, loc, wide);
    linalg::YieldOp::create(inner, loc, convertFloat(inner, loc, value, type));
  };
  return linalg::GenericOp::create(builder, location, result.getType(), inputs,
                                   result, maps, iterators, body)
      .getResult(0);
}

//===----------------------------------------------------------------------===//
// Views
//===----------------------------------------------------------------------===//

FeatureView LinalgEmitter::viewOf(Value tensor) {
  Permutation identity = Permutation::identity(typeOf(tensor).getDimSize(1));
  auto source = std::make_shared<FeatureSource>(
      FeatureSource{std::nullopt, tensor, identity});
  return {source, identity};
}

FeatureView LinalgEmitter::permuted(const FeatureView &x,
                                    const Permutation &then) {
  if (std::optional<Permutation> both = then.after(x.permutation))
    return {x.source, *both};
  return {viewOf(tensorOf(x)).source, then};
}

Value LinalgEmitter::tensorOf(const FeatureView &x) {
  FeatureSource &source = *x.source;
  if (!source.tensor && !writeProduct(source, x.permutation))
    writeProduct(source, Permutation::identity(x.permutation.size()));
  if (source.written == x.permutation)
    return source.tensor;
  if (auto rest = x.permutation.after(source.written.inverse()))
    return permute(source.tensor, *rest);
  return permute(permute(source.tensor, source.written.inverse()),
                 x.permutation);
}

Value LinalgEmitter::permute(Value tensor, const Permutation &permutation) {
  std::optional<Rearrangement> step = term::rearrangement(permutation, 1, 1);
  if (!step)
    return gatherFeatures(tensor, permutation.indices());
  SmallVector<int64_t> axes{0}, sizes;
  for (int64_t digit : step->order) {
    axes.push_back(digit + 1);
    sizes.push_back(step->radices[digit]);
  }
  Value moved = linalg::TransposeOp::create(
                    builder, location, expand(tensor, step->radices),
                    empty(tensor, sizes, typeOf(tensor).getElementType()), axes)
                    ->getResult(0);
  return collapse(moved);
}

Value LinalgEmitter::gatherFeatures(Value tensor, ArrayRef<int64_t> indices) {
  int64_t size = indices.size();
  Value list = arith::ConstantOp::create(
      builder, location,
      DenseElementsAttr::get(
          RankedTensorType::get({size}, builder.getI64Type()), indices));
  Value result = empty(tensor, size, typeOf(tensor).getElementType());
  SmallVector<AffineMap> maps{AffineMap::get(2, 0, builder.getAffineDimExpr(1)),
                              builder.getMultiDimIdentityMap(2)};
  SmallVector<utils::IteratorType> iterators(2, utils::IteratorType::parallel);
  auto body = [&](OpBuilder &inner, Location loc, ValueRange elements) {
    Value token = linalg::IndexOp::create(inner, loc, 0);
    Value feature = arith::IndexCastOp::create(inner, loc, inner.getIndexType(),
                                               elements.front());
    Value element = tensor::ExtractOp::create(inner, loc, tensor,
                                              ValueRange{token, feature});
    linalg::YieldOp::create(inner, loc, element);
  };
  return linalg::GenericOp::create(builder, location, result.getType(), list,
                                   result, maps, iterators, body)
      .getResult(0);
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

namespace {
/// The digits of a product and the op's dimension of each: tokens, groups…,
/// rows…, columns….
struct ProductDigits {
  SmallVector<int64_t> groups, rows, columns;
  unsigned firstRow() const { return 1 + groups.size(); }
  unsigned firstColumn() const { return firstRow() + rows.size(); }
  unsigned rank() const { return firstColumn() + columns.size(); }
};
} // namespace

/// A last digit of one value where all digits are groups.
static void padDigits(Rearrangement &step, unsigned groups) {
  if (step.order.size() != groups)
    return;
  step.order.push_back(step.radices.size());
  step.radices.push_back(1);
}

/// The digits of a product whose input is rearranged by `in` and whose rows are
/// rearranged by `out`; nothing where both cut the groups differently.
static std::optional<ProductDigits> digitsOf(const Rearrangement &in,
                                             const Rearrangement &out) {
  ProductDigits digits;
  for (auto [position, digit] : llvm::enumerate(in.order))
    (position < in.groupDigitsAfter ? digits.groups : digits.columns)
        .push_back(in.radices[digit]);
  ArrayRef<int64_t> radices(out.radices);
  digits.rows.assign(radices.begin() + out.groupDigitsBefore, radices.end());
  if (radices.take_front(out.groupDigitsBefore) != ArrayRef(digits.groups))
    return std::nullopt;
  return digits;
}

/// Which dimension each axis of the input has.
static AffineMap inputMap(const ProductDigits &digits, const Rearrangement &in,
                          MLIRContext *context) {
  SmallVector<AffineExpr> axes(1 + in.radices.size(),
                               getAffineDimExpr(0, context));
  for (auto [position, digit] : llvm::enumerate(in.order)) {
    unsigned dim = position < digits.groups.size()
                       ? 1 + position
                       : digits.firstColumn() + position - digits.groups.size();
    axes[1 + digit] = getAffineDimExpr(dim, context);
  }
  return AffineMap::get(digits.rank(), 0, axes, context);
}

/// The same for the weight; `axes` are its stored axes as digits.
static AffineMap weightMap(const ProductDigits &digits, const term::Leaf &leaf,
                           SmallVectorImpl<SmallVector<int64_t>> &axes,
                           MLIRContext *context) {
  SmallVector<AffineExpr> dims;
  auto addAxis = [&](unsigned first, ArrayRef<int64_t> parts) {
    axes.push_back(llvm::to_vector(parts));
    for (unsigned i = 0; i < parts.size(); ++i)
      dims.push_back(getAffineDimExpr(first + i, context));
  };
  if (leaf.blocks() != 1)
    addAxis(1, digits.groups);
  if (leaf.transposed)
    addAxis(digits.firstColumn(), digits.columns);
  addAxis(digits.firstRow(), digits.rows);
  if (!leaf.transposed)
    addAxis(digits.firstColumn(), digits.columns);
  return AffineMap::get(digits.rank(), 0, dims, context);
}

/// The same for the result, whose axes have `sizes`.
static AffineMap resultMap(const ProductDigits &digits,
                           const Rearrangement &out,
                           SmallVectorImpl<int64_t> &sizes,
                           MLIRContext *context) {
  SmallVector<AffineExpr> dims{getAffineDimExpr(0, context)};
  for (int64_t digit : out.order) {
    dims.push_back(getAffineDimExpr(1 + digit, context));
    sizes.push_back(out.radices[digit]);
  }
  return AffineMap::get(digits.rank(), 0, dims, context);
}

bool LinalgEmitter::writeProduct(FeatureSource &source,
                                 const Permutation &rows) {
  const term::Leaf &leaf = source.product->leaf;
  Rearrangement in = source.product->columns;
  std::optional<Rearrangement> out =
      term::rearrangement(rows, leaf.blocks(), 1);
  if (!out)
    return false;
  padDigits(in, in.groupDigitsAfter);
  padDigits(*out, out->groupDigitsBefore);
  std::optional<ProductDigits> digits = digitsOf(in, *out);
  if (!digits)
    return false;
  MLIRContext *context = builder.getContext();
  SmallVector<SmallVector<int64_t>> weightAxes;
  SmallVector<int64_t> sizes;
  AffineMap maps[] = {inputMap(*digits, in, context),
                      weightMap(*digits, leaf, weightAxes, context),
                      resultMap(*digits, *out, sizes, context)};
  Value input = expand(source.product->input, in.radices);
  Value weight = expandAxes(builder, location, box(leaf), weightAxes);
  Value result = zero(source.product->input, sizes);
  SmallVector<Value> inputs{input, weight};
  Operation *op;
  if (digits->rank() != 3)
    op =
        linalg::ContractOp::create(builder, location, result.getType(), inputs,
                                   result, builder.getAffineMapArrayAttr(maps));
  else if (leaf.transposed)
    op = linalg::MatmulOp::create(builder, location, result.getType(), inputs,
                                  result);
  else
    op = linalg::MatmulTransposeBOp::create(builder, location, result.getType(),
                                            inputs, result);
  source.tensor = collapse(op->getResult(0));
  source.written = rows;
  return true;
}

FeatureView LinalgEmitter::groupedProduct(FeatureView x,
                                          const term::Leaf &blocks) {
  FeatureSource &source = *x.source;
  Permutation identity = Permutation::identity(x.permutation.size());
  if (!source.tensor)
    writeProduct(source, identity);
  std::optional<Rearrangement> columns;
  Value input = source.tensor;
  if (auto order = x.permutation.after(source.written.inverse()))
    columns = term::rearrangement(*order, 1, blocks.blocks());
  if (!columns) {
    input = tensorOf(x);
    columns = term::rearrangement(identity, 1, blocks.blocks());
  }
  Permutation rows = Permutation::identity(blocks.blocks() * blocks.rows());
  auto result = std::make_shared<FeatureSource>(
      FeatureSource{PendingProduct{input, *columns, blocks}, Value(), rows});
  return {result, rows};
}

FeatureView LinalgEmitter::product(FeatureView x, const term::Leaf &matrix) {
  return groupedProduct(x, matrix);
}

//===----------------------------------------------------------------------===//
// The other primitives
//===----------------------------------------------------------------------===//

FeatureView LinalgEmitter::rearrange(FeatureView x, const Rearrangement &step) {
  std::string reason;
  auto permutation = Permutation::fromDigits(step.radices, step.order, reason);
  return permuted(x, *permutation);
}

FeatureView LinalgEmitter::gather(FeatureView x, ArrayRef<int64_t> indices) {
  std::string reason;
  auto permutation = Permutation::fromIndices(indices.vec(), reason);
  return permuted(x, *permutation);
}

FeatureView LinalgEmitter::multiply(FeatureView x, const term::Leaf &vector) {
  return viewOf(elementwise(
      {tensorOf(x), box(vector)}, accumulator,
      [](OpBuilder &b, Location loc, ValueRange in) {
        return arith::MulFOp::create(b, loc, in[0], in[1]).getResult();
      }));
}

FeatureView LinalgEmitter::scale(FeatureView x, double factor) {
  return viewOf(elementwise(
      tensorOf(x), accumulator, [&](OpBuilder &b, Location loc, ValueRange in) {
        Value number = arith::ConstantOp::create(
            b, loc, b.getFloatAttr(accumulator, factor));
        return arith::MulFOp::create(b, loc, in[0], number).getResult();
      }));
}

FeatureView LinalgEmitter::add(FeatureView a, FeatureView b) {
  return viewOf(elementwise(
      {tensorOf(a), tensorOf(b)}, accumulator,
      [](OpBuilder &builder, Location loc, ValueRange in) {
        return arith::AddFOp::create(builder, loc, in[0], in[1]).getResult();
      }));
}

FeatureView LinalgEmitter::concat(ArrayRef<FeatureView> parts) {
  SmallVector<Value> tensors;
  int64_t features = 0;
  for (const FeatureView &part : parts) {
    Value tensor = tensorOf(part);
    // The input itself may be a part, in its own type.
    if (typeOf(tensor).getElementType() != accumulator)
      tensor = elementwise(
          tensor, accumulator,
          [](OpBuilder &, Location, ValueRange in) { return in[0]; });
    tensors.push_back(tensor);
    features += typeOf(tensor).getDimSize(1);
  }
  Value result = empty(tensors.front(), features, accumulator);
  int64_t offset = 0;
  for (Value tensor : tensors) {
    int64_t size = typeOf(tensor).getDimSize(1);
    SmallVector<OpFoldResult> offsets{builder.getIndexAttr(0),
                                      builder.getIndexAttr(offset)};
    SmallVector<OpFoldResult> sizes{tokensOf(tensor),
                                    builder.getIndexAttr(size)};
    SmallVector<OpFoldResult> strides(2, builder.getIndexAttr(1));
    result = tensor::InsertSliceOp::create(builder, location, tensor, result,
                                           offsets, sizes, strides);
    offset += size;
  }
  return viewOf(result);
}

FeatureView LinalgEmitter::slice(FeatureView x, int64_t offset, int64_t size) {
  Value tensor = tensorOf(x);
  SmallVector<OpFoldResult> offsets{builder.getIndexAttr(0),
                                    builder.getIndexAttr(offset)};
  SmallVector<OpFoldResult> sizes{tokensOf(tensor), builder.getIndexAttr(size)};
  SmallVector<OpFoldResult> strides(2, builder.getIndexAttr(1));
  return viewOf(tensor::ExtractSliceOp::create(builder, location, tensor,
                                               offsets, sizes, strides));
}

FeatureView LinalgEmitter::zeros(FeatureView x, int64_t size) {
  return viewOf(zero(tensorOf(x), size));
}

Value LinalgEmitter::emitTerm(const term::Term &term, Value x) {
  return tensorOf(term::emit<FeatureView>(term, viewOf(x), *this));
}
