//===- Combinators.cpp - Operators made from operators --------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// For every combinator: its constraints, in the order of their numbers, and its
// term.
//
//===----------------------------------------------------------------------===//

#include "Verification.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace slin;
using slin::term::Term;
using slin::term::TermOrReason;

/// The terms of several operands, joined.
static TermOrReason joinTerms(TermBuilder &builder, ValueRange operands,
                              TermOrReason (*join)(ArrayRef<Term>)) {
  SmallVector<Term> terms;
  for (Value operand : operands) {
    TermOrReason term = builder.operand(operand);
    if (!term)
      return term;
    terms.push_back(*term);
  }
  return join(terms);
}

static LogicalResult verifyNotEmpty(Operation *op, StringRef what,
                                    ValueRange operands) {
  if (!operands.empty())
    return success();
  return op->emitOpError() << "expected at least one " << what
                           << ", found none";
}

/// Expected and found `features` of what `what` calls.
static LogicalResult verifyFeatures(Operation *op, const Twine &what,
                                    int64_t expected, int64_t found) {
  if (expected == found)
    return success();
  return op->emitOpError() << "expected " << what << " = " << expected
                           << ", found " << found;
}

static LogicalResult verifyOperandTypes(Operation *op, StringRef what,
                                        ValueRange operands, Type expected) {
  for (auto [index, operand] : llvm::enumerate(operands))
    if (operand.getType() != expected)
      return op->emitOpError()
             << "expected " << what << " " << index << " of type " << expected
             << ", found " << operand.getType();
  return success();
}

//===----------------------------------------------------------------------===//
// Compose, sum, scale, transpose
//===----------------------------------------------------------------------===//

LogicalResult ComposeOp::verify() {
  if (failed(verifyNotEmpty(*this, "factor", getFactors())))
    return failure();
  LinopType type = getType();
  auto factor = [&](size_t i) {
    return cast<LinopType>(getFactors()[i].getType());
  };
  size_t count = getFactors().size();
  for (size_t i = 1; i < count; ++i)
    if (failed(verifyFeatures(*this, "out of factor " + Twine(i),
                              factor(i - 1).getIn(), factor(i).getOut())))
      return failure();
  if (failed(verifyFeatures(*this, "out of the first factor", type.getOut(),
                            factor(0).getOut())) ||
      failed(verifyFeatures(*this, "in of the last factor", type.getIn(),
                            factor(count - 1).getIn())))
    return failure();
  for (Value operand : getFactors())
    if (failed(verifySameElementType(*this, "factors", operand, type)))
      return failure();
  return success();
}

TermOrReason ComposeOp::getTerm(TermBuilder &builder) {
  return joinTerms(builder, getFactors(), Term::compose);
}

LogicalResult SumOp::verify() {
  return success(succeeded(verifyNotEmpty(*this, "summand", getSummands())) &&
                 succeeded(verifyOperandTypes(*this, "summand", getSummands(),
                                              getType())));
}

TermOrReason SumOp::getTerm(TermBuilder &builder) {
  return joinTerms(builder, getSummands(), Term::sum);
}

LogicalResult ScaleOp::verify() {
  // C2
  if (getFactor().isFinite())
    return success();
  return emitOpError() << "expected a finite factor, found "
                       << (getFactor().isNaN() ? "NaN" : "infinity");
}

TermOrReason ScaleOp::getTerm(TermBuilder &builder) {
  TermOrReason scaled = builder.operand(getLinop());
  if (!scaled)
    return scaled;
  return Term::compose(
      {Term::splat(scaled->rows(), getFactor().convertToDouble()), *scaled});
}

LogicalResult TransposeOp::verify() {
  auto operand = cast<LinopType>(getLinop().getType());
  LinopType type = getType();
  return success(
      succeeded(verifyFeatures(*this, "in", operand.getOut(), type.getIn())) &&
      succeeded(verifyFeatures(*this, "out", operand.getIn(), type.getOut())) &&
      succeeded(verifySameElementType(*this, "linop", getLinop(), type)));
}

TermOrReason TransposeOp::getTerm(TermBuilder &builder) {
  TermOrReason operand = builder.operand(getLinop());
  if (!operand)
    return operand;
  return operand->transpose();
}

//===----------------------------------------------------------------------===//
// Stack and slice
//===----------------------------------------------------------------------===//

LogicalResult StackOp::verify() {
  if (failed(verifyNotEmpty(*this, "part", getParts())))
    return failure();
  LinopType type = getType();
  int64_t out = 0;
  for (auto [index, part] : llvm::enumerate(getParts())) {
    auto partType = cast<LinopType>(part.getType());
    if (failed(verifyFeatures(*this, "in of part " + Twine(index), type.getIn(),
                              partType.getIn())))
      return failure();
    if (__builtin_add_overflow(out, partType.getOut(), &out))
      return emitOpError() << "expected fewer than 2^63 outputs, found more";
  }
  if (failed(verifyFeatures(*this, "out", out, type.getOut())))
    return failure();
  for (Value part : getParts())
    if (failed(verifySameElementType(*this, "parts", part, type)))
      return failure();
  return success();
}

TermOrReason StackOp::getTerm(TermBuilder &builder) {
  return joinTerms(builder, getParts(), Term::stackRows);
}

/// That `[offset, offset + size)` lies within `whole`; `side` is "out" or "in".
static LogicalResult verifyRange(Operation *op, StringRef side, int64_t offset,
                                 int64_t size, int64_t whole) {
  if (offset >= 0 && size <= whole && offset <= whole - size)
    return success();
  return op->emitOpError() << "expected a range within the operand's " << side
                           << " = " << whole << ", found " << size << " at "
                           << offset;
}

LogicalResult SliceOp::verify() {
  auto operand = cast<LinopType>(getLinop().getType());
  LinopType type = getType();
  return success(
      succeeded(verifyRange(*this, "out", getOutOffset(), type.getOut(),
                            operand.getOut())) &&
      succeeded(verifyRange(*this, "in", getInOffset(), type.getIn(),
                            operand.getIn())) &&
      succeeded(verifySameElementType(*this, "linop", getLinop(), type)));
}

TermOrReason SliceOp::getTerm(TermBuilder &builder) {
  TermOrReason operand = builder.operand(getLinop());
  if (!operand)
    return operand;
  TermOrReason rows = operand->sliceRows(getOutOffset(), getType().getOut());
  if (!rows)
    return rows;
  return rows->sliceColumns(getInOffset(), getType().getIn());
}

//===----------------------------------------------------------------------===//
// By tokens
//===----------------------------------------------------------------------===//

LogicalResult ByTokensOp::verify() {
  // C1
  if (getAlternatives().size() != getBounds().size() + 1)
    return emitOpError() << "expected one more alternative than the "
                         << getBounds().size() << " bounds, found "
                         << getAlternatives().size();
  // C2
  int64_t previous = 1;
  for (int64_t bound : getBounds()) {
    if (bound <= previous)
      return emitOpError() << "expected a bound above " << previous
                           << ", found " << bound;
    previous = bound;
  }
  // C3
  return verifyOperandTypes(*this, "alternative", getAlternatives(), getType());
}

Value ByTokensOp::getAlternativeFor(int64_t tokens) {
  size_t index = llvm::count_if(getBounds(),
                                [&](int64_t bound) { return bound <= tokens; });
  return getAlternatives()[index];
}

TermOrReason ByTokensOp::getTerm(TermBuilder &builder) {
  return builder.operand(getAlternativeFor(builder.getTokens()));
}
