//===- ExpertLinears.cpp - The linears of one expert or of all ------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One function per operator. In an einsum of `[experts, hidden]` with stacked
// weights nothing tells experts from hidden features but the node that uses
// them, so that an up projection is matched for a given layout.
//
//===----------------------------------------------------------------------===//

#include "ExpertLinears.h"

#include "slin/Dialect/ONNX/Analysis/Constants.h"
#include "slin/Dialect/ONNX/Analysis/ValueShape.h"
#include "slin/Dialect/ONNX/IR/ONNXOps.h"

using namespace mlir;
using namespace slin::onnx;

static bool isComputed(Type type) {
  return type.isF32() || type.isF16() || type.isBF16() || type.isF64();
}

/// A weight of `rank` axes, with elements.
static std::optional<ConstantView> weightOf(Value value, int64_t rank) {
  auto view = ConstantView::of(value);
  if (!view || view->rank() != rank || !isComputed(view->getElementType()) ||
      llvm::is_contained(view->getSizes(), 0))
    return std::nullopt;
  return view;
}

static std::optional<ExpertProduct> product(Operation *node, Value data,
                                            ConstantView weight,
                                            ExpertLayout before,
                                            ExpertLayout after) {
  ExpertProduct result;
  result.node = node;
  result.data = data;
  result.output = node->getResult(0);
  result.weight = std::move(weight);
  result.before = before;
  result.after = after;
  result.nodes.push_back(node);
  return result;
}

//===----------------------------------------------------------------------===//
// MatMul and Gemm
//===----------------------------------------------------------------------===//

/// The matrices that each token gathers, and the indices by which it does.
static std::optional<std::pair<ConstantView, Value>> gatheredBy(Value value) {
  Operation *node = value.getDefiningOp();
  if (isa_and_nonnull<GatherOp>(node) &&
      numberAttribute(node, "axis", 0) == 0) {
    if (auto weights = weightOf(node->getOperand(0), 3))
      return std::pair(*weights, node->getOperand(1));
  }
  // GatherND wants indices with an axis of their own.
  if (isa_and_nonnull<GatherNDOp>(node) &&
      numberAttribute(node, "batch_dims", 0) == 0) {
    auto weights = weightOf(node->getOperand(0), 3);
    auto insert = node->getOperand(1).getDefiningOp<UnsqueezeOp>();
    auto axes = insert ? integersOf(insert, "axes", 1) : std::nullopt;
    if (weights && axes && axes->size() == 1) {
      auto rank = rankOf(insert->getResult(0));
      if (axes->front() == -1 || (rank && axes->front() == *rank - 1))
        return std::pair(*weights, insert->getOperand(0));
    }
  }
  return std::nullopt;
}

static std::optional<ExpertProduct> matchMatMul(Operation *node) {
  Value left = node->getOperand(0), right = node->getOperand(1);
  if (auto weight = weightOf(right, 2))
    return product(node, left, weight->transpose({1, 0}), {0, 1}, {0, 1});
  if (auto weights = weightOf(right, 3))
    return product(node, left, weights->transpose({0, 2, 1}), {3, 1}, {3, 1});
  std::optional<ExpertProduct> result;
  if (auto gathered = gatheredBy(left)) {
    result = product(node, right, gathered->first, {3, 2}, {3, 2});
    result->choices = gathered->second;
    result->nodes.push_back(left.getDefiningOp());
  } else if (auto other = gatheredBy(right)) {
    result =
        product(node, left, other->first.transpose({0, 2, 1}), {3, 1}, {3, 1});
    result->choices = other->second;
    result->nodes.push_back(right.getDefiningOp());
  }
  return result;
}

static std::optional<ExpertProduct> matchGemm(Operation *node) {
  auto weight = weightOf(node->getOperand(1), 2);
  if (!weight || numberAttribute(node, "transA", 0) != 0 ||
      numberAttribute(node, "alpha", 1.0) != 1.0)
    return std::nullopt;
  if (numberAttribute(node, "transB", 0) == 0)
    weight = weight->transpose({1, 0});
  auto result = product(node, node->getOperand(0), *weight, {0, 1}, {0, 1});
  double beta = numberAttribute(node, "beta", 1.0);
  Value constant = presentInput(node, 2);
  if (!constant || beta == 0.0)
    return result;
  auto bias = weightOf(constant, 1);
  if (!bias || beta != 1.0 || bias->size(0) != weight->size(0))
    return std::nullopt;
  result->bias = bias;
  return result;
}

//===----------------------------------------------------------------------===//
// Einsum
//===----------------------------------------------------------------------===//

namespace {
/// An einsum of data, a constant and perhaps gates.
struct Equation {
  std::string data, weight, gates, output;
  Value dataValue, weightValue, gatesValue;

  /// The place of a letter in a list, counted from the right; 0 if it is not
  /// there.
  static int64_t place(StringRef letters, char letter) {
    size_t at = letters.find(letter);
    return at == StringRef::npos ? 0 : int64_t(letters.size() - at);
  }
};
} // namespace

static std::optional<Equation> readEquation(Operation *node) {
  auto attribute = dyn_cast_or_null<StringAttr>(
      cast<NodeOpInterface>(node).getNodeAttributes().get("equation"));
  if (!attribute)
    return std::nullopt;
  std::string text = attribute.getValue().str();
  llvm::erase(text, ' ');
  auto [inputs, output] = StringRef(text).split("->");
  SmallVector<StringRef> operands;
  inputs.split(operands, ',');
  if (output.empty() || StringRef(text).contains('.') ||
      operands.size() != node->getNumOperands())
    return std::nullopt;
  Equation result;
  result.output = output.str();
  for (auto [letters, value] : llvm::zip(operands, node->getOperands())) {
    for (char letter : letters)
      if (letters.count(letter) != 1)
        return std::nullopt;
    bool constant = isConstant(value);
    auto &slot = constant              ? result.weight
                 : result.data.empty() ? result.data
                                       : result.gates;
    if (!slot.empty())
      return std::nullopt;
    slot = letters.str();
    (constant                ? result.weightValue
     : &slot == &result.data ? result.dataValue
                             : result.gatesValue) = value;
  }
  if (result.data.empty() || result.weight.empty())
    return std::nullopt;
  // Of two values the gates have fewer axes.
  if (result.gates.size() > result.data.size()) {
    std::swap(result.gates, result.data);
    std::swap(result.gatesValue, result.dataValue);
  }
  return result;
}

/// The view with its axes named by `from` put in the order of `to`.
static ConstantView ordered(const ConstantView &view, StringRef from,
                            StringRef to) {
  SmallVector<int64_t> permutation;
  for (char letter : to)
    permutation.push_back(from.find(letter));
  return view.transpose(permutation);
}

/// Whether the tokens are the same letters in the same order.
static bool keepsTokens(StringRef before, StringRef after,
                        StringRef otherLetters) {
  auto tokens = [&](StringRef letters) {
    std::string kept;
    for (char letter : letters)
      if (!otherLetters.contains(letter))
        kept.push_back(letter);
    return kept;
  };
  return tokens(before) == tokens(after);
}

static std::optional<ExpertProduct> matchUpEinsum(Operation *node,
                                                  ExpertLayout layout) {
  auto equation = readEquation(node);
  if (!equation || equation->gatesValue ||
      layout.features > int64_t(equation->output.size()) ||
      layout.experts > int64_t(equation->output.size()))
    return std::nullopt;
  StringRef output = equation->output, data = equation->data;
  char row = output[output.size() - layout.features];
  char expert = layout.experts ? output[output.size() - layout.experts] : 0;
  char column = data.back();
  std::string wanted{row, column};
  if (expert)
    wanted.insert(wanted.begin(), expert);
  auto weight = weightOf(equation->weightValue, wanted.size());
  if (!weight || data.contains(row) || output.contains(column) ||
      (expert && data.contains(expert)) ||
      !std::is_permutation(wanted.begin(), wanted.end(),
                           equation->weight.begin(), equation->weight.end()) ||
      !keepsTokens(data, output, wanted))
    return std::nullopt;
  auto result =
      product(node, equation->dataValue,
              ordered(*weight, equation->weight, wanted), {0, 1}, layout);
  result->tokenAxes = int64_t(data.size()) - 1;
  return result;
}

static std::optional<ExpertProduct> matchDownEinsum(Operation *node) {
  auto equation = readEquation(node);
  if (!equation || equation->weight.size() != 3)
    return std::nullopt;
  StringRef data = equation->data, output = equation->output;
  char row = 0, expert = 0, column = 0;
  for (char letter : equation->weight)
    if (!data.contains(letter))
      row = letter;
  // The experts stay, or the gates have them; without either they are just as
  // well the first of two axes of hidden features.
  for (char letter : equation->weight)
    if (letter != row && !expert &&
        (output.contains(letter) ||
         StringRef(equation->gates).contains(letter)))
      expert = letter;
  for (char letter : equation->weight)
    if (letter != row && letter != expert)
      (expert ? column : expert) = letter;
  if (!row || !expert || !column || !output.contains(row) ||
      output.contains(column) || StringRef(equation->gates).contains(column))
    return std::nullopt;
  auto weight = weightOf(equation->weightValue, 3);
  std::string others{expert, row, column};
  if (!weight || !data.contains(expert) || !data.contains(column) ||
      !keepsTokens(data, output, others) ||
      (equation->gatesValue && !keepsTokens(data, equation->gates, others)))
    return std::nullopt;
  ExpertLayout before{Equation::place(data, expert),
                      Equation::place(data, column)};
  ExpertLayout after{Equation::place(output, expert),
                     Equation::place(output, row)};
  auto result =
      product(node, equation->dataValue,
              ordered(*weight, equation->weight, others), before, after);
  result->sums = after.experts == 0;
  // Gates of experts that stay are none of a sum.
  if (equation->gatesValue && !result->sums)
    return std::nullopt;
  result->gates = equation->gatesValue;
  if (result->gates)
    result->gateAxis = Equation::place(equation->gates, expert);
  result->tokenAxes = int64_t(data.size()) - 2;
  return result;
}

//===----------------------------------------------------------------------===//
// Biases
//===----------------------------------------------------------------------===//

/// A constant of one number per feature, and per expert where there are some.
static std::optional<ConstantView> biasOf(Value value,
                                          const ExpertProduct &linear) {
  auto view = ConstantView::of(value);
  if (!view || view->getElementType() != linear.weight.getElementType() ||
      (linear.hasExperts() && (linear.choices || linear.sums)))
    return std::nullopt;
  ExpertLayout layout = linear.after;
  int64_t rank = view->rank();
  if (rank < std::max(layout.features, layout.experts))
    return std::nullopt;
  for (int64_t axis = rank - 1; axis >= 0; --axis) {
    int64_t place = rank - axis, size = view->size(axis);
    bool named = place == layout.features || place == layout.experts;
    int64_t wanted = place == layout.features
                         ? linear.weight.size(linear.weight.rank() - 2)
                         : (named ? linear.weight.size(0) : 1);
    if (size != wanted)
      return std::nullopt;
    // What is left are the axes of experts and features.
    if (!named)
      view = view->select(axis, 0);
  }
  bool swapped = layout.experts && layout.experts < layout.features;
  return swapped ? view->transpose({1, 0}) : *view;
}

/// Takes an Add of a constant around what `match` finds.
template <typename Match>
static std::optional<ExpertProduct> withBias(Value value, Match match) {
  Operation *node = value.getDefiningOp();
  if (!node || !isa<NodeOpInterface>(node) || node->getNumResults() != 1)
    return std::nullopt;
  if (auto found = match(node))
    return found;
  if (!isa<AddOp>(node) || node->getNumOperands() != 2)
    return std::nullopt;
  for (unsigned side : {0, 1}) {
    Operation *inner = node->getOperand(side).getDefiningOp();
    if (!inner || !isa<NodeOpInterface>(inner) ||
        !isConstant(node->getOperand(1 - side)))
      continue;
    std::optional<ExpertProduct> found = match(inner);
    if (!found || found->bias)
      continue;
    found->bias = biasOf(node->getOperand(1 - side), *found);
    if (!found->bias)
      continue;
    found->nodes.push_back(node);
    found->output = value;
    return found;
  }
  return std::nullopt;
}

std::optional<ExpertProduct> slin::onnx::findUpProduct(Value value,
                                                       ExpertLayout layout) {
  return withBias(value, [&](Operation *node) -> std::optional<ExpertProduct> {
    std::optional<ExpertProduct> result;
    if (isa<MatMulOp>(node))
      result = matchMatMul(node);
    else if (isa<GemmOp>(node))
      result = matchGemm(node);
    else if (isa<EinsumOp>(node))
      return matchUpEinsum(node, layout);
    if (!result || !(result->after == layout))
      return std::nullopt;
    return result;
  });
}

std::optional<ExpertProduct> slin::onnx::findDownProduct(Value value) {
  return withBias(value, [&](Operation *node) -> std::optional<ExpertProduct> {
    if (isa<MatMulOp>(node))
      return matchMatMul(node);
    if (isa<GemmOp>(node))
      return matchGemm(node);
    if (isa<EinsumOp>(node)) {
      if (auto stacked = matchDownEinsum(node))
        return stacked;
      return matchUpEinsum(node, {0, 1});
    }
    return std::nullopt;
  });
}
