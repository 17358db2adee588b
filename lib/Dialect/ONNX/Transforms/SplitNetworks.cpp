//===- SplitNetworks.cpp - One dense network becomes experts --------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The activation acts on each hidden feature alone, so that any partition of
// these cuts a network into parts whose sum it is: gate and up by rows, down by
// columns. What to do with the parts is for others to say.
//
//===----------------------------------------------------------------------===//

#include "ExpertRewrite.h"
#include "NodeWriter.h"
#include "Partition.h"

#include "slin/Dialect/ONNX/Analysis/ConstantView.h"
#include "slin/Dialect/ONNX/Analysis/FFNAnalysis.h"
#include "slin/Dialect/ONNX/Analysis/FeatureLayout.h"
#include "slin/Dialect/ONNX/Analysis/ValueShape.h"
#include "slin/Dialect/ONNX/Transforms/Passes.h"

namespace slin::onnx {
#define GEN_PASS_DEF_SPLITNETWORKS
#include "slin/Dialect/ONNX/Transforms/Passes.h.inc"
} // namespace slin::onnx

using namespace mlir;
using namespace slin;
using namespace slin::onnx;

static constexpr StringLiteral kCategory = "onnx-split-networks";

namespace {
struct SplitNetworksPass final
    : slin::onnx::impl::SplitNetworksBase<SplitNetworksPass> {
  using SplitNetworksBase::SplitNetworksBase;
  void runOnOperation() override;
};

/// The numbers of one linear by hidden feature.
struct Rows {
  RankedTensorType type;
  std::vector<char> bytes;
  std::vector<char> bias;
};

class PartWriter {
public:
  PartWriter(NodeWriter &nodes, const FFN &ffn) : nodes(nodes), ffn(ffn) {}
  /// False, with the reason, if a weight cannot be read.
  bool read(std::string &reason);
  /// The network of these hidden features.
  Value write(size_t part, ArrayRef<int64_t> features);
  /// The bias behind all of them.
  Value addBias(Value sum);

private:
  void copyActivation(IRMapping &mapping);
  Value weight(const Rows &rows, const Twine &name, ArrayRef<int64_t> features,
               bool transposed);
  NodeWriter &nodes;
  const FFN &ffn;
  /// Of each linear; hidden features first.
  std::vector<Rows> rows;
};
} // namespace

//===----------------------------------------------------------------------===//
// Conditions
//===----------------------------------------------------------------------===//

/// Why the network cannot be cut; empty if it can.
static std::string findObstacle(const FFN &ffn, size_t parts) {
  if (!ffn.rewritable || ffn.kind == FFN::Kind::MLPLike)
    return ffn.reason.empty() ? "it is only like a feed-forward network"
                              : ffn.reason;
  if (ffn.activation.name == "pointwise")
    return "its activation may have numbers of each feature: they would have "
           "to "
           "be cut as well";
  llvm::SmallPtrSet<Operation *, 16> own(ffn.activation.nodes.begin(),
                                         ffn.activation.nodes.end());
  for (const Linear &linear : ffn.linears) {
    own.insert(linear.nodes.begin(), linear.nodes.end());
    auto stored = cast<ShapedType>(linear.weight.getType());
    if (linear.term)
      return "'" + linear.path + "' is no product with one matrix";
    if (linear.scale != 1.0 || (linear.bias && linear.biasScale != 1.0))
      return "'" + linear.path + "' has a scale of its own";
    if (linear.elementType != stored.getElementType())
      return "'" + linear.path + "' casts its weight";
  }
  if (int64_t(parts) > ffn.linears.back().in)
    return "it has " + std::to_string(ffn.linears.back().in) +
           " hidden features, fewer than parts";
  bool reshaped = llvm::any_of(ffn.activation.nodes, isShapeNode);
  for (const Linear &linear : ffn.linears)
    if (reshaped && rankOf(linear.input) != 2)
      return "its tokens are reshaped between the linears: '" + linear.path +
             "' is not known to read rows of them";
  Operation *root = ffn.linears.back().nodes.back();
  for (Operation *node : own)
    for (Operation *user : node->getUsers())
      if (node != root && !own.contains(user))
        return "'" + nameOf(node->getResult(0)) + "' is read outside of it";
  return "";
}

//===----------------------------------------------------------------------===//
// Parts
//===----------------------------------------------------------------------===//

static bool isDown(const FFN &ffn, const Linear &linear) {
  return &linear == &ffn.linears.back();
}

bool PartWriter::read(std::string &reason) {
  for (const Linear &linear : ffn.linears) {
    Rows &result = rows.emplace_back();
    auto view = ConstantView::of(linear.weight);
    if (!view || view->rank() != 2) {
      reason = "the weight of '" + linear.path + "' cannot be read";
      return false;
    }
    // The stored matrix with its hidden features first.
    if (linear.transposed != isDown(ffn, linear))
      view = view->transpose({1, 0});
    result.type =
        RankedTensorType::get(view->getSizes(), view->getElementType());
    if (failed(view->append(result.bytes, reason)))
      return false;
    if (!linear.bias || isDown(ffn, linear))
      continue;
    auto bias = ConstantView::of(linear.bias);
    int64_t features = result.type.getDimSize(0);
    if (!bias || weights::countOf(bias->getSizes()) != uint64_t(features) ||
        bias->getElementType() != result.type.getElementType()) {
      reason =
          "the bias of '" + linear.path + "' is not one number per feature";
      return false;
    }
    if (failed(bias->append(result.bias, reason)))
      return false;
  }
  return true;
}

/// The rows of `features`, or these as columns.
Value PartWriter::weight(const Rows &source, const Twine &name,
                         ArrayRef<int64_t> features, bool transposed) {
  Type type = source.type.getElementType();
  size_t width = weights::bitsPerElement(type) / 8;
  int64_t count = features.size(), other = source.type.getDimSize(1);
  std::vector<char> bytes(count * other * width);
  for (int64_t i = 0; i < count; ++i)
    for (int64_t j = 0; j < other; ++j)
      std::memcpy(&bytes[(transposed ? j * count + i : i * other + j) * width],
                  &source.bytes[(features[i] * other + j) * width], width);
  SmallVector<int64_t> shape{count, other};
  if (transposed)
    std::swap(shape[0], shape[1]);
  return nodes.weight(name, RankedTensorType::get(shape, type), bytes);
}

/// The pointwise nodes between the linears. What brings all features into
/// another shape and back would not fit those of a part.
void PartWriter::copyActivation(IRMapping &mapping) {
  SmallVector<Operation *> copies;
  for (Operation *node : ffn.activation.nodes) {
    if (isShapeNode(node) && mapping.contains(node->getOperand(0)))
      mapping.map(node->getResult(0), mapping.lookup(node->getOperand(0)));
    else
      copies.push_back(nodes.copy(node, mapping));
  }
  Operation *last = mapping.lookup(ffn.activation.output).getDefiningOp();
  for (Operation *copy : llvm::reverse(copies))
    if (copy != last && copy->use_empty())
      nodes.erase(copy);
}

Value PartWriter::write(size_t part, ArrayRef<int64_t> features) {
  std::string prefix = "expert_" + std::to_string(part) + "/";
  IRMapping mapping;
  for (size_t i = 0; i + 1 < ffn.linears.size(); ++i) {
    const Linear &linear = ffn.linears[i];
    std::string name = prefix + linear.role.str();
    Value result = nodes.node<MatMulOp>(
        name,
        {linear.input, weight(rows[i], name + "_weight", features, true)});
    if (!rows[i].bias.empty()) {
      Type type = rows[i].type.getElementType();
      size_t width = weights::bitsPerElement(type) / 8;
      std::vector<char> bias;
      for (int64_t feature : features)
        bias.insert(bias.end(), rows[i].bias.begin() + feature * width,
                    rows[i].bias.begin() + (feature + 1) * width);
      Value constant = nodes.weight(
          name + "_bias_weight",
          RankedTensorType::get({int64_t(features.size())}, type), bias);
      result = nodes.node<AddOp>(name + "_bias", {result, constant});
    }
    mapping.map(linear.output, result);
  }
  copyActivation(mapping);
  return nodes.node<MatMulOp>(
      prefix + "down",
      {mapping.lookup(ffn.activation.output),
       weight(rows.back(), prefix + "down_weight", features, false)});
}

Value PartWriter::addBias(Value sum) {
  Value bias = ffn.linears.back().bias;
  return bias ? nodes.node<AddOp>("down_bias", {sum, bias}) : sum;
}

/// Cuts one network; says why not, where it cannot.
static std::string split(const FFN &ffn, const Partition::Parts &parts,
                         NodeWriter &nodes) {
  std::string reason = findObstacle(ffn, parts.size());
  PartWriter writer(nodes, ffn);
  if (!reason.empty() || !writer.read(reason))
    return reason;
  Operation *root = ffn.linears.back().nodes.back();
  nodes.setPlace(root, ffn.path);
  for (Operation *node : ffn.activation.nodes)
    nodes.release(node);
  for (const Linear &linear : ffn.linears)
    for (Operation *node : linear.nodes)
      if (node != root)
        nodes.release(node);
  Value sum;
  for (auto [index, features] : llvm::enumerate(parts)) {
    Value part = writer.write(index, features);
    sum = sum ? nodes.node<AddOp>("add", {sum, part}) : part;
  }
  replaceNode(root, writer.addBias(sum));
  return "";
}

void SplitNetworksPass::runOnOperation() {
  FFNAnalysis analysis(getOperation());
  std::string reason;
  FailureOr<Partition> partition =
      partitionFile.empty() ? Partition::contiguous(experts, reason)
                            : Partition::read(partitionFile, experts, reason);
  if (succeeded(partition) &&
      failed(partition->checkAgainst(analysis.getFFNs(), reason)))
    partition = failure();
  if (failed(partition)) {
    emitError(getOperation().getLoc()) << reason;
    return signalPassFailure();
  }
  NodeWriter nodes(getOperation());
  ExpertRemarks remarks(kCategory, "NetworkSplit", "NetworkNotSplit");
  std::vector<std::function<void()>> said;
  bool changed = false;
  // The last first: what one reads may be what another one gives.
  for (const FFN &ffn : llvm::reverse(analysis.getFFNs())) {
    auto parts = partition->of(ffn);
    if (!parts)
      continue;
    Location location = ffn.linears.back().node->getLoc();
    std::string reason = split(ffn, *parts, nodes);
    changed |= reason.empty();
    said.push_back([&, location, reason, count = parts->size()] {
      if (!reason.empty())
        return remarks.missed(location, ffn.path, reason);
      remarks.passed(location, ffn.path,
                     Twine(ffn.linears.back().in) + " hidden features are " +
                         Twine(count) + " experts");
    });
  }
  for (const auto &say : llvm::reverse(said))
    say();
  if (!changed)
    return markAllAnalysesPreserved();
  getOperation()->setAttr(names::kRewritten, UnitAttr::get(&getContext()));
}
