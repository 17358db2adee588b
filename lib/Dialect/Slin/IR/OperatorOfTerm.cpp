//===- OperatorOfTerm.cpp - The op that says a term -----------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Named structures first, then node by node.
//
//===----------------------------------------------------------------------===//

#include "slin/Dialect/Slin/IR/OperatorOfTerm.h"

#include "slin/Dialect/Slin/IR/SlinOps.h"

using namespace mlir;
using namespace slin;
using term::NodeKind;
using term::Term;

namespace {
class OperatorMaker {
public:
  OperatorMaker(OpBuilder &builder, Location location, ArrayRef<Value> weights,
                FloatType elementType)
      : builder(builder), location(location), weights(weights),
        elementType(elementType) {}

  Value makeNamed(const Term &term);
  Value make(const Term &term);

private:
  LinopType typeOf(const Term &term) {
    return LinopType::get(builder.getContext(), term.columns(), term.rows(),
                          elementType);
  }
  Value keepIfEqual(Operation *op, const Term &term);
  Value makeLeaf(const Term &term);
  Value makePermutation(const Term &term);
  Value makeScaled(const Term &term);
  Value makeBox(const Term &term);
  Value makeZero(const Term &term);
  Value makeSelection(const Term &term);
  Value makeStackColumns(const Term &term);

  OpBuilder &builder;
  Location location;
  ArrayRef<Value> weights;
  FloatType elementType;
};
} // namespace

/// The result of an op that was tried, if its term is the one that is wanted;
/// without the op otherwise.
Value OperatorMaker::keepIfEqual(Operation *op, const Term &term) {
  TermBuilder terms(/*tokens=*/1);
  for (Value weight : weights)
    terms.leaf(weight);
  auto made = cast<LinearOperatorInterface>(op).getTerm(terms);
  if (made && *made == term)
    return op->getResult(0);
  op->erase();
  return {};
}

Value OperatorMaker::makeNamed(const Term &term) {
  std::vector<term::Leaf> leaves = term.leaves();
  if (leaves.size() != 2)
    return {};
  const term::Leaf &left = leaves[0], &right = leaves[1];
  Value a = weights[left.id], b = weights[right.id];
  LinopType type = typeOf(term);
  if (left.rank() == 2 && right.rank() == 2)
    return keepIfEqual(LowRankOp::create(builder, location, type, a, b,
                                         left.transposed, right.transposed),
                       term);
  if (left.rank() == 2 && right.rank() == 3)
    return keepIfEqual(BlockDenseOp::create(builder, location, type, a, b,
                                            left.transposed, right.transposed),
                       term);
  if (left.rank() == 3 && right.rank() == 3)
    return keepIfEqual(BlockShuffleOp::create(builder, location, type, b, a,
                                              right.transposed,
                                              left.transposed),
                       term);
  return {};
}

/// A matrix or vector that is a part of a weight: a slice of the whole.
Value OperatorMaker::makeBox(const Term &term) {
  const term::Leaf &leaf = *term.leaf();
  if (leaf.rank() == 3)
    return {};
  term::Leaf whole = term::Leaf::whole(leaf.id, leaf.shape, leaf.transposed);
  Value base =
      makeLeaf(leaf.rank() == 1 ? *Term::diagonal(whole) : *Term::dense(whole));
  int64_t row = leaf.offsets[leaf.transposed ? 1 : 0];
  int64_t column = leaf.offsets[leaf.rank() == 1 || leaf.transposed ? 0 : 1];
  return SliceOp::create(builder, location, typeOf(term), base,
                         builder.getI64IntegerAttr(row),
                         builder.getI64IntegerAttr(column));
}

Value OperatorMaker::makeLeaf(const Term &term) {
  const term::Leaf *leaf = term.leaf();
  if (std::optional<double> factor = term.factor()) {
    Value identity = IdentityOp::create(builder, location, typeOf(term));
    return ScaleOp::create(builder, location, typeOf(term), identity,
                           builder.getF64FloatAttr(*factor));
  }
  if (!leaf->isWhole())
    return makeBox(term);
  Value weight = weights[leaf->id];
  LinopType type = typeOf(term);
  switch (leaf->rank()) {
  case 1:
    return DiagonalOp::create(builder, location, type, weight);
  case 2:
    return DenseOp::create(builder, location, type, weight, leaf->transposed);
  default:
    return BlockDiagonalOp::create(builder, location, type, weight,
                                   leaf->transposed);
  }
}

Value OperatorMaker::makePermutation(const Term &term) {
  const term::Permutation &permutation = *term.permutation();
  LinopType type = typeOf(term);
  if (permutation.isIdentity())
    return IdentityOp::create(builder, location, type);
  if (permutation.hasDigits())
    return ShuffleOp::create(builder, location, type, permutation.radices(),
                             permutation.order());
  return PermutationOp::create(builder, location, type, permutation.indices());
}

/// A constant times the other factors.
Value OperatorMaker::makeScaled(const Term &term) {
  if (term.kind() != NodeKind::Compose)
    return {};
  std::optional<double> factor = term.operands().front().factor();
  auto rest = Term::compose(term.operands().drop_front());
  if (!factor || !rest)
    return {};
  Value inner = make(*rest);
  if (!inner)
    return {};
  return ScaleOp::create(builder, location, typeOf(term), inner,
                         builder.getF64FloatAttr(*factor));
}

/// Zero times a part of the identity.
Value OperatorMaker::makeZero(const Term &term) {
  int64_t size = std::max(term.rows(), term.columns());
  auto square = LinopType::get(builder.getContext(), size, size, elementType);
  Value zero = ScaleOp::create(builder, location, square,
                               IdentityOp::create(builder, location, square),
                               builder.getF64FloatAttr(0.0));
  return zero.getType() == typeOf(term)
             ? zero
             : SliceOp::create(builder, location, typeOf(term), zero,
                               builder.getI64IntegerAttr(0),
                               builder.getI64IntegerAttr(0));
}

/// Rows or columns of the identity: zeros on both sides of one.
Value OperatorMaker::makeSelection(const Term &term) {
  bool rowwise = term.kind() == NodeKind::StackRows;
  if (!rowwise && term.kind() != NodeKind::StackColumns)
    return {};
  int64_t offset = 0, found = -1;
  for (const Term &part : term.operands()) {
    if (!part.isZero() && (found >= 0 || !part.isIdentity()))
      return {};
    if (!part.isZero())
      found = offset;
    offset += rowwise ? part.rows() : part.columns();
  }
  int64_t size = std::max(term.rows(), term.columns());
  auto square = LinopType::get(builder.getContext(), size, size, elementType);
  return SliceOp::create(builder, location, typeOf(term),
                         IdentityOp::create(builder, location, square),
                         builder.getI64IntegerAttr(rowwise ? 0 : found),
                         builder.getI64IntegerAttr(rowwise ? found : 0));
}

/// Parts that read separate features: as the rows of the transpose or, where
/// some features are read by none, as the sum of parts of a slice each.
Value OperatorMaker::makeStackColumns(const Term &term) {
  auto typeFor = [&](int64_t in, int64_t out) {
    return LinopType::get(builder.getContext(), in, out, elementType);
  };
  SmallVector<Value> parts;
  if (llvm::none_of(term.operands(),
                    [](const Term &t) { return t.isZero(); })) {
    Value rows = make(term.transpose());
    return rows ? TransposeOp::create(builder, location, typeOf(term), rows)
                : Value();
  }
  int64_t offset = 0;
  for (const Term &part : term.operands()) {
    int64_t begin = offset;
    offset += part.columns();
    if (part.isZero())
      continue;
    Value all = IdentityOp::create(builder, location,
                                   typeFor(term.columns(), term.columns()));
    parts.push_back(SliceOp::create(builder, location,
                                    typeFor(term.columns(), part.columns()),
                                    all, /*outOffset=*/begin, /*inOffset=*/0));
    if (part.isIdentity())
      continue;
    Value inner = make(part);
    if (!inner)
      return {};
    parts.back() = ComposeOp::create(builder, location, typeOf(term),
                                     ValueRange{inner, parts.back()});
  }
  return parts.size() == 1
             ? parts.front()
             : SumOp::create(builder, location, typeOf(term), parts)
                   .getResult();
}

Value OperatorMaker::make(const Term &term) {
  if (Value named = makeNamed(term))
    return named;
  if (term.isZero())
    return makeZero(term);
  if (term.kind() == NodeKind::Permutation)
    return makePermutation(term);
  if (term.operands().empty())
    return makeLeaf(term);
  if (Value selection = makeSelection(term))
    return selection;
  if (term.kind() == NodeKind::StackColumns)
    return makeStackColumns(term);
  if (Value scaled = makeScaled(term))
    return scaled;
  SmallVector<Value> parts;
  for (const Term &operand : term.operands()) {
    parts.push_back(make(operand));
    if (!parts.back())
      return {};
  }
  LinopType type = typeOf(term);
  switch (term.kind()) {
  case NodeKind::Compose:
    return ComposeOp::create(builder, location, type, parts);
  case NodeKind::Sum:
    return SumOp::create(builder, location, type, parts);
  case NodeKind::StackRows:
    return StackOp::create(builder, location, type, parts);
  default:
    return {};
  }
}

Value slin::makeOperatorOf(OpBuilder &builder, Location location,
                           const Term &term, ArrayRef<Value> weights,
                           FloatType elementType) {
  return OperatorMaker(builder, location, weights, elementType).make(term);
}
