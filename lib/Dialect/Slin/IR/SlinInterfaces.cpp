//===- SlinInterfaces.cpp - From operator values to terms -----------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The walk over defining ops. It is bounded and remembers what it has seen, for
// a chain of operators may be long and a few lines of IR may share a lot.
//
//===----------------------------------------------------------------------===//

#include "slin/Dialect/Slin/IR/SlinInterfaces.h"

#include "mlir/IR/Operation.h"

using namespace mlir;
using namespace slin;

#include "slin/Dialect/Slin/IR/SlinInterfaces.cpp.inc"

/// How many operators may stand on one another.
static constexpr unsigned maximumDepth = 256;

term::Leaf TermBuilder::leaf(Value weight, bool transposed) {
  auto [entry, isNew] = leafNumbers.try_emplace(weight, leaves.size());
  if (isNew)
    leaves.push_back(weight);
  return term::Leaf::whole(
      entry->second, cast<ShapedType>(weight.getType()).getShape(), transposed);
}

term::TermOrReason TermBuilder::operand(Value linop) {
  if (auto known = terms.find(linop); known != terms.end())
    return known->second;
  Operation *definition = linop.getDefiningOp();
  if (!definition)
    return term::TermOrReason::failure(
        "expected an operator made by an op, found a block argument");
  auto linear = dyn_cast<LinearOperatorInterface>(definition);
  if (!linear)
    return term::TermOrReason::failure(
        "expected an op that makes a linear operator, found '" +
        definition->getName().getStringRef().str() + "'");
  if (depth == maximumDepth)
    return term::TermOrReason::failure("expected at most " +
                                       std::to_string(maximumDepth) +
                                       " operators on one another, found more");
  ++depth;
  term::TermOrReason result = linear.getTerm(*this);
  --depth;
  if (result)
    terms.try_emplace(linop, *result);
  return result;
}

FailureOr<TermWithLeaves> slin::buildTerm(Value linop, int64_t tokens,
                                          std::string *reason) {
  TermBuilder builder(tokens);
  term::TermOrReason term = builder.operand(linop);
  if (!term) {
    if (reason)
      *reason = term.reason();
    return failure();
  }
  return TermWithLeaves{*term, llvm::SmallVector<Value>(builder.getLeaves())};
}
