//===- ChannelsLast.cpp - Channels of images become the last axis ---------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A 1x1 convolution is a product of channels with a matrix; exact rewrites of
// linears know features on the last axis (RePaViT in PoolFormer, 2505.21847).
// Nodes keep what they compute with, element for element, so that nothing is
// rounded here.
//
//===----------------------------------------------------------------------===//

#include "ChannelRegions.h"
#include "NodeWriter.h"

#include "slin/Dialect/ONNX/Analysis/ConstantView.h"
#include "slin/Dialect/ONNX/Analysis/Constants.h"
#include "slin/Dialect/ONNX/Transforms/Passes.h"

#include "mlir/IR/Remarks.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/Sequence.h"
#include "llvm/ADT/SetVector.h"

namespace slin::onnx {
#define GEN_PASS_DEF_CHANNELSLAST
#include "slin/Dialect/ONNX/Transforms/Passes.h.inc"
} // namespace slin::onnx

using namespace mlir;
using namespace slin::onnx;

static constexpr StringLiteral kCategory = "onnx-channels-last";

/// Convolutions of one group become products. Those of several stay what they
/// are, as norms do: raising sees blocks in them.
static bool isProduct(Operation *node) {
  return isa<ConvOp>(node) && numberAttribute(node, "group", 1) == 1;
}

namespace {
/// Rewrites one region.
class RegionWriter {
public:
  RegionWriter(const ChannelRegion &region, NodeWriter &writer);
  LogicalResult run(std::string &reason);
  /// How many values were transposed at the ends of the region.
  unsigned entered = 0, left = 0;

private:
  Value enter(Value value, Operation *reader);
  void leave(Operation *node, unsigned index, Value now);
  LogicalResult readConstants(std::string &reason);
  Value constant(Value value, Operation *reader);
  void writeConvolution(Operation *node);
  void writeBetweenTransposes(Operation *node);
  void writeInPlace(Operation *node);
  void moveAxis(Operation *node);
  Value transpose(Value value, StringRef name, ArrayRef<int64_t> permutation);
  bool isOutside(OpOperand &use) {
    return !members.contains(use.getOwner()) && !own.contains(use.getOwner());
  }

  /// One constant may be read in several ways.
  enum class Use { Matrix, Part, Broadcast };
  static Use useOf(Operation *reader) {
    return isProduct(reader)       ? Use::Matrix
           : isa<ConcatOp>(reader) ? Use::Part
                                   : Use::Broadcast;
  }
  struct Stored {
    SmallVector<int64_t> shape;
    Type elementType;
    std::vector<char> bytes;
    Value written;
  };
  const ChannelRegion &region;
  NodeWriter &writer;
  SmallVector<int64_t> toLast, toFirst;
  llvm::SmallPtrSet<Operation *, 32> members, own;
  /// What values with channels on axis 1 are with channels on the last one.
  llvm::DenseMap<Value, Value> last;
  llvm::MapVector<std::pair<Value, Use>, Stored> constants;
};

struct ChannelsLastPass final
    : slin::onnx::impl::ChannelsLastBase<ChannelsLastPass> {
  using ChannelsLastBase::ChannelsLastBase;
  void runOnOperation() override;
};
} // namespace

RegionWriter::RegionWriter(const ChannelRegion &region, NodeWriter &writer)
    : region(region), writer(writer),
      members(region.nodes.begin(), region.nodes.end()) {
  int64_t rank = region.rank;
  toLast = {0};
  llvm::append_range(toLast, llvm::seq<int64_t>(2, rank));
  toLast.push_back(1);
  toFirst = {0, rank - 1};
  llvm::append_range(toFirst, llvm::seq<int64_t>(1, rank - 1));
}

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

/// [out, in, 1, …] as [in, out].
static ConstantView matrixOf(ConstantView weight) {
  while (weight.rank() > 2)
    weight = weight.select(2, 0);
  return weight.transpose({1, 0});
}

/// A constant that is broadcast with values of `permutation.size()` axes, with
/// its axes in their new order. Only a whole one keeps ones on the left.
static ConstantView permuted(const ConstantView &view,
                             ArrayRef<int64_t> permutation, bool whole,
                             SmallVectorImpl<int64_t> &shape) {
  int64_t missing = int64_t(permutation.size()) - view.rank();
  SmallVector<int64_t> order;
  for (int64_t place : permutation) {
    shape.push_back(place < missing ? 1 : view.size(place - missing));
    if (place >= missing)
      order.push_back(place - missing);
  }
  auto first = llvm::find_if(shape, [](int64_t size) { return size != 1; });
  if (!whole && first != shape.end())
    shape.erase(shape.begin(), first);
  return view.transpose(order);
}

/// Reads all constants before anything is written: reading a file may fail.
LogicalResult RegionWriter::readConstants(std::string &reason) {
  auto read = [&](Operation *reader, Value value, const ConstantView &view,
                  ArrayRef<int64_t> shape) {
    Stored &stored = constants[{value, useOf(reader)}];
    stored.shape.assign(shape.begin(), shape.end());
    stored.elementType = view.getElementType();
    stored.bytes.clear();
    return view.append(stored.bytes, reason);
  };
  for (Operation *node : region.nodes) {
    if (isProduct(node)) {
      Value weight = node->getOperand(1);
      ConstantView matrix = matrixOf(*ConstantView::of(weight));
      if (failed(read(node, weight, matrix, matrix.getSizes())))
        return failure();
      continue;
    }
    for (auto [index, operand] : llvm::enumerate(node->getOperands())) {
      if (channelOperand(node, index) != ChannelOperand::Constant)
        continue;
      SmallVector<int64_t> shape;
      ConstantView view = permuted(*ConstantView::of(operand), toLast,
                                   isa<ConcatOp>(node), shape);
      if (failed(read(node, operand, view, shape)))
        return failure();
    }
  }
  return success();
}

Value RegionWriter::constant(Value value, Operation *reader) {
  Stored &stored = constants[{value, useOf(reader)}];
  if (!stored.written) {
    auto type = RankedTensorType::get(stored.shape, stored.elementType);
    stored.written = writer.weight(isProduct(reader) ? "slin_w" : "slin_c",
                                   type, stored.bytes);
  }
  return stored.written;
}

//===----------------------------------------------------------------------===//
// The ends of the region
//===----------------------------------------------------------------------===//

Value RegionWriter::transpose(Value value, StringRef name,
                              ArrayRef<int64_t> permutation) {
  OpBuilder &builder = writer.getBuilder();
  Value result = writer.node<TransposeOp>(
      name, value,
      builder.getNamedAttr("perm", builder.getDenseI64ArrayAttr(permutation)));
  own.insert(result.getDefiningOp());
  return result;
}

static bool isTranspose(Operation *node, ArrayRef<int64_t> permutation) {
  auto transpose = dyn_cast_or_null<TransposeOp>(node);
  return transpose && transpose.getPerm() == permutation;
}

/// What `value` is inside of the region.
Value RegionWriter::enter(Value value, Operation *reader) {
  Value &known = last[value];
  if (known)
    return known;
  if (isTranspose(value.getDefiningOp(), toFirst))
    return known = value.getDefiningOp()->getOperand(0);
  ++entered;
  return known = transpose(value, "slin_channels_last", toLast);
}

/// Result `index` of `node` is `now` from here on. Outside of the region it
/// keeps its name, its type and the order of its axes.
void RegionWriter::leave(Operation *node, unsigned index, Value now) {
  Value before = node->getResult(index);
  last[before] = now;
  std::string name = nameOf(before);
  auto writes = cast<NodeOpInterface>(now.getDefiningOp());
  unsigned place = cast<OpResult>(now).getResultNumber();
  if (llvm::none_of(before.getUses(),
                    [&](OpOperand &use) { return isOutside(use); })) {
    if (isProduct(node))
      writes.setOutputName(place, name);
    else if (now == before)
      now.setType(UnknownType::get(now.getContext()));
    return;
  }
  ++left;
  writer.setPlace(now.getDefiningOp()->getNextNode(), pathOf(node));
  Value outside = transpose(now, "slin_channels_first", toFirst);
  outside.setType(before.getType());
  before.replaceUsesWithIf(outside,
                           [&](OpOperand &use) { return isOutside(use); });
  if (!isProduct(node))
    cast<NodeOpInterface>(node).setOutputName(
        index, writer.unique(name + "_channels_last"));
  if (now == before)
    now.setType(UnknownType::get(now.getContext()));
  cast<NodeOpInterface>(outside.getDefiningOp()).setOutputName(0, name);
}

//===----------------------------------------------------------------------===//
// Nodes
//===----------------------------------------------------------------------===//

void RegionWriter::writeConvolution(Operation *node) {
  writer.setPlace(node, pathOf(node));
  Value data = enter(node->getOperand(0), node);
  Value matrix = constant(node->getOperand(1), node);
  Value now = writer.node<MatMulOp>("slin_product", {data, matrix});
  // The product is what the convolution was: plans know it by its name.
  auto product = cast<NodeOpInterface>(now.getDefiningOp());
  std::string output = product.getOutputName(0);
  if (StringAttr name = cast<NodeOpInterface>(node).getNodeNameAttr())
    product.setNodeName(name);
  product.setOutputName(0, output);
  own.insert(product);
  if (Value bias = presentInput(node, 2)) {
    now = writer.node<AddOp>("slin_bias_add", {now, bias});
    own.insert(now.getDefiningOp());
  }
  leave(node, 0, now);
}

/// The operator has its channels on axis 1, whatever is around it: one
/// Transpose before and one behind it, which raising folds with it.
void RegionWriter::writeBetweenTransposes(Operation *node) {
  std::string path = pathOf(node);
  writer.setPlace(node, path);
  Value data = enter(node->getOperand(0), node);
  node->setOperand(0, transpose(data, "slin_channels_first", toFirst));
  writer.setPlace(node->getNextNode(), path);
  leave(node, 0, transpose(node->getResult(0), "slin_channels_last", toLast));
}

/// The axis of Split, Slice, Gather and Concat.
void RegionWriter::moveAxis(Operation *node) {
  OpBuilder &builder = writer.getBuilder();
  // Older operators count axes from the left.
  int64_t axis = opsetOf(node, "") >= 11 ? -1 : region.rank - 1;
  if (isa<SplitOp, GatherOp, ConcatOp>(node))
    node->setAttr("axis", builder.getI64IntegerAttr(axis));
  if (!isa<SliceOp>(node))
    return;
  Value axes = presentInput(node, 3);
  if (!axes) {
    node->setAttr("axes", builder.getDenseI64ArrayAttr({axis}));
    return;
  }
  // All lists of a Slice have one type.
  Type element = builder.getI64Type();
  if (auto view = ConstantView::of(axes))
    element = view->getElementType();
  auto type = RankedTensorType::get({1}, element);
  auto elements =
      DenseElementsAttr::get(type, builder.getIntegerAttr(element, axis));
  node->setOperand(3, writer.constant("slin_axis", elements));
}

void RegionWriter::writeInPlace(Operation *node) {
  writer.setPlace(node, pathOf(node));
  SmallVector<Value> operands;
  for (auto [index, operand] : llvm::enumerate(node->getOperands())) {
    ChannelOperand role = channelOperand(node, index);
    Value inside = last.lookup(operand);
    if (role == ChannelOperand::Data)
      inside = enter(operand, node);
    else if (role == ChannelOperand::Constant)
      inside = constant(operand, node);
    operands.push_back(inside ? inside : operand);
  }
  node->setOperands(operands);
  moveAxis(node);
  for (unsigned i = 0, e = node->getNumResults(); i < e; ++i)
    leave(node, i, node->getResult(i));
}

/// Ends constants that nobody reads any more, and Transposes that were undone.
static void eraseSources(SmallVector<Operation *> sources) {
  auto depth = [](Operation *op) {
    unsigned count = 0;
    while ((op = op->getParentOp()))
      ++count;
    return count;
  };
  // One of them may end with another that reads it, which comes later.
  llvm::sort(sources, [&](Operation *a, Operation *b) {
    return a->getBlock() == b->getBlock() ? a->isBeforeInBlock(b)
                                          : depth(a) < depth(b);
  });
  for (Operation *source : sources)
    eraseUnread(source);
}

LogicalResult RegionWriter::run(std::string &reason) {
  if (failed(readConstants(reason)))
    return failure();
  llvm::SetVector<Operation *> sources;
  for (Operation *node : region.nodes) {
    for (Value operand : node->getOperands())
      if (Operation *source = operand.getDefiningOp();
          source && !members.contains(source))
        sources.insert(source);
    if (isProduct(node))
      writeConvolution(node);
    else if (isa<BatchNormalizationOp, ConvOp>(node))
      writeBetweenTransposes(node);
    else
      writeInPlace(node);
  }
  for (Operation *node : llvm::reverse(region.nodes))
    if (isProduct(node))
      node->erase();
  eraseSources(sources.takeVector());
  return success();
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

static remark::RemarkOpts options(StringRef name) {
  return remark::RemarkOpts::name(name).category(kCategory);
}

static bool rewrite(const ChannelRegion &region, NodeWriter &writer) {
  SmallVector<Operation *> convolutions;
  for (Operation *node : region.nodes)
    if (isa<ConvOp>(node))
      convolutions.push_back(node);
  Operation *first = convolutions.front();
  std::string path = pathOf(first), reason;
  Location location = first->getLoc();
  RegionWriter regionWriter(region, writer);
  if (failed(regionWriter.run(reason))) {
    remark::missed(location, options("NotTaken"))
        << "'" + path + "' keeps its channels on axis 1: " + reason;
    return false;
  }
  remark::passed(location, options("ChannelsLast"))
      << "'" + path + "' and " + std::to_string(convolutions.size() - 1) +
             " more 1x1 convolutions are products of the last axis; " +
             std::to_string(regionWriter.entered) + " values enter, " +
             std::to_string(regionWriter.left) + " leave";
  return true;
}

void ChannelsLastPass::runOnOperation() {
  NodeWriter writer(getOperation());
  std::vector<ChannelRegion> regions;
  std::vector<DeclinedConvolution> declined;
  getOperation().walk([&](Block *block) {
    llvm::append_range(regions, findChannelRegions(*block, declined));
  });
  for (const DeclinedConvolution &one : declined)
    remark::missed(one.node->getLoc(), options("NotTaken"))
        << "'" + pathOf(one.node) +
               "' keeps its channels on axis 1: " + one.reason;
  bool changed = false;
  for (const ChannelRegion &region : regions)
    changed |= rewrite(region, writer);
  if (!changed)
    return markAllAnalysesPreserved();
  getOperation()->setAttr(names::kRewritten, UnitAttr::get(&getContext()));
}
