//===- Cone.cpp - What lies between linears -------------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The way back stops at linears, so it is short where there is a network and is
// cut off where there is none.
//
//===----------------------------------------------------------------------===//

#include "Cone.h"

#include "slin/Dialect/ONNX/Analysis/Constants.h"
#include "slin/Dialect/ONNX/Analysis/FeatureLayout.h"
#include "slin/Dialect/ONNX/Analysis/Pointwise.h"
#include "slin/Dialect/ONNX/IR/ONNXOps.h"

#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace slin::onnx;

/// No activation has more nodes.
static constexpr size_t kMaxNodes = 128;

static bool isNorm(Operation *node) {
  std::string name = operatorName(node);
  return llvm::StringSwitch<bool>(name)
      .Cases({"LayerNormalization", "RMSNormalization",
              "SimplifiedLayerNormalization", "GroupNormalization"},
             true)
      .Cases({"ms.SkipLayerNormalization", "ms.SimplifiedLayerNormalization",
              "ms.SkipSimplifiedLayerNormalization", "BatchNormalization"},
             true)
      .Cases({"LpNormalization", "InstanceNormalization"}, true)
      .Default(false);
}

std::string slin::onnx::describe(Operation *node) {
  std::string name = operatorName(node);
  if (name.empty())
    return node->hasTrait<OpTrait::IsTerminator>()
               ? std::string("the graph ends")
               : "'" + node->getName().getStringRef().str() + "' reads it";
  if (isa<MatMulOp, GemmOp>(node) &&
      llvm::any_of(node->getOperands(), isConstant))
    return "'" + pathOf(node) + "', a linear that is not rewritten, reads it";
  StringRef what =
      isNorm(node)
          ? "normalises over features"
          : llvm::StringSwitch<StringRef>(name)
                .Cases({"MatMul", "Gemm", "Einsum", "ms.FusedMatMul"},
                       "multiplies two activations")
                .Cases({"Softmax", "LogSoftmax"}, "sums over an axis")
                .Cases({"Attention", "ms.Attention"}, "mixes tokens")
                .Cases({"ms.MultiHeadAttention", "ms.GroupQueryAttention",
                        "CumSum"},
                       "mixes tokens")
                .Cases({"Conv", "ConvTranspose", "AveragePool", "MaxPool"},
                       "mixes tokens")
                .Cases({"LSTM", "GRU", "RNN", "Scan"},
                       "runs along the sequence")
                .Cases({"GlobalAveragePool", "GlobalMaxPool"}, "pools tokens")
                .Cases({"ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin",
                        "ReduceL2"},
                       "reduces an axis")
                .Cases({"Split", "Slice"}, "cuts the value")
                .Cases({"Gather", "GatherND", "GatherElements", "TopK"},
                       "picks elements")
                .Cases({"ScatterND", "ScatterElements"},
                       "puts values elsewhere")
                .Case("Concat", "joins it with other values")
                .Cases({"QuantizeLinear", "DynamicQuantizeLinear"},
                       "quantizes it")
                .Case("DequantizeLinear", "comes from a quantized value")
                .Cases({"If", "Loop"}, "holds subgraphs")
                .Default("is not pointwise");
  return ("'" + name + "' " + what).str();
}

/// Forms that are recognised and not rewritten: the way back goes on through
/// their first operand.
static Break unsupportedForm(Operation *node) {
  std::string name = operatorName(node);
  if (node->getNumOperands() == 0)
    return {};
  if (name == "Split")
    return {node,
            "outputs of one 'Split': a gate and up projection in one linear is "
            "not rewritten yet",
            ""};
  if (name == "Slice")
    return {node,
            "'Slice' of one linear: a gate and up projection in one linear is "
            "not rewritten yet",
            ""};
  if (name == "ms.BiasSplitGelu")
    return {node,
            "'ms.BiasSplitGelu' cuts one linear into gate and up: not "
            "rewritten yet",
            "export without ONNX Runtime's fusions"};
  if (isNorm(node))
    return {node,
            "norm inside: '" + name +
                "' stands between the linears, which is not rewritten yet",
            ""};
  return {};
}

namespace {
/// One walk back from a linear's input.
class ConeWalk {
public:
  ConeWalk(Block *block, const LinearsByOutput &byOutput, bool throughNorms)
      : block(block), byOutput(byOutput), throughNorms(throughNorms) {}
  Cone run(Value start);

private:
  void visit(Value value);
  void breakAt(Operation *node, std::string reason) {
    if (!cone.broken)
      cone.broken = {node, std::move(reason), ""};
  }
  Block *block;
  const LinearsByOutput &byOutput;
  bool throughNorms;
  Cone cone;
  llvm::SetVector<size_t> leaves;
  llvm::SmallPtrSet<Operation *, 16> seen;
  SmallVector<Value> work;
};
} // namespace

void ConeWalk::visit(Value value) {
  if (auto it = byOutput.find(value); it != byOutput.end()) {
    leaves.insert(it->second);
    return;
  }
  Operation *node = value.getDefiningOp();
  if (!node || node->getBlock() != block)
    return breakAt(node ? node : block->getParentOp(),
                   "its input comes from outside of the graph");
  if (!seen.insert(node).second)
    return;
  if (seen.size() > kMaxNodes)
    return breakAt(node, "more than " + std::to_string(kMaxNodes) +
                             " nodes without a linear");
  if (Break form = unsupportedForm(node);
      form && (throughNorms || !isNorm(node))) {
    if (!cone.unsupported)
      cone.unsupported = form;
    cone.isFusedGate |= !isNorm(node);
    cone.nodes.push_back(node);
    work.push_back(node->getOperand(0));
    return;
  }
  bool pointwise = isPointwise(node);
  if (!pointwise && !isShapeNode(node))
    return breakAt(node, describe(node));
  cone.nodes.push_back(node);
  if (!pointwise)
    return work.push_back(node->getOperand(0));
  SmallVector<Value> operands = pointwiseOperands(node);
  for (Value operand : llvm::reverse(operands))
    if (!isConstant(operand))
      work.push_back(operand);
}

Cone ConeWalk::run(Value start) {
  work.push_back(start);
  while (!work.empty() && seen.size() <= kMaxNodes)
    visit(work.pop_back_val());
  llvm::sort(cone.nodes,
             [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
  cone.leaves.assign(leaves.begin(), leaves.end());
  llvm::sort(cone.leaves);
  return std::move(cone);
}

/// Checks that features stay features: each node's operands have them in one
/// layout, and the last one has them on its last axis.
static Break checkLayouts(const Cone &cone, Value output,
                          ArrayRef<Linear> linears, const Linear &down) {
  llvm::DenseMap<Value, FeatureLayout> layouts;
  for (size_t leaf : cone.leaves)
    layouts.try_emplace(linears[leaf].output, linears[leaf].out);
  // What a Reshape takes from the shape of a value is known where the features
  // are.
  auto sizes = [&](Value value, int64_t axis) -> std::optional<int64_t> {
    auto it = layouts.find(value);
    if (axis == 1 && it != layouts.end() && it->second.isLastAxis())
      return it->second.size();
    auto type = dyn_cast<RankedTensorType>(value.getType());
    if (!type || axis > type.getRank() ||
        type.isDynamicDim(type.getRank() - axis))
      return std::nullopt;
    return type.getDimSize(type.getRank() - axis);
  };
  Operation *lastShape = down.node;
  for (Operation *node : cone.nodes) {
    if (isShapeNode(node)) {
      lastShape = node;
      FeatureLayout layout = layouts.at(node->getOperand(0));
      std::string reason;
      if (failed(layout.apply(node, sizes, reason)))
        return {node, "'" + operatorName(node) + "' " + reason, ""};
      layouts.try_emplace(node->getResult(0), layout);
      continue;
    }
    std::optional<FeatureLayout> common;
    for (Value operand : pointwiseOperands(node)) {
      auto it = layouts.find(operand);
      if (it == layouts.end())
        continue;
      if (common && !(*common == it->second))
        return {node,
                "'" + operatorName(node) +
                    "' reads features that lie on different axes",
                ""};
      common = it->second;
    }
    if (!common)
      return {node, "'" + operatorName(node) + "' reads no features", ""};
    for (Value result : node->getResults())
      layouts.try_emplace(result, *common);
  }
  const FeatureLayout &layout = layouts.at(output);
  if (layout.isPermuted())
    return {lastShape,
            "the features are shuffled between the linears: not rewritten yet",
            ""};
  if (!layout.isLastAxis())
    return {lastShape, "the features do not come back to the last axis", ""};
  if (linears[cone.leaves.front()].out != down.in)
    return {down.node,
            "it reads " + std::to_string(down.in) + " features, expected " +
                std::to_string(linears[cone.leaves.front()].out) +
                " of the linear before",
            ""};
  return {};
}

/// Finds the nodes outside of the cone through which an inner value comes back
/// into it or into the linear that ends it: as the shape that a Reshape asks
/// for, or as the type of a constant. They go where the cone goes, or it would
/// read its own result.
static void findSideNodes(Cone &cone, const Linear &end,
                          ArrayRef<Linear> linears, Block *block) {
  llvm::SetVector<Operation *> slice;
  SmallVector<Value> work;
  llvm::SmallPtrSet<Operation *, 16> inside(cone.nodes.begin(),
                                            cone.nodes.end());
  for (size_t leaf : cone.leaves)
    inside.insert(linears[leaf].output.getDefiningOp());
  for (Operation *node : cone.nodes)
    work.append(node->operand_begin(), node->operand_end());
  llvm::SmallPtrSet<Operation *, 16> ending(end.nodes.begin(), end.nodes.end());
  for (Operation *node : end.nodes)
    for (Value operand : node->getOperands())
      if (!ending.contains(operand.getDefiningOp()))
        work.push_back(operand);
  while (!work.empty() && slice.size() < kMaxNodes) {
    Operation *node = work.pop_back_val().getDefiningOp();
    if (!node || node->getBlock() != block || inside.contains(node) ||
        !slice.insert(node))
      continue;
    if (!isa<ShapeOp>(node))
      work.append(node->operand_begin(), node->operand_end());
  }
  SmallVector<Operation *> ordered = slice.takeVector();
  llvm::sort(ordered,
             [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
  for (Operation *node : ordered) {
    if (llvm::none_of(node->getOperands(), [&](Value operand) {
          return inside.contains(operand.getDefiningOp());
        }))
      continue;
    inside.insert(node);
    cone.sideNodes.push_back(node);
  }
}

Cone slin::onnx::findCone(const Linear &linear, ArrayRef<Linear> linears,
                          const LinearsByOutput &byOutput) {
  Block *block = linear.node->getBlock();
  Cone cone =
      ConeWalk(block, byOutput, /*throughNorms=*/false).run(linear.input);
  if (cone.broken && isNorm(cone.broken.node)) {
    Cone through =
        ConeWalk(block, byOutput, /*throughNorms=*/true).run(linear.input);
    // Beyond the norm there may be a residual stream: then the norm is the end.
    if (!through.broken && through.leaves.size() == 1 &&
        hasNonlinearNode(through.nodes))
      cone = std::move(through);
  }
  if (!cone.broken && !cone.unsupported && !cone.leaves.empty())
    cone.misplaced = checkLayouts(cone, linear.input, linears, linear);
  findSideNodes(cone, linear, linears, block);
  if (!cone.broken && cone.leaves.empty())
    cone.broken = {linear.node, "its input comes from no linear", ""};
  return cone;
}

bool slin::onnx::hasNonlinearNode(ArrayRef<Operation *> nodes) {
  return llvm::any_of(nodes, [](Operation *node) {
    if (operatorName(node) == "ms.BiasSplitGelu")
      return true;
    if (!isPointwise(node) || isa<AddOp, SubOp, NegOp, SumOp, IdentityOp,
                                  CastOp, CastLikeOp, DropoutOp>(node))
      return false;
    if (isa<MulOp>(node))
      return llvm::none_of(node->getOperands(), isConstant);
    return !isa<DivOp>(node) || !isConstant(node->getOperand(1));
  });
}

//===----------------------------------------------------------------------===//
// Forward
//===----------------------------------------------------------------------===//

/// What stops the way at `user`; nothing if it goes on through its result.
static Break obstacleAt(Operation *user,
                        const llvm::SmallDenseSet<Value> &reached) {
  if (!isa<NodeOpInterface>(user))
    return {};
  if (isShapeNode(user))
    return {};
  if (!isPointwise(user))
    return {user, describe(user), ""};
  for (Value operand : pointwiseOperands(user)) {
    if (reached.contains(operand) || isConstant(operand))
      continue;
    if (isa<AddOp, SumOp>(user))
      return {user,
              "'" + operatorName(user) +
                  "' adds a value of another branch before the next linear",
              ""};
    return {user,
            "'" + operatorName(user) +
                "' combines it with a value that comes from elsewhere",
            ""};
  }
  return {};
}

/// The values that `linear`'s output reaches through pointwise and shape nodes,
/// and the nodes at which the way ends.
static void reachForward(const Linear &linear,
                         llvm::SmallDenseSet<Value> &reached,
                         llvm::SetVector<Operation *> &stopped) {
  Block *block = linear.node->getBlock();
  SmallVector<Value> work{linear.output};
  while (!work.empty() && reached.size() < kMaxNodes) {
    Value value = work.pop_back_val();
    if (!reached.insert(value).second)
      continue;
    for (Operation *inner : value.getUsers()) {
      Operation *user = block->findAncestorOpInBlock(*inner);
      if (!user || user->hasTrait<OpTrait::IsTerminator>() ||
          isa<ShapeOp>(user))
        continue;
      stopped.insert(user);
    }
    // A node that waits for its other operand may be free by now.
    for (Operation *user : SmallVector<Operation *>(stopped.getArrayRef())) {
      if (user->getNumRegions() || obstacleAt(user, reached))
        continue;
      stopped.remove(user);
      work.append(user->result_begin(), user->result_end());
    }
  }
}

Break slin::onnx::findObstacle(const Linear &linear) {
  llvm::SmallDenseSet<Value> reached;
  llvm::SetVector<Operation *> stopped;
  reachForward(linear, reached, stopped);
  Operation *first = nullptr;
  for (Operation *node : stopped)
    if (!first || node->isBeforeInBlock(first))
      first = node;
  if (!first)
    return {linear.node,
            "no other linear reads its result: it is an output of the graph",
            ""};
  Break obstacle = obstacleAt(first, reached);
  return obstacle ? obstacle : Break{first, describe(first), ""};
}
