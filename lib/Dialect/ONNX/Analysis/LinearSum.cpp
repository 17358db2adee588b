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
#include "slin/Term/Parts.h"

using namespace mlir;
using namespace slin;
using namespace slin::onnx;

static std::optional<JoinMember> findSummand(Value value,
                                             const LinearsByOutput &byOutput) {
  if (!value.hasOneUse())
    return std::nullopt;
  if (auto it = byOutput.find(value); it != byOutput.end())
    return JoinMember{it->second, 1.0, {}};
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

std::optional<LinearJoin>
slin::onnx::findLinearSum(Operation *node, ArrayRef<Linear> linears,
                          const LinearsByOutput &byOutput) {
  if (!isa<AddOp>(node) || node->getNumOperands() != 2)
    return std::nullopt;
  auto a = findSummand(node->getOperand(0), byOutput);
  auto b = findSummand(node->getOperand(1), byOutput);
  if (!a || !b)
    return std::nullopt;
  if (a->index > b->index)
    std::swap(a, b);
  const Linear &first = linears[a->index], &second = linears[b->index];
  if (first.out != second.out || (first.bias && second.bias))
    return std::nullopt;
  std::optional<LinearGroup> group = findGroup({*a, *b}, linears);
  auto sum = group ? term::sumOfParts(group->terms)
                   : term::TermOrReason::failure("no group");
  if (!sum)
    return std::nullopt;
  Linear result = makeJoined(*group, *sum, node, first);
  const Linear &biased = first.bias ? first : second;
  double scale = first.bias ? a->scale : b->scale;
  if (biased.bias) {
    result.bias = biased.bias;
    result.biasScale = biased.biasScale * scale;
    result.biasParts = biased.biasParts;
    for (BiasPart &part : result.biasParts)
      part.scale *= scale;
  }
  absorbBias(result);
  llvm::sort(result.nodes,
             [](Operation *x, Operation *y) { return x->isBeforeInBlock(y); });
  return LinearJoin{std::move(result), {a->index, b->index}};
}
