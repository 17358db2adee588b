//===- MergedWeights.cpp - Operators and biases of merged linears ---------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Computed in f64 from the model's own numbers and rounded once, however many
// linears were merged.
//
//===----------------------------------------------------------------------===//

#include "MergedLinears.h"

#include "slin/Dialect/Slin/IR/OperatorOfTerm.h"
#include "slin/Weights/WeightInterfaces.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace slin;
using term::Form;
using term::Term;

/// The element type of a merged weight: the widest of its parts that are not
/// f64 for the sake of a pass.
static FloatType typeOfMerged(const Term &recipe, const AffineGraph &graph,
                              FloatType type) {
  FloatType widest;
  for (const term::Leaf &leaf : recipe.leaves()) {
    auto found = cast<FloatType>(
        cast<ShapedType>(graph.leaf(leaf.id).getType()).getElementType());
    if (found.isF64() && !type.isF64())
      continue;
    if (!widest || found.getWidth() > widest.getWidth())
      widest = found;
  }
  return widest ? widest : type;
}

/// Rounds once. Fails, and says so in `notExact`, where a number does not fit.
FailureOr<std::vector<char>>
MergedLinears::roundOnce(FloatType type, ArrayRef<double> numbers) {
  double limit =
      APFloat::getLargest(type.getFloatSemantics()).convertToDouble();
  for (double number : numbers)
    if (!(std::fabs(number) <= limit)) {
      std::string name;
      llvm::raw_string_ostream(name) << type;
      notExact = llvm::formatv("'{0}' is not merged: expected numbers within "
                               "the range of {1}, found {2:e3}",
                               path, name, number);
      return failure();
    }
  return weights::fromDoubles(type, numbers);
}

FailureOr<Value> MergedLinears::makeOperator(const Form &form, FloatType type) {
  SmallVector<Value> values;
  std::string reason;
  std::vector<term::Leaf> leaves = form.term.leaves();
  for (auto [index, weight] : llvm::enumerate(form.weights)) {
    const term::Leaf *stored = weight.stored();
    FloatType element = typeOfMerged(weight.recipe, graph, type);
    if (stored &&
        cast<ShapedType>(graph.leaf(stored->id).getType()).getElementType() ==
            element) {
      values.push_back(graph.leaf(stored->id));
      continue;
    }
    for (const term::Leaf &leaf : weight.recipe.leaves())
      if (failed(numbers.get(graph.leaf(leaf.id), reason)))
        return emitError(location) << "'" << path << "': " << reason;
    std::vector<double> computed =
        term::evaluateWeight(form, index, [&](unsigned id) {
          return *numbers.get(graph.leaf(id), reason);
        });
    auto bytes = roundOnce(element, computed);
    if (failed(bytes))
      return failure();
    auto leaf = llvm::find_if(
        leaves, [id = index](const term::Leaf &leaf) { return leaf.id == id; });
    // The names of the structures' factors: U V, else W.
    std::string name = form.weights.size() == 1   ? "w"
                       : form.weights.size() == 2 ? (index ? "v" : "u")
                                                  : "w" + std::to_string(index);
    values.push_back(
        newWeights.make(builder, location, path + "/slin_" + name,
                        RankedTensorType::get(leaf->shape, element), *bytes));
  }
  return makeOperatorOf(builder, location, form.term, values, type);
}

FailureOr<Value> MergedLinears::makeBias(const MergedValue &merged,
                                         FloatType type) {
  ArrayRef<AffineForm::Bias> biases = merged.form.biases;
  if (biases.empty())
    return Value();
  auto elementTypeOf = [](Value value) {
    return cast<ShapedType>(value.getType()).getElementType();
  };
  if (biases.size() == 1 && biases[0].term.isIdentity() &&
      (!elementTypeOf(biases[0].vector).isF64() || type.isF64()))
    return biases[0].vector;
  term::Matrix sum = term::Matrix::Zero(1, biases[0].term.rows());
  std::string reason;
  for (const AffineForm::Bias &bias : biases) {
    auto stored = numbers.get(bias.vector, reason);
    for (const term::Leaf &leaf : bias.term.leaves())
      if (succeeded(stored))
        stored = failed(numbers.get(graph.leaf(leaf.id), reason))
                     ? FailureOr<ArrayRef<double>>(failure())
                     : stored;
    if (failed(stored))
      return emitError(location) << "'" << path << "': " << reason;
    term::Matrix row(1, bias.term.columns());
    for (int64_t i = 0; i < row.cols(); ++i)
      row(0, i) = (*stored)[stored->size() == 1 ? 0 : i];
    sum += term::apply(bias.term, row, [&](unsigned id) {
      return *numbers.get(graph.leaf(id), reason);
    });
  }
  ArrayRef<double> values(sum.data(), sum.size());
  if (llvm::all_of(values, [](double number) { return number == 0.0; }))
    return Value();
  auto bytes = roundOnce(type, values);
  if (failed(bytes))
    return failure();
  return newWeights.make(builder, location, path + "/slin_bias",
                         RankedTensorType::get({int64_t(values.size())}, type),
                         *bytes);
}
