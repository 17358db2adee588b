//===- AffineView.cpp - Nodes as linears ----------------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One function per place where spellings differ: which operand is the weight,
// what stands between it and its initializer, where the bias is added.
//
//===----------------------------------------------------------------------===//

#include "StoredWeight.h"
#include "WeightExpression.h"

#include "slin/Dialect/ONNX/Analysis/AffineView.h"
#include "slin/Dialect/ONNX/Analysis/Constants.h"
#include "slin/Dialect/ONNX/Analysis/FeatureLayout.h"
#include "slin/Dialect/ONNX/IR/ONNXOps.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace slin;
using namespace slin::onnx;

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

static bool isGraphInput(Value value) {
  auto argument = dyn_cast<BlockArgument>(value);
  return argument &&
         isa_and_nonnull<func::FuncOp>(argument.getOwner()->getParentOp());
}

/// Whether a graph input can only be meant as a weight: two static dimensions.
static bool looksLikeWeight(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return isGraphInput(value) && type && type.getRank() == 2 &&
         type.hasStaticShape() && isa<FloatType>(type.getElementType());
}

static bool isQuantized(Operation *op) {
  return op && StringRef(operatorName(op)).ends_with("DequantizeLinear");
}

/// A weight that the graph computes from stored ones.
bool AffineView::matchComputed(Operation *node, Value operand, bool transposed,
                               Linear &result) {
  Break why;
  auto expression = findWeightExpression(operand, !transposed, why);
  if (!expression) {
    decline(why.node, why.reason, why.hint);
    return false;
  }
  result.term = expression->term;
  result.weights = expression->weights;
  result.weight = result.weights.front();
  result.in = result.term->columns();
  result.out = result.term->rows();
  result.elementType = expression->elementType;
  appendOwned(*expression, node, result.nodes);
  return true;
}

bool AffineView::matchWeight(Operation *node, Value operand, bool transposed,
                             Linear &result) {
  StoredWeight weight = findWeight(operand);
  if (!weight.op) {
    Operation *end = weight.end.getDefiningOp();
    if (isQuantized(end))
      decline(end,
              "quantized weights (DequantizeLinear) are recognised but not "
              "rewritten",
              "compress the model before it is quantized");
    else if (looksLikeWeight(weight.end))
      decline(node,
              "weight '" + nameOf(weight.end) + "' is an input of the graph",
              "make it an initializer that is no input");
    else if (isConstant(operand) && end)
      return matchComputed(node, operand, transposed, result);
    return false;
  }
  ElementsAttr elements = weight.op.getWeight();
  std::string name = weight.op.getWeightName().str();
  auto type = elements ? dyn_cast<RankedTensorType>(elements.getType())
                       : RankedTensorType();
  if (!type) {
    decline(node, "weight '" + name + "' has no elements that can be read");
  } else if (type.getRank() < 2) {
    return false;
  } else if (type.getRank() > 2) {
    decline(
        node,
        "weight '" + name + "' has rank " + Twine(type.getRank()) +
            ", expected 2: one matrix per expert or head is not rewritten yet");
  } else if (!type.getElementType().isF32() && !type.getElementType().isF16() &&
             !type.getElementType().isBF16() &&
             !type.getElementType().isF64()) {
    std::string text;
    llvm::raw_string_ostream(text) << type.getElementType();
    decline(node, "weight '" + name + "' has element type " + text +
                      ", expected f16, bf16, f32 or f64");
  } else if (weights::countOf(type.getShape()).value_or(0) == 0) {
    decline(node, "weight '" + name + "' is empty");
  } else {
    result.weight = weight.op->getResult(0);
    // As an operand it is [in, out]; `transposed` says that this is how it is
    // stored.
    result.transposed = transposed == weight.transposed;
    result.in = type.getDimSize(result.transposed ? 0 : 1);
    result.out = type.getDimSize(result.transposed ? 1 : 0);
    result.elementType = weight.castTo ? weight.castTo : type.getElementType();
    appendOwned(weight, node, result.nodes);
    return true;
  }
  return false;
}

//===----------------------------------------------------------------------===//
// Contractions
//===----------------------------------------------------------------------===//

void AffineView::decline(Operation *at, const Twine &why, StringRef help) {
  reason = why.str();
  hint = help.str();
  breaker = at;
}

bool AffineView::matchGemm(Operation *node, Linear &result) {
  if (numberAttribute(node, "transA", 0) != 0) {
    decline(node, "'Gemm' transposes its input (transA), expected 0");
    return false;
  }
  result.scale = numberAttribute(node, "alpha", 1.0);
  Value constant = presentInput(node, 2);
  double beta = numberAttribute(node, "beta", 1.0);
  if (!constant || beta == 0.0)
    return true;
  std::optional<StoredWeight> bias = findBias(constant, result.out);
  if (!bias) {
    decline(node, "'Gemm' adds '" + nameOf(constant) +
                      "', which is no constant bias of " + Twine(result.out) +
                      " elements");
    return false;
  }
  result.bias = bias->op->getResult(0);
  result.biasScale = beta;
  appendOwned(*bias, node, result.nodes);
  return true;
}

void AffineView::finish(Linear result) {
  result.nodes.push_back(result.node);
  result.output = result.node->getResult(0);
  absorbBias(result);
  llvm::sort(result.nodes,
             [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
  result.path = linearPathOf(result.node);
  linear = std::move(result);
}

void AffineView::matchContraction(Operation *node) {
  Value a = presentInput(node, 0), b = presentInput(node, 1);
  if (!a || !b || node->getNumResults() != 1)
    return;
  bool left = isConstant(a), right = isConstant(b);
  if (left && right)
    return;
  if (left) {
    StoredWeight weight = findWeight(a);
    ElementsAttr elements = weight.op ? weight.op.getWeight() : ElementsAttr();
    if (elements && elements.getShapedType().getRank() >= 2)
      decline(node, "the weight is the left operand: it mixes tokens, or its "
                    "input is transposed");
    return;
  }
  Linear result;
  result.node = node;
  result.input = a;
  bool transposed = false;
  if (isa<GemmOp>(node)) {
    transposed = numberAttribute(node, "transB", 0) != 0;
  } else if (isa<MicrosoftFusedMatMulOp>(node)) {
    transposed = numberAttribute(node, "transB", 0) != 0;
    result.scale = numberAttribute(node, "alpha", 1.0);
  }
  if (!matchWeight(node, b, transposed, result))
    return;
  if (isa<MicrosoftFusedMatMulOp>(node))
    for (StringRef name : {"transA", "transBatchA", "transBatchB"})
      if (numberAttribute(node, name, 0) != 0)
        return decline(node, "'FusedMatMul' transposes its input (" + name +
                                 "), expected 0");
  if (isa<GemmOp>(node) && !matchGemm(node, result))
    return;
  finish(std::move(result));
}

/// Operators that hold a linear and more, or hold it in a form that is not
/// taken apart yet.
void AffineView::matchFused(Operation *node) {
  std::string name = operatorName(node);
  auto weightRank = [&](unsigned index) {
    Value operand = presentInput(node, index);
    StoredWeight weight = operand ? findWeight(operand) : StoredWeight();
    ElementsAttr elements = weight.op ? weight.op.getWeight() : ElementsAttr();
    return elements ? elements.getShapedType().getRank() : int64_t(0);
  };
  static const llvm::StringSet<> quantized = {
      "MatMulInteger",     "QLinearMatMul",
      "ms.MatMulNBits",    "ms.DynamicQuantizeMatMul",
      "ms.QGemm",          "ms.MatMulIntegerToFloat",
      "ms.MatMulNBitsMlp", "ms.MatMulBnb4",
      "ms.QMoE",           "ms.QOrderedMatMul"};
  if (quantized.contains(name))
    return decline(node,
                   "quantized weights (" + name +
                       ") are recognised but not rewritten",
                   "compress the model before it is quantized");
  if (name == "ms.MoE" || name == "MoE")
    return decline(node,
                   "experts in one node (" + name + ") are not rewritten yet");
  if ((name == "ms.FusedGemm" || name == "ms.GemmFastGelu") &&
      weightRank(1) == 2)
    return decline(node,
                   "'" + name +
                       "' holds the activation too: it is not rewritten yet",
                   "export without ONNX Runtime's fusions");
  if (name == "Einsum" && (weightRank(0) >= 2 || weightRank(1) >= 2))
    return decline(node, "'Einsum' as a linear is not rewritten yet");
  if (name != "Conv" || weightRank(1) < 3)
    return;
  auto shape =
      findWeight(node->getOperand(1)).op.getWeight().getShapedType().getShape();
  if (llvm::all_of(shape.drop_front(2), [](int64_t size) { return size == 1; }))
    decline(
        node,
        numberAttribute(node, "group", 1) == 1
            ? "a convolution of kernel 1 as a linear is not rewritten yet"
            : "a grouped convolution of kernel 1 is block-diagonal already");
}

AffineView::AffineView(Operation *node) {
  if (isa<MatMulOp, GemmOp, MicrosoftFusedMatMulOp>(node))
    matchContraction(node);
  else if (isa<NodeOpInterface>(node))
    matchFused(node);
}

Value slin::onnx::sourceOf(Value value) {
  for (int depth = 0; depth < 32; ++depth) {
    Operation *op = value.getDefiningOp();
    if (!op || op->getNumOperands() == 0 || isConstant(value) ||
        !(isShapeNode(op) || isa<CastOp, IdentityOp, DropoutOp>(op)))
      return value;
    value = op->getOperand(0);
  }
  return value;
}
