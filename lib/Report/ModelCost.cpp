//===- ModelCost.cpp - What a model costs ---------------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A walk over the nodes; the bytes of weights are not touched.
//
//===----------------------------------------------------------------------===//

#include "slin/Report/ModelCost.h"

#include "slin/Dialect/ONNX/IR/ONNXOps.h"

using namespace mlir;
using namespace slin;
using namespace slin::report;

/// Elements of a type that parameters have; 0 for other tensors.
static uint64_t parametersOf(ElementsAttr elements) {
  Type type = elements.getElementType();
  bool isParameter = isa<FloatType>(type);
  if (auto integer = dyn_cast<IntegerType>(type))
    isParameter = integer.getWidth() > 1 && integer.getWidth() <= 8;
  return isParameter ? elements.getNumElements() : 0;
}

/// The constant behind a value, seen through what changes no element.
static ElementsAttr constantOf(Value value) {
  while (value) {
    Operation *op = value.getDefiningOp();
    if (!op)
      return nullptr;
    if (auto weight = dyn_cast<weights::WeightOpInterface>(op))
      return weight.getWeight();
    if (!isa<onnx::TransposeOp, onnx::ReshapeOp, onnx::CastOp, onnx::IdentityOp,
             onnx::UnsqueezeOp, onnx::SqueezeOp>(op))
      return nullptr;
    value = onnx::presentInput(op, 0);
  }
  return nullptr;
}

static bool isProduct(Operation *op) {
  return isa<onnx::MatMulOp, onnx::GemmOp, onnx::MicrosoftFusedMatMulOp,
             onnx::MicrosoftFusedGemmOp, onnx::MicrosoftGemmFastGeluOp>(op);
}

Cost slin::report::costOfModel(ModuleOp module) {
  Cost cost;
  llvm::DenseSet<Attribute> seen;
  module.walk([&](Operation *op) {
    if (isProduct(op)) {
      ElementsAttr factors[] = {constantOf(onnx::presentInput(op, 0)),
                                constantOf(onnx::presentInput(op, 1))};
      // With two constants nothing depends on the token.
      if (bool(factors[0]) != bool(factors[1]))
        cost.macsPerToken += parametersOf(factors[0] ? factors[0] : factors[1]);
    }
    auto weight = dyn_cast<weights::WeightOpInterface>(op);
    ElementsAttr elements = weight ? weight.getWeight() : ElementsAttr();
    if (!elements)
      return;
    // References to the same bytes are one tensor; equal literals are not.
    if (isa<onnx::WeightAttr>(elements) && !seen.insert(elements).second)
      return;
    uint64_t count = parametersOf(elements);
    cost.parameters += count;
    cost.bytes += weights::bytesOf(elements.getElementType(), count);
  });
  return cost;
}
