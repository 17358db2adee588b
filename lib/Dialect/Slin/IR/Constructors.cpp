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

/// A matrix `[rows, columns]`, or stored the other way round.
static LogicalResult verifyMatrix(Operation *op, NamedWeight weight,
                                  bool transposed, StringRef rows,
                                  StringRef columns, int64_t rowCount,
                                  int64_t columnCount) {
  if (transposed)
    return verifyShape(op, weight, ("[" + columns + ", " + rows + "]").str(),
                       {columnCount, rowCount});
  return verifyShape(op, weight, ("[" + rows + ", " + columns + "]").str(),
                     {rowCount, columnCount});
}

LogicalResult LowRankOp::verify() {
  NamedWeight u{"u", getU()}, v{"v", getV()};
  LinopType type = getType();
  if (failed(verifyRank(*this, u, 2)) || failed(verifyRank(*this, v, 2)))
    return failure();
  int64_t rank = u.dim(getUTransposed() ? 0 : 1);
  return success(succeeded(verifyMatrix(*this, u, getUTransposed(), "out", "r",
                                        type.getOut(), rank)) &&
                 succeeded(verifyMatrix(*this, v, getVTransposed(), "r", "in",
                                        rank, type.getIn())) &&
                 succeeded(verifyElementType(*this, u, type)) &&
                 succeeded(verifyElementType(*this, v, type)));
}

TermOrReason LowRankOp::getTerm(TermBuilder &builder) {
  TermOrReason u = Term::dense(builder.leaf(getU(), getUTransposed()));
  if (!u)
    return u;
  TermOrReason v = Term::dense(builder.leaf(getV(), getVTransposed()));
  if (!v)
    return v;
  return Term::compose({*u, *v});
}

//===----------------------------------------------------------------------===//
// Block structures
//===----------------------------------------------------------------------===//

/// Blocks `[b, rows/b, columns/b]`, or each stored the other way round.
static LogicalResult verifyBlocks(Operation *op, NamedWeight blocks,
                                  bool transposed, StringRef rows,
                                  StringRef columns, int64_t rowCount,
                                  int64_t columnCount) {
  int64_t count = blocks.dim(0);
  if (failed(verifyDivides(op, count, rows, rowCount)) ||
      failed(verifyDivides(op, count, columns, columnCount)))
    return failure();
  std::string first = (rows + "/b").str(), second = (columns + "/b").str();
  int64_t firstCount = rowCount / count, secondCount = columnCount / count;
  if (transposed) {
    std::swap(first, second);
    std::swap(firstCount, secondCount);
  }
  return verifyShape(op, blocks, "[b, " + first + ", " + second + "]",
                     {count, firstCount, secondCount});
}

LogicalResult BlockDiagonalOp::verify() {
  NamedWeight blocks{"blocks", getBlocks()};
  LinopType type = getType();
  return success(succeeded(verifyRank(*this, blocks, 3)) &&
                 succeeded(verifyBlocks(*this, blocks, getTransposed(), "out",
                                        "in", type.getOut(), type.getIn())) &&
                 succeeded(verifyElementType(*this, blocks, type)));
}

TermOrReason BlockDiagonalOp::getTerm(TermBuilder &builder) {
  return Term::blockDiagonal(builder.leaf(getBlocks(), getTransposed()));
}

LogicalResult BlockDenseOp::verify() {
  NamedWeight left{"left", getLeft()}, blocks{"blocks", getBlocks()};
  LinopType type = getType();
  if (failed(verifyRank(*this, left, 2)) ||
      failed(verifyRank(*this, blocks, 3)))
    return failure();
  int64_t rank = left.dim(getLeftTransposed() ? 0 : 1);
  return success(succeeded(verifyMatrix(*this, left, getLeftTransposed(), "out",
                                        "r", type.getOut(), rank)) &&
                 succeeded(verifyBlocks(*this, blocks, getBlocksTransposed(),
                                        "r", "in", rank, type.getIn())) &&
                 succeeded(verifyElementType(*this, left, type)) &&
                 succeeded(verifyElementType(*this, blocks, type)));
}

TermOrReason BlockDenseOp::getTerm(TermBuilder &builder) {
  TermOrReason left = Term::dense(builder.leaf(getLeft(), getLeftTransposed()));
  if (!left)
    return left;
  TermOrReason blocks =
      Term::blockDiagonal(builder.leaf(getBlocks(), getBlocksTransposed()));
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

namespace {
/// The three numbers of a factor of BlockShuffle: blocks, rows and columns of
/// each, as used.
struct BlockShape {
  BlockShape(Value weight, bool transposed) {
    ArrayRef<int64_t> shape = cast<ShapedType>(weight.getType()).getShape();
    blocks = shape[0];
    rows = shape[transposed ? 2 : 1];
    columns = shape[transposed ? 1 : 2];
  }
  int64_t blocks, rows, columns;
};
} // namespace

LogicalResult BlockShuffleOp::verify() {
  NamedWeight first{"first", getFirst()}, second{"second", getSecond()};
  LinopType type = getType();
  if (failed(verifyRank(*this, first, 3)) ||
      failed(verifyRank(*this, second, 3)))
    return failure();
  BlockShape a(getFirst(), getFirstTransposed()),
      b(getSecond(), getSecondTransposed());
  int64_t middle;
  if (__builtin_mul_overflow(b.blocks, b.columns, &middle))
    middle = -1;
  return success(
      succeeded(verifyProduct(*this, "kp", a.blocks, a.columns, "in",
                              type.getIn())) &&
      succeeded(
          verifyProduct(*this, "ls", b.blocks, b.rows, "out", type.getOut())) &&
      succeeded(verifyProduct(*this, "kq", a.blocks, a.rows, "lr", middle)) &&
      succeeded(verifyElementType(*this, first, type)) &&
      succeeded(verifyElementType(*this, second, type)));
}

TermOrReason BlockShuffleOp::getTerm(TermBuilder &builder) {
  BlockShape shape(getSecond(), getSecondTransposed());
  int64_t l = shape.blocks, s = shape.rows, r = shape.columns;
  std::string reason;
  // v[m, t] = u[t·l + m]: digits (t, m) become (m, t); then y[i·l + m] = z[m,
  // i].
  auto middle = Permutation::fromDigits({r, l}, {1, 0}, reason);
  auto output = Permutation::fromDigits({l, s}, {1, 0}, reason);
  if (!middle || !output)
    return TermOrReason::failure(reason);
  TermOrReason first =
      Term::blockDiagonal(builder.leaf(getFirst(), getFirstTransposed()));
  if (!first)
    return first;
  TermOrReason second =
      Term::blockDiagonal(builder.leaf(getSecond(), getSecondTransposed()));
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
