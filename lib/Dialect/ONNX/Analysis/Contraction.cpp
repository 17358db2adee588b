//===- Contraction.cpp - A node that multiplies by a weight ---------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One function per operator. None of them looks at sizes: where the features
// are is known from the way they came.
//
//===----------------------------------------------------------------------===//

#include "Contraction.h"

#include "slin/Dialect/ONNX/Analysis/Constants.h"
#include "slin/Dialect/ONNX/IR/ONNXOps.h"

using namespace mlir;
using namespace slin;
using namespace slin::onnx;

static bool isComputed(Type type) {
  return type.isF32() || type.isF16() || type.isBF16() || type.isF64();
}

/// A weight of two or three axes, of which `transposed` swaps the last two.
static std::optional<Contraction> weightOf(Value operand, bool transposed) {
  StoredWeight weight = findWeight(operand);
  ElementsAttr elements = weight.op ? weight.op.getWeight() : ElementsAttr();
  auto type = elements ? dyn_cast<RankedTensorType>(elements.getType())
                       : RankedTensorType();
  if (!type || !isComputed(type.getElementType()) ||
      weights::countOf(type.getShape()).value_or(0) == 0)
    return std::nullopt;
  bool isMatrix = type.getRank() == 2;
  if (!isMatrix && (type.getRank() != 3 || weight.swapsMatrix))
    return std::nullopt;
  for (Operation *op : weight.path)
    if (isa<SqueezeOp, UnsqueezeOp>(op))
      return std::nullopt;
  Contraction result;
  result.leaf =
      term::Leaf::whole(0, type.getShape(), transposed != weight.transposed);
  result.elementType = weight.castTo ? weight.castTo : type.getElementType();
  result.blockAxis = isMatrix ? 0 : 3;
  result.weight = std::move(weight);
  return result;
}

/// The operands of a product, of which one is constant: the weight on the right
/// is used as `[columns, rows]`, on the left as `[rows, columns]`.
static std::optional<Contraction> matchProduct(Value left, Value right,
                                               bool leftTransposed,
                                               bool rightTransposed) {
  bool weightIsLeft = isConstant(left);
  if (weightIsLeft == isConstant(right))
    return std::nullopt;
  auto result = weightIsLeft ? weightOf(left, leftTransposed)
                             : weightOf(right, !rightTransposed);
  if (!result)
    return result;
  result->data = weightIsLeft ? right : left;
  // A transposed operand has its features on the other of the last two axes,
  // and the result has them where an untransposed one would.
  bool dataTransposed = weightIsLeft ? rightTransposed : leftTransposed;
  result->inputAxis = weightIsLeft != dataTransposed ? 2 : 1;
  if (dataTransposed)
    result->permutation = SmallVector<int64_t>{1, 0};
  return result;
}

static std::optional<Contraction> matchGemm(Operation *node) {
  auto result = matchProduct(node->getOperand(0), node->getOperand(1),
                             numberAttribute(node, "transA", 0) != 0,
                             numberAttribute(node, "transB", 0) != 0);
  if (!result || result->blockAxis != 0)
    return std::nullopt;
  result->scale = numberAttribute(node, "alpha", 1.0);
  result->biasScale = numberAttribute(node, "beta", 1.0);
  Value bias = presentInput(node, 2);
  if (!bias || result->biasScale == 0.0)
    return result;
  // C is added to rows of tokens only where tokens are the rows.
  bool lastAxis = (result->inputAxis == 1) != result->permutation.has_value();
  result->bias = findBias(bias, result->leaf.rows());
  if (!lastAxis || !result->bias)
    return std::nullopt;
  return result;
}

static std::optional<Contraction> matchFusedMatMul(Operation *node) {
  for (StringRef name : {"transA", "transBatchA", "transBatchB"})
    if (numberAttribute(node, name, 0) != 0)
      return std::nullopt;
  auto result = matchProduct(node->getOperand(0), node->getOperand(1), false,
                             numberAttribute(node, "transB", 0) != 0);
  if (result)
    result->scale = numberAttribute(node, "alpha", 1.0);
  return result;
}

/// `letters` as the weight of an einsum stores them: the one of the blocks, if
/// there are any, first.
static std::optional<bool> orderOfMatrix(StringRef letters, char block,
                                         char row, char column) {
  std::string plain{row, column}, swapped{column, row};
  if (block) {
    plain.insert(plain.begin(), block);
    swapped.insert(swapped.begin(), block);
  }
  if (letters == plain)
    return false;
  return letters == swapped ? std::optional<bool>(true) : std::nullopt;
}

/// One letter of each kind, large and small ones being different: blocks stand
/// in all three places, the contracted one in both operands, the new one in
/// weight and result.
static std::optional<Contraction> matchEinsum(Operation *node) {
  auto equation = dyn_cast_or_null<StringAttr>(
      cast<NodeOpInterface>(node).getNodeAttributes().get("equation"));
  if (!equation || node->getNumOperands() != 2)
    return std::nullopt;
  std::string text = equation.getValue().str();
  llvm::erase(text, ' ');
  auto [inputs, output] = StringRef(text).split("->");
  auto [first, second] = inputs.split(',');
  bool weightIsFirst = isConstant(node->getOperand(0));
  if (weightIsFirst == isConstant(node->getOperand(1)) || output.empty() ||
      StringRef(text).contains('.'))
    return std::nullopt;
  StringRef stored = weightIsFirst ? first : second;
  StringRef data = weightIsFirst ? second : first;
  char block = 0, row = 0, column = 0;
  for (char letter : stored) {
    char &role = !data.contains(letter)    ? row
                 : output.contains(letter) ? block
                                           : column;
    if (role || stored.count(letter) != 1)
      return std::nullopt;
    role = letter;
  }
  if (!row || !column || data.count(column) != 1 || output.count(row) != 1 ||
      output.size() != data.size())
    return std::nullopt;
  std::optional<bool> transposed = orderOfMatrix(stored, block, row, column);
  if (!transposed)
    return std::nullopt;
  auto result = weightOf(node->getOperand(weightIsFirst ? 0 : 1), *transposed);
  if (!result || (result->blockAxis != 0) != (block != 0))
    return std::nullopt;
  result->data = node->getOperand(weightIsFirst ? 1 : 0);
  result->inputAxis = data.size() - data.find(column);
  result->blockAxis = block ? data.size() - data.find(block) : 0;
  SmallVector<int64_t> permutation;
  for (char letter : output) {
    size_t place = data.find(letter == row ? column : letter);
    if (place == StringRef::npos || output.count(letter) != 1)
      return std::nullopt;
    permutation.push_back(place);
  }
  result->permutation = std::move(permutation);
  return result;
}

/// Whether every entry of an optional list of integers is `value`.
static bool isAll(Operation *node, StringRef name, int64_t value) {
  auto list = dyn_cast_or_null<DenseI64ArrayAttr>(
      cast<NodeOpInterface>(node).getNodeAttributes().get(name));
  return !list || llvm::all_of(list.asArrayRef(),
                               [&](int64_t entry) { return entry == value; });
}

/// A convolution that looks at one place at a time: channels are features, on
/// the second axis, in groups.
static std::optional<Contraction> matchConvolution(Operation *node) {
  StoredWeight weight = findWeight(node->getOperand(1));
  ElementsAttr elements = weight.op ? weight.op.getWeight() : ElementsAttr();
  auto type = elements ? dyn_cast<RankedTensorType>(elements.getType())
                       : RankedTensorType();
  int64_t groups = numberAttribute(node, "group", 1);
  if (!type || type.getRank() < 3 || !isComputed(type.getElementType()) ||
      !weight.path.empty() || isConstant(node->getOperand(0)) || groups < 1 ||
      type.getDimSize(0) % groups || !isAll(node, "strides", 1) ||
      !isAll(node, "pads", 0))
    return std::nullopt;
  for (int64_t size : type.getShape().drop_front(2))
    if (size != 1)
      return std::nullopt;
  Contraction result;
  int64_t rows = type.getDimSize(0) / groups, columns = type.getDimSize(1);
  result.leaf = groups == 1 ? term::Leaf::whole(0, {rows, columns})
                            : term::Leaf::whole(0, {groups, rows, columns});
  result.data = node->getOperand(0);
  result.elementType = type.getElementType();
  result.inputAxis = type.getRank() - 1;
  if (Value bias = presentInput(node, 2)) {
    result.bias = findBias(bias, rows * groups);
    if (!result.bias)
      return std::nullopt;
  }
  result.weight = std::move(weight);
  return result;
}

std::optional<Contraction> slin::onnx::findContraction(Operation *node) {
  if (node->getNumResults() != 1 || node->getNumOperands() < 2)
    return std::nullopt;
  if (isa<MatMulOp>(node))
    return matchProduct(node->getOperand(0), node->getOperand(1), false, false);
  if (isa<GemmOp>(node))
    return matchGemm(node);
  if (isa<MicrosoftFusedMatMulOp>(node))
    return matchFusedMatMul(node);
  if (operatorName(node) == "Einsum")
    return matchEinsum(node);
  if (operatorName(node) == "Conv")
    return matchConvolution(node);
  return std::nullopt;
}
