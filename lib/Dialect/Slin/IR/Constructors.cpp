//===- Constructors.cpp - Operators made from weights ---------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// For every constructor: its constraints, in the order of their numbers, and
// its term. The terms are the only place where the structures are defined.
//
//===----------------------------------------------------------------------===//

#include "Verification.h"

using namespace mlir;
using namespace slin;
using slin::term::Permutation;
using slin::term::Term;
using slin::term::TermOrReason;

//===----------------------------------------------------------------------===//
// Dense and thin matrices
//===----------------------------------------------------------------------===//

LogicalResult DenseOp::verify() {
  NamedWeight weight{"weight", getWeight()};
  LinopType type = getType();
  if (failed(verifyRank(*this, weight, 2)))
    return failure();
  LogicalResult shape = getTransposed()
                            ? verifyShape(*this, weight, "[in, out]",
                                          {type.getIn(), type.getOut()})
                            : verifyShape(*this, weight, "[out, in]",
                                          {type.getOut(), type.getIn()});
  return success(succeeded(shape) &&
                 succeeded(verifyElementType(*this, weight, type)));
}

TermOrReason DenseOp::getTerm(TermBuilder &builder) {
  return Term::dense(builder.leaf(getWeight(), getTransposed()));
}

LogicalResult LowRankOp::verify() {
  NamedWeight u{"u", getU()}, v{"v", getV()};
  LinopType type = getType();
  if (failed(verifyRank(*this, u, 2)) || failed(verifyRank(*this, v, 2)))
    return failure();
  int64_t rank = u.dim(1);
  return success(
      succeeded(verifyShape(*this, u, "[out, r]", {type.getOut(), rank})) &&
      succeeded(verifyShape(*this, v, "[r, in]", {rank, type.getIn()})) &&
      succeeded(verifyElementType(*this, u, type)) &&
      succeeded(verifyElementType(*this, v, type)));
}

TermOrReason LowRankOp::getTerm(TermBuilder &builder) {
  TermOrReason u = Term::dense(builder.leaf(getU()));
  if (!u)
    return u;
  TermOrReason v = Term::dense(builder.leaf(getV()));
  if (!v)
    return v;
  return Term::compose({*u, *v});
}

//===----------------------------------------------------------------------===//
// Block structures
//===----------------------------------------------------------------------===//

LogicalResult BlockDiagonalOp::verify() {
  NamedWeight blocks{"blocks", getBlocks()};
  LinopType type = getType();
  if (failed(verifyRank(*this, blocks, 3)))
    return failure();
  int64_t count = blocks.dim(0);
  return success(succeeded(verifyDivides(*this, count, "out", type.getOut())) &&
                 succeeded(verifyDivides(*this, count, "in", type.getIn())) &&
                 succeeded(verifyShape(
                     *this, blocks, "[b, out/b, in/b]",
                     {count, type.getOut() / count, type.getIn() / count})) &&
                 succeeded(verifyElementType(*this, blocks, type)));
}

TermOrReason BlockDiagonalOp::getTerm(TermBuilder &builder) {
  return Term::blockDiagonal(builder.leaf(getBlocks()));
}

LogicalResult BlockDenseOp::verify() {
  NamedWeight left{"left", getLeft()}, blocks{"blocks", getBlocks()};
  LinopType type = getType();
  if (failed(verifyRank(*this, left, 2)) ||
      failed(verifyRank(*this, blocks, 3)))
    return failure();
  int64_t rank = left.dim(1), count = blocks.dim(0);
  return success(
      succeeded(verifyShape(*this, left, "[out, r]", {type.getOut(), rank})) &&
      succeeded(verifyDivides(*this, count, "r", rank)) &&
      succeeded(verifyDivides(*this, count, "in", type.getIn())) &&
      succeeded(verifyShape(*this, blocks, "[b, r/b, in/b]",
                            {count, rank / count, type.getIn() / count})) &&
      succeeded(verifyElementType(*this, left, type)) &&
      succeeded(verifyElementType(*this, blocks, type)));
}

TermOrReason BlockDenseOp::getTerm(TermBuilder &builder) {
  TermOrReason left = Term::dense(builder.leaf(getLeft()));
  if (!left)
    return left;
  TermOrReason blocks = Term::blockDiagonal(builder.leaf(getBlocks()));
  if (!blocks)
    return blocks;
  return Term::compose({*left, *blocks});
}

/// One of BlockShuffle's three products, without overflow: dimensions of a
/// weight may be anything, since no element has to exist.
static LogicalResult verifyProduct(Operation *op, StringRef product, int64_t a,
                                   int64_t b, StringRef name,
                                   int64_t expected) {
  int64_t found;
  if (!__builtin_mul_overflow(a, b, &found) && found == expected)
    return success();
  return op->emitOpError() << "expected " << product << " = " << name << " = "
                           << expected << ", found " << a << " * " << b;
}

LogicalResult BlockShuffleOp::verify() {
  NamedWeight first{"first", getFirst()}, second{"second", getSecond()};
  LinopType type = getType();
  if (failed(verifyRank(*this, first, 3)) ||
      failed(verifyRank(*this, second, 3)))
    return failure();
  int64_t k = first.dim(0), q = first.dim(1), p = first.dim(2);
  int64_t l = second.dim(0), s = second.dim(1), r = second.dim(2);
  int64_t middle;
  if (__builtin_mul_overflow(l, r, &middle))
    middle = -1;
  return success(
      succeeded(verifyProduct(*this, "kp", k, p, "in", type.getIn())) &&
      succeeded(verifyProduct(*this, "ls", l, s, "out", type.getOut())) &&
      succeeded(verifyProduct(*this, "kq", k, q, "lr", middle)) &&
      succeeded(verifyElementType(*this, first, type)) &&
      succeeded(verifyElementType(*this, second, type)));
}

TermOrReason BlockShuffleOp::getTerm(TermBuilder &builder) {
  ArrayRef<int64_t> shape = getSecond().getType().getShape();
  int64_t l = shape[0], s = shape[1], r = shape[2];
  std::string reason;
  // v[m, t] = u[t·l + m]: digits (t, m) become (m, t); then y[i·l + m] = z[m,
  // i].
  auto middle = Permutation::fromDigits({r, l}, {1, 0}, reason);
  auto output = Permutation::fromDigits({l, s}, {1, 0}, reason);
  if (!middle || !output)
    return TermOrReason::failure(reason);
  TermOrReason first = Term::blockDiagonal(builder.leaf(getFirst()));
  if (!first)
    return first;
  TermOrReason second = Term::blockDiagonal(builder.leaf(getSecond()));
  if (!second)
    return second;
  return Term::compose({Term::permutation(*output), *second,
                        Term::permutation(*middle), *first});
}

//===----------------------------------------------------------------------===//
// Diagonals and permutations
//===----------------------------------------------------------------------===//

LogicalResult DiagonalOp::verify() {
  NamedWeight weight{"weight", getWeight()};
  LinopType type = getType();
  return success(
      succeeded(verifyRank(*this, weight, 1)) &&
      succeeded(verifySquare(*this, type)) &&
      succeeded(verifyShape(*this, weight, "[in]", {type.getIn()})) &&
      succeeded(verifyElementType(*this, weight, type)));
}

TermOrReason DiagonalOp::getTerm(TermBuilder &builder) {
  return Term::diagonal(builder.leaf(getWeight()));
}

LogicalResult PermutationOp::verify() {
  LinopType type = getType();
  if (failed(verifySquare(*this, type)))
    return failure();
  // C1
  if (int64_t(getIndices().size()) != type.getIn())
    return emitOpError() << "expected " << type.getIn() << " indices, found "
                         << getIndices().size();
  // C2
  std::string reason;
  if (!Permutation::fromIndices(getIndices().vec(), reason))
    return emitOpError() << reason;
  return success();
}

TermOrReason PermutationOp::getTerm(TermBuilder &builder) {
  std::string reason;
  auto permutation = Permutation::fromIndices(getIndices().vec(), reason);
  if (!permutation)
    return TermOrReason::failure(reason);
  return Term::permutation(*permutation);
}

LogicalResult ShuffleOp::verify() {
  LinopType type = getType();
  // C1
  std::string reason;
  auto permutation = Permutation::fromDigits(getRadices(), getOrder(), reason);
  if (!permutation)
    return emitOpError() << reason;
  // C2
  if (failed(verifySquare(*this, type)))
    return failure();
  if (permutation->size() != type.getIn())
    return emitOpError() << "expected radices with the product " << type.getIn()
                         << ", found " << permutation->size();
  return success();
}

TermOrReason ShuffleOp::getTerm(TermBuilder &builder) {
  std::string reason;
  auto permutation = Permutation::fromDigits(getRadices(), getOrder(), reason);
  if (!permutation)
    return TermOrReason::failure(reason);
  return Term::permutation(*permutation);
}

LogicalResult IdentityOp::verify() { return verifySquare(*this, getType()); }

TermOrReason IdentityOp::getTerm(TermBuilder &builder) {
  return Term::identity(getType().getIn());
}
