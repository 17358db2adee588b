//===- ExpertNetworks.cpp - From a summand to its network -----------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// From a down projection back to the value that the expert reads, or all
// experts that share their nodes do.
//
//===----------------------------------------------------------------------===//

#include "ExpertSums.h"

#include "slin/Dialect/ONNX/Analysis/ActivationView.h"
#include "slin/Dialect/ONNX/Analysis/Constants.h"
#include "slin/Dialect/ONNX/Analysis/Pointwise.h"
#include "slin/Dialect/ONNX/Analysis/ValueShape.h"
#include "slin/Dialect/ONNX/IR/ONNXOps.h"

using namespace mlir;
using namespace slin::onnx;

/// No activation has more nodes.
static constexpr size_t kMaxNodes = 64;

/// `value` without axes that were inserted and repeated, so that the features
/// are on its last axis.
static Value withoutExpertAxis(Value value) {
  while (Operation *node = value.getDefiningOp()) {
    if (!isa<ExpandOp, UnsqueezeOp>(node) || node->getNumOperands() == 0)
      break;
    value = node->getOperand(0);
  }
  return value;
}

/// Whether all experts of a batched product read the same rows, each once.
static bool isShared(Value data, int64_t place) {
  if (auto expand = data.getDefiningOp<ExpandOp>()) {
    auto target = integerExpression(expand->getOperand(1));
    data = expand->getOperand(0);
    if (!target)
      return false;
    for (auto [axis, size] : llvm::enumerate(*target))
      if (int64_t(target->size() - axis) != place && size != 1)
        return false;
  }
  auto shape = shapeOf(data);
  return shape && (int64_t(shape->size()) < place ||
                   (*shape)[shape->size() - place] == 1);
}

bool ExpertSumReader::setInput(const ExpertProduct &up) {
  int64_t in = up.weight.size(up.weight.rank() - 1);
  Value input = up.data;
  if (up.hasExperts() && up.before.experts) {
    if (!isShared(input, up.before.experts))
      return decline(up.node, "each expert reads rows of its own");
    input = withoutExpertAxis(input);
  }
  auto width = lastDimensionOf(input);
  if (up.hasExperts() && width != in)
    return decline(up.node, "where the features of its input are is not known");
  if (sum.input && sum.input != input)
    return decline(up.node, "the experts read different values");
  sum.input = input;
  return true;
}

bool ExpertSumReader::findCone(Value hidden, ExpertLayout layout,
                               Expert &expert,
                               std::vector<ExpertProduct> &ups) {
  SmallVector<Value> work{hidden};
  llvm::SmallPtrSet<Operation *, 16> seen;
  ExpertActivation &activation = expert.activation;
  while (!work.empty()) {
    Value value = work.pop_back_val();
    if (isConstant(value) || llvm::is_contained(activation.inputs, value))
      continue;
    if (auto up = findUpProduct(value, layout)) {
      activation.inputs.push_back(value);
      ups.push_back(std::move(*up));
      continue;
    }
    Operation *node = value.getDefiningOp();
    if (!node || !isPointwise(node) || node->getNumResults() != 1)
      return false;
    if (!seen.insert(node).second)
      continue;
    if (seen.size() > kMaxNodes)
      return false;
    activation.nodes.push_back(node);
    work.append(pointwiseOperands(node));
  }
  activation.output = hidden;
  llvm::sort(activation.nodes,
             [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
  return !ups.empty() && ups.size() <= 2 && !activation.nodes.empty();
}

/// The network that ends in `down`; nothing, without a reason, if it is none.
std::optional<Expert>
ExpertSumReader::readExpert(const ExpertProduct &down,
                            std::vector<ExpertProduct> &ups) {
  Expert expert;
  if (!findCone(down.data, down.before, expert, ups))
    return std::nullopt;
  ExpertActivation &activation = expert.activation;
  ActivationView view(activation.nodes, activation.inputs, activation.output);
  activation.name = view.getName().str();
  activation.parameter = view.getParameter();
  if (ups.size() == 2) {
    if (!view.isProduct())
      return std::nullopt;
    if (view.getGate() == 1) {
      std::swap(activation.inputs[0], activation.inputs[1]);
      std::swap(ups[0], ups[1]);
    }
  } else if (activation.name == "identity") {
    return std::nullopt;
  }
  for (const ExpertProduct &up : ups)
    owned.insert(up.nodes.begin(), up.nodes.end());
  owned.insert(activation.nodes.begin(), activation.nodes.end());
  owned.insert(down.nodes.begin(), down.nodes.end());
  return expert;
}

static ExpertLinear linearOf(const ExpertProduct &product,
                             std::optional<int64_t> expert) {
  ExpertLinear linear;
  linear.node = product.node;
  linear.output = product.output;
  linear.weight = expert ? product.weight.select(0, *expert) : product.weight;
  if (product.bias)
    linear.bias = expert ? product.bias->select(0, *expert) : *product.bias;
  return linear;
}

bool ExpertSumReader::addExpert(Value value) {
  auto down = findDownProduct(value);
  if (!down || down->hasExperts())
    return false;
  std::vector<ExpertProduct> ups;
  auto expert = readExpert(*down, ups);
  if (!expert)
    return false;
  for (const ExpertProduct &up : ups) {
    if (up.hasExperts())
      return false;
    if (reason.empty())
      setInput(up);
    expert->linears.push_back(linearOf(up, std::nullopt));
  }
  expert->down = linearOf(*down, std::nullopt);
  sum.experts.push_back(std::move(*expert));
  return true;
}

/// An expert, or a product of one with its gate.
bool ExpertSumReader::addGated(Value value) {
  if (addExpert(value)) {
    sum.gates.push_back({});
    return true;
  }
  auto product = value.getDefiningOp<MulOp>();
  if (!product || product->getNumOperands() != 2)
    return false;
  for (unsigned side : {1, 0})
    if (addExpert(product->getOperand(side))) {
      owned.insert(product);
      sum.gates.push_back(product->getOperand(1 - side));
      return true;
    }
  return false;
}

/// All experts in nodes that they share.
bool ExpertSumReader::addStacked(const ExpertProduct &down) {
  std::vector<ExpertProduct> ups;
  auto expert = readExpert(down, ups);
  if (!expert)
    return false;
  int64_t count = down.weight.size(0);
  for (const ExpertProduct &up : ups) {
    if (!up.hasExperts() || up.weight.size(0) != count ||
        up.choices != down.choices)
      return false;
    if (!setInput(up))
      return false;
  }
  for (int64_t j = 0; j < count; ++j) {
    Expert one = *expert;
    for (const ExpertProduct &up : ups)
      one.linears.push_back(linearOf(up, j));
    one.down = linearOf(down, j);
    sum.experts.push_back(std::move(one));
  }
  if (down.choices) {
    sum.routing = ExpertSum::Routing::Choices;
    sum.gates.push_back(down.choices);
  }
  return true;
}
