//===- SlinOps.cpp - What slin ops mean -----------------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Operators are their terms. An activation is what its name says, or the
// model's own nodes.
//
//===----------------------------------------------------------------------===//

#include "Places.h"

#include "slin/Dialect/Slin/IR/SlinOps.h"
#include "slin/Evaluation/Evaluation.h"
#include "slin/Term/Activation.h"
#include "slin/Term/Evaluate.h"

using namespace mlir;
using namespace slin;
using namespace slin::evaluation;

LogicalResult Evaluation::runApply(Operation &op, std::string &reason) {
  auto apply = cast<ApplyOp>(op);
  FailureOr<TermWithLeaves> term =
      buildTerm(apply.getLinop(), options.tokens, &reason);
  if (failed(term)) {
    reason = "the operator has no term: " + reason;
    return failure();
  }
  std::optional<Tensor> input = find(apply.getInput());
  if (!input)
    return failure();
  const term::Term &linop = term->term;
  ArrayRef<int64_t> shape = input->getShape();
  if (shape.empty() || shape.back() != linop.columns()) {
    reason = "expected an input of " + std::to_string(linop.columns()) +
             " features, found " +
             std::to_string(shape.empty() ? 0 : shape.back());
    return failure();
  }
  std::vector<Reals> numbers;
  for (Value leaf : term->leaves) {
    std::optional<Tensor> weight = find(leaf);
    if (!weight)
      return failure();
    numbers.push_back(weight->toReals());
  }
  int64_t rows = input->size() / linop.columns();
  Reals batch = input->toReals();
  term::Matrix y = term::apply(
      linop,
      Eigen::Map<const term::Matrix>(batch.data(), rows, linop.columns()),
      [&](unsigned id) { return ArrayRef<double>(numbers[id]); });
  if (apply.getBias()) {
    std::optional<Tensor> bias = find(apply.getBias());
    if (!bias)
      return failure();
    if (bias->size() != 1 && bias->size() != linop.rows()) {
      reason = "expected a bias of " + std::to_string(linop.rows()) +
               " features, found " + std::to_string(bias->size());
      return failure();
    }
    for (int64_t feature = 0; feature < linop.rows(); ++feature)
      y.col(feature).array() += bias->realAt(bias->size() == 1 ? 0 : feature);
  }
  Shape result(shape);
  result.back() = linop.rows();
  set(apply.getResult(), makeTensor(input->getElementType(), result,
                                    Reals(y.data(), y.data() + y.size())));
  return success();
}

/// Folds `operands`, broadcast to one shape, from left to right.
static FailureOr<Tensor>
fold(ArrayRef<Tensor> operands, std::string &reason,
     llvm::function_ref<double(double, double)> combine) {
  Shape shape;
  for (const Tensor &operand : operands) {
    auto both = broadcast(shape, operand.getShape());
    if (!both) {
      reason = "expected operands of one shape";
      return failure();
    }
    shape = *both;
  }
  Reals result = expanded(operands.front(), shape).toReals();
  for (const Tensor &operand : operands.drop_front()) {
    Tensor other = expanded(operand, shape);
    for (size_t i = 0; i < result.size(); ++i)
      result[i] = combine(result[i], other.realAt(i));
  }
  return makeTensor(operands.front().getElementType(), shape,
                    std::move(result));
}

LogicalResult Evaluation::runAdd(Operation &op, std::string &reason) {
  auto summands = findAll(op.getOperands());
  if (!summands)
    return failure();
  auto sum = fold(*summands, reason, [](double a, double b) { return a + b; });
  if (failed(sum))
    return failure();
  set(op.getResult(0), *sum);
  return success();
}

LogicalResult Evaluation::runFormula(Operation &op, std::string &reason) {
  auto activation = cast<ActivationOp>(op);
  auto inputs = findAll(activation.getInputs());
  if (!inputs)
    return failure();
  double parameter = 0.0;
  if (FloatAttr attribute = activation.getParameterAttr())
    parameter = attribute.getValueAsDouble();
  const auto *formula = term::findActivation<double>(activation.getFunction());
  Tensor &first = inputs->front();
  Reals numbers = first.toReals();
  for (double &number : numbers)
    number = formula->formula(term::numericArithmetic(), number, parameter);
  first =
      makeTensor(first.getElementType(), first.getShape(), std::move(numbers));
  auto product =
      fold(*inputs, reason, [](double a, double b) { return a * b; });
  if (failed(product))
    return failure();
  set(activation.getResults().front(), *product);
  return success();
}

LogicalResult Evaluation::runActivation(Operation &op, std::string &reason) {
  auto activation = cast<ActivationOp>(op);
  Block &body = activation.getBody().front();
  bool isNamed = activation.getNumResults() == 1 &&
                 term::findActivation<double>(activation.getFunction());
  bool hasNodes = body.getOperations().size() > 1;
  if (isNamed && !(options.prefersNodes && hasNodes))
    return runFormula(op, reason);
  auto inputs = findAll(activation.getInputs());
  if (!inputs)
    return failure();
  for (auto [argument, input] : llvm::zip(body.getArguments(), *inputs))
    set(argument, std::move(input));
  return runRegion(op, activation.getBody(), reason);
}
