//===- ExpertConditions.cpp - What must hold of a sum of experts ----------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The constraints that rewrites of experts share, each with its reason. A gate
// taken for one that is none would change results without a word, so that what
// is not known counts as what does not hold.
//
//===----------------------------------------------------------------------===//

#include "ExpertSums.h"

#include "slin/Dialect/ONNX/Analysis/Constants.h"
#include "slin/Dialect/ONNX/Analysis/ValueShape.h"

using namespace mlir;
using namespace slin::onnx;

static bool isOne(int64_t size) { return size == 1; }

bool ExpertSumReader::checkEqual() {
  const Expert &first = sum.experts.front();
  Type type = first.down.weight->getElementType();
  for (const Expert &expert : sum.experts) {
    Operation *node = expert.down.node;
    if (expert.activation.name == "pointwise")
      return decline(node, "the activation in front of '" + pathOf(node) +
                               "' has no name: whether it is the same for all "
                               "experts, and finite, is not known");
    if (expert.activation.name != first.activation.name ||
        expert.activation.parameter != first.activation.parameter ||
        expert.linears.size() != first.linears.size())
      return decline(
          node, "the experts' activations differ: " + first.activation.name +
                    " and " + expert.activation.name);
    if (expert.in() != first.in() || expert.out() != first.out())
      return decline(node, "the experts' widths differ: " + Twine(first.in()) +
                               " to " + Twine(first.out()) + " and " +
                               Twine(expert.in()) + " to " +
                               Twine(expert.out()));
    auto fits = [&](const ExpertLinear &linear) {
      return linear.weight->getElementType() == type;
    };
    if (!fits(expert.down) || !llvm::all_of(expert.linears, fits))
      return decline(node, "the experts' element types differ");
    for (const ExpertLinear &linear : expert.linears)
      if (linear.weight->size(0) != expert.down.weight->size(1))
        return decline(node, "the hidden sizes of one expert differ");
  }
  return true;
}

/// Whether what the experts are chosen by has the tokens that they read.
bool ExpertSumReader::checkTokens(Value scores) {
  SmallVector<Value> tokens = tokenSources(sum.input);
  auto shared = [&](Value source) {
    return llvm::is_contained(tokens, source);
  };
  if (llvm::any_of(tokenSources(scores), shared))
    return true;
  return decline(sum.root,
                 "its gates come from another value than the experts' "
                 "input: whether they have the same tokens is not "
                 "known");
}

bool ExpertSumReader::checkChoices() {
  Value indices = sum.gates.front();
  Operation *choice = choiceOf(indices, 1);
  if (!choice || rankOf(indices) != rankOf(sum.input))
    return decline(sum.root, "the indices of its experts are not those that a "
                             "TopK chooses: one may stand twice");
  auto k = integersOf(choice, "k", 1);
  if (!k || k->size() != 1)
    return decline(choice, "how many experts are chosen is not known");
  sum.chosen = k->front();
  return checkTokens(choice->getOperand(0));
}

/// One gate of one expert, or those of all.
bool ExpertSumReader::checkGate(Value gate, const GateView &view) {
  bool each = sum.routing == ExpertSum::Routing::GateOfEach;
  auto shape = shapeOf(gate);
  // What all gates are multiplied with has been compared with their axes.
  if ((each || !view.getScores()) &&
      (!shape || (each && rankOf(sum.input) < int64_t(shape->size()))))
    return decline(sum.root,
                   "the axes of '" + nameOf(gate) + "' are not known");
  if (!view.getScores()) {
    // A constant must not repeat what it is multiplied with.
    int64_t place = shape->size();
    for (int64_t size : *shape)
      if (place-- != sum.gateAxis && !isOne(size))
        return decline(sum.root, "'" + nameOf(gate) +
                                     "' has other axes than that of the "
                                     "experts");
    return true;
  }
  if (each && (!view.getIndex() || rankOf(sum.input) != int64_t(shape->size())))
    return decline(sum.root, "which expert '" + nameOf(gate) +
                                 "' is a gate of is not known");
  if (!each &&
      (view.getIndex() || view.getExperts() != int64_t(sum.experts.size())))
    return decline(sum.root, "the number of its gates is not known");
  return checkTokens(view.getScores());
}

bool ExpertSumReader::checkGates() {
  if (sum.routing == ExpertSum::Routing::Choices)
    return checkChoices();
  bool each = sum.routing == ExpertSum::Routing::GateOfEach;
  for (Value gate : sum.gates) {
    GateView view(gate, each ? 1 : sum.gateAxis);
    if (!view)
      return decline(view.getBreaker() ? view.getBreaker() : sum.root,
                     view.getReason());
    if (!checkGate(gate, view))
      return false;
    sum.chosen = view.getChosen();
    sum.views.push_back(std::move(view));
  }
  return true;
}

/// Nobody else may read an inner value: it would be computed all the same.
bool ExpertSumReader::checkOwned() {
  for (Operation *node : owned) {
    if (node == sum.root)
      continue;
    for (Operation *user : node->getUsers())
      if (!owned.contains(user))
        return decline(node, "'" + nameOf(node->getResult(0)) +
                                 "' is read outside of the experts");
  }
  return true;
}
