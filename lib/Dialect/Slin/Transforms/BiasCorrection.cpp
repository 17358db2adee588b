//===- BiasCorrection.cpp - The mean of what factors lose -----------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A bias that several linears share cannot take a correction that belongs to
// one of them; such a linear needs a new one.
//
//===----------------------------------------------------------------------===//

#include "BiasCorrection.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace slin;
using factorization::Vector;

/// The constant behind a bias, if its elements can be corrected.
static weights::WeightOpInterface constantBias(ApplyOp apply) {
  auto bias = apply.getBias().getDefiningOp<weights::WeightOpInterface>();
  ElementsAttr elements = bias ? bias.getWeight() : ElementsAttr();
  if (!elements || !isa<FloatType>(elements.getElementType()))
    return {};
  int64_t count = elements.getNumElements();
  return count == 1 || count == apply.getLinopType().getOut() ? bias : nullptr;
}

bool slin::canCorrectBias(const Candidate &candidate, bool addBias) {
  return llvm::all_of(candidate.uses, [&](LinearUse use) {
    if (!use.apply.getBias())
      return addBias;
    if (!constantBias(use.apply))
      return false;
    SmallVector<Operation *> between;
    return addBias || !findOtherReader(use.apply.getBias(), use, between);
  });
}

/// The bias of `apply` as [out] numbers, and the type of a new one.
static FailureOr<RankedTensorType> readBias(ApplyOp apply, Vector &bias,
                                            std::string &reason) {
  int64_t out = apply.getLinopType().getOut();
  bias = Vector::Zero(out);
  if (!apply.getBias())
    return RankedTensorType::get({out}, apply.getLinopType().getElementType());
  FailureOr<weights::Elements> elements =
      constantBias(apply).getElements(reason);
  if (failed(elements))
    return failure();
  ShapedType type = elements->type;
  std::vector<double> values(type.getNumElements());
  if (failed(weights::toDoubles(*elements, values, reason)))
    return failure();
  if (int64_t(values.size()) != out) {
    bias.setConstant(values[0]);
    return RankedTensorType::get({out}, type.getElementType());
  }
  bias = Eigen::Map<const Vector>(values.data(), out);
  return RankedTensorType::get(type.getShape(), type.getElementType());
}

LogicalResult slin::correctBias(OpBuilder &builder, Candidate &candidate,
                                ArrayRef<Vector> lost, NewWeights &newWeights,
                                std::string &reason) {
  for (auto [use, difference] : llvm::zip(candidate.uses, lost)) {
    ApplyOp apply = use.apply;
    Vector bias;
    FailureOr<RankedTensorType> type = readBias(apply, bias, reason);
    if (failed(type))
      return failure();
    bias += use.scale * difference;
    if (Value old = apply.getBias()) {
      Operation *definition = old.getDefiningOp();
      SmallVector<Operation *> between;
      findOtherReader(old, use, between);
      apply.dropSource();
      apply.getBiasMutable().clear();
      newWeights.markReplaced(definition);
      for (Operation *op : between)
        newWeights.markReplaced(op);
    }
    apply.getBiasMutable().assign(newWeights.make(
        builder, apply.getLoc(), newWeights.baseNameOf(apply) + "/slin_bias",
        *type,
        weights::fromDoubles(cast<FloatType>(type->getElementType()),
                             {bias.data(), size_t(bias.size())})));
  }
  return success();
}
