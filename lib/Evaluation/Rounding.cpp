//===- Rounding.cpp - How far equal functions may differ ------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Errors of single weights add up at random, along rows and from layer to
// layer: 32 units in the last place are several times what models with real
// weights show.
//
//===----------------------------------------------------------------------===//

#include "slin/Evaluation/Rounding.h"

#include "slin/Dialect/Slin/IR/SlinOps.h"
#include "slin/Weights/WeightInterfaces.h"

#include <cmath>

using namespace mlir;
using namespace slin;
using namespace slin::evaluation;

/// Of sums of some thousand terms in f64.
static constexpr double kRealArithmetic = 1e-11;

WeightSet evaluation::weightsOf(Operation *op) {
  WeightSet weights;
  op->walk([&](Operation *inner) {
    // Its alternatives are equal within the rounding of their weights.
    if (isa<ByTokensOp>(inner))
      weights.insert(UnitAttr::get(op->getContext()));
    auto weight = dyn_cast<weights::WeightOpInterface>(inner);
    ElementsAttr elements = weight ? weight.getWeight() : ElementsAttr();
    if (elements && isa<FloatType>(elements.getElementType()))
      weights.insert(elements);
  });
  return weights;
}

double evaluation::permittedError(const WeightSet &before,
                                  const WeightSet &after) {
  auto isChoice = [](Attribute weight) { return isa<UnitAttr>(weight); };
  bool hasChoice =
      llvm::any_of(before, isChoice) || llvm::any_of(after, isChoice);
  double error = kRealArithmetic;
  for (Attribute weight : after) {
    auto elements = dyn_cast<ElementsAttr>(weight);
    if (!elements || (before.contains(weight) && !hasChoice))
      continue;
    auto type = cast<FloatType>(elements.getElementType());
    error =
        std::max(error, std::ldexp(1.0, 5 - int(type.getFPMantissaWidth())));
  }
  return error;
}
