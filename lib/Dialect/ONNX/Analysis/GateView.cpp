//===- GateView.cpp - Gates that are exactly 0 or 1 -----------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Walks from the gate towards the router and keeps track of the axis that the
// experts lie on. Where a node makes zeros and ones, the walk ends.
//
//===----------------------------------------------------------------------===//

#include "slin/Dialect/ONNX/Analysis/GateView.h"

#include "slin/Dialect/ONNX/Analysis/Constants.h"
#include "slin/Dialect/ONNX/Analysis/FeatureLayout.h"
#include "slin/Dialect/ONNX/Analysis/Pointwise.h"
#include "slin/Dialect/ONNX/Analysis/ValueShape.h"
#include "slin/Dialect/ONNX/IR/ONNXOps.h"

#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace slin::onnx;

static constexpr unsigned kMaxNodes = 32;

/// `axis` of a value of which `rank` is the rank, counted from the right.
static std::optional<int64_t> fromRight(int64_t axis,
                                        std::optional<int64_t> rank) {
  if (axis < 0)
    return -axis;
  return rank && axis < *rank ? std::optional(*rank - axis) : std::nullopt;
}

/// The axes that Squeeze or Unsqueeze names, from the right of the value that
/// has them, smallest first.
static std::optional<SmallVector<int64_t>> namedAxes(Operation *node,
                                                     Value owner) {
  auto axes = integersOf(node, "axes", 1);
  if (!axes)
    return std::nullopt;
  for (int64_t &axis : *axes) {
    auto place = fromRight(axis, rankOf(owner));
    if (!place)
      return std::nullopt;
    axis = *place;
  }
  llvm::sort(*axes);
  return axes;
}

/// The size of the axis `place` (from the right) of `value`.
static std::optional<int64_t> sizeAt(Value value, int64_t place) {
  if (place == 1)
    return lastDimensionOf(value);
  auto shape = shapeOf(value);
  if (!shape || int64_t(shape->size()) < place)
    return std::nullopt;
  int64_t size = (*shape)[shape->size() - place];
  return ShapedType::isDynamic(size) ? std::nullopt : std::optional(size);
}

static bool isComparison(Operation *node) {
  static const llvm::StringSet<> names = {"Equal", "Greater", "GreaterOrEqual",
                                          "Less", "LessOrEqual"};
  return names.contains(operatorName(node));
}

static bool isEverywhere(Value value, double number) {
  auto constant = value ? scalarConstant(value) : std::nullopt;
  return constant && constant->uniform && constant->value == number;
}

void GateView::decline(Operation *at, const Twine &why) {
  reason = why.str();
  breaker = at;
}

//===----------------------------------------------------------------------===//
// Towards the router
//===----------------------------------------------------------------------===//

bool GateView::stepIntoSlice(Operation *node) {
  auto starts = integersOf(node, "starts", 1),
       ends = integersOf(node, "ends", 2);
  auto axes = integersOf(node, "axes", 3);
  auto rank = rankOf(node->getOperand(0));
  if (!starts || starts->size() != 1 || !ends || ends->size() != 1 || index ||
      axis == 0)
    return false;
  auto place = fromRight(axes && axes->size() == 1 ? axes->front() : 0, rank);
  auto size = sizeAt(node->getOperand(0), axis);
  if (place != axis || !size)
    return false;
  int64_t first =
      starts->front() < 0 ? starts->front() + *size : starts->front();
  int64_t last = ends->front() < 0 ? ends->front() + *size : ends->front();
  if (first < 0 || std::min(last, *size) != first + 1)
    return false;
  index = first;
  return true;
}

bool GateView::stepIntoGather(Operation *node) {
  auto chosenIndex = integerConstant(node->getOperand(1));
  auto place =
      fromRight(numberAttribute(node, "axis", 0), rankOf(node->getOperand(0)));
  if (!chosenIndex || chosenIndex->size() != 1 || !place || index)
    return false;
  bool removes = rankOf(node->getOperand(1)) == 0;
  if (removes != (axis == 0) || (!removes && place != axis))
    return false;
  auto size = sizeAt(node->getOperand(0), *place);
  int64_t at = chosenIndex->front();
  if (!size || at < -*size || at >= *size)
    return false;
  axis = *place;
  index = at < 0 ? at + *size : at;
  return true;
}

bool GateView::stepThroughAxes(Operation *node) {
  bool inserts = isa<UnsqueezeOp>(node);
  auto axes =
      namedAxes(node, inserts ? node->getResult(0) : node->getOperand(0));
  if (!axes)
    return false;
  if (!inserts) {
    for (int64_t place : *axes)
      axis += axis >= place;
    return true;
  }
  if (axis != 0 && llvm::is_contained(*axes, axis)) {
    axis = 0;
    return true;
  }
  int64_t inner = llvm::count_if(*axes, [&](int64_t at) { return at < axis; });
  axis -= inner;
  return true;
}

/// Goes through a node that keeps numbers; false at any other.
bool GateView::step(Operation *node, unsigned result) {
  if (isa<CastOp, IdentityOp, DropoutOp>(node) && result == 0)
    return true;
  if (isa<SqueezeOp, UnsqueezeOp>(node))
    return stepThroughAxes(node);
  if (isa<SliceOp>(node))
    return stepIntoSlice(node);
  if (isa<GatherOp>(node))
    return stepIntoGather(node);
  if (auto op = dyn_cast<TransposeOp>(node)) {
    auto order = op.getPerm();
    if (!order || axis == 0 || axis > int64_t(order->size()))
      return false;
    int64_t rank = order->size();
    axis = rank - (*order)[rank - axis];
    // The tokens must stay in order.
    SmallVector<int64_t> tokens;
    for (int64_t place : *order)
      if (rank - place != axis)
        tokens.push_back(place);
    return llvm::is_sorted(tokens);
  }
  if (isa<ReshapeOp>(node)) {
    auto before = lastDimensionOf(node->getOperand(0)),
         after = lastDimensionOf(node->getResult(0));
    return axis == 1 && before && before == after;
  }
  if (isa<SplitOp>(node) && !index && axis != 0) {
    auto place = fromRight(numberAttribute(node, "axis", 0),
                           rankOf(node->getOperand(0)));
    auto size = sizeAt(node->getOperand(0), axis);
    if (place != axis || size != int64_t(node->getNumResults()))
      return false;
    index = result;
    return true;
  }
  return false;
}

//===----------------------------------------------------------------------===//
// Where zeros and ones are made
//===----------------------------------------------------------------------===//

Operation *slin::onnx::choiceOf(Value value, int64_t place) {
  for (unsigned depth = 0; depth < kMaxNodes; ++depth) {
    auto result = dyn_cast<OpResult>(value);
    Operation *node = result ? result.getOwner() : nullptr;
    if (!node)
      return nullptr;
    if (isa<TopKOp>(node))
      return result.getResultNumber() == 1 &&
                     fromRight(numberAttribute(node, "axis", -1),
                               rankOf(node->getOperand(0))) == place
                 ? node
                 : nullptr;
    if (!isa<CastOp, IdentityOp>(node))
      return nullptr;
    value = node->getOperand(0);
  }
  return nullptr;
}

/// How many a TopK chooses.
static std::optional<int64_t> chosenBy(Operation *choice) {
  auto k = integersOf(choice, "k", 1);
  if (k && k->size() == 1)
    return k->front();
  double attribute = numberAttribute(choice, "k", 0);
  return attribute > 0 ? std::optional(int64_t(attribute)) : std::nullopt;
}

void GateView::finishScatter(Operation *node) {
  auto place =
      fromRight(numberAttribute(node, "axis", 0), rankOf(node->getOperand(1)));
  auto reduction = dyn_cast_or_null<StringAttr>(
      cast<NodeOpInterface>(node).getNodeAttributes().get("reduction"));
  if (!isEverywhere(node->getOperand(0), 0.0) ||
      !isEverywhere(node->getOperand(2), 1.0) ||
      (reduction && reduction.getValue() != "none"))
    return decline(node, "its gates are not exactly 0 or 1: '" +
                             operatorName(node) +
                             "' puts other numbers than ones into zeros");
  Operation *choice = choiceOf(node->getOperand(1), axis);
  if (place != axis || !choice)
    return decline(node, "its gates are not those of the experts that a TopK "
                         "over the experts chooses");
  scores = choice->getOperand(0);
  chosen = chosenBy(choice);
  experts = sizeAt(scores, axis);
}

/// The choices among a sum's summands: one-hot vectors of what a TopK chooses,
/// which are different, so that their sum is 0 or 1.
void GateView::finishSum(Operation *node) {
  auto axes = integersOf(node, "axes", 1);
  Value vectors = node->getOperand(0);
  auto place = axes && axes->size() == 1
                   ? fromRight(axes->front(), rankOf(vectors))
                   : std::nullopt;
  bool keeps = numberAttribute(node, "keepdims", 1) != 0;
  for (Operation *op = vectors.getDefiningOp();
       isa_and_nonnull<CastOp, IdentityOp>(op); op = vectors.getDefiningOp())
    vectors = op->getOperand(0);
  Operation *source = vectors.getDefiningOp();
  Value indices;
  if (operatorName(source) == "OneHot" && source->getNumOperands() == 3) {
    auto values = integerConstant(source->getOperand(2));
    if (values == SmallVector<int64_t>{0, 1} &&
        numberAttribute(source, "axis", -1) == -1)
      indices = source->getOperand(0);
    if (auto depth = integerConstant(source->getOperand(1));
        depth && depth->size() == 1)
      experts = depth->front();
  } else if (isa_and_nonnull<EqualOp>(source)) {
    for (unsigned side : {0, 1}) {
      auto numbers = integerConstant(source->getOperand(1 - side));
      auto insert = source->getOperand(side).getDefiningOp<UnsqueezeOp>();
      if (!numbers || !insert ||
          namedAxes(insert, insert->getResult(0)) != SmallVector<int64_t>{1} ||
          !llvm::equal(*numbers, llvm::seq<int64_t>(0, numbers->size())))
        continue;
      indices = insert->getOperand(0);
      experts = numbers->size();
    }
  }
  Operation *choice = indices ? choiceOf(indices, 1) : nullptr;
  if (!choice || axis != 1 || place != 2 || keeps)
    return decline(node, "its gates are not exactly 0 or 1: '" +
                             operatorName(node) +
                             "' adds other things than one-hot vectors of "
                             "what a TopK chooses");
  scores = choice->getOperand(0);
  chosen = chosenBy(choice);
}

void GateView::finish(Operation *node) {
  if (isa<ScatterElementsOp>(node) && axis != 0)
    return finishScatter(node);
  if (isa<ReduceSumOp>(node) && axis != 0)
    return finishSum(node);
  Operation *comparison = node;
  if (isa<WhereOp>(node) && isEverywhere(node->getOperand(1), 1.0) &&
      isEverywhere(node->getOperand(2), 0.0))
    comparison = node->getOperand(0).getDefiningOp();
  if (comparison && isComparison(comparison) && axis != 0) {
    bool isThreshold = isConstant(comparison->getOperand(0)) ||
                       sizeAt(comparison->getOperand(0), axis) == 1;
    scores = comparison->getOperand(isThreshold ? 1 : 0);
    experts = sizeAt(scores, axis);
    if (experts && *experts > 1)
      return;
    return decline(comparison, "how many experts its gates are compared for "
                               "is not known");
  }
  decline(node, "its gates are not exactly 0 or 1: they come from '" +
                    operatorName(node) + "'");
}

GateView::GateView(Value gate, int64_t place) : value(gate), axis(place) {
  if (isEverywhere(gate, 1.0)) {
    allOnes = true;
    return;
  }
  for (unsigned depth = 0; depth < kMaxNodes; ++depth) {
    auto result = dyn_cast<OpResult>(value);
    if (!result)
      break;
    Operation *node = result.getOwner();
    if (!step(node, result.getResultNumber())) {
      finish(node);
      if (!reason.empty())
        return;
      if (experts && chosen && *chosen == *experts)
        allOnes = true;
      return;
    }
    value = node->getOperand(0);
  }
  decline(gate.getDefiningOp(),
          "its gates are not exactly 0 or 1: they are given from outside");
}

//===----------------------------------------------------------------------===//
// Tokens
//===----------------------------------------------------------------------===//

/// The operand that a node computes its result from, token by token in order;
/// null if there is none.
static Value perToken(Operation *node) {
  if (!node || node->getNumOperands() == 0)
    return {};
  if (isa<SoftmaxOp>(node)) {
    auto rank = rankOf(node->getOperand(0));
    int64_t implied = cast<NodeOpInterface>(node).getOpset() < 13 ? 1 : -1;
    return fromRight(numberAttribute(node, "axis", implied), rank) == 1
               ? node->getOperand(0)
               : Value();
  }
  if (isa<MatMulOp, GemmOp>(node) && node->getNumOperands() >= 2 &&
      isConstant(node->getOperand(1)) &&
      numberAttribute(node, "transA", 0) == 0) {
    // More than a matrix would add axes.
    auto shape = shapeOf(node->getOperand(1));
    return shape && shape->size() == 2 ? node->getOperand(0) : Value();
  }
  if (isa<LayerNormalizationOp, RMSNormalizationOp>(node))
    return numberAttribute(node, "axis", -1) == -1 ? node->getOperand(0)
                                                   : Value();
  if (isa<ReshapeOp>(node)) {
    auto before = lastDimensionOf(node->getOperand(0)),
         after = lastDimensionOf(node->getResult(0));
    return before && before == after ? node->getOperand(0) : Value();
  }
  if (!isPointwise(node))
    return {};
  Value data;
  for (Value operand : pointwiseOperands(node)) {
    if (isConstant(operand)) {
      auto shape = shapeOf(operand);
      if (!shape || shape->size() > 1)
        return {};
      continue;
    }
    if (data && data != operand)
      return {};
    data = operand;
  }
  return data;
}

SmallVector<Value> slin::onnx::tokenSources(Value value) {
  SmallVector<Value> sources;
  while (value && sources.size() < kMaxNodes) {
    sources.push_back(value);
    value = perToken(value.getDefiningOp());
  }
  return sources;
}
