//===- ExpertWriter.cpp - Experts as nodes --------------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Weights are stored `[in, out]`, as MatMul reads them. Bytes are moved, never
// computed with; only biases behind the down projections are added, in f64.
//
//===----------------------------------------------------------------------===//

#include "ExpertWriter.h"

#include "slin/Dialect/ONNX/Analysis/Constants.h"
#include "slin/Dialect/ONNX/Analysis/ValueShape.h"

using namespace mlir;
using namespace slin;
using namespace slin::onnx;

Value ExpertWriter::product(const Twine &name, Value data, Value weight,
                            Value bias) {
  Value result = nodes.node<MatMulOp>(name, {data, weight});
  return bias ? nodes.node<AddOp>(name + "_bias", {result, bias}) : result;
}

/// A copy of the elements; null, with the reason, if they cannot be read.
static Value constantOf(NodeWriter &nodes, const Twine &name,
                        const ConstantView &view, std::string &reason) {
  if (view.isWhole())
    return view.getStored();
  std::vector<char> bytes;
  if (failed(view.append(bytes, reason)))
    return {};
  return nodes.weight(
      name, RankedTensorType::get(view.getSizes(), view.getElementType()),
      bytes);
}

Value ExpertWriter::writeLinear(const ExpertLinear &linear, const Twine &name,
                                Value data, std::string &reason) {
  Value weight = constantOf(nodes, name + "_weight",
                            linear.weight->transpose({1, 0}), reason);
  Value bias;
  if (weight && linear.bias)
    bias = constantOf(nodes, name + "_bias_weight", *linear.bias, reason);
  if (!weight || (linear.bias && !bias))
    return {};
  return product(name, data, weight, bias);
}

Value ExpertWriter::writeActivation(const Expert &expert,
                                    ArrayRef<Value> inputs) {
  IRMapping mapping;
  for (auto [from, to] : llvm::zip(expert.activation.inputs, inputs))
    mapping.map(from, to);
  for (Operation *node : expert.activation.nodes)
    nodes.copy(node, mapping);
  return mapping.lookup(expert.activation.output);
}

//===----------------------------------------------------------------------===//
// One expert
//===----------------------------------------------------------------------===//

/// Whether the expert is made of nodes that do the same for rows of tokens,
/// whatever axes the tokens had.
static bool isCopyable(const ExpertSum &sum, const Expert &expert) {
  auto isPlain = [](const ExpertLinear &linear) {
    return isa<MatMulOp, GemmOp>(linear.node) &&
           linear.node->getOperand(1).getDefiningOp() &&
           rankOf(linear.node->getOperand(1)) == 2;
  };
  return isPlain(expert.down) && llvm::all_of(expert.linears, isPlain) &&
         llvm::all_of(expert.linears, [&](const ExpertLinear &linear) {
           return linear.node->getOperand(0) == sum.input;
         });
}

/// Whether a constant that the node reads has more axes than rows have, and
/// gives them to its result.
static bool readsWideConstant(Operation *node) {
  return llvm::any_of(node->getOperands(), [](Value operand) {
    return isConstant(operand) && rankOf(operand).value_or(0) > 2;
  });
}

Value ExpertWriter::copyExpert(const Expert &expert, Value rows) {
  llvm::SetVector<Operation *> all(expert.activation.nodes.begin(),
                                   expert.activation.nodes.end());
  auto add = [&](const ExpertLinear &linear) {
    all.insert(linear.node);
    all.insert(linear.output.getDefiningOp());
  };
  llvm::for_each(expert.linears, add);
  add(expert.down);
  SmallVector<Operation *> ordered = all.takeVector();
  llvm::sort(ordered,
             [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
  IRMapping mapping;
  mapping.map(sum.input, rows);
  for (Operation *node : ordered)
    nodes.copy(node, mapping);
  return mapping.lookup(expert.down.output);
}

Value ExpertWriter::writeExpert(size_t index, Value rows, std::string &reason) {
  const Expert &expert = sum.experts[index];
  std::string name = "expert_" + std::to_string(index);
  Value result;
  if (isCopyable(sum, expert)) {
    result = copyExpert(expert, rows);
  } else {
    SmallVector<Value> inputs;
    bool gated = expert.linears.size() == 2;
    for (auto [place, linear] : llvm::enumerate(expert.linears)) {
      StringRef role = gated && place == 0 ? "gate" : "up";
      inputs.push_back(writeLinear(linear, name + "/" + role, rows, reason));
      if (!inputs.back())
        return {};
    }
    result = writeLinear(expert.down, name + "/down",
                         writeActivation(expert, inputs), reason);
    if (!result)
      return {};
  }
  bool wide = llvm::any_of(expert.activation.nodes, readsWideConstant);
  for (const ExpertLinear &linear : expert.linears)
    wide |= linear.output.getDefiningOp() != linear.node &&
            readsWideConstant(linear.output.getDefiningOp());
  wide |= expert.down.output.getDefiningOp() != expert.down.node &&
          readsWideConstant(expert.down.output.getDefiningOp());
  if (wide)
    result = nodes.node<ReshapeOp>(
        name + "/flatten",
        {result, nodes.integers(name + "/flat", {-1, expert.out()})});
  return result;
}

//===----------------------------------------------------------------------===//
// All experts as one network
//===----------------------------------------------------------------------===//

static RankedTensorType matrixType(int64_t rows, int64_t columns, Type type) {
  return RankedTensorType::get({rows, columns}, type);
}

/// The columns of matrices of as many rows, side by side.
static std::vector<char> joinColumns(ArrayRef<std::vector<char>> parts,
                                     int64_t rows) {
  std::vector<char> joined;
  for (int64_t row = 0; row < rows; ++row)
    for (const std::vector<char> &part : parts) {
      size_t width = part.size() / rows;
      auto first = part.begin() + row * width;
      joined.insert(joined.end(), first, first + width);
    }
  return joined;
}

Value ExpertWriter::joinUp(size_t place, const Twine &name, Value data,
                           std::string &reason) {
  std::vector<std::vector<char>> parts;
  std::vector<char> bias;
  bool hasBias = false;
  int64_t hidden = 0;
  Type type = sum.experts.front().down.weight->getElementType();
  unsigned width = weights::bitsPerElement(type) / 8;
  for (const Expert &expert : sum.experts) {
    const ExpertLinear &linear = expert.linears[place];
    auto &part = parts.emplace_back();
    if (failed(linear.weight->transpose({1, 0}).append(part, reason)))
      return {};
    hidden += expert.hidden();
    hasBias |= linear.bias.has_value();
    if (!linear.bias)
      bias.resize(bias.size() + expert.hidden() * width);
    else if (failed(linear.bias->append(bias, reason)))
      return {};
  }
  int64_t in = sum.experts.front().in();
  Value weight = nodes.weight(name + "_weight", matrixType(in, hidden, type),
                              joinColumns(parts, in));
  Value biasValue;
  if (hasBias)
    biasValue = nodes.weight(name + "_bias_weight",
                             RankedTensorType::get({hidden}, type), bias);
  return product(name, data, weight, biasValue);
}

/// The sum of the experts' biases, rounded once.
static FailureOr<std::vector<char>> addBiases(const ExpertSum &sum,
                                              std::string &reason) {
  std::vector<double> total(sum.experts.front().out());
  auto type =
      cast<FloatType>(sum.experts.front().down.weight->getElementType());
  for (const Expert &expert : sum.experts) {
    if (!expert.down.bias)
      continue;
    std::vector<char> bytes;
    std::vector<double> numbers(total.size());
    if (failed(expert.down.bias->append(bytes, reason)))
      return failure();
    weights::Elements elements{
        RankedTensorType::get({int64_t(total.size())}, type), bytes, nullptr};
    if (failed(weights::toDoubles(elements, numbers, reason)))
      return failure();
    for (size_t i = 0; i < total.size(); ++i)
      total[i] += numbers[i];
  }
  return weights::fromDoubles(type, total);
}

Value ExpertWriter::joinDown(Value data, std::string &reason) {
  const Expert &first = sum.experts.front();
  Type type = first.down.weight->getElementType();
  std::vector<char> bytes;
  int64_t hidden = 0;
  for (const Expert &expert : sum.experts) {
    if (failed(expert.down.weight->transpose({1, 0}).append(bytes, reason)))
      return {};
    hidden += expert.hidden();
  }
  Value bias;
  if (llvm::any_of(sum.experts, [](const Expert &expert) {
        return expert.down.bias.has_value();
      })) {
    FailureOr<std::vector<char>> total = addBiases(sum, reason);
    if (failed(total))
      return {};
    bias = nodes.weight("down_bias_weight",
                        RankedTensorType::get({first.out()}, type), *total);
  }
  Value weight =
      nodes.weight("down_weight", matrixType(hidden, first.out(), type), bytes);
  return product("down", data, weight, bias);
}

Value ExpertWriter::writeWhole(Value input, std::string &reason) {
  const Expert &first = sum.experts.front();
  bool gated = first.linears.size() == 2;
  SmallVector<Value> inputs;
  for (size_t place = 0; place < first.linears.size(); ++place) {
    inputs.push_back(
        joinUp(place, gated && place == 0 ? "gate" : "up", input, reason));
    if (!inputs.back())
      return {};
  }
  return joinDown(writeActivation(first, inputs), reason);
}

Value ExpertWriter::addRest(Value experts) {
  Value rest;
  for (Value summand : sum.rest)
    rest = rest ? nodes.node<AddOp>("rest", {rest, summand}) : summand;
  return rest ? nodes.node<AddOp>("add", {rest, experts}) : experts;
}
