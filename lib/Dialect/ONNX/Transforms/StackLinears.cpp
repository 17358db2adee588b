//===- StackLinears.cpp - Linears of one input in one product -------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Products of one value by several matrices are the product by the matrices
// side by side, cut afterwards: gate and up of an expert, or of all of them.
//
//===----------------------------------------------------------------------===//

#include "NodeWriter.h"

#include "slin/Dialect/ONNX/Analysis/ConstantView.h"
#include "slin/Dialect/ONNX/Analysis/Constants.h"
#include "slin/Dialect/ONNX/Analysis/ValueShape.h"
#include "slin/Dialect/ONNX/Transforms/Passes.h"

#include "mlir/IR/Remarks.h"

#include "llvm/ADT/MapVector.h"

namespace slin::onnx {
#define GEN_PASS_DEF_STACKLINEARS
#include "slin/Dialect/ONNX/Transforms/Passes.h.inc"
} // namespace slin::onnx

using namespace mlir;
using namespace slin;
using namespace slin::onnx;

static constexpr StringLiteral kCategory = "onnx-stack-linears";

namespace {
/// A node that multiplies by a constant.
struct Product {
  Operation *node = nullptr;
  /// The operand that is constant, or comes from the constant by `gather`.
  unsigned operand = 1;
  Operation *gather = nullptr;
  ConstantView weight;
  std::optional<ConstantView> bias;
  /// The axis of the weight that the features of the result lie on, and where
  /// these lie in the result, from the right.
  int64_t weightAxis = 0, resultAxis = 1;

  int64_t features() const { return weight.size(weightAxis); }
};

struct StackLinearsPass final
    : slin::onnx::impl::StackLinearsBase<StackLinearsPass> {
  using StackLinearsBase::StackLinearsBase;
  void runOnOperation() override;

private:
  void stack(ArrayRef<Product> group, NodeWriter &nodes);
  bool changed = false;
};
} // namespace

//===----------------------------------------------------------------------===//
// Matching
//===----------------------------------------------------------------------===//

static std::optional<ConstantView> weightOf(Value value) {
  auto view = ConstantView::of(value);
  if (!view || (view->rank() != 2 && view->rank() != 3) ||
      !isa<FloatType>(view->getElementType()))
    return std::nullopt;
  return view;
}

static std::optional<Product> matchMatMul(Operation *node) {
  Product product;
  product.node = node;
  if (auto weight = weightOf(node->getOperand(1))) {
    product.weight = *weight;
    product.weightAxis = weight->rank() - 1;
    return product;
  }
  // Matrices that each token gathers, in front of a column.
  auto gather = node->getOperand(0).getDefiningOp();
  if (!isa_and_nonnull<GatherOp, GatherNDOp>(gather) ||
      !gather->getResult(0).hasOneUse() ||
      (isa<GatherOp>(gather) && numberAttribute(gather, "axis", 0) != 0) ||
      numberAttribute(gather, "batch_dims", 0) != 0)
    return std::nullopt;
  auto weight = weightOf(gather->getOperand(0));
  if (!weight || weight->rank() != 3)
    return std::nullopt;
  // A vector of tokens would leave the features last.
  if (rankOf(node->getOperand(1)).value_or(0) < 2)
    return std::nullopt;
  // Several indices at once would pick rows as well.
  if (isa<GatherNDOp>(gather) && lastDimensionOf(gather->getOperand(1)) != 1)
    return std::nullopt;
  product.operand = 0;
  product.gather = gather;
  product.weight = *weight;
  product.weightAxis = 1;
  product.resultAxis = 2;
  return product;
}

static std::optional<Product> matchGemm(Operation *node) {
  auto weight = weightOf(node->getOperand(1));
  if (!weight || weight->rank() != 2)
    return std::nullopt;
  Product product;
  product.node = node;
  product.weight = *weight;
  product.weightAxis = numberAttribute(node, "transB", 0) != 0 ? 0 : 1;
  if (Value constant = presentInput(node, 2)) {
    product.bias = ConstantView::of(constant);
    if (!product.bias || product.bias->rank() != 1 ||
        product.bias->size(0) != product.features())
      return std::nullopt;
  }
  return product;
}

static std::optional<Product> matchEinsum(Operation *node) {
  auto equation = dyn_cast_or_null<StringAttr>(
      cast<NodeOpInterface>(node).getNodeAttributes().get("equation"));
  auto weight = node->getNumOperands() == 2 ? weightOf(node->getOperand(1))
                                            : std::nullopt;
  if (!equation || !weight)
    return std::nullopt;
  std::string text = equation.getValue().str();
  llvm::erase(text, ' ');
  auto [inputs, output] = StringRef(text).split("->");
  auto [data, stored] = inputs.split(',');
  if (output.empty() || StringRef(text).contains('.') ||
      int64_t(stored.size()) != weight->rank())
    return std::nullopt;
  // Any axis that only the weight brings will do; the last one moves least.
  for (size_t place = output.size(); place-- > 0;) {
    char letter = output[place];
    if (data.contains(letter) || stored.count(letter) != 1)
      continue;
    Product product;
    product.node = node;
    product.weight = *weight;
    product.weightAxis = stored.find(letter);
    product.resultAxis = output.size() - place;
    return product;
  }
  return std::nullopt;
}

static std::optional<Product> matchProduct(Operation &node) {
  if (node.getNumResults() != 1 || node.getNumOperands() < 2)
    return std::nullopt;
  std::optional<Product> product = isa<MatMulOp>(node)   ? matchMatMul(&node)
                                   : isa<GemmOp>(node)   ? matchGemm(&node)
                                   : isa<EinsumOp>(node) ? matchEinsum(&node)
                                                         : std::nullopt;
  if (!product || isConstant(node.getOperand(1 - product->operand)))
    return std::nullopt;
  return product;
}

/// Two products may be one if they read the same and differ in the weight's
/// features alone.
static bool goTogether(const Product &a, const Product &b) {
  auto attributes = [](Operation *node) {
    return cast<NodeOpInterface>(node).getNodeAttributes();
  };
  if (a.node->getName() != b.node->getName() || a.operand != b.operand ||
      a.node->getOperand(1 - a.operand) != b.node->getOperand(1 - b.operand) ||
      attributes(a.node) != attributes(b.node) ||
      a.bias.has_value() != b.bias.has_value() ||
      a.weight.rank() != b.weight.rank() ||
      a.weight.getElementType() != b.weight.getElementType() ||
      !a.gather != !b.gather)
    return false;
  if (a.gather && (a.gather->getName() != b.gather->getName() ||
                   a.gather->getOperand(1) != b.gather->getOperand(1)))
    return false;
  for (int64_t axis = 0; axis < a.weight.rank(); ++axis)
    if (axis != a.weightAxis && a.weight.size(axis) != b.weight.size(axis))
      return false;
  return true;
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

/// The weights along their axis of features, in order.
static LogicalResult joinWeights(ArrayRef<Product> group,
                                 SmallVectorImpl<int64_t> &shape,
                                 std::vector<char> &joined,
                                 std::string &reason) {
  const Product &first = group.front();
  shape = llvm::to_vector(first.weight.getSizes());
  shape[first.weightAxis] = 0;
  int64_t outer = 1;
  for (int64_t axis = 0; axis < first.weightAxis; ++axis)
    outer *= shape[axis];
  std::vector<std::vector<char>> parts;
  for (const Product &product : group) {
    shape[first.weightAxis] += product.features();
    if (failed(product.weight.append(parts.emplace_back(), reason)))
      return failure();
  }
  for (int64_t row = 0; row < outer; ++row)
    for (const std::vector<char> &part : parts) {
      size_t width = part.size() / outer;
      auto from = part.begin() + row * width;
      joined.insert(joined.end(), from, from + width);
    }
  return success();
}

void StackLinearsPass::stack(ArrayRef<Product> group, NodeWriter &nodes) {
  const Product &first = group.front();
  std::string path = pathOf(first.node), reason;
  SmallVector<int64_t> shape, sizes;
  std::vector<char> bytes, bias;
  LogicalResult read = joinWeights(group, shape, bytes, reason);
  for (const Product &product : group) {
    sizes.push_back(product.features());
    if (succeeded(read) && product.bias)
      read = product.bias->append(bias, reason);
  }
  if (failed(read)) {
    remark::missed(first.node->getLoc(),
                   remark::RemarkOpts::name("NotStacked").category(kCategory))
        << "'" + path + "': " + reason;
    return;
  }
  nodes.setPlace(first.gather ? first.gather : first.node, path);
  Type type = first.weight.getElementType();
  IRMapping mapping;
  Value weight =
      nodes.weight("stacked_weight", RankedTensorType::get(shape, type), bytes);
  Operation *reader = first.gather ? first.gather : first.node;
  unsigned place = first.gather ? 0 : first.operand;
  mapping.map(reader->getOperand(place), weight);
  if (first.gather)
    nodes.copy(first.gather, mapping, "gathered");
  if (first.bias)
    mapping.map(
        presentInput(first.node, 2),
        nodes.weight("stacked_bias",
                     RankedTensorType::get({shape[first.weightAxis]}, type),
                     bias));
  nodes.setPlace(first.node, path);
  Operation *whole = nodes.copy(first.node, mapping, "stacked");
  Operation *parts =
      nodes.split("parts", whole->getResult(0), sizes, -first.resultAxis);
  std::string names;
  SmallVector<std::string> outputs;
  for (const Product &product : group) {
    names += (names.empty() ? "'" : ", '") + pathOf(product.node) + "'";
    outputs.push_back(nameOf(product.node->getResult(0)));
  }
  remark::passed(first.node->getLoc(),
                 remark::RemarkOpts::name("Stacked").category(kCategory))
      << names + " are one product with " +
             std::to_string(shape[first.weightAxis]) + " features";
  for (auto [product, result] : llvm::zip(group, parts->getResults())) {
    result.setType(product.node->getResult(0).getType());
    product.node->getResult(0).replaceAllUsesWith(result);
    eraseUnread(product.node);
  }
  for (auto [index, name] : llvm::enumerate(outputs))
    cast<NodeOpInterface>(parts).setOutputName(index, name);
  changed = true;
}

void StackLinearsPass::runOnOperation() {
  NodeWriter nodes(getOperation());
  std::vector<std::vector<Product>> groups;
  getOperation().walk([&](Block *block) {
    size_t begin = groups.size();
    for (Operation &node : *block) {
      std::optional<Product> product = matchProduct(node);
      if (!product)
        continue;
      auto known = std::find_if(groups.begin() + begin, groups.end(),
                                [&](const auto &group) {
                                  return goTogether(group.front(), *product);
                                });
      if (known != groups.end())
        known->push_back(*product);
      else
        groups.push_back({*product});
    }
  });
  changed = false;
  for (const auto &group : groups)
    if (group.size() > 1)
      stack(group, nodes);
  if (!changed)
    return markAllAnalysesPreserved();
  getOperation()->setAttr(names::kRewritten, UnitAttr::get(&getContext()));
}
