//===- SinkGates.cpp - Experts compute only what is gated -----------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// For each expert: the tokens whose gate is 1 (NonZero), their rows (GatherND),
// the expert of these rows, and the results added to those of its tokens
// (ScatterND). Experts are added in their order and no token stands twice in
// one of them, so that the order of additions is fixed.
//
//===----------------------------------------------------------------------===//

#include "ExpertRewrite.h"
#include "ExpertWriter.h"

#include "slin/Dialect/ONNX/Analysis/Constants.h"
#include "slin/Dialect/ONNX/Analysis/ValueShape.h"
#include "slin/Dialect/ONNX/Transforms/Passes.h"

namespace slin::onnx {
#define GEN_PASS_DEF_SINKGATES
#include "slin/Dialect/ONNX/Transforms/Passes.h.inc"
} // namespace slin::onnx

using namespace mlir;
using namespace slin;
using namespace slin::onnx;

static constexpr StringLiteral kCategory = "onnx-sink-gates";
/// GatherND and negative indices came with opset 11, zeros in the shape of a
/// Reshape with 14, adding by ScatterND with 16.
static constexpr int64_t kFirstOpset = 11, kAllowZeroOpset = 14,
                         kScatterAddOpset = 16;
/// The number of bool in TensorProto.DataType.
static constexpr int64_t kBool = 9;

namespace {
struct SinkGatesPass final : slin::onnx::impl::SinkGatesBase<SinkGatesPass> {
  using SinkGatesBase::SinkGatesBase;
  void runOnOperation() override;
};

/// Writes the routed form of one sum.
class RoutedWriter {
public:
  RoutedWriter(NodeWriter &nodes, const ExpertSum &sum)
      : nodes(nodes), sum(sum), width(sum.experts.front().out()) {}
  /// Null, with the reason, if it cannot be written.
  Value write(std::string &reason);

private:
  Value flattened(Value value, StringRef name, int64_t size);
  Value writeZeros(Value rows);
  Value writeTokens(size_t expert);
  Value addRows(Value result, Value tokens, Value rows, size_t expert);
  Value restoreTokens(Value result);
  std::string nameFor(size_t expert, StringRef name) const {
    return "expert_" + std::to_string(expert) + "/" + name.str();
  }

  NodeWriter &nodes;
  const ExpertSum &sum;
  int64_t width;
  /// Gates or choices as a matrix [tokens, experts or choices]; null where
  /// there is one gate per expert, or the experts are not on the last axis.
  Value gates;
};
} // namespace

/// `value` [tokens…, size] as a matrix.
Value RoutedWriter::flattened(Value value, StringRef name, int64_t size) {
  if (rankOf(value) == 2)
    return value;
  return nodes.node<ReshapeOp>(
      name, {value, nodes.integers(name + "_shape", {-1, size})});
}

Value RoutedWriter::writeZeros(Value rows) {
  Value shape = nodes.node<ShapeOp>("shape", rows);
  Value count =
      nodes.node<SliceOp>("count", {shape, nodes.integers("count_start", {0}),
                                    nodes.integers("count_end", {1})});
  OpBuilder &builder = nodes.getBuilder();
  Value size = nodes.node<ConcatOp>(
      "zeros_shape", {count, nodes.integers("features", {width})},
      nodes.integer("axis", 0));
  Type type = sum.experts.front().down.weight->getElementType();
  auto zero = DenseElementsAttr::get(RankedTensorType::get({1}, type),
                                     builder.getZeroAttr(type));
  return nodes.node<ConstantOfShapeOp>("zeros", size,
                                       builder.getNamedAttr("value", zero));
}

/// The tokens of an expert, as indices [n, 1] in ascending order.
Value RoutedWriter::writeTokens(size_t expert) {
  auto name = [&](StringRef part) { return nameFor(expert, part); };
  Value chosen;
  switch (sum.routing) {
  case ExpertSum::Routing::Choices:
    chosen = nodes.node<EqualOp>(
        name("chosen"),
        {gates, nodes.integerScalar(name("index"), int64_t(expert))});
    break;
  case ExpertSum::Routing::GateOfEach:
    chosen = nodes.node<ReshapeOp>(
        name("gate"),
        {sum.gates[expert], nodes.integers(name("gate_shape"), {-1})});
    break;
  default:
    chosen = nodes.node<GatherOp>(
        name("gate"),
        {gates ? gates : sum.gates.front(),
         nodes.integerScalar(name("index"), int64_t(expert))},
        nodes.integer("axis", gates ? 1 : -sum.gateAxis));
    if (!gates)
      chosen = nodes.node<ReshapeOp>(
          name("gate_flat"),
          {chosen, nodes.integers(name("gate_shape"), {-1})});
  }
  if (sum.routing != ExpertSum::Routing::Choices)
    chosen =
        nodes.node<CastOp>(name("chosen"), chosen, nodes.integer("to", kBool));
  Value places = nodes.node<NonZeroOp>(name("places"), chosen);
  // Of choices the second row says which of the k it is.
  if (sum.routing == ExpertSum::Routing::Choices)
    places = nodes.node<GatherOp>(name("first"),
                                  {places, nodes.integers(name("row"), {0})},
                                  nodes.integer("axis", 0));
  return nodes.node<TransposeOp>(
      name("tokens"), places,
      nodes.getBuilder().getNamedAttr(
          "perm", nodes.getBuilder().getDenseI64ArrayAttr({1, 0})));
}

Value RoutedWriter::addRows(Value result, Value tokens, Value rows,
                            size_t expert) {
  Type type = sum.experts.front().down.weight->getElementType();
  int64_t opset = opsetOf(sum.root, "");
  bool adds = opset >= kScatterAddOpset && (type.isF32() || type.isF64());
  if (adds)
    return nodes.node<ScatterNDOp>(nameFor(expert, "scatter"),
                                   {result, tokens, rows},
                                   nodes.text("reduction", "add"));
  if (expert > 0) {
    Value before =
        nodes.node<GatherNDOp>(nameFor(expert, "before"), {result, tokens});
    rows = nodes.node<AddOp>(nameFor(expert, "add"), {before, rows});
  }
  return nodes.node<ScatterNDOp>(nameFor(expert, "scatter"),
                                 {result, tokens, rows});
}

/// The tokens' axes as those of the input.
Value RoutedWriter::restoreTokens(Value result) {
  if (sum.isFlat)
    return result;
  Value shape = nodes.node<ShapeOp>("input_shape", sum.input);
  Value leading = nodes.node<SliceOp>(
      "leading", {shape, nodes.integers("leading_start", {0}),
                  nodes.integers("leading_end", {-1})});
  Value whole = nodes.node<ConcatOp>(
      "result_shape", {leading, nodes.integers("result_features", {width})},
      nodes.integer("axis", 0));
  // Of no tokens at all the shape has zeros that mean zero.
  SmallVector<NamedAttribute> attributes;
  if (opsetOf(sum.root, "") >= kAllowZeroOpset)
    attributes.push_back(nodes.integer("allowzero", 1));
  return nodes.node<ReshapeOp>("restore", {result, whole}, attributes);
}

Value RoutedWriter::write(std::string &reason) {
  const Expert &first = sum.experts.front();
  Value rows = flattened(sum.input, "rows", first.in());
  if (sum.routing == ExpertSum::Routing::Choices)
    gates = flattened(sum.gates.front(), "choices", *sum.chosen);
  else if (sum.routing == ExpertSum::Routing::GatesOfAll && sum.gateAxis == 1)
    gates = flattened(sum.gates.front(), "gates", sum.experts.size());
  ExpertWriter experts(nodes, sum);
  Value result = writeZeros(rows);
  for (size_t j = 0; j < sum.experts.size(); ++j) {
    Value tokens = writeTokens(j);
    Value own = nodes.node<GatherNDOp>(nameFor(j, "rows"), {rows, tokens});
    Value given = experts.writeExpert(j, own, reason);
    if (!given)
      return {};
    result = addRows(result, tokens, given, j);
  }
  return restoreTokens(result);
}

//===----------------------------------------------------------------------===//
// Conditions
//===----------------------------------------------------------------------===//

/// Whether every weight is a finite number: 0 times another one is no zero.
static bool areFinite(const ExpertSum &sum, std::string &reason) {
  auto isFinite = [&](const std::optional<ConstantView> &view) {
    if (!view)
      return true;
    std::vector<char> bytes;
    if (failed(view->append(bytes, reason)))
      return false;
    auto type = RankedTensorType::get(view->getSizes(), view->getElementType());
    std::vector<double> numbers(type.getNumElements());
    weights::Elements elements{type, bytes, nullptr};
    if (failed(weights::toDoubles(elements, numbers, reason)))
      return false;
    return llvm::all_of(numbers, [](double x) { return std::isfinite(x); });
  };
  for (const Expert &expert : sum.experts) {
    bool finite = isFinite(expert.down.weight) && isFinite(expert.down.bias);
    for (const ExpertLinear &linear : expert.linears)
      finite = finite && isFinite(linear.weight) && isFinite(linear.bias);
    if (finite)
      continue;
    if (reason.empty())
      reason = "a weight of '" + pathOf(expert.down.node) +
               "' or of what it reads is not finite: without its expert no "
               "token is NaN";
    return false;
  }
  return true;
}

/// Why the gates of the sum stay where they are; empty if they need not.
static std::string findObstacle(const ExpertSum &sum) {
  int64_t opset = opsetOf(sum.root, "");
  if (sum.routing == ExpertSum::Routing::None)
    return "its experts have no gates: all of them run";
  if (sum.areAllChosen())
    return "all gates are 1: all experts run";
  if (opset < kFirstOpset)
    return "gathering rows needs opset " + std::to_string(kFirstOpset) +
           ", found " + std::to_string(opset);
  std::string reason;
  areFinite(sum, reason);
  return reason;
}

/// Sinks the gates of one sum; says why not, where it cannot.
static std::string sink(const ExpertSum &sum, NodeWriter &nodes) {
  std::string reason = findObstacle(sum);
  if (!reason.empty())
    return reason;
  nodes.setPlace(sum.root, pathOf(sum.root));
  for (Operation *node : sum.nodes)
    if (node != sum.root)
      nodes.release(node);
  if (Value result = RoutedWriter(nodes, sum).write(reason))
    replaceNode(sum.root, ExpertWriter(nodes, sum).addRest(result));
  else
    nodes.discard();
  return reason;
}

static std::string describe(const ExpertSum &sum) {
  std::string share = "the experts that its gates choose";
  if (sum.chosen)
    share = std::to_string(*sum.chosen) + " of " +
            std::to_string(sum.experts.size()) + " experts";
  return "each token is computed only by " + share;
}

void SinkGatesPass::runOnOperation() {
  ExpertAnalysis analysis(getOperation());
  NodeWriter nodes(getOperation());
  ExpertRemarks remarks(kCategory, "GatesSunk", "GatesNotSunk");
  bool changed = rewriteSums(
      analysis, remarks, [&](const ExpertSum &sum) { return sink(sum, nodes); },
      describe);
  for (const GatheredTokens &entry : analysis.getGathered())
    remarks.missed(entry.node, pathOf(entry.node),
                   "expert " + Twine(*entry.gate.getIndex()) +
                       " computes only its own tokens already");
  if (!changed)
    return markAllAnalysesPreserved();
  getOperation()->setAttr(names::kRewritten, UnitAttr::get(&getContext()));
}
