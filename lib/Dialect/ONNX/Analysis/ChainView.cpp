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
#include "FeaturePlace.h"

#include "slin/Dialect/ONNX/Analysis/Constants.h"
#include "slin/Dialect/ONNX/Analysis/ValueShape.h"
#include "slin/Dialect/ONNX/IR/ONNXOps.h"
#include "slin/Term/Cost.h"

#include "llvm/ADT/SmallBitVector.h"

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

class ChainWalk {
public:
  /// Whether the way from `start` over `path` reaches the contraction with the
  /// features where it needs them.
  bool start(Value start, ArrayRef<Operation *> path, Operation *node,
             const Contraction &first);
  void extend();
  std::optional<Linear> finish();
  ArrayRef<Operation *> getContractions() const { return contractions; }
  /// What the way ended at before it was back on the last axis.
  const Break &getStop() const { return stop; }

private:
  bool contract(Operation *node, const Contraction &contraction);
  bool select(Operation *node);
  bool follow(Operation *node);
  void stopAt(Operation *node, const Twine &why);
  void noteEnd();
  bool keepsInside(const End &end) const;

  std::optional<FeaturePlace> state;
  Value source;
  int64_t in = 0;
  Type elementType;
  double scale = 1.0, biasScale = 1.0;
  Value bias;
  std::vector<Term> factors;
  SmallVector<Value> weights;
  SmallVector<Operation *> nodes, contractions;
  std::vector<End> ends;
  Break stop;
};
} // namespace

bool ChainWalk::contract(Operation *node, const Contraction &contraction) {
  const term::Leaf &leaf = contraction.leaf;
  auto columns = state->layout.digitsOn(contraction.inputAxis);
  auto blocks = state->layout.digitsOn(contraction.blockAxis);
  bool together = !contraction.blockAxis; // blocks and columns on one axis
  int64_t width = leaf.columns() * leaf.blocks();
  if (sizeOf(columns) != (together ? width : leaf.columns()) ||
      (!together && sizeOf(blocks) != leaf.blocks()) ||
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
  auto order = state->getOrder();
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
  state = FeaturePlace{start, FeatureLayout(in), TokenAxes(start)};
  std::string reason;
  for (Operation *shape : path)
    if (failed(state->apply(shape, reason)))
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

/// Follows a Gather that reorders the features, or leaves some out.
bool ChainWalk::select(Operation *node) {
  auto digits = state->layout.digitsOn(1);
  int64_t width = state->layout.size();
  if (bias || sizeOf(digits) != width)
    return false;
  auto order = orderOf(digits);
  auto indices = findSelection(node, width);
  if (!order || !indices)
    return false;
  // The features that are left out stand behind the others, and are cut off.
  std::vector<int64_t> all(indices->begin(), indices->end());
  llvm::SmallBitVector picked(width);
  for (int64_t index : all)
    picked.set(index);
  for (int64_t index = 0; index < width; ++index)
    if (!picked.test(index))
      all.push_back(index);
  std::string reason;
  auto permutation = Permutation::fromIndices(std::move(all), reason);
  if (!permutation)
    return false;
  auto selection =
      Term::permutation(*permutation).sliceRows(0, indices->size());
  if (!selection)
    return false;
  factors.push_back(Term::permutation(*order));
  factors.push_back(*selection);
  state->layout = FeatureLayout(indices->size());
  state->value = node->getResult(0);
  return true;
}

void ChainWalk::stopAt(Operation *node, const Twine &why) {
  stop = {node, ("'" + pathOf(node) + "' " + why).str(), ""};
}

/// Goes over one node; notes why where it cannot.
bool ChainWalk::follow(Operation *node) {
  std::optional<Contraction> contraction = findContraction(node);
  std::string why;
  if (isShapeNode(node) && node->getOperand(0) == state->value) {
    if (succeeded(state->apply(node, why)))
      return true;
  } else if (isa<IdentityOp, DropoutOp>(node) &&
             node->getOperand(0) == state->value) {
    state->value = node->getResult(0);
    return true;
  } else if (isa<GatherOp>(node) && node->getOperand(0) == state->value) {
    if (select(node))
      return true;
    why = "picks features that are not constant, or mixes tokens";
  } else if (contraction && contraction->data == state->value && !bias) {
    if (contract(node, *contraction))
      return true;
    why = "multiplies an axis that does not hold the features its weight has: "
          "it mixes tokens";
  } else {
    why = "is not linear in the features";
  }
  stopAt(node, why);
  return false;
}

void ChainWalk::extend() {
  noteEnd();
  while (Operation *node = soleReaderOf(state->value)) {
    if (node->getBlock() != contractions[0]->getBlock() ||
        node->getNumResults() != 1 || !follow(node))
      break;
    nodes.push_back(node);
    noteEnd();
  }
  if (ends.empty() && !stop)
    stopAt(state->value.getDefiningOp(),
           "leaves the features or the tokens in other axes than '" +
               nameOf(source) + "' has them in");
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
      stop = walk.getStop();
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
