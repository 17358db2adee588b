//===- ExpertSums.cpp - From a sum to its experts -------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// From the node that adds back to the value that all experts read. What is
// asked of the way between is only what a rewrite needs: the same function of
// the same value, and nothing that anybody else reads.
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

/// No activation has more nodes, and no layer as many experts.
static constexpr size_t kMaxNodes = 64, kMaxSummands = 2048;

bool ExpertSumReader::decline(Operation *at, const Twine &why) {
  reason = why.str();
  breaker = at;
  return false;
}

//===----------------------------------------------------------------------===//
// One expert
//===----------------------------------------------------------------------===//

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

static bool isOne(int64_t size) { return size == 1; }

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

//===----------------------------------------------------------------------===//
// Spellings of the sum
//===----------------------------------------------------------------------===//

/// Summands of the tree of Adds below `root`, from left to right; none where
/// there are too many.
static SmallVector<Value> collectSummands(Operation *root,
                                          llvm::SetVector<Operation *> &adds) {
  SmallVector<Value> summands, work{root->getResult(0)};
  while (!work.empty()) {
    Value value = work.pop_back_val();
    Operation *node = value.getDefiningOp();
    bool inner = node && isa<AddOp, SumOp>(node) &&
                 node->getNumResults() == 1 &&
                 (node == root || value.hasOneUse()) && !findDownProduct(value);
    if (!inner) {
      summands.push_back(value);
    } else if (adds.insert(node)) {
      for (Value operand : llvm::reverse(node->getOperands()))
        work.push_back(operand);
    }
    if (adds.size() + summands.size() > kMaxSummands)
      return {};
  }
  return summands;
}

/// A constant that adds nothing, neither numbers nor axes.
static bool isZero(Value value) {
  auto constant = scalarConstant(value);
  auto shape = constant ? shapeOf(value) : std::nullopt;
  return shape && shape->size() <= 1 && llvm::all_of(*shape, isOne) &&
         constant->uniform && constant->value == 0.0;
}

/// Whether one operand of `root` holds all the experts of the sum: then it is
/// the sum of experts.
static bool isInOneOperand(Operation *root, ArrayRef<Value> experts) {
  return llvm::any_of(root->getOperands(), [&](Value operand) {
    Operation *node = operand.getDefiningOp();
    llvm::SetVector<Operation *> adds;
    if (!node || !isa<AddOp, SumOp>(node) || !operand.hasOneUse())
      return false;
    SmallVector<Value> below = collectSummands(node, adds);
    return llvm::all_of(experts, [&](Value expert) {
      return llvm::is_contained(below, expert);
    });
  });
}

bool ExpertSumReader::readAdds() {
  llvm::SetVector<Operation *> adds;
  SmallVector<Value> summands = collectSummands(sum.root, adds), experts;
  for (Value summand : summands) {
    if (isZero(summand))
      continue;
    if (addGated(summand))
      experts.push_back(summand);
    else
      sum.rest.push_back(summand);
  }
  owned.insert(adds.begin(), adds.end());
  if (experts.size() < 2 || isInOneOperand(sum.root, experts)) {
    reason.clear();
    return false;
  }
  if (!reason.empty())
    return false;
  if (llvm::any_of(sum.gates, [](Value gate) { return bool(gate); })) {
    if (llvm::is_contained(sum.gates, Value()))
      return decline(sum.root, "some experts have gates and some have none");
    sum.routing = ExpertSum::Routing::GateOfEach;
  } else {
    sum.gates.clear();
  }
  sum.isFlat = rankOf(sum.input) == 2;
  return true;
}

/// Values with an axis of their own put into one along it.
bool ExpertSumReader::addParts(Value stack, int64_t axis) {
  auto concat = stack.getDefiningOp<ConcatOp>();
  auto rank = rankOf(stack);
  if (!concat)
    return false;
  int64_t place = numberAttribute(concat, "axis", 0);
  place = place < 0 ? -place : rank ? *rank - place : 0;
  if (place != axis)
    return false;
  for (Value part : concat->getOperands()) {
    auto insert = part.getDefiningOp<UnsqueezeOp>();
    auto axes = insert ? integersOf(insert, "axes", 1) : std::nullopt;
    if (!axes || axes->size() != 1)
      return false;
    int64_t at = axes->front();
    auto partRank = rankOf(part);
    at = at < 0 ? -at : partRank ? *partRank - at : 0;
    if (at != axis || !addExpert(insert->getOperand(0)))
      return false;
    owned.insert(insert);
  }
  owned.insert(concat);
  sum.isFlat = rankOf(sum.input) == 2;
  return sum.experts.size() >= 2;
}

/// The product of all experts at `value`, with the axis of the experts at
/// `axis`, and the features last where that is taken away.
static std::optional<ExpertProduct> stackedAt(Value value, int64_t axis) {
  Operation *squeeze = value.getDefiningOp<SqueezeOp>();
  if (squeeze) {
    auto axes = integersOf(squeeze, "axes", 1);
    auto rank = rankOf(squeeze->getOperand(0));
    bool last = axes && axes->size() == 1 &&
                (axes->front() == -1 || (rank && axes->front() == *rank - 1));
    if (!last)
      return std::nullopt;
    value = squeeze->getOperand(0);
  }
  auto down = findDownProduct(value);
  if (!down || !down->hasExperts() || down->sums)
    return std::nullopt;
  if (squeeze) {
    if (--down->after.features < 1 || --down->after.experts < 1)
      return std::nullopt;
    down->nodes.push_back(squeeze);
  }
  ExpertLayout layout = down->after;
  bool last =
      layout.features == 1 || (layout.features == 2 && layout.experts == 1);
  return layout.experts == axis && last ? down : std::nullopt;
}

/// Where all experts share nodes, whose results have this rank.
bool ExpertSumReader::setTokens(std::optional<int64_t> rank) {
  sum.isFlat = rank == 3;
  if (sum.isFlat || (rank && rankOf(sum.input) == *rank - 1))
    return true;
  return decline(sum.root, "whether its tokens lie as those of its input is "
                           "not known");
}

/// Whether gates that are multiplied with the results of all experts have all
/// their axes, and one for the features of size one.
static bool fitsStack(Value gates, Value stack, int64_t axis) {
  auto shape = shapeOf(gates);
  size_t features = axis == 1 ? 2 : 1;
  return shape && rankOf(stack) == int64_t(shape->size()) &&
         shape->size() > features && isOne((*shape)[shape->size() - features]);
}

bool ExpertSumReader::readReduction() {
  auto axes = integersOf(sum.root, "axes", 1);
  Value operand = sum.root->getOperand(0);
  auto rank = rankOf(operand);
  if (!axes || axes->size() != 1 ||
      numberAttribute(sum.root, "keepdims", 1) != 0)
    return false;
  int64_t axis = axes->front() < 0 ? -axes->front()
                 : rank            ? *rank - axes->front()
                                   : 0;
  SmallVector<std::pair<Value, Value>> ways{{operand, {}}};
  if (auto product = operand.getDefiningOp<MulOp>())
    ways = {{product->getOperand(0), product->getOperand(1)},
            {product->getOperand(1), product->getOperand(0)}};
  for (auto [stack, gates] : ways) {
    bool taken = false;
    if (auto down = stackedAt(stack, axis)) {
      taken = addStacked(*down);
      if (taken && !setTokens(rankOf(stack)))
        return false;
    } else {
      taken = addParts(stack, axis);
    }
    if (!reason.empty())
      return false;
    if (!taken)
      continue;
    if (gates) {
      owned.insert(operand.getDefiningOp());
      if (!fitsStack(gates, stack, axis))
        return decline(sum.root, "whether '" + nameOf(gates) +
                                     "' has one gate for each token and expert "
                                     "is not known");
      if (sum.routing == ExpertSum::Routing::Choices)
        return decline(sum.root, "its gates are not exactly 0 or 1: the chosen "
                                 "experts are multiplied by '" +
                                     nameOf(gates) + "'");
      sum.routing = ExpertSum::Routing::GatesOfAll;
      sum.gates = {gates};
      sum.gateAxis = axis;
    }
    return true;
  }
  return false;
}

bool ExpertSumReader::readEinsum() {
  Value result = sum.root->getResult(0);
  if (auto down = findDownProduct(result); down && down->sums) {
    if (!addStacked(*down))
      return false;
    sum.isFlat = down->tokenAxes == 1;
    if (down->gates) {
      sum.routing = ExpertSum::Routing::GatesOfAll;
      sum.gates = {down->gates};
      sum.gateAxis = down->gateAxis;
    }
    return true;
  }
  auto equation = dyn_cast_or_null<StringAttr>(
      cast<NodeOpInterface>(sum.root).getNodeAttributes().get("equation"));
  if (!equation || sum.root->getNumOperands() != 2)
    return false;
  std::string text = equation.getValue().str();
  llvm::erase(text, ' ');
  auto [inputs, output] = StringRef(text).split("->");
  auto [first, second] = inputs.split(',');
  bool swapped = first.size() < second.size();
  StringRef stack = swapped ? second : first, gates = swapped ? first : second;
  char expert = 0;
  for (char letter : gates)
    if (!output.contains(letter))
      expert = letter;
  std::string kept = stack.str(), tokens = gates.str();
  llvm::erase(kept, expert);
  llvm::erase(tokens, expert);
  // The gates have every axis but that of the features, which is the last.
  if (!expert || stack.count(expert) != 1 || kept != output ||
      tokens != output.drop_back())
    return false;
  int64_t axis = stack.size() - stack.find(expert);
  Value stacked = sum.root->getOperand(swapped ? 1 : 0);
  if (auto down = stackedAt(stacked, axis)) {
    if (!addStacked(*down) || !setTokens(stack.size()))
      return false;
  } else if (!addParts(stacked, axis)) {
    return false;
  }
  if (sum.routing == ExpertSum::Routing::Choices)
    return decline(sum.root, "its gates are not exactly 0 or 1: the chosen "
                             "experts are multiplied by '" +
                                 nameOf(sum.root->getOperand(1)) + "'");
  sum.routing = ExpertSum::Routing::GatesOfAll;
  sum.gates = {sum.root->getOperand(swapped ? 0 : 1)};
  sum.gateAxis = gates.size() - gates.find(expert);
  return true;
}

//===----------------------------------------------------------------------===//
// Conditions
//===----------------------------------------------------------------------===//

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
  if (!shape || (each && rankOf(sum.input) < int64_t(shape->size())))
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

ExpertSumReader::ExpertSumReader(Operation *root) {
  sum.root = root;
  bool read = isa<AddOp, SumOp>(root)  ? readAdds()
              : isa<ReduceSumOp>(root) ? readReduction()
              : isa<EinsumOp>(root)    ? readEinsum()
                                       : false;
  owned.insert(root);
  if (!read || !checkEqual() || !checkGates() || !checkOwned())
    return;
  sum.nodes = owned.takeVector();
  owned.insert(sum.nodes.begin(), sum.nodes.end());
  found = true;
}
