//===- Reference.cpp - What a function means ------------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Op by op; weights are read once, as f64.
//
//===----------------------------------------------------------------------===//

#include "Reference.h"

#include "slin/Dialect/Slin/IR/SlinOps.h"
#include "slin/Term/Activation.h"
#include "slin/Term/Evaluate.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include "llvm/ADT/DenseMap.h"

#include <numeric>

using namespace mlir;
using namespace slin;

namespace {
class Evaluation {
public:
  explicit Evaluation(int64_t tokens) : tokens(tokens) {}
  void set(Value value, Numbers numbers) {
    values[value] = std::make_shared<Numbers>(std::move(numbers));
  }
  const Numbers &get(Value value) { return *values.at(value); }
  LogicalResult run(Block &block);

private:
  LogicalResult run(Operation &op);
  LogicalResult runConstant(Operation &op, ElementsAttr attribute);
  LogicalResult runApply(ApplyOp apply);
  LogicalResult runAdd(AddOp add);
  LogicalResult runActivation(ActivationOp activation);
  LogicalResult runNetwork(FFNOp ffn);

  int64_t tokens;
  llvm::DenseMap<Value, std::shared_ptr<Numbers>> values;
};
} // namespace

LogicalResult Evaluation::runConstant(Operation &op, ElementsAttr attribute) {
  std::string reason;
  FailureOr<weights::Elements> elements =
      weights::loadElements(attribute, &op, reason);
  if (failed(elements))
    return op.emitError() << "the weight cannot be read: " << reason;
  Numbers numbers{elements->type.getShape().vec(), {}};
  numbers.data.resize(elements->type.getNumElements());
  if (failed(weights::toDoubles(*elements, numbers.data, reason)))
    return op.emitError() << "the weight cannot be read: " << reason;
  set(op.getResult(0), std::move(numbers));
  return success();
}

LogicalResult Evaluation::runApply(ApplyOp apply) {
  std::string reason;
  FailureOr<TermWithLeaves> term = buildTerm(apply.getLinop(), tokens, &reason);
  if (failed(term))
    return apply.emitError() << "the operator has no term: " << reason;
  const Numbers &input = get(apply.getInput());
  const term::Term &linop = term->term;
  if (input.shape.empty() || input.shape.back() != linop.columns())
    return apply.emitError()
           << "expected an input of " << linop.columns() << " features, found "
           << (input.shape.empty() ? 0 : input.shape.back());
  int64_t rows = input.data.size() / linop.columns();
  term::Matrix batch =
      Eigen::Map<const term::Matrix>(input.data.data(), rows, linop.columns());
  term::Matrix y = term::apply(linop, batch, [&](unsigned id) {
    return ArrayRef<double>(get(term->leaves[id]).data);
  });
  if (apply.getBias()) {
    const std::vector<double> &bias = get(apply.getBias()).data;
    for (int64_t feature = 0; feature < linop.rows(); ++feature)
      y.col(feature).array() += bias[bias.size() == 1 ? 0 : feature];
  }
  Numbers result{input.shape, {y.data(), y.data() + y.size()}};
  result.shape.back() = linop.rows();
  set(apply.getResult(), std::move(result));
  return success();
}

LogicalResult Evaluation::runAdd(AddOp add) {
  Numbers result = get(add.getSummands().front());
  for (Value summand : add.getSummands().drop_front()) {
    if (get(summand).shape != result.shape)
      return add.emitError() << "expected summands of one shape";
    for (auto [number, other] : llvm::zip(result.data, get(summand).data))
      number += other;
  }
  set(add.getResult(), std::move(result));
  return success();
}

LogicalResult Evaluation::runActivation(ActivationOp activation) {
  if (activation.getNumResults() != 1)
    return activation.emitError()
           << "expected one result, found " << activation.getNumResults();
  double parameter = 0.0;
  if (FloatAttr attribute = activation.getParameterAttr())
    parameter = attribute.getValueAsDouble();
  Numbers result = get(activation.getInputs().front());
  for (double &number : result.data) {
    std::optional<double> value =
        term::evaluateActivation(activation.getFunction(), parameter, number);
    if (!value)
      return activation.emitError()
             << "expected a function with a known name, found '"
             << activation.getFunction() << "'";
    number = *value;
  }
  for (Value factor : activation.getInputs().drop_front()) {
    if (get(factor).shape != result.shape)
      return activation.emitError() << "expected operands of one shape";
    for (auto [number, other] : llvm::zip(result.data, get(factor).data))
      number *= other;
  }
  set(activation.getResults().front(), std::move(result));
  return success();
}

LogicalResult Evaluation::runNetwork(FFNOp ffn) {
  Block &body = ffn.getBody().front();
  for (auto [argument, input] : llvm::zip(body.getArguments(), ffn.getInputs()))
    set(argument, get(input));
  if (failed(run(body)))
    return failure();
  for (auto [result, yielded] :
       llvm::zip(ffn.getResults(), body.getTerminator()->getOperands()))
    set(result, get(yielded));
  return success();
}

LogicalResult Evaluation::run(Operation &op) {
  if (isa<LinearOperatorInterface>(op) || op.hasTrait<OpTrait::IsTerminator>())
    return success();
  if (auto weight = dyn_cast<weights::WeightOpInterface>(op))
    return runConstant(op, weight.getWeight());
  if (auto constant = dyn_cast<arith::ConstantOp>(op))
    if (auto elements = dyn_cast<ElementsAttr>(constant.getValue()))
      return runConstant(op, elements);
  if (auto apply = dyn_cast<ApplyOp>(op))
    return runApply(apply);
  if (auto add = dyn_cast<AddOp>(op))
    return runAdd(add);
  if (auto activation = dyn_cast<ActivationOp>(op))
    return runActivation(activation);
  if (auto ffn = dyn_cast<FFNOp>(op))
    return runNetwork(ffn);
  return op.emitError() << "the reference knows slin ops and constants, found '"
                        << op.getName() << "'";
}

LogicalResult Evaluation::run(Block &block) {
  for (Operation &op : block)
    if (failed(run(op)))
      return failure();
  return success();
}

FailureOr<std::vector<Numbers>>
slin::evaluate(func::FuncOp function, const std::vector<Tensor> &arguments,
               int64_t tokens) {
  Evaluation evaluation(tokens);
  for (auto [argument, tensor] :
       llvm::zip(function.getArguments(), arguments)) {
    Numbers numbers{tensor.type.getShape().vec(), {}};
    numbers.data.resize(tensor.type.getNumElements());
    std::string reason;
    if (failed(weights::toDoubles({tensor.type, tensor.bytes, nullptr},
                                  numbers.data, reason)))
      return function.emitError() << reason;
    evaluation.set(argument, std::move(numbers));
  }
  Block &body = function.front();
  if (failed(evaluation.run(body)))
    return failure();
  std::vector<Numbers> results;
  for (Value result : body.getTerminator()->getOperands())
    results.push_back(evaluation.get(result));
  return results;
}
