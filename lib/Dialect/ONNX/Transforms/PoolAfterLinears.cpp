//===- PoolAfterLinears.cpp - Linears act before tokens are pooled --------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A mean over tokens commutes with a matrix over features:
// mean(H) P = mean(H P). Where another linear reads H, both are then one
// product (LAMA, 1912.00835: H [P | Q]). It is exact and takes more
// multiply-accumulates, one product of all tokens instead of one of their mean,
// so that it is done on request.
//
//===----------------------------------------------------------------------===//

#include "NodeWriter.h"

#include "slin/Dialect/ONNX/Analysis/Constants.h"
#include "slin/Dialect/ONNX/Analysis/ValueShape.h"
#include "slin/Dialect/ONNX/Transforms/Passes.h"

#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Remarks.h"

namespace slin::onnx {
#define GEN_PASS_DEF_POOLAFTERLINEARS
#include "slin/Dialect/ONNX/Transforms/Passes.h.inc"
} // namespace slin::onnx

using namespace mlir;
using namespace slin::onnx;

namespace {
struct PoolAfterLinearsPass final
    : slin::onnx::impl::PoolAfterLinearsBase<PoolAfterLinearsPass> {
  using PoolAfterLinearsBase::PoolAfterLinearsBase;
  void runOnOperation() override;
};

/// The nodes from tokens to their pool, the last one first.
struct Pooling {
  Value tokens;
  SmallVector<Operation *> nodes;
};
} // namespace

static bool isMatrix(Value value) {
  return value.getDefiningOp<slin::weights::WeightOpInterface>() &&
         rankOf(value) == 2;
}

/// Whether a reduction is over axes of tokens: never the last one.
static bool reducesTokens(Operation *node) {
  std::optional<int64_t> rank = rankOf(node->getOperand(0));
  auto axes = integersOf(node, "axes", 1);
  return axes && !axes->empty() && rank &&
         llvm::all_of(*axes, [&](int64_t axis) {
           return axis != -1 && axis != *rank - 1;
         });
}

/// The operand that holds features where the other one has one number for each
/// token.
static Value featuresOf(Operation *node) {
  for (unsigned i : {0u, 1u}) {
    if (isa<DivOp>(node) && i == 1)
      break;
    std::optional<int64_t> other = lastDimensionOf(node->getOperand(1 - i));
    std::optional<int64_t> own = lastDimensionOf(node->getOperand(i));
    if (other == 1 && own && *own != 1)
      return node->getOperand(i);
  }
  return {};
}

/// The way back from a pooled value to its tokens.
static std::optional<Pooling> findPooling(Value value) {
  Pooling pooling;
  bool reduces = false;
  while (Operation *node = value.getDefiningOp()) {
    bool isReduction = isa<ReduceMeanOp, ReduceSumOp>(node);
    Value before;
    if (isReduction && !reduces && reducesTokens(node))
      before = node->getOperand(0);
    else if (isa<MulOp, DivOp>(node) && node->getNumOperands() == 2)
      before = featuresOf(node);
    if (!before || !value.hasOneUse())
      break;
    reduces |= isReduction;
    pooling.nodes.push_back(node);
    value = before;
  }
  pooling.tokens = value;
  return reduces ? std::optional(pooling) : std::nullopt;
}

/// Whether the last axis becomes the last but one, which a matrix on the left
/// contracts.
static bool turnsFeatures(TransposeOp transpose) {
  auto permutation = transpose.getPerm();
  if (!permutation)
    return rankOf(transpose->getOperand(0)) == 2;
  int64_t rank = permutation->size();
  return rank >= 2 && (*permutation)[rank - 2] == rank - 1;
}

/// A product of `tokens`, or of its transpose, with another matrix.
static Operation *otherLinear(Value tokens) {
  for (Operation *user : tokens.getUsers()) {
    if (isa<MatMulOp>(user) && user->getOperand(0) == tokens &&
        isMatrix(user->getOperand(1)))
      return user;
    auto transpose = dyn_cast<TransposeOp>(user);
    if (!transpose || !turnsFeatures(transpose))
      continue;
    for (Operation *product : user->getUsers())
      if (isa<MatMulOp>(product) &&
          product->getOperand(1) == user->getResult(0) &&
          isMatrix(product->getOperand(0)))
        return product;
  }
  return nullptr;
}

/// W Hᵀ as (H Wᵀ)ᵀ, so that it can be put beside products of H.
static void turn(Operation *product, NodeWriter &writer) {
  auto transpose = product->getOperand(1).getDefiningOp<TransposeOp>();
  if (!transpose)
    return;
  auto weight =
      product->getOperand(0).getDefiningOp<slin::weights::WeightOpInterface>();
  std::string reason;
  auto elements = weight.getElements(reason);
  if (failed(elements))
    return;
  ArrayRef<int64_t> shape = elements->type.getShape();
  Type type = elements->type.getElementType();
  size_t width = slin::weights::bitsPerElement(type) / 8;
  std::vector<char> bytes(elements->bytes.size());
  for (int64_t i = 0; i < shape[0]; ++i)
    for (int64_t j = 0; j < shape[1]; ++j)
      std::copy_n(elements->bytes.data() + (i * shape[1] + j) * width, width,
                  bytes.data() + (j * shape[0] + i) * width);
  writer.setPlace(product, pathOf(product));
  Value matrix = writer.weight(
      "slin_w", RankedTensorType::get({shape[1], shape[0]}, type), bytes);
  Value turned =
      writer.node<MatMulOp>("slin_product", {transpose->getOperand(0), matrix});
  IRMapping mapping;
  mapping.map(transpose->getOperand(0), turned);
  Operation *back = writer.copy(transpose, mapping, "slin_transpose");
  replaceNode(product, back->getResult(0));
}

/// mean(H) P becomes mean(H P).
static void commute(Operation *linear, const Pooling &pooling,
                    NodeWriter &writer) {
  writer.setPlace(linear, pathOf(linear));
  IRMapping mapping;
  Value value = writer.node<MatMulOp>("slin_product",
                                      {pooling.tokens, linear->getOperand(1)});
  Value before = pooling.tokens;
  for (Operation *node : llvm::reverse(pooling.nodes)) {
    mapping.map(before, value);
    before = node->getResult(0);
    value = writer.copy(node, mapping, "slin_pool")->getResult(0);
  }
  replaceNode(linear, value);
}

void PoolAfterLinearsPass::runOnOperation() {
  NodeWriter writer(getOperation());
  SmallVector<Operation *> linears;
  getOperation().walk([&](MatMulOp op) {
    if (op->getNumOperands() == 2 && isMatrix(op->getOperand(1)))
      linears.push_back(op);
  });
  for (Operation *linear : linears) {
    std::optional<Pooling> pooling = findPooling(linear->getOperand(0));
    if (!pooling)
      continue;
    std::string path = pathOf(linear);
    Location location = linear->getLoc();
    auto options =
        remark::RemarkOpts::name("Pooling").category("onnx-pool-after-linears");
    Operation *other = otherLinear(pooling->tokens);
    if (!other) {
      remark::missed(location, options)
          << "'" + path + "': no other linear reads the tokens";
      continue;
    }
    std::string otherPath = pathOf(other);
    commute(linear, *pooling, writer);
    turn(other, writer);
    remark::passed(location, options)
        << "'" + path + "' acts before the pooling, beside '" + otherPath + "'";
  }
}
