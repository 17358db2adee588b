//===- ChannelRegions.cpp - Nodes that act on each pixel alone ------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Grows from the convolutions over their operands and users. Exporters often
// record no types: that a value has channels on axis 1 follows from the
// convolution, whose weight has the rank of what it reads, and spreads from
// node to node.
//
//===----------------------------------------------------------------------===//

#include "ChannelRegions.h"

#include "slin/Dialect/ONNX/Analysis/ConstantView.h"
#include "slin/Dialect/ONNX/Analysis/Constants.h"
#include "slin/Dialect/ONNX/Analysis/FeatureMap.h"
#include "slin/Dialect/ONNX/Analysis/Pointwise.h"
#include "slin/Dialect/ONNX/Analysis/ValueShape.h"

#include "llvm/ADT/EquivalenceClasses.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace slin::onnx;

/// Before this one, operators broadcast by attributes of their own.
static constexpr int64_t kFirstOpset = 7;

namespace {
class RegionFinder {
public:
  explicit RegionFinder(Block &block) : block(block) {}
  std::vector<ChannelRegion> run(std::vector<DeclinedConvolution> &declined);

private:
  bool accepts(Operation *node, int64_t rank, std::string &reason);
  bool acceptsPointwise(Operation *node, int64_t rank, std::string &reason);
  bool join(Operation *node, int64_t rank);
  void spread(Value value);
  std::optional<int64_t> rankOfValue(Value value);
  std::string whyAlone(ArrayRef<Operation *> nodes);

  Block &block;
  /// Of the values with channels on axis 1.
  llvm::DenseMap<Value, int64_t> ranks;
  llvm::SetVector<Operation *> members;
  /// Nodes beside members, and why they are none.
  llvm::MapVector<Operation *, std::string> rejected;
  /// Values and nodes that hang together.
  llvm::EquivalenceClasses<const void *> connected;
  SmallVector<Value> work;
};
} // namespace

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

static std::optional<int64_t> constantRank(Value constant) {
  if (auto rank = rankOf(constant))
    return rank;
  auto shape = shapeOf(constant);
  return shape ? std::optional<int64_t>(shape->size()) : std::nullopt;
}

static bool isSingleElement(Value constant) {
  if (constantRank(constant) == 0)
    return true;
  std::optional<SmallVector<int64_t>> shape = shapeOf(constant);
  return shape && llvm::all_of(*shape, [](int64_t size) { return size == 1; });
}

ChannelOperand slin::onnx::channelOperand(Operation *node, unsigned index) {
  Value operand = node->getOperand(index);
  if (isa_and_nonnull<NoneOp>(operand.getDefiningOp()))
    return ChannelOperand::Fixed;
  if (!isPointwise(node) && !isa<ConcatOp>(node))
    return index == 0 ? ChannelOperand::Data : ChannelOperand::Fixed;
  if (isPointwise(node) && index >= pointwiseOperands(node).size())
    return ChannelOperand::Fixed;
  if (!isConstant(operand))
    return rankOf(operand) == 0 ? ChannelOperand::Fixed : ChannelOperand::Data;
  return isPointwise(node) && isSingleElement(operand)
             ? ChannelOperand::Fixed
             : ChannelOperand::Constant;
}

static bool isChannelAxis(int64_t axis, int64_t rank) {
  return axis == 1 || axis == 1 - rank;
}

/// Whether all entries of an optional list of the convolution are `value`.
static bool isAll(Operation *node, StringRef name, int64_t value) {
  auto list = dyn_cast_or_null<DenseI64ArrayAttr>(
      cast<NodeOpInterface>(node).getNodeAttributes().get(name));
  return !list || llvm::all_of(list.asArrayRef(),
                               [&](int64_t entry) { return entry == value; });
}

//===----------------------------------------------------------------------===//
// Convolutions
//===----------------------------------------------------------------------===//

/// The rank of what a 1x1 convolution reads.
static std::optional<int64_t> rankOfConvolution(ConvOp node,
                                                std::string &reason) {
  if (node->getNumOperands() < 2 || node->getNumResults() != 1)
    return std::nullopt;
  std::optional<ConstantView> weight = ConstantView::of(node->getOperand(1));
  if (!weight || weight->rank() < 3)
    reason = "its weight is no stored tensor";
  else if (llvm::any_of(weight->getSizes().drop_front(2),
                        [](int64_t size) { return size != 1; }))
    reason = "its kernel spans several pixels";
  else if (int64_t groups = numberAttribute(node, "group", 1);
           groups < 1 || weight->size(0) % groups)
    reason = "its groups do not divide its channels";
  else if (!isAll(node, "strides", 1))
    reason = "its strides leave pixels out";
  else if (!isAll(node, "pads", 0))
    reason = "it pads the image";
  else if (isConstant(node->getOperand(0)))
    reason = "it reads a constant";
  else if (int64_t opset = opsetOf(node, ""); opset && opset < kFirstOpset)
    reason = "opset " + std::to_string(opset) + " broadcasts by attributes";
  else
    return weight->rank();
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Other nodes
//===----------------------------------------------------------------------===//

std::optional<int64_t> RegionFinder::rankOfValue(Value value) {
  if (auto it = ranks.find(value); it != ranks.end())
    return it->second;
  return rankOf(value);
}

bool RegionFinder::acceptsPointwise(Operation *node, int64_t rank,
                                    std::string &reason) {
  int64_t constantRank = 0;
  SmallVector<Value> data;
  for (unsigned i = 0, e = node->getNumOperands(); i < e; ++i) {
    Value operand = node->getOperand(i);
    ChannelOperand role = channelOperand(node, i);
    if (role == ChannelOperand::Data)
      data.push_back(operand);
    if (role != ChannelOperand::Constant)
      continue;
    // Operators of com.microsoft broadcast along the last axis alone.
    std::optional<ConstantView> view = ConstantView::of(operand);
    if (!view || view->rank() > rank ||
        StringRef(operatorName(node)).starts_with("ms.")) {
      reason = view ? "broadcasts a constant of other axes"
                    : "reads a constant that is no stored tensor";
      return false;
    }
    constantRank = std::max(constantRank, view->rank());
  }
  for (Value value : data) {
    std::optional<int64_t> known = rankOfValue(value);
    // The one operand that can have given the result its rank.
    if (!known && data.size() == 1 && constantRank < rank &&
        ranks.lookup(node->getResult(0)) == rank)
      known = rank;
    if (known != rank) {
      reason = known ? "reads a value of another rank"
                     : "reads a value whose rank is not known";
      return false;
    }
  }
  reason = "does not act on each pixel alone";
  return !data.empty();
}

bool RegionFinder::accepts(Operation *node, int64_t rank, std::string &reason) {
  reason = "does not act on each pixel alone";
  if (node->getNumRegions() || node->getNumOperands() == 0 ||
      node->getNumResults() == 0)
    return false;
  if (!isa<SplitOp>(node) &&
      llvm::any_of(node->getResults().drop_front(),
                   [](Value result) { return !result.use_empty(); })) {
    reason = "has further results";
    return false;
  }
  if (isa<BatchNormalizationOp>(node)) {
    reason = "computes the statistics of its batch";
    return numberAttribute(node, "training_mode", 0) == 0;
  }
  if (isa<DropoutOp>(node) && presentInput(node, 2)) {
    reason = "may be in training mode";
    return false;
  }
  if (isPointwise(node))
    return acceptsPointwise(node, rank, reason);
  if (isa<SplitOp, GatherOp, ConcatOp>(node)) {
    reason = "acts along another axis than the channels";
    if (!isChannelAxis(int64_t(numberAttribute(node, "axis", 0)), rank))
      return false;
    reason = "does not read channels at a constant list of places";
    if (isa<GatherOp>(node))
      return node->getNumOperands() == 2 && isConstant(node->getOperand(1)) &&
             constantRank(node->getOperand(1)) == 1;
    reason = "joins constants that are no stored tensors";
    return isa<SplitOp>(node) || llvm::all_of(node->getOperands(), [](Value v) {
             return !isConstant(v) || ConstantView::of(v);
           });
  }
  if (isa<SliceOp>(node)) {
    auto axes = integersOf(node, "axes", 3);
    reason = "cuts along another axis than the channels";
    return axes && axes->size() == 1 && isChannelAxis(axes->front(), rank);
  }
  return false;
}

//===----------------------------------------------------------------------===//
// Growing
//===----------------------------------------------------------------------===//

bool RegionFinder::join(Operation *node, int64_t rank) {
  SmallVector<Value> values(node->getResults());
  for (unsigned i = 0, e = node->getNumOperands(); i < e; ++i)
    if (channelOperand(node, i) == ChannelOperand::Data)
      values.push_back(node->getOperand(i));
  if (llvm::any_of(values, [&](Value value) {
        auto it = ranks.find(value);
        return it != ranks.end() && it->second != rank;
      }))
    return false;
  members.insert(node);
  rejected.erase(node);
  for (Value value : values) {
    connected.unionSets(node, value.getAsOpaquePointer());
    if (ranks.try_emplace(value, rank).second)
      work.push_back(value);
  }
  return true;
}

/// Looks at the nodes beside a value.
void RegionFinder::spread(Value value) {
  SmallVector<Operation *> near(value.getUsers());
  if (Operation *source = value.getDefiningOp())
    near.push_back(source);
  int64_t rank = ranks.lookup(value);
  for (Operation *node : near) {
    if (members.contains(node) || node->getBlock() != &block ||
        !isa<NodeOpInterface>(node))
      continue;
    std::string reason;
    if (isa<ConvOp>(node))
      rejected[node] = "is no 1x1 convolution";
    else if (!accepts(node, rank, reason))
      rejected[node] = reason;
    else if (!join(node, rank))
      rejected[node] = "reads a value of another rank";
  }
}

/// The nodes beside the region, each with the reason why it ends there.
std::string RegionFinder::whyAlone(ArrayRef<Operation *> nodes) {
  SmallPtrSet<Operation *, 8> own(nodes.begin(), nodes.end());
  auto isBeside = [&](Operation *node) {
    auto isOwn = [&](Operation *other) { return other && own.contains(other); };
    return llvm::any_of(node->getUsers(), isOwn) ||
           llvm::any_of(node->getOperands(), [&](Value operand) {
             return isOwn(operand.getDefiningOp());
           });
  };
  SmallVector<Operation *> beside;
  for (auto &[node, reason] : rejected)
    if (isBeside(node))
      beside.push_back(node);
  llvm::sort(beside,
             [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
  std::string text;
  for (Operation *node : beside)
    text += (text.empty() ? ": '" : "; '") + pathOf(node) + "' (" +
            operatorName(node) + ") " + rejected[node];
  return text;
}

std::vector<ChannelRegion>
RegionFinder::run(std::vector<DeclinedConvolution> &declined) {
  SmallVector<std::pair<Operation *, int64_t>> convolutions;
  for (auto node : block.getOps<ConvOp>()) {
    std::string reason;
    std::optional<int64_t> rank = rankOfConvolution(node, reason);
    if (rank && join(node, *rank))
      convolutions.push_back({node, *rank});
    else if (!reason.empty())
      declined.push_back({node, reason});
  }
  while (!work.empty())
    spread(work.pop_back_val());

  llvm::MapVector<const void *, ChannelRegion> regions;
  for (auto [node, rank] : convolutions)
    regions[connected.getLeaderValue(node)].rank = rank;
  for (Operation &node : block)
    if (members.contains(&node))
      regions[connected.getLeaderValue(&node)].nodes.push_back(&node);
  std::vector<ChannelRegion> result;
  for (auto &[leader, region] : regions) {
    auto isConvolution = [](Operation *node) { return isa<ConvOp>(node); };
    if (llvm::count_if(region.nodes, isConvolution) >= 2) {
      result.push_back(std::move(region));
      continue;
    }
    declined.push_back({*llvm::find_if(region.nodes, isConvolution),
                        "no other 1x1 convolution is reached from it" +
                            whyAlone(region.nodes)});
  }
  return result;
}

std::vector<ChannelRegion>
slin::onnx::findChannelRegions(Block &block,
                               std::vector<DeclinedConvolution> &declined) {
  return RegionFinder(block).run(declined);
}
