//===- LinearSum.cpp - Linears whose results are added --------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Terms add up; at most one of the two may bring a bias.
//
//===----------------------------------------------------------------------===//

#include "LinearSum.h"
#include "StoredWeight.h"

#include "slin/Dialect/ONNX/Analysis/Constants.h"
#include "slin/Dialect/ONNX/IR/ONNXOps.h"

using namespace mlir;
using namespace slin;
using namespace slin::onnx;
using term::Term;

namespace {
/// An operand of the Add: a linear times a constant.
struct Summand {
  size_t index;
  double scale;
  SmallVector<Operation *> nodes;
};
} // namespace

static std::optional<Summand> findSummand(Value value,
                                          const LinearsByOutput &byOutput) {
  if (!value.hasOneUse())
    return std::nullopt;
  if (auto it = byOutput.find(value); it != byOutput.end())
    return Summand{it->second, 1.0, {}};
  auto product = value.getDefiningOp<MulOp>();
  if (!product || product->getNumOperands() != 2)
    return std::nullopt;
  for (unsigned i : {0u, 1u}) {
    auto factor = scalarConstant(product->getOperand(i));
    auto inner = factor && factor->uniform
                     ? findSummand(product->getOperand(1 - i), byOutput)
                     : std::nullopt;
    if (!inner)
      continue;
    inner->scale *= factor->value;
    inner->nodes.push_back(product);
    return inner;
  }
  return std::nullopt;
}

static ArrayRef<Value> weightsOf(const Linear &linear) {
  return linear.term ? ArrayRef<Value>(linear.weights)
                     : ArrayRef<Value>(linear.weight);
}

/// The term of a linear and of the constant before it, without its bias.
static std::optional<Term> termOf(const Linear &linear, double scale) {
  std::optional<Term> term = linear.term;
  if (!term) {
    auto weight = linear.weight.getDefiningOp<weights::WeightOpInterface>();
    auto dense = Term::dense(term::Leaf::whole(
        0, weight.getWeight().getShapedType().getShape(), linear.transposed));
    if (!dense)
      return std::nullopt;
    term = *dense;
  }
  if (scale * linear.scale == 1.0)
    return term;
  auto scaled =
      Term::compose({Term::splat(term->rows(), scale * linear.scale), *term});
  return scaled ? std::optional<Term>(*scaled) : std::nullopt;
}

std::optional<LinearSum>
slin::onnx::findLinearSum(Operation *node, ArrayRef<Linear> linears,
                          const LinearsByOutput &byOutput) {
  if (!isa<AddOp>(node) || node->getNumOperands() != 2)
    return std::nullopt;
  auto a = findSummand(node->getOperand(0), byOutput);
  auto b = findSummand(node->getOperand(1), byOutput);
  if (!a || !b || a->index == b->index)
    return std::nullopt;
  if (a->index > b->index)
    std::swap(a, b);
  const Linear &first = linears[a->index], &second = linears[b->index];
  if (first.input != second.input || first.out != second.out ||
      first.elementType != second.elementType || (first.bias && second.bias) ||
      first.node->getBlock() != second.node->getBlock())
    return std::nullopt;
  ArrayRef<Value> left = weightsOf(first), right = weightsOf(second);
  if (llvm::any_of(right, [&](Value weight) {
        return llvm::is_contained(left, weight);
      }))
    return std::nullopt;
  auto leftTerm = termOf(first, a->scale), rightTerm = termOf(second, b->scale);
  if (!leftTerm || !rightTerm)
    return std::nullopt;
  auto sum = Term::sum({*leftTerm, rightTerm->shiftLeaves(left.size())});
  if (!sum)
    return std::nullopt;
  Linear result = first;
  result.term = *sum;
  result.weights.assign(left.begin(), left.end());
  result.weights.append(right.begin(), right.end());
  result.weight = result.weights.front();
  result.transposed = false;
  result.scale = 1.0;
  if (first.bias) {
    result.biasScale = first.biasScale * a->scale;
  } else if (second.bias) {
    result.bias = second.bias;
    result.biasScale = second.biasScale * b->scale;
  }
  for (const auto &nodes : {second.nodes, a->nodes, b->nodes})
    result.nodes.append(nodes.begin(), nodes.end());
  result.nodes.push_back(node);
  result.output = node->getResult(0);
  absorbBias(result);
  llvm::sort(result.nodes,
             [](Operation *x, Operation *y) { return x->isBeforeInBlock(y); });
  return LinearSum{std::move(result), a->index, b->index};
}
