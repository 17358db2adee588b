//===- ChainView.cpp - Contractions that make one linear ------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Forward from the first contraction as long as nodes are linear in the
// features and leave each token alone. Each place where all features lie on the
// last axis, and the tokens in their own axes, may be the end; the last one
// before an activation is, as long as the factors are fewer numbers than their
// product.
//
//===----------------------------------------------------------------------===//

#include "ChainView.h"
#include "Contraction.h"
#include "TokenAxes.h"

#include "slin/Dialect/ONNX/Analysis/Constants.h"
#include "slin/Dialect/ONNX/Analysis/ValueShape.h"
#include "slin/Dialect/ONNX/IR/ONNXOps.h"
#include "slin/Term/Cost.h"

using namespace mlir;
using namespace slin;
using namespace slin::onnx;
using term::Permutation;
using term::Term;

namespace {
/// A place where the linear may end.
struct End {
  Value value;
  Term term;
  size_t contractions, nodes, weights;
};

/// What is known of a value on the way.
struct State {
  Value value;
  FeatureLayout layout;
  TokenAxes tokens;
};

class ChainWalk {
public:
  /// Whether the way from `start` over `path` reaches the contraction with the
  /// features where it needs them.
  bool start(Value start, ArrayRef<Operation *> path, Operation *node,
             const Contraction &first);
  void extend();
  std::optional<Linear> finish();
  ArrayRef<Operation *> getContractions() const { return contractions; }

private:
  bool applyShape(Operation *node);
  bool contract(Operation *node, const Contraction &contraction);
  void noteEnd();
  bool keepsInside(const End &end) const;
  Operation *next() const;

  std::optional<State> state;
  Value source;
  int64_t in = 0;
  Type elementType;
  double scale = 1.0, biasScale = 1.0;
  Value bias;
  std::vector<Term> factors;
  SmallVector<Value> weights;
  SmallVector<Operation *> nodes, contractions;
  std::vector<End> ends;
};
} // namespace

static int64_t product(ArrayRef<FeatureLayout::Digit> digits) {
  int64_t result = 1;
  for (FeatureLayout::Digit digit : digits)
    result *= digit.size;
  return result;
}

/// Features in the order of `digits`, the most significant first, out of their
/// own order.
static std::optional<Permutation>
orderOf(ArrayRef<FeatureLayout::Digit> digits) {
  SmallVector<FeatureLayout::Digit> own(digits);
  llvm::sort(own, [](auto a, auto b) { return a.stride > b.stride; });
  std::vector<int64_t> radices, order;
  for (FeatureLayout::Digit digit : own)
    radices.push_back(digit.size);
  for (FeatureLayout::Digit digit : digits)
    order.push_back(llvm::find(own, digit) - own.begin());
  std::string reason;
  return Permutation::fromDigits(radices, order, reason);
}

/// Sizes of axes that hold features.
static auto sizesOf(const State &state) {
  return [&state](Value value, int64_t axis) -> std::optional<int64_t> {
    if (value == state.value)
      if (auto digits = state.layout.digitsOn(axis); !digits.empty())
        return product(digits);
    std::optional<SmallVector<int64_t>> shape = shapeOf(value);
    if (!shape || axis < 1 || axis > int64_t(shape->size()) ||
        ShapedType::isDynamic((*shape)[shape->size() - axis]))
      return std::nullopt;
    return (*shape)[shape->size() - axis];
  };
}

bool ChainWalk::applyShape(Operation *node) {
  FeatureLayout after = state->layout;
  std::string reason;
  if (failed(after.apply(node, sizesOf(*state), reason)))
    return false;
  state->tokens.apply(node, state->layout, after);
  state->layout = after;
  state->value = node->getResult(0);
  return true;
}

bool ChainWalk::contract(Operation *node, const Contraction &contraction) {
  const term::Leaf &leaf = contraction.leaf;
  auto columns = state->layout.digitsOn(contraction.inputAxis);
  auto blocks = state->layout.digitsOn(contraction.blockAxis);
  bool together = !contraction.blockAxis; // blocks and columns on one axis
  int64_t width = leaf.columns() * leaf.blocks();
  if (product(columns) != (together ? width : leaf.columns()) ||
      (!together && product(blocks) != leaf.blocks()) ||
      width != state->layout.size())
    return false;
  if (elementType && elementType != contraction.elementType)
    return false;
  SmallVector<FeatureLayout::Digit> digits;
  if (!together)
    digits.append(blocks.begin(), blocks.end());
  digits.append(columns.begin(), columns.end());
  auto order = orderOf(digits);
  term::Leaf numbered = leaf;
  Value weight = contraction.weight.op->getResult(0);
  numbered.id = llvm::find(weights, weight) - weights.begin();
  auto factor =
      leaf.rank() == 2 ? Term::dense(numbered) : Term::blockDiagonal(numbered);
  if (!order || !factor)
    return false;
  factors.push_back(Term::permutation(*order));
  factors.push_back(*factor);
  if (numbered.id == weights.size())
    weights.push_back(weight);
  elementType = contraction.elementType;
  scale *= contraction.scale;
  // Rows take the place of columns; blocks stay where they are.
  int64_t count = std::max(contraction.inputAxis, contraction.blockAxis);
  SmallVector<FeatureLayout::Axis> axes(count);
  axes[count - contraction.inputAxis] = {
      {together ? leaf.rows() * leaf.blocks() : leaf.rows(), 1}};
  if (!together)
    axes[count - contraction.blockAxis] = {{leaf.blocks(), leaf.rows()}};
  FeatureLayout layout(leaf.rows() * leaf.blocks(), axes);
  if (auto permutation = contraction.permutation) {
    state->tokens.transpose(*permutation, layout);
    SmallVector<FeatureLayout::Axis> moved;
    for (int64_t place : *permutation)
      moved.push_back(
          FeatureLayout::Axis(layout.digitsOn(permutation->size() - place)));
    layout = FeatureLayout(layout.size(), moved);
  }
  state->layout = layout;
  state->value = node->getResult(0);
  if (contraction.bias) {
    bias = contraction.bias->op->getResult(0);
    biasScale = contraction.biasScale;
    appendOwned(*contraction.bias, node, nodes);
  }
  appendOwned(contraction.weight, node, nodes);
  contractions.push_back(node);
  return true;
}

void ChainWalk::noteEnd() {
  auto digits = state->layout.digitsOn(1);
  if (product(digits) != state->layout.size() || !state->tokens.areAsInSource())
    return;
  auto order = orderOf(digits);
  // A bias inside would have to move with the features.
  if (!order || (bias && !order->isIdentity()))
    return;
  std::vector<Term> product(factors.rbegin(), factors.rend());
  product.insert(product.begin(), Term::permutation(*order));
  auto whole = Term::compose(product);
  if (whole)
    ends.push_back({state->value, *whole, contractions.size(), nodes.size(),
                    weights.size()});
}

bool ChainWalk::start(Value start, ArrayRef<Operation *> path, Operation *node,
                      const Contraction &first) {
  in = first.leaf.columns() * first.leaf.blocks();
  // A product says how wide its operand is; behind shape nodes something else
  // has to, as the features may lie on several axes of the source.
  std::optional<int64_t> width = lastDimensionOf(start);
  if (width ? *width != in : !path.empty())
    return false;
  source = start;
  state = State{start, FeatureLayout(in), TokenAxes(start)};
  for (Operation *shape : path)
    if (!applyShape(shape))
      return false;
  if (!contract(node, first))
    return false;
  // Shape nodes that other linears read as well stay outside.
  SmallVector<Operation *> own;
  Operation *user = node;
  for (Operation *shape : llvm::reverse(path)) {
    if (!llvm::all_of(shape->getUsers(),
                      [&](Operation *other) { return other == user; }))
      break;
    own.push_back(shape);
    user = shape;
  }
  nodes.append(own.begin(), own.end());
  nodes.push_back(node);
  return true;
}

/// The one node that reads the features of the value; the shape of it may be
/// read by others.
Operation *ChainWalk::next() const {
  Operation *found = nullptr;
  for (Operation *user : state->value.getUsers()) {
    if (isa<ShapeOp>(user))
      continue;
    if (found && found != user)
      return nullptr;
    found = user;
  }
  bool stays = found && found->getBlock() == contractions[0]->getBlock() &&
               found->getNumResults() == 1;
  return stays ? found : nullptr;
}

void ChainWalk::extend() {
  noteEnd();
  while (Operation *node = next()) {
    if (isShapeNode(node) && node->getOperand(0) == state->value) {
      if (!applyShape(node))
        return;
    } else if (isa<IdentityOp, DropoutOp>(node) &&
               node->getOperand(0) == state->value) {
      state->value = node->getResult(0);
    } else if (std::optional<Contraction> contraction = findContraction(node);
               contraction && contraction->data == state->value && !bias) {
      if (!contract(node, *contraction))
        return;
    } else {
      return;
    }
    nodes.push_back(node);
    noteEnd();
  }
}

/// Whether the values before the end are read by its own nodes alone, or by
/// nodes that compute shapes for these.
bool ChainWalk::keepsInside(const End &end) const {
  llvm::SmallDenseSet<Operation *> own(nodes.begin(),
                                       nodes.begin() + end.nodes);
  for (Operation *node : own)
    for (Value result : node->getResults())
      if (result != end.value &&
          llvm::any_of(result.getUsers(),
                       [&](Operation *user) { return !own.contains(user); }))
        return false;
  return true;
}

std::optional<Linear> ChainWalk::finish() {
  const End *chosen = nullptr;
  auto hasBias = [&](const End &end) {
    Linear probe;
    probe.node = contractions.front();
    probe.output = end.value;
    probe.out = end.term.rows();
    absorbBias(probe);
    return probe.bias != nullptr;
  };
  for (const End &end : ends) {
    // A single product by a matrix is AffineView's, if it is a MatMul or Gemm.
    bool structured =
        end.contractions > 1 || end.term.kind() != term::NodeKind::Dense ||
        !isa<MatMulOp, GemmOp, MicrosoftFusedMatMulOp>(contractions.front());
    int64_t entries;
    if (__builtin_mul_overflow(end.term.rows(), end.term.columns(), &entries))
      continue;
    int64_t parameters = term::cost(end.term).parameters;
    bool smaller = parameters < entries ||
                   (end.contractions == 1 && parameters == entries);
    if (!structured || !keepsInside(end) || !smaller)
      continue;
    // Of the places after one contraction the first one, unless the bias is
    // added behind a later one.
    if (!chosen || end.contractions > chosen->contractions || hasBias(end))
      chosen = &end;
  }
  if (!chosen)
    return std::nullopt;
  contractions.truncate(chosen->contractions);
  Linear linear;
  linear.node = contractions.front();
  linear.input = source;
  linear.output = chosen->value;
  linear.term = chosen->term;
  linear.weights = weights;
  linear.weights.truncate(chosen->weights);
  linear.weight = linear.weights.front();
  linear.scale = scale;
  linear.bias = bias;
  linear.biasScale = biasScale;
  linear.in = in;
  linear.out = chosen->term.rows();
  linear.elementType = elementType;
  linear.nodes.assign(nodes.begin(), nodes.begin() + chosen->nodes);
  absorbBias(linear);
  llvm::sort(linear.nodes,
             [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
  linear.path = linearPathOf(linear.node);
  return linear;
}

/// Whether the same linear takes more nodes with it, up to its bias.
static bool isWider(const Linear &linear, const Linear &known) {
  if (!linear.bias && known.bias)
    return false;
  return linear.weights.size() >= known.weights.size() &&
         linear.nodes.size() > known.nodes.size();
}

ChainView::ChainView(Operation *node) {
  std::optional<Contraction> first = findContraction(node);
  if (!first)
    return;
  // The source is a value in which the features lie in order: the one from
  // which the linear takes shape nodes with it, where the tokens come back.
  SmallVector<Operation *> path;
  Value source = first->data;
  for (int depth = 0; depth < 8; ++depth) {
    ChainWalk walk;
    if (walk.start(source, path, node, *first)) {
      walk.extend();
      std::optional<Linear> found = walk.finish();
      if (found && (!linear || isWider(*found, *linear))) {
        linear = std::move(found);
        contractions.assign(walk.getContractions().begin(),
                            walk.getContractions().end());
      }
    }
    Operation *shape = source.getDefiningOp();
    if (!shape || !isShapeNode(shape) || shape->getBlock() != node->getBlock())
      return;
    path.insert(path.begin(), shape);
    source = shape->getOperand(0);
  }
}
