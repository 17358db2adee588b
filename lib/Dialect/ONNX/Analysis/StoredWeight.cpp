//===- StoredWeight.cpp - The weight behind an operand --------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Exporters write a transposed weight, a cast one or one under another name as
// nodes in front of the linear.
//
//===----------------------------------------------------------------------===//

#include "StoredWeight.h"

#include "slin/Dialect/ONNX/Analysis/Constants.h"
#include "slin/Dialect/ONNX/IR/ONNXOps.h"

using namespace mlir;
using namespace slin;
using namespace slin::onnx;

Type slin::onnx::typeOfCode(MLIRContext *context, int64_t code) {
  Builder builder(context);
  switch (code) {
  case 1:
    return builder.getF32Type();
  case 10:
    return builder.getF16Type();
  case 11:
    return builder.getF64Type();
  case 16:
    return builder.getBF16Type();
  default:
    return {};
  }
}

StoredWeight slin::onnx::findWeight(Value operand) {
  StoredWeight result;
  int extraAxes = 0;
  for (int depth = 0; depth < 16; ++depth) {
    result.end = operand;
    Operation *op = operand.getDefiningOp();
    if (!op)
      return result;
    if ((result.op = dyn_cast<weights::WeightOpInterface>(op))) {
      // An axis less than the weight has would make it a vector.
      if (extraAxes < 0)
        result.op = nullptr;
      return result;
    }
    if (auto cast = dyn_cast<CastOp>(op)) {
      Type type = typeOfCode(op->getContext(), cast.getTo().value_or(0));
      if (!type)
        return result;
      if (!result.castTo)
        result.castTo = type;
    } else if (auto transpose = dyn_cast<TransposeOp>(op)) {
      // Without a permutation all axes are reversed, which is the same for a
      // matrix.
      auto permutation = transpose.getPerm();
      bool swaps = !permutation || *permutation == ArrayRef<int64_t>{1, 0};
      if (!swaps && *permutation != ArrayRef<int64_t>{0, 2, 1})
        return result;
      result.swapsMatrix |= swaps;
      result.transposed ^= true;
    } else if (isa<SqueezeOp, UnsqueezeOp>(op)) {
      // Only a leading axis of one leaves a matrix what it is.
      if (integersOf(op, "axes", 1) != SmallVector<int64_t>{0})
        return result;
      extraAxes += isa<UnsqueezeOp>(op) ? 1 : -1;
    } else if (!isa<IdentityOp>(op)) {
      return result;
    }
    if (op->getNumOperands() == 0)
      return result;
    result.path.push_back(op);
    operand = op->getOperand(0);
  }
  return result;
}

static bool usesOnly(Operation *op, Operation *user) {
  return llvm::all_of(op->getUsers(),
                      [&](Operation *other) { return other == user; });
}

void slin::onnx::appendOwned(const StoredWeight &weight, Operation *user,
                             SmallVectorImpl<Operation *> &nodes) {
  SmallVector<Operation *> owned;
  for (Operation *op : weight.path) {
    if (op->getBlock() != user->getBlock() ||
        !usesOnly(op, owned.empty() ? user : owned.back()))
      break;
    owned.push_back(op);
  }
  nodes.append(owned.rbegin(), owned.rend());
}

//===----------------------------------------------------------------------===//
// Biases
//===----------------------------------------------------------------------===//

std::optional<StoredWeight> slin::onnx::findBias(Value operand, int64_t out) {
  StoredWeight bias = findWeight(operand);
  ElementsAttr elements = bias.op ? bias.op.getWeight() : ElementsAttr();
  auto type = elements ? dyn_cast<RankedTensorType>(elements.getType())
                       : RankedTensorType();
  if (!type || !isa<FloatType>(type.getElementType()) || bias.transposed)
    return std::nullopt;
  bool single = weights::countOf(type.getShape()) == 1u;
  bool perFeature = weights::countOf(type.getShape()) == uint64_t(out) &&
                    type.getRank() > 0 && type.getShape().back() == out;
  if (!single && !perFeature)
    return std::nullopt;
  for (Operation *op : bias.path)
    if (isa<SqueezeOp, UnsqueezeOp, TransposeOp>(op))
      return std::nullopt;
  return bias;
}

void slin::onnx::absorbBias(Linear &result) {
  if (result.bias || !result.output.hasOneUse())
    return;
  auto add = dyn_cast<AddOp>(*result.output.getUsers().begin());
  if (!add || add->getNumOperands() != 2 || add->getNumResults() != 1 ||
      add->getBlock() != result.node->getBlock())
    return;
  Value other = add->getOperand(add->getOperand(0) == result.output ? 1 : 0);
  std::optional<StoredWeight> bias = findBias(other, result.out);
  if (!bias)
    return;
  result.bias = bias->op->getResult(0);
  appendOwned(*bias, add, result.nodes);
  result.nodes.push_back(add);
  result.output = add->getResult(0);
}

std::string slin::onnx::linearPathOf(Operation *node) {
  std::string path = pathOf(node);
  size_t slash = StringRef(path).rfind('/');
  if (slash != StringRef::npos &&
      StringRef(path).substr(slash + 1).starts_with("slin_"))
    path.resize(slash);
  return path;
}
