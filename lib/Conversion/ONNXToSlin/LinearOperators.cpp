//===- LinearOperators.cpp - Weights of linears become operators ----------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An operator stands behind its last weight, so that every linear can read it.
//
//===----------------------------------------------------------------------===//

#include "LinearOperators.h"
#include "Regions.h"

#include "slin/Conversion/NodeOrder.h"
#include "slin/Dialect/ONNX/Analysis/ConstantTensor.h"
#include "slin/Dialect/ONNX/IR/ONNXOps.h"
#include "slin/Dialect/Slin/IR/OperatorOfTerm.h"
#include "slin/Dialect/Slin/IR/SlinOps.h"
#include "slin/Term/Parts.h"

using namespace mlir;
using namespace slin;

/// A constant whose type the model does not record gets the type of its
/// elements; the mark keeps it from being written as recorded.
static void recordElementsType(Value constant) {
  auto weight = constant.getDefiningOp<weights::WeightOpInterface>();
  if (!isa<onnx::UnknownType>(constant.getType()))
    return;
  constant.setType(weight.getWeight().getType());
  weight->setAttr(onnx::names::kInferred, UnitAttr::get(weight->getContext()));
}

Value LinearOperators::get(const onnx::Linear &linear) {
  if (linear.term)
    return makeStructured(linear);
  recordElementsType(linear.weight);
  Attribute key = builder.getArrayAttr(
      {builder.getStringAttr(onnx::nameOf(linear.weight)),
       builder.getBoolAttr(linear.transposed),
       TypeAttr::get(linear.elementType), builder.getF64FloatAttr(linear.scale),
       builder.getIndexAttr(
           reinterpret_cast<uintptr_t>(linear.weight.getAsOpaquePointer()))});
  Value &known = operators[key];
  if (known)
    return known;
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointAfterValue(linear.weight);
  auto type = LinopType::get(builder.getContext(), linear.in, linear.out,
                             cast<FloatType>(linear.elementType));
  // One operator per weight, whatever constants different linears multiply it
  // by.
  Value dense;
  for (Operation *user : linear.weight.getUsers())
    if (auto op = dyn_cast<DenseOp>(user))
      if (op.getTransposed() == linear.transposed && op.getType() == type)
        dense = op;
  if (!dense)
    dense = DenseOp::create(builder, linear.weight.getLoc(), type,
                            linear.weight, linear.transposed);
  else
    builder.setInsertionPointAfterValue(dense);
  known = dense;
  if (linear.scale != 1.0)
    known = ScaleOp::create(builder, linear.weight.getLoc(), type, dense,
                            builder.getF64FloatAttr(linear.scale));
  return known;
}

LogicalResult LinearOperators::compute(Value weight, std::string &reason) {
  ElementsAttr &known = computed[weight];
  if (known)
    return success();
  FailureOr<onnx::ConstantTensor> tensor =
      onnx::evaluateConstant(weight, reason);
  if (failed(tensor))
    return failure();
  auto type = RankedTensorType::get(tensor->shape, onnx::floatTypeOf(weight));
  std::vector<char> bytes = weights::fromDoubles(
      cast<FloatType>(type.getElementType()), tensor->values);
  known = weights::makeWeight(type, bytes);
  if (!known)
    known = DenseElementsAttr::getFromRawBuffer(type, bytes);
  return success();
}

LogicalResult LinearOperators::compute(const onnx::Linear &linear,
                                       std::string &reason) {
  for (Value weight : linear.weights)
    if (!weight.getDefiningOp<weights::WeightOpInterface>() &&
        failed(compute(weight, reason)))
      return failure();
  return success();
}

/// The weights in the shapes that the term reads them in: a kernel of ones as
/// its matrices.
SmallVector<Value> LinearOperators::viewWeights(const onnx::Linear &linear) {
  SmallVector<Value> result(linear.weights);
  for (Value &weight : result)
    if (ElementsAttr elements = computed.lookup(weight))
      weight = WeightOp::create(
          builder, weight.getLoc(), cast<RankedTensorType>(elements.getType()),
          builder.getStringAttr(onnx::nameOf(weight) + "/slin_value"),
          cast<TypedAttr>(elements));
  for (const term::Leaf &leaf : linear.term->leaves()) {
    Value &weight = result[leaf.id];
    auto type = cast<RankedTensorType>(weight.getType());
    if (type.getShape() == ArrayRef<int64_t>(leaf.shape))
      continue;
    auto stored = weight.getDefiningOp<weights::WeightOpInterface>();
    auto view = RankedTensorType::get(leaf.shape, type.getElementType());
    weight = WeightOp::create(
        builder, weight.getLoc(), view,
        builder.getStringAttr(stored.getWeightName() + "/slin_blocks"),
        cast<TypedAttr>(onnx::reshapeElements(stored.getWeight(), view)));
  }
  return result;
}

/// One weight `[blocks, …]` of blocks that are stored apart, their bytes one
/// behind the other; nothing where they cannot be read or differ in type.
std::optional<term::Leaf>
LinearOperators::joinBlocks(const onnx::Linear &linear,
                            ArrayRef<term::Leaf> blocks,
                            SmallVectorImpl<Value> &weights) {
  auto type = cast<RankedTensorType>(weights[blocks.front().id].getType());
  std::vector<char> bytes;
  for (const term::Leaf &block : blocks) {
    auto weight = weights[block.id].getDefiningOp<weights::WeightOpInterface>();
    std::string reason;
    FailureOr<weights::Elements> elements = weight.getElements(reason);
    if (failed(elements) ||
        elements->type.getElementType() != type.getElementType())
      return std::nullopt;
    llvm::append_range(bytes, elements->bytes);
  }
  SmallVector<int64_t> shape{int64_t(blocks.size())};
  llvm::append_range(shape, type.getShape());
  auto joined = RankedTensorType::get(shape, type.getElementType());
  ElementsAttr attribute = weights::makeWeight(joined, bytes);
  if (!attribute)
    attribute = DenseElementsAttr::getFromRawBuffer(joined, bytes);
  auto leaf =
      term::Leaf::whole(weights.size(), shape, blocks.front().transposed);
  weights.push_back(
      WeightOp::create(builder, weights.back().getLoc(), joined,
                       builder.getStringAttr(linear.path + "/slin_blocks"),
                       cast<TypedAttr>(attribute)));
  return leaf;
}

Value LinearOperators::makeStructured(const onnx::Linear &linear) {
  for (Value weight : linear.weights)
    if (!computed.contains(weight))
      recordElementsType(weight);
  SmallVector<Attribute> parts{builder.getStringAttr(linear.term->print()),
                               builder.getF64FloatAttr(linear.scale)};
  for (Value weight : linear.weights)
    parts.push_back(builder.getIndexAttr(
        reinterpret_cast<uintptr_t>(weight.getAsOpaquePointer())));
  Value &known = operators[builder.getArrayAttr(parts)];
  if (known)
    return known;
  OpBuilder::InsertionGuard guard(builder);
  Value last;
  for (Value weight : linear.weights)
    if (!computed.contains(weight) &&
        (!last ||
         (last.getDefiningOp()->getBlock() ==
              weight.getDefiningOp()->getBlock() &&
          last.getDefiningOp()->isBeforeInBlock(weight.getDefiningOp()))))
      last = weight;
  if (last)
    builder.setInsertionPointAfterValue(last);
  else
    builder.setInsertionPointToStart(linear.node->getBlock());
  Location location = linear.node->getLoc();
  if (last)
    location = last.getLoc();
  SmallVector<Value> weights = viewWeights(linear);
  term::Term term =
      term::joinBlocks(*linear.term, [&](ArrayRef<term::Leaf> blocks) {
        return joinBlocks(linear, blocks, weights);
      });
  known = makeOperatorOf(builder, location, term, weights,
                         cast<FloatType>(linear.elementType));
  if (linear.scale != 1.0)
    known = ScaleOp::create(builder, location, known.getType(), known,
                            builder.getF64FloatAttr(linear.scale));
  return known;
}

/// The numbers of a bias of `size` features, which is one number or as many;
/// zeros without one.
static LogicalResult appendBias(const onnx::BiasPart &part,
                                std::vector<double> &numbers) {
  size_t begin = numbers.size();
  numbers.resize(begin + part.size, 0.0);
  if (!part.value)
    return success();
  std::string reason;
  auto weight = part.value.getDefiningOp<weights::WeightOpInterface>();
  FailureOr<weights::Elements> elements = weight.getElements(reason);
  if (failed(elements))
    return failure();
  std::vector<double> own(elements->type.getNumElements());
  if (failed(weights::toDoubles(*elements, own, reason)))
    return failure();
  for (int64_t i = 0; i < part.size; ++i)
    numbers[begin + i] = part.scale * own[own.size() == 1 ? 0 : i];
  return success();
}

/// The bias as `apply` adds it: scaled, those of joined linears one behind the
/// other, and in the element type of the result.
Value LinearOperators::makeBias(const onnx::Linear &linear) {
  if (!linear.bias)
    return {};
  recordElementsType(linear.bias);
  auto type = cast<ShapedType>(linear.bias.getType());
  SmallVector<onnx::BiasPart, 0> parts = linear.biasParts;
  SmallVector<int64_t> shape{linear.out};
  if (parts.empty()) {
    if (linear.biasScale == 1.0 && type.getElementType() == linear.elementType)
      return linear.bias;
    parts.push_back({linear.bias, linear.biasScale, type.getNumElements()});
    shape.assign(type.getShape().begin(), type.getShape().end());
  }
  std::vector<double> values;
  for (const onnx::BiasPart &part : parts) {
    if (part.value)
      recordElementsType(part.value);
    if (failed(appendBias(part, values)))
      return linear.bias;
  }
  auto scaled = RankedTensorType::get(shape, linear.elementType);
  ElementsAttr attribute = weights::makeWeight(
      scaled,
      weights::fromDoubles(cast<FloatType>(linear.elementType), values));
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointAfterValue(linear.bias);
  return WeightOp::create(builder, linear.bias.getLoc(), scaled,
                          builder.getStringAttr(linear.path + "/slin_bias"),
                          cast<TypedAttr>(attribute));
}

ApplyOp LinearOperators::makeApply(OpBuilder &at, const onnx::Linear &linear,
                                   Block &block) {
  auto apply = ApplyOp::create(
      at, linear.node->getLoc(), linear.output.getType(), get(linear),
      visibleIn(&block, linear.input), makeBias(linear),
      at.getStringAttr(linear.path),
      linear.role.empty() ? StringAttr() : at.getStringAttr(linear.role),
      at.getStringAttr(onnx::nameOf(linear.input)), DictionaryAttr());
  apply->setAttr(kOutputName, at.getStringAttr(onnx::nameOf(linear.output)));
  apply->setAttr(onnx::names::kIndex,
                 linear.node->getAttr(onnx::names::kIndex));
  return apply;
}
