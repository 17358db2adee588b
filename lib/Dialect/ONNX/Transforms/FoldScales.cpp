//===- FoldScales.cpp - Scales of features go into their matrix -----------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// slin-merge does this where features lie on the last axis. Attention pooling
// writes its scores the other way round, `W Hᵀ` with a token in each column,
// and its constant query, folded, is a scale of rows (LAMA, 1912.00835: S = (Q
// diag(Pᵀ c))ᵀ Hᵀ).
//
//===----------------------------------------------------------------------===//

#include "NodeWriter.h"

#include "slin/Dialect/ONNX/Analysis/Constants.h"
#include "slin/Dialect/ONNX/Analysis/FeatureMap.h"
#include "slin/Dialect/ONNX/Analysis/ValueShape.h"
#include "slin/Dialect/ONNX/Transforms/Passes.h"

#include "mlir/IR/Remarks.h"

#include <cmath>

namespace slin::onnx {
#define GEN_PASS_DEF_FOLDSCALES
#include "slin/Dialect/ONNX/Transforms/Passes.h.inc"
} // namespace slin::onnx

using namespace mlir;
using namespace slin;
using namespace slin::onnx;

namespace {
struct FoldScalesPass final : slin::onnx::impl::FoldScalesBase<FoldScalesPass> {
  using FoldScalesBase::FoldScalesBase;
  void runOnOperation() override;
};

/// A product with a constant per row of a constant matrix times an activation.
struct ScaledProduct {
  Operation *scale = nullptr;
  MatMulOp product;
  weights::WeightOpInterface weight;
  /// One number for each row.
  std::vector<double> factors;
};
} // namespace

/// The matrix that stands on the left of a product with an activation.
static weights::WeightOpInterface leftMatrix(MatMulOp product) {
  if (!product || product->getNumOperands() != 2 ||
      isConstant(product->getOperand(1)))
    return {};
  auto weight =
      product->getOperand(0).getDefiningOp<weights::WeightOpInterface>();
  ElementsAttr elements = weight ? weight.getWeight() : ElementsAttr();
  return elements && elements.getShapedType().getRank() == 2 &&
                 isa<FloatType>(elements.getElementType())
             ? weight
             : nullptr;
}

/// Fails with a reason where `node` comes close.
static std::optional<ScaledProduct> match(Operation *node,
                                          std::string &reason) {
  bool divides = isa<DivOp>(node);
  if (!isa<MulOp, DivOp>(node) || node->getNumOperands() != 2)
    return std::nullopt;
  for (unsigned i : {0u, 1u}) {
    ScaledProduct found;
    found.scale = node;
    found.product = node->getOperand(i).getDefiningOp<MatMulOp>();
    found.weight = leftMatrix(found.product);
    Value constant = node->getOperand(1 - i);
    if (!found.weight || !isConstant(constant) || (divides && i == 1))
      continue;
    if (!found.product->hasOneUse()) {
      reason = "others read the product without the scale";
      return std::nullopt;
    }
    int64_t rows = found.weight.getWeight().getShapedType().getDimSize(0);
    auto factors = featureNumbers(constant, found.product->getResult(0), rows,
                                  /*fromRight=*/2);
    if (!factors) {
      reason = "the scale is not one number for each row of the matrix";
      return std::nullopt;
    }
    if (divides)
      for (double &factor : *factors)
        factor = 1.0 / factor;
    found.factors = std::move(*factors);
    return found;
  }
  return std::nullopt;
}

/// diag(factors) W, rounded once.
static FailureOr<std::vector<char>> scaleRows(const ScaledProduct &found,
                                              std::string &reason) {
  weights::WeightOpInterface weight = found.weight;
  ElementsAttr attribute = weight.getWeight();
  FailureOr<weights::Elements> elements = weight.getElements(reason);
  std::vector<double> numbers(attribute.getNumElements());
  if (failed(elements) ||
      failed(weights::toDoubles(*elements, numbers, reason)))
    return failure();
  auto type = cast<FloatType>(attribute.getElementType());
  double limit =
      APFloat::getLargest(type.getFloatSemantics()).convertToDouble();
  size_t columns = numbers.size() / found.factors.size();
  for (auto [index, number] : llvm::enumerate(numbers)) {
    number *= found.factors[index / columns];
    if (!(std::fabs(number) <= limit)) {
      reason = "the scaled matrix does not fit its element type";
      return failure();
    }
  }
  return weights::fromDoubles(type, numbers);
}

static LogicalResult fold(const ScaledProduct &found, NodeWriter &writer,
                          std::string &reason) {
  FailureOr<std::vector<char>> bytes = scaleRows(found, reason);
  if (failed(bytes))
    return failure();
  weights::WeightOpInterface weight = found.weight;
  MatMulOp product = found.product;
  ShapedType type = weight.getWeight().getShapedType();
  writer.setPlace(found.scale, pathOf(product));
  Value matrix = writer.weight(
      "slin_w", RankedTensorType::get(type.getShape(), type.getElementType()),
      *bytes);
  Value result =
      writer.node<MatMulOp>("slin_product", {matrix, product->getOperand(1)});
  replaceNode(found.scale, result);
  return success();
}

void FoldScalesPass::runOnOperation() {
  NodeWriter writer(getOperation());
  SmallVector<Operation *> candidates;
  getOperation().walk([&](Operation *op) {
    if (isa<MulOp, DivOp>(op))
      candidates.push_back(op);
  });
  for (Operation *node : candidates) {
    std::string reason, path = pathOf(node);
    Location location = node->getLoc();
    auto options =
        remark::RemarkOpts::name("Scale").category("onnx-fold-scales");
    std::optional<ScaledProduct> found = match(node, reason);
    if (found && succeeded(fold(*found, writer, reason)))
      remark::passed(location, options)
          << "'" + path + "' goes into the matrix before it";
    else if (!reason.empty())
      remark::missed(location, options) << "'" + path + "': " + reason;
  }
}
