//===- Replace.cpp - Put factors in the place of a weight -----------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the factors lose of a mean is computed from the rounded factors by the
// term of the new operator, so that it is the loss of what is stored.
//
//===----------------------------------------------------------------------===//

#include "BiasCorrection.h"
#include "Replace.h"

#include "slin/Term/Evaluate.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>

using namespace mlir;
using namespace slin;
using factorization::Vector;

FloatType slin::elementTypeOf(Candidate &candidate) {
  auto type = cast<ShapedType>(candidate.dense.getWeight().getType());
  return cast<FloatType>(type.getElementType());
}

std::string slin::roundFactors(Factors &factors, FloatType type) {
  for (Factor &factor : factors.factors) {
    std::vector<char> bytes = weights::fromDoubles(type, factor.values);
    weights::Elements elements{RankedTensorType::get(factor.shape, type), bytes,
                               nullptr};
    double greatest = 0;
    for (double value : factor.values)
      greatest = std::max(greatest, std::abs(value));
    std::string reason;
    if (failed(weights::toDoubles(elements, factor.values, reason)))
      return reason;
    if (llvm::any_of(factor.values,
                     [](double value) { return !std::isfinite(value); }))
      return llvm::formatv(
          "expected factors within the range of {0}, found {1:e3} in '{2}'",
          Type(type), greatest, factor.name);
  }
  return {};
}

/// (W - Ŵ) μ for each mean, Ŵ the operator `linop` of the weights `values`.
static FailureOr<SmallVector<Vector>> lossOf(MeanLoss loss, Value linop,
                                             ValueRange values,
                                             const Factors &factors,
                                             std::string &reason) {
  FailureOr<TermWithLeaves> expression =
      buildTerm(linop, /*tokens=*/1, &reason);
  if (failed(expression))
    return failure();
  auto numbers = [&](unsigned id) -> ArrayRef<double> {
    size_t index = llvm::find(values, expression->leaves[id]) - values.begin();
    return factors.factors[index].values;
  };
  SmallVector<Vector> lost;
  for (const Vector &mean : loss.means) {
    term::Matrix row = mean.transpose();
    lost.push_back(
        loss.W * mean -
        term::apply(expression->term, row, numbers).row(0).transpose());
  }
  return lost;
}

FailureOr<int64_t> slin::replaceDense(Candidate &candidate,
                                      const Factorizer &factorizer,
                                      const Factors &factors, MeanLoss loss,
                                      NewWeights &newWeights,
                                      std::string &reason) {
  DenseOp dense = candidate.dense;
  OpBuilder builder(dense);
  std::string base = NewWeights::baseNameOf(candidate.uses.front().apply);
  FloatType elementType = elementTypeOf(candidate);
  SmallVector<Value> values;
  int64_t parameters = 0;
  for (const Factor &factor : factors.factors) {
    values.push_back(newWeights.make(
        builder, dense.getLoc(), base + "/slin_" + factor.name.str(),
        RankedTensorType::get(factor.shape, elementType),
        weights::fromDoubles(elementType, factor.values)));
    parameters += factor.values.size();
  }
  Value linop =
      factorizer.build(builder, dense.getLoc(), dense.getType(), values);
  if (!loss.means.empty()) {
    auto lost = lossOf(loss, linop, values, factors, reason);
    if (failed(lost) ||
        failed(correctBias(builder, candidate, *lost, newWeights, reason)))
      return failure();
  }
  dense.getResult().replaceAllUsesWith(linop);
  for (LinearUse use : candidate.uses) {
    newWeights.markSources(use.apply);
    use.apply.dropSource();
  }
  newWeights.markReplaced(dense.getWeight().getDefiningOp());
  for (Operation *op : candidate.between)
    newWeights.markReplaced(op);
  return parameters;
}
