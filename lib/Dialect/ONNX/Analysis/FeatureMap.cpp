//===- FeatureMap.cpp - Nodes that map features affinely ------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One reader per operator; what they have in common is that features lie on the
// last axis, or are brought there and back by the shape nodes around.
//
//===----------------------------------------------------------------------===//

#include "FeaturePlacement.h"
#include "ShapeProbe.h"

#include "slin/Dialect/ONNX/Analysis/Constants.h"
#include "slin/Dialect/ONNX/Analysis/FeatureMap.h"
#include "slin/Dialect/ONNX/Analysis/Pointwise.h"
#include "slin/Dialect/ONNX/Analysis/ValueShape.h"
#include "slin/Dialect/ONNX/IR/ONNXOps.h"

#include <cmath>

using namespace mlir;
using namespace slin;
using namespace slin::onnx;
using term::Term;

//===----------------------------------------------------------------------===//
// Constants and types
//===----------------------------------------------------------------------===//

std::optional<std::vector<double>>
slin::onnx::featureNumbers(Value constant, Value data, int64_t features,
                           int64_t fromRight) {
  std::optional<SmallTensor> tensor = evaluateSmallTensor(constant);
  auto shape = shapeOf(data);
  if (!tensor ||
      !addsNoAxes(tensor->shape,
                  shape ? *shape : SmallVector<int64_t>{features}, fromRight))
    return std::nullopt;
  return numbersAlongAxis(tensor->shape, tensor->numbers, features, fromRight);
}

Type slin::onnx::elementTypeOf(Value value) {
  for (int depth = 0; depth < 64; ++depth) {
    if (auto tensor = dyn_cast<ShapedType>(value.getType()))
      return tensor.getElementType();
    Operation *node = value.getDefiningOp();
    if (auto weight = dyn_cast_or_null<weights::WeightOpInterface>(node))
      return weight.getWeight() ? weight.getWeight().getElementType() : Type();
    if (!node || node->getNumOperands() == 0 ||
        isa<CastOp, ShapeOp, EqualOp, LessOp, NotOp, ConstantOfShapeOp>(node))
      return {};
    // Of a product the weight's type is known first.
    bool second = isa<MatMulOp, GemmOp, ConvOp, WhereOp>(node);
    value = node->getOperand(second && node->getNumOperands() > 1 ? 1 : 0);
  }
  return {};
}

bool slin::onnx::differsByFeature(Operation *node) {
  if (!isPointwise(node))
    return false;
  return llvm::any_of(pointwiseOperands(node), [](Value operand) {
    if (!isConstant(operand) || isa<NoneOp>(operand.getDefiningOp()))
      return isa_and_nonnull<ScatterNDOp>(operand.getDefiningOp());
    auto scalar = scalarConstant(operand);
    return !scalar || !scalar->uniform;
  });
}

namespace {
/// Reads one node.
class MapReader {
public:
  MapReader(Operation *node, std::string &reason)
      : node(node), reason(reason) {}
  SmallVector<FeatureMap, 1> read();

private:
  std::optional<FeatureMap> start(Value input, Value output);
  bool readBatchNorm();
  bool appendNorms(FeatureMap &map, ArrayRef<Operation *> norms);
  bool readSequencePart();
  bool readScatteredRows();
  bool readScaled(bool divides);
  bool readShifted(bool subtracts);
  bool readSum(bool subtracts);
  bool readSlice();
  bool readSplit();
  bool readGather();
  bool readConcat();
  bool readWhere();
  bool readScatter();
  bool finish(FeatureMap map);
  Term vector(FeatureMap &map, std::vector<double> numbers);
  bool isLastAxis(int64_t axis, Value value);

  Operation *node;
  std::string &reason;
  SmallVector<FeatureMap, 1> maps;
};
} // namespace

//===----------------------------------------------------------------------===//
// Pieces
//===----------------------------------------------------------------------===//

std::optional<FeatureMap> MapReader::start(Value input, Value output) {
  auto type = dyn_cast_or_null<FloatType>(elementTypeOf(input));
  if (!type)
    return std::nullopt;
  FeatureMap map;
  map.node = node;
  map.output = output;
  map.elementType = type;
  map.nodes.push_back(node);
  return map;
}

/// diag(numbers); a constant times the identity where all are the same.
Term MapReader::vector(FeatureMap &map, std::vector<double> numbers) {
  if (llvm::all_equal(numbers) && std::isfinite(numbers.front()))
    return Term::splat(numbers.size(), numbers.front());
  unsigned id = map.vectors.size();
  int64_t size = numbers.size();
  map.vectors.push_back(std::move(numbers));
  return *Term::diagonal(term::Leaf::whole(id, {size}));
}

bool MapReader::finish(FeatureMap map) {
  map.out = map.parts.front().term.rows();
  auto finite = [](const std::vector<double> &numbers) {
    return llvm::all_of(numbers, [](double x) { return std::isfinite(x); });
  };
  if (!finite(map.bias) || !llvm::all_of(map.vectors, finite)) {
    reason = "its constants are not finite";
    return false;
  }
  maps.push_back(std::move(map));
  return true;
}

bool MapReader::isLastAxis(int64_t axis, Value value) {
  std::optional<int64_t> rank = rankOf(value);
  return axis == -1 || (rank && axis == *rank - 1);
}

/// Features `[offset, offset + size)` of `width`.
static Term sliceTerm(int64_t width, int64_t offset, int64_t size) {
  return *Term::identity(width).sliceRows(offset, size);
}

//===----------------------------------------------------------------------===//
// Scales and shifts
//===----------------------------------------------------------------------===//

/// The slopes and shifts of a BatchNormalization with running statistics,
/// y = γ (x - μ) / √(v + ε) + β (RePaViT, 2505.21847: s = γ / √(v + ε),
/// t = β - μ s).
static std::optional<std::pair<std::vector<double>, std::vector<double>>>
normOf(Operation *node, std::string &reason) {
  if (numberAttribute(node, "training_mode", 0) != 0) {
    reason = "training_mode = 1: its statistics are those of the batch";
    return std::nullopt;
  }
  if (llvm::any_of(node->getResults().drop_front(),
                   [](Value result) { return !result.use_empty(); })) {
    reason = "it computes statistics";
    return std::nullopt;
  }
  std::optional<SmallTensor> scale = evaluateSmallTensor(node->getOperand(1));
  if (!scale || scale->shape.size() != 1) {
    reason = "its scale is no constant";
    return std::nullopt;
  }
  int64_t features = scale->shape[0];
  std::vector<double> numbers[4];
  for (unsigned i = 0; i < 4; ++i) {
    auto read = evaluateSmallTensor(node->getOperand(i + 1));
    if (!read || read->shape != scale->shape) {
      reason = "its statistics are no constants";
      return std::nullopt;
    }
    numbers[i] = std::move(read->numbers);
  }
  // The default is the float nearest to 1e-5, as any stored one is.
  double epsilon = numberAttribute(node, "epsilon", 1e-5f);
  std::vector<double> slopes(features), shifts(features);
  for (int64_t i = 0; i < features; ++i) {
    slopes[i] = numbers[0][i] / std::sqrt(numbers[3][i] + epsilon);
    shifts[i] = numbers[1][i] - numbers[2][i] * slopes[i];
  }
  return std::pair(std::move(slopes), std::move(shifts));
}

/// The map of the node, then those of batch norms behind it.
bool MapReader::appendNorms(FeatureMap &map, ArrayRef<Operation *> norms) {
  for (Operation *norm : norms) {
    auto numbers = normOf(norm, reason);
    if (!numbers)
      return false;
    auto &[slopes, shifts] = *numbers;
    map.bias.resize(slopes.size());
    for (auto [bias, slope, shift] : llvm::zip(map.bias, slopes, shifts))
      bias = slope * bias + shift;
    Term scale = vector(map, std::move(slopes));
    for (FeatureMap::Part &part : map.parts) {
      auto scaled = Term::compose({scale, part.term});
      if (!scaled)
        return false;
      part.term = *scaled;
    }
  }
  return true;
}

bool MapReader::readBatchNorm() {
  auto numbers = normOf(node, reason);
  if (!numbers)
    return false;
  int64_t features = numbers->first.size();
  std::optional<FeaturePlacement> placed =
      placeOnLastAxis(node, features, /*axis=*/1);
  if (!placed) {
    reason = "its features do not lie on the last axis before and after it";
    return false;
  }
  auto map = start(placed->source, placed->output);
  if (!map)
    return false;
  map->nodes = placed->nodes;
  map->bias = std::move(numbers->second);
  map->parts.push_back(
      {placed->source, vector(*map, std::move(numbers->first))});
  return appendNorms(*map, placed->norms) && finish(std::move(*map));
}

/// The operand that is no constant and the one that is.
static std::optional<std::pair<Value, Value>> dataAndConstant(Operation *node) {
  if (node->getNumOperands() != 2)
    return std::nullopt;
  Value a = node->getOperand(0), b = node->getOperand(1);
  bool left = isConstant(a), right = isConstant(b);
  if (left == right)
    return std::nullopt;
  return left ? std::pair(b, a) : std::pair(a, b);
}

bool MapReader::readScaled(bool divides) {
  auto operands = dataAndConstant(node);
  if (!operands || (divides && operands->second == node->getOperand(0)))
    return false;
  auto features = lastDimensionOf(operands->first);
  auto map = start(operands->first, node->getResult(0));
  if (!features || !map)
    return false;
  auto numbers = featureNumbers(operands->second, operands->first, *features);
  if (!numbers) {
    reason = "it multiplies by a constant that differs from token to token";
    return false;
  }
  if (divides)
    for (double &number : *numbers)
      number = 1.0 / number;
  map->parts.push_back({operands->first, vector(*map, std::move(*numbers))});
  return finish(std::move(*map));
}

bool MapReader::readShifted(bool subtracts) {
  auto operands = dataAndConstant(node);
  if (!operands)
    return false;
  auto features = lastDimensionOf(operands->first);
  auto map = start(operands->first, node->getResult(0));
  if (!features || !map)
    return false;
  auto numbers = featureNumbers(operands->second, operands->first, *features);
  if (!numbers) {
    reason = "it adds a constant that differs from token to token";
    return false;
  }
  double sign = 1.0;
  if (subtracts && operands->first == node->getOperand(0))
    for (double &number : *numbers)
      number = -number;
  else if (subtracts)
    sign = -1.0;
  map->bias = std::move(*numbers);
  map->parts.push_back({operands->first, Term::splat(*features, sign)});
  return finish(std::move(*map));
}

bool MapReader::readSum(bool subtracts) {
  std::optional<int64_t> features;
  for (Value operand : node->getOperands()) {
    std::optional<int64_t> size = lastDimensionOf(operand);
    if (!size || (features && *features != *size))
      return false;
    features = size;
  }
  auto map = start(node->getOperand(0), node->getResult(0));
  if (!features || !map || node->getNumOperands() < 2)
    return false;
  for (auto [index, operand] : llvm::enumerate(node->getOperands()))
    map->parts.push_back(
        {operand, Term::splat(*features, subtracts && index ? -1.0 : 1.0)});
  return finish(std::move(*map));
}

//===----------------------------------------------------------------------===//
// Selections
//===----------------------------------------------------------------------===//

/// Slices of the last axis with steps of one.
bool MapReader::readSlice() {
  Value data = node->getOperand(0);
  auto features = lastDimensionOf(data);
  auto starts = probedIntegers(node, "starts", 1),
       ends = probedIntegers(node, "ends", 2);
  auto axes = probedIntegers(node, "axes", 3),
       steps = probedIntegers(node, "steps", 4);
  if (!features || !starts || !ends || starts->size() != 1 || !axes ||
      axes->size() != 1 || !isLastAxis(axes->front(), data) ||
      (steps && *steps != SmallVector<int64_t>{1}))
    return false;
  auto clamp = [&](int64_t place) {
    return std::clamp<int64_t>(place < 0 ? place + *features : place, 0,
                               *features);
  };
  int64_t first = clamp(starts->front()), last = clamp(ends->front());
  auto map = start(data, node->getResult(0));
  if (!map || first >= last)
    return false;
  map->parts.push_back({data, sliceTerm(*features, first, last - first)});
  return finish(std::move(*map));
}

bool MapReader::readSplit() {
  Value data = node->getOperand(0);
  auto features = lastDimensionOf(data);
  int64_t axis = int64_t(numberAttribute(node, "axis", 0));
  if (!features || !isLastAxis(axis, data))
    return false;
  int64_t count = node->getNumResults();
  SmallVector<int64_t> sizes;
  if (auto given = probedIntegers(node, "split", 1))
    sizes = *given;
  else if (!presentInput(node, 1))
    // Equal parts; the last one takes less where they do not divide.
    for (int64_t i = 0, each = llvm::divideCeil(*features, count); i < count;
         ++i)
      sizes.push_back(std::min(each, *features - i * each));
  int64_t offset = 0;
  if (int64_t(sizes.size()) != count)
    return false;
  for (auto [result, size] : llvm::zip(node->getResults(), sizes)) {
    auto map = start(data, result);
    if (!map || size < 1 || offset + size > *features)
      return false;
    map->nodes.clear();
    map->parts.push_back({data, sliceTerm(*features, offset, size)});
    offset += size;
    if (!finish(std::move(*map)))
      return false;
  }
  return true;
}

/// The part of a SplitToSequence that a SequenceAt takes.
bool MapReader::readSequencePart() {
  Operation *split = node->getOperand(0).getDefiningOp();
  if (operatorName(split) != "SplitToSequence" ||
      split->getNumOperands() != 2 || node->getNumOperands() != 2)
    return false;
  Value data = split->getOperand(0);
  auto features = lastDimensionOf(data);
  auto index = probedIntegers(node, "", 1),
       sizes = probedIntegers(split, "", 1);
  if (!features || !index || index->size() != 1 || !sizes ||
      !isLastAxis(int64_t(numberAttribute(split, "axis", 0)), data))
    return false;
  // One number cuts into equal parts.
  int64_t place = index->front(), offset = 0;
  if (sizes->size() == 1 && place >= 0)
    sizes->assign(place + 1, sizes->front());
  if (place < 0 || place >= int64_t(sizes->size()))
    return false;
  for (int64_t size : ArrayRef(*sizes).take_front(place))
    offset += size;
  int64_t size = std::min((*sizes)[place], *features - offset);
  auto map = start(data, node->getResult(0));
  if (!map || size < 1)
    return false;
  map->parts.push_back({data, sliceTerm(*features, offset, size)});
  return finish(std::move(*map));
}

/// Features in an order that a constant gives, each at most once.
bool MapReader::readGather() {
  Value data = node->getOperand(0);
  auto indices = evaluateSmallTensor(node->getOperand(1));
  int64_t axis = int64_t(numberAttribute(node, "axis", 0));
  // GatherND with indices of one number picks along the first axis.
  if (isa<GatherNDOp>(node)) {
    if (!indices || indices->shape.size() != 2 || indices->shape[1] != 1 ||
        numberAttribute(node, "batch_dims", 0) != 0)
      return false;
    indices->shape.pop_back();
    axis = 0;
  }
  if (!indices || indices->shape.size() != 1)
    return false;
  int64_t kept = indices->shape[0];
  auto features = lastDimensionOf(data);
  std::optional<FeaturePlacement> placed;
  if (!isLastAxis(axis, data)) {
    // Elsewhere only where all features come back.
    features = kept;
    placed = placeOnLastAxis(node, kept, axis);
    if (!placed)
      return false;
    data = placed->source;
  }
  if (!features)
    return false;
  std::vector<int64_t> order;
  llvm::BitVector rest(*features, true);
  for (double number : indices->numbers) {
    int64_t index = int64_t(number) + (number < 0 ? *features : 0);
    if (index < 0 || index >= *features || !rest[index]) {
      reason = "it reads a feature more than once";
      return false;
    }
    rest.reset(index);
    order.push_back(index);
  }
  llvm::append_range(order, rest.set_bits());
  auto permutation = term::Permutation::fromIndices(std::move(order), reason);
  auto map = start(data, placed ? placed->output : node->getResult(0));
  if (!permutation || !map || kept == 0)
    return false;
  map->parts.push_back(
      {data, *Term::permutation(*permutation).sliceRows(0, kept)});
  if (placed)
    map->nodes = placed->nodes;
  return (!placed || appendNorms(*map, placed->norms)) &&
         finish(std::move(*map));
}

bool MapReader::readConcat() {
  SmallVector<int64_t> sizes;
  int64_t width = 0;
  for (Value operand : node->getOperands()) {
    auto size = lastDimensionOf(operand);
    if (!size || isConstant(operand))
      return false;
    sizes.push_back(*size);
    width += *size;
  }
  if (sizes.size() < 2 || !isLastAxis(int64_t(numberAttribute(node, "axis", 0)),
                                      node->getOperand(0)))
    return false;
  auto map = start(node->getOperand(0), node->getResult(0));
  if (!map || width == 0)
    return false;
  int64_t offset = 0;
  for (auto [operand, size] : llvm::zip(node->getOperands(), sizes)) {
    if (size == 0)
      continue;
    map->parts.push_back({operand, sliceTerm(width, offset, size).transpose()});
    offset += size;
  }
  return finish(std::move(*map));
}

/// A choice between two values by a mask of the features.
bool MapReader::readWhere() {
  Value yes = node->getOperand(1), no = node->getOperand(2);
  auto features = lastDimensionOf(yes);
  if (!features || lastDimensionOf(no) != features || isConstant(yes) ||
      isConstant(no))
    return false;
  auto mask = channelMask(node->getOperand(0), *features, yes, no);
  if (!mask) {
    reason = "its mask may differ from token to token";
    return false;
  }
  std::vector<double> rest;
  for (double bit : *mask)
    rest.push_back(bit ? 0.0 : 1.0);
  auto map = start(yes, node->getResult(0));
  if (!map)
    return false;
  map->parts.push_back({yes, vector(*map, std::move(*mask))});
  map->parts.push_back({no, vector(*map, std::move(rest))});
  return finish(std::move(*map));
}

/// Features on the first axis, written over others there.
bool MapReader::readScatteredRows() {
  auto rows = scatteredRows(node);
  Operation *before = transposeToAxis(node->getOperand(0), 0),
            *updates = transposeToAxis(node->getOperand(2), 0);
  auto features = before ? lastDimensionOf(before->getOperand(0))
                         : std::optional<int64_t>();
  if (!rows || !updates || !features ||
      cast<TransposeOp>(before).getPerm() !=
          cast<TransposeOp>(updates).getPerm() ||
      rows->offset + rows->size > *features ||
      lastDimensionOf(updates->getOperand(0)) != rows->size)
    return false;
  auto placed = placeOnLastAxis(node, *features, /*axis=*/0);
  if (!placed || placed->source != before->getOperand(0))
    return false;
  auto map = start(placed->source, placed->output);
  if (!map)
    return false;
  map->nodes = placed->nodes;
  if (updates->hasOneUse())
    map->nodes.push_back(updates);
  std::vector<double> kept(*features, 1.0);
  std::fill_n(kept.begin() + rows->offset, rows->size, 0.0);
  map->parts.push_back(
      {updates->getOperand(0),
       sliceTerm(*features, rows->offset, rows->size).transpose()});
  map->parts.push_back({placed->source, vector(*map, std::move(kept))});
  return appendNorms(*map, placed->norms) && finish(std::move(*map));
}

/// Features written over others at places that depend on shapes alone.
bool MapReader::readScatter() {
  auto written = scatteredFeatures(node);
  if (!written)
    return readScatteredRows();
  Value data = node->getOperand(0);
  auto map = start(data, node->getResult(0));
  if (!map)
    return false;
  std::vector<double> kept(written->features, 1.0);
  std::fill_n(kept.begin() + written->offset, written->size, 0.0);
  map->parts.push_back(
      {written->updates,
       sliceTerm(written->features, written->offset, written->size)
           .transpose()});
  map->parts.push_back({data, vector(*map, std::move(kept))});
  return finish(std::move(*map));
}

//===----------------------------------------------------------------------===//
// The table
//===----------------------------------------------------------------------===//

SmallVector<FeatureMap, 1> MapReader::read() {
  if (node->getNumOperands() == 0)
    return {};
  bool found = false;
  if (operatorName(node) == "BatchNormalization")
    found = readBatchNorm();
  else if (isa<MulOp, DivOp>(node))
    found = readScaled(isa<DivOp>(node));
  else if (isa<AddOp, SubOp, SumOp>(node))
    found = readShifted(isa<SubOp>(node)) ||
            (reason.empty() && readSum(isa<SubOp>(node)));
  else if (isa<SliceOp>(node))
    found = readSlice();
  else if (isa<SplitOp>(node))
    found = readSplit();
  else if (isa<GatherOp, GatherNDOp>(node) && node->getNumOperands() == 2)
    found = readGather();
  else if (operatorName(node) == "SequenceAt")
    found = readSequencePart();
  else if (isa<ConcatOp>(node))
    found = readConcat();
  else if (isa<WhereOp>(node))
    found = readWhere();
  else if (isa<ScatterNDOp>(node))
    found = readScatter();
  return found ? std::move(maps) : SmallVector<FeatureMap, 1>();
}

SmallVector<FeatureMap, 1> slin::onnx::findFeatureMaps(Operation *node,
                                                       std::string &reason) {
  return MapReader(node, reason).read();
}
