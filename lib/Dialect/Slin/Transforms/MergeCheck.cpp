//===- MergeCheck.cpp - Merged linears compute what they did --------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The old value op by op, the new one by its forms, in f64 on fixed random
// inputs. Both start from the same weights and share nothing of what was
// decided in between.
//
//===----------------------------------------------------------------------===//

#include "LinearEvaluation.h"
#include "MergedLinears.h"

#include "llvm/Support/FormatVariadic.h"

#include <functional>

using namespace mlir;
using namespace slin;
using term::Matrix;
using term::Term;

LogicalResult MergedLinears::verify(Value old, const MergedValue &merged) {
  path = pathOf(merged);
  std::string reason;
  auto stored = [&](Value weight) -> ArrayRef<double> {
    auto read = numbers.get(weight, reason);
    return succeeded(read) ? *read : ArrayRef<double>();
  };
  auto leaf = [&](unsigned id) { return stored(graph.leaf(id)); };
  llvm::DenseSet<Operation *> members(merged.form.members.begin(),
                                      merged.form.members.end());
  llvm::DenseMap<Value, Matrix> values;
  for (auto [index, summand] : llvm::enumerate(merged.form.summands))
    values[summand.source] = randomInput(summand.term.columns(), index + 1);
  // Sources whose terms turned out to be zero.
  std::function<const Matrix &(Value, int64_t)> before =
      [&](Value value, int64_t features) -> const Matrix & {
    if (auto it = values.find(value); it != values.end())
      return it->second;
    Operation *op = value.getDefiningOp();
    Matrix result;
    if (!op || !members.contains(op)) {
      result = randomInput(features, 0);
    } else if (auto apply = dyn_cast<ApplyOp>(op)) {
      const Term &own = graph.operatorOf(op);
      result = term::apply(own, before(apply.getInput(), own.columns()), leaf);
      if (apply.getBias())
        addBias(result, stored(apply.getBias()));
    } else {
      result = Matrix::Zero(kCheckedTokens, features);
      for (Value summand : cast<AddOp>(op).getSummands())
        result += before(summand, features);
    }
    return values[value] = std::move(result);
  };
  int64_t rows = graph.operatorOf(old.getDefiningOp()).rows();
  Matrix expected = before(old, rows);
  if (!merged.selection.empty())
    expected = term::apply(term::selection(merged.selection), expected, leaf);
  // Of what is not finite there is nothing to compare, nor is it written.
  if (!expected.allFinite())
    return success();
  Matrix found = Matrix::Zero(expected.rows(), expected.cols());
  for (auto [summand, form] : llvm::zip(merged.form.summands, merged.forms)) {
    std::vector<std::vector<double>> weights;
    for (unsigned i = 0; i < form.weights.size(); ++i)
      weights.push_back(term::evaluateWeight(form, i, leaf));
    found += term::apply(
        form.term, values[summand.source],
        [&](unsigned id) -> ArrayRef<double> { return weights[id]; });
  }
  for (const AffineForm::Bias &bias : merged.form.biases) {
    ArrayRef<double> vector = stored(bias.vector);
    Matrix row = Matrix::Zero(1, bias.term.columns());
    addBias(row, vector);
    Matrix product = term::apply(bias.term, row, leaf);
    found.rowwise() += product.row(0);
  }
  if (!reason.empty())
    return old.getDefiningOp()->emitError() << "'" << path << "': " << reason;
  // What cancels is compared with what it is made of.
  double scale = std::max(1e-300, expected.cwiseAbs().maxCoeff());
  for (const auto &[value, matrix] : values)
    if (matrix.size() && members.contains(value.getDefiningOp()))
      scale = std::max(scale, matrix.cwiseAbs().maxCoeff());
  double error = (found - expected).cwiseAbs().maxCoeff() / scale;
  if (error <= kExactTolerance)
    return success();
  return old.getDefiningOp()->emitError()
         << "slin-merge: '" << path << "' would change by "
         << llvm::formatv("{0:e2}", error).str()
         << " of its largest value, expected at most "
         << llvm::formatv("{0:e0}", kExactTolerance).str();
}
