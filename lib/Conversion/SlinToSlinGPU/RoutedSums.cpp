//===- RoutedSums.cpp - Experts of which tokens take a few ----------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Adding is one ScatterND with a reduction, or, in opsets and types that have
// none, GatherND, Add and ScatterND, which is the same since no token stands
// twice in what a NonZero finds.
//
//===----------------------------------------------------------------------===//

#include "RoutedSums.h"

#include "slin/Dialect/ONNX/Analysis/Constants.h"
#include "slin/Dialect/ONNX/Analysis/GateView.h"
#include "slin/Dialect/ONNX/Analysis/ValueShape.h"
#include "slin/Dialect/ONNX/IR/ONNXOps.h"

#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace slin;

namespace {
/// One expert in a chain.
struct Link {
  FFNOp expert;
  /// What all experts read; the sums before and after this one.
  Value rows, before, after;
  /// The nodes that may read `before`.
  SmallVector<Operation *, 2> readers;
  std::optional<int64_t> chosen;
};
} // namespace

/// The NonZero that finds the tokens `indices`, each once.
static onnx::NonZeroOp findPlaces(Value indices) {
  auto transpose = indices.getDefiningOp<onnx::TransposeOp>();
  if (!transpose)
    return {};
  Value places = transpose->getOperand(0);
  // Of choices [tokens, k] only the first row has tokens.
  if (auto gather = places.getDefiningOp<onnx::GatherOp>())
    places = gather->getOperand(0);
  return places.getDefiningOp<onnx::NonZeroOp>();
}

/// How many experts a token has at most: of k choices as many, of gates what is
/// known of them.
static std::optional<int64_t> findChosen(onnx::NonZeroOp places) {
  Operation *mask = places->getOperand(0).getDefiningOp();
  if (auto equal = dyn_cast_or_null<onnx::EqualOp>(mask)) {
    std::optional<SmallVector<int64_t>> shape =
        onnx::shapeOf(equal->getOperand(0));
    if (shape && shape->size() == 2 && shape->back() > 0)
      return shape->back();
    if (Operation *choice = onnx::choiceOf(equal->getOperand(0), 1))
      if (auto k = onnx::integersOf(choice, "k", 1); k && k->size() == 1)
        return k->front();
    return std::nullopt;
  }
  if (!isa_and_nonnull<onnx::CastOp>(mask))
    return std::nullopt;
  Operation *gate = mask->getOperand(0).getDefiningOp();
  if (auto reshape = dyn_cast_or_null<onnx::ReshapeOp>(gate))
    return onnx::GateView(reshape->getOperand(0), 1).getChosen();
  auto gather = dyn_cast_or_null<onnx::GatherOp>(gate);
  if (!gather || onnx::numberAttribute(gather, "axis", 0) != 1)
    return std::nullopt;
  return onnx::GateView(gather->getOperand(0), 1).getChosen();
}

/// The only result of the network that anything reads, where one node does.
static Operation *findReader(FFNOp expert, Value &result) {
  for (Value own : expert.getResults()) {
    if (own.use_empty())
      continue;
    if (result || !own.hasOneUse())
      return nullptr;
    result = own;
  }
  return result ? *result.user_begin() : nullptr;
}

static bool addsByReduction(onnx::ScatterNDOp scatter) {
  auto reduction = scatter->getAttrOfType<StringAttr>("reduction");
  return reduction && reduction.getValue() == "add";
}

static bool isPlain(onnx::ScatterNDOp scatter) {
  auto reduction = scatter->getAttrOfType<StringAttr>("reduction");
  return !reduction || reduction.getValue() == "none";
}

/// Zeros of any shape.
static bool isZeros(Value value) {
  auto zeros = value.getDefiningOp<onnx::ConstantOfShapeOp>();
  if (!zeros)
    return false;
  auto number = zeros->getAttrOfType<ElementsAttr>("value");
  if (!number)
    return true;
  return number.isSplat() && isa<FloatType>(number.getElementType()) &&
         number.getSplatValue<APFloat>().isZero();
}

/// The addition of `result` to the sum at `tokens`, by `reader`.
static bool readAddition(Operation *reader, Value result, Value tokens,
                         Link &link) {
  if (auto add = dyn_cast<onnx::AddOp>(reader)) {
    Value other = add->getOperand(add->getOperand(0) == result ? 1 : 0);
    auto gather = other.getDefiningOp<onnx::GatherNDOp>();
    if (!gather || gather->getOperand(1) != tokens ||
        !add->getResult(0).hasOneUse())
      return false;
    auto scatter = dyn_cast<onnx::ScatterNDOp>(*add->getResult(0).user_begin());
    if (!scatter || !isPlain(scatter) ||
        scatter->getOperand(0) != gather->getOperand(0) ||
        scatter->getOperand(1) != tokens ||
        scatter->getOperand(2) != add->getResult(0))
      return false;
    link.before = gather->getOperand(0);
    link.readers = {gather, scatter};
    link.after = scatter->getResult(0);
    return true;
  }
  auto scatter = dyn_cast<onnx::ScatterNDOp>(reader);
  if (!scatter || scatter->getOperand(1) != tokens ||
      scatter->getOperand(2) != result)
    return false;
  link.before = scatter->getOperand(0);
  if (!addsByReduction(scatter) && !(isPlain(scatter) && isZeros(link.before)))
    return false;
  link.readers = {scatter};
  link.after = scatter->getResult(0);
  return true;
}

static std::optional<Link> readLink(FFNOp expert) {
  if (expert.getInputs().size() != 1)
    return std::nullopt;
  auto gather = expert.getInputs()[0].getDefiningOp<onnx::GatherNDOp>();
  if (!gather || onnx::numberAttribute(gather, "batch_dims", 0) != 0)
    return std::nullopt;
  Value tokens = gather->getOperand(1), result;
  onnx::NonZeroOp places = findPlaces(tokens);
  Operation *reader = findReader(expert, result);
  if (!places || !reader)
    return std::nullopt;
  // Rows are put in order again where an expert gave them more axes.
  if (isa<onnx::ReshapeOp>(reader) && reader->getOperand(0) == result &&
      reader->getResult(0).hasOneUse()) {
    result = reader->getResult(0);
    reader = *result.user_begin();
  }
  Link link{expert, gather->getOperand(0), {}, {}, {}, findChosen(places)};
  if (!readAddition(reader, result, tokens, link))
    return std::nullopt;
  return link;
}

std::vector<RoutedSum> slin::findRoutedSums(ArrayRef<FFNOp> networks) {
  std::vector<Link> links;
  llvm::DenseMap<Value, size_t> byBefore;
  for (FFNOp network : networks)
    if (std::optional<Link> link = readLink(network)) {
      byBefore[link->before] = links.size();
      links.push_back(std::move(*link));
    }
  std::vector<RoutedSum> sums;
  for (const Link &start : links) {
    if (!isZeros(start.before))
      continue;
    RoutedSum sum{{start.expert}, start.chosen};
    const Link *last = &start;
    for (auto next = byBefore.find(last->after); next != byBefore.end();
         next = byBefore.find(last->after)) {
      const Link &link = links[next->second];
      bool readByOthers =
          llvm::any_of(last->after.getUsers(), [&](Operation *user) {
            return !llvm::is_contained(link.readers, user);
          });
      if (link.rows != start.rows || readByOthers)
        break;
      sum.experts.push_back(link.expert);
      if (link.chosen != sum.chosen)
        sum.chosen = std::nullopt;
      last = &link;
    }
    if (sum.experts.size() > 1)
      sums.push_back(std::move(sum));
  }
  return sums;
}

/// `/experts` of `/experts.0` and `/experts.1`.
std::string RoutedSum::getPath() const {
  auto pathOf = [](FFNOp expert) {
    return expert.getPath().value_or("experts");
  };
  StringRef common = pathOf(experts.front());
  for (FFNOp expert : experts) {
    StringRef path = pathOf(expert);
    size_t length = 0;
    while (length < std::min(common.size(), path.size()) &&
           common[length] == path[length])
      ++length;
    common = common.take_front(length);
  }
  // Numbers may have digits in common.
  StringRef cut = common.take_front(common.find_last_of("/._") + 1);
  cut = cut.rtrim("/._");
  return cut.empty() ? "experts" : cut.str();
}
