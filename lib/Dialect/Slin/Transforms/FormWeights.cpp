//===- FormWeights.cpp - Operators evaluated into weights -----------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Numbers are read once per operator, whatever number of forms is made of it.
//
//===----------------------------------------------------------------------===//

#include "Candidates.h"
#include "FormWeights.h"
#include "MergedLinears.h"
#include "Selection.h"
#include "WeightNumbers.h"

#include "slin/Dialect/Slin/IR/OperatorOfTerm.h"
#include "slin/Term/Cost.h"
#include "slin/Weights/WeightInterfaces.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>

using namespace mlir;
using namespace slin;

//===----------------------------------------------------------------------===//
// Selection
//===----------------------------------------------------------------------===//

FailureOr<OperatorUses>
slin::selectOperators(ModuleOp module, ArrayRef<std::string> include,
                      ArrayRef<std::string> exclude,
                      SmallVectorImpl<ApplyOp> &matrices, std::string &reason) {
  Linears linears = findLinears(module);
  if (failed(select(linears, include, exclude, reason)))
    return failure();
  llvm::SmallPtrSet<Operation *, 16> selected;
  for (Candidate &candidate : linears.candidates)
    for (LinearUse use : candidate.uses)
      selected.insert(use.apply);
  for (ApplyOp apply : linears.others)
    selected.insert(apply);
  OperatorUses operators;
  module.walk([&](ApplyOp apply) {
    if (!selected.contains(apply))
      return;
    if (apply.getLinop().getDefiningOp<DenseOp>())
      matrices.push_back(apply);
    else
      operators[apply.getLinop()].push_back(apply);
  });
  return operators;
}

//===----------------------------------------------------------------------===//
// Numbers
//===----------------------------------------------------------------------===//

/// The numbers of every leaf, in f64.
static FailureOr<std::vector<std::vector<double>>>
loadLeaves(const TermWithLeaves &expression, std::string &reason) {
  std::vector<std::vector<double>> numbers;
  for (Value leaf : expression.leaves) {
    if (!leaf.getDefiningOp<weights::WeightOpInterface>()) {
      reason = "expected weights that are constants";
      return failure();
    }
    WeightNumbers reader;
    auto values = reader.get(leaf, reason);
    if (failed(values))
      return failure();
    numbers.push_back(values->vec());
  }
  return numbers;
}

/// The element type that all leaves have, which the matrix keeps.
static FailureOr<FloatType> typeOfLeaves(const TermWithLeaves &expression,
                                         std::string &reason) {
  FloatType common;
  for (Value leaf : expression.leaves) {
    auto type =
        cast<FloatType>(cast<ShapedType>(leaf.getType()).getElementType());
    if (common && common != type) {
      reason = "expected weights of one element type";
      return failure();
    }
    common = type;
  }
  if (!common) {
    reason = "expected an operator that holds a weight";
    return failure();
  }
  return common;
}

/// `values` in `type`; a number that is beyond it is a reason.
static FailureOr<std::vector<char>>
roundOnce(ArrayRef<double> values, FloatType type, std::string &reason) {
  double greatest = 0;
  for (double value : values)
    greatest = std::isnan(value) ? value : std::max(greatest, std::abs(value));
  const llvm::fltSemantics &semantics = type.getFloatSemantics();
  double limit = APFloat::getLargest(semantics).convertToDouble();
  if (!(greatest <= limit)) {
    reason = llvm::formatv("expected numbers within the range of {0}, found "
                           "{1:e3}",
                           Type(type), greatest);
    return failure();
  }
  return weights::fromDoubles(type, values);
}

const term::Leaf *slin::storedLeaf(const term::Form &form,
                                   const term::Leaf &leaf) {
  const term::Leaf *stored = form.weights[leaf.id].stored();
  return stored && stored->shape == leaf.shape ? stored : nullptr;
}

term::Form slin::denseForm(const term::Term &term) {
  if (term.kind() == term::NodeKind::Dense && term.leaf()->isWhole()) {
    term::Leaf leaf = *term.leaf();
    leaf.id = 0;
    return {*term::Term::dense(leaf), {{term}}, leaf.elements()};
  }
  int64_t rows = term.rows(), columns = term.columns();
  return {*term::Term::dense(
              term::Leaf::whole(0, {columns, rows}, /*transposed=*/true)),
          {{term}},
          term::cost(term).macsPerToken};
}

FailureOr<FormMaker> FormMaker::open(TermWithLeaves expression,
                                     std::string &reason) {
  auto type = typeOfLeaves(expression, reason);
  if (failed(type))
    return failure();
  auto numbers = loadLeaves(expression, reason);
  if (failed(numbers))
    return failure();
  return FormMaker(std::move(expression), *type, std::move(*numbers));
}

llvm::BitVector FormMaker::zerosOf(const term::Leaf &leaf) const {
  ArrayRef<double> values = numbers[leaf.id];
  llvm::BitVector zeros(values.size());
  for (auto [index, value] : llvm::enumerate(values))
    zeros[index] = value == 0;
  return zeros;
}

FailureOr<Value> FormMaker::make(OpBuilder &builder, Location location,
                                 const term::Form &form, LinopType linopType,
                                 const std::string &base,
                                 NewWeights &newWeights,
                                 std::string &reason) const {
  SmallVector<Value> weights(form.weights.size());
  for (const term::Leaf &leaf : form.term.leaves()) {
    Value &weight = weights[leaf.id];
    if (weight)
      continue;
    if (const term::Leaf *stored = storedLeaf(form, leaf)) {
      weight = expression.leaves[stored->id];
      continue;
    }
    std::vector<double> values = term::evaluateWeight(
        form, leaf.id,
        [&](unsigned id) -> ArrayRef<double> { return numbers[id]; });
    auto bytes = roundOnce(values, type, reason);
    if (failed(bytes))
      return failure();
    weight = newWeights.make(builder, location, base + "/slin_w",
                             RankedTensorType::get(leaf.shape, type), *bytes);
  }
  Value made = makeOperatorOf(builder, location, form.term, weights,
                              cast<FloatType>(linopType.getElementType()));
  if (made)
    return made;
  reason = "expected a form that operators have, found " + form.term.print();
  return failure();
}

//===----------------------------------------------------------------------===//
// Uses
//===----------------------------------------------------------------------===//

void slin::replaceOperator(ArrayRef<ApplyOp> uses, Value linop,
                           ArrayRef<Value> leaves, NewWeights &newWeights) {
  for (ApplyOp apply : uses) {
    newWeights.markSources(apply);
    apply.dropSource();
    apply.getLinopMutable().assign(linop);
  }
  for (Value leaf : leaves)
    newWeights.markReplaced(leaf.getDefiningOp());
}
