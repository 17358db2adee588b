//===- FusePointwise.cpp - One loop for what follows a product ------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Bias, activation and gate in one pass over the activations. Upstream's pass
// would also move reshapes into the products, which then have several axes of
// tokens.
//
//===----------------------------------------------------------------------===//

#include "slin/Conversion/Passes.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace slin {
#define GEN_PASS_DEF_FUSEPOINTWISE
#include "slin/Conversion/Passes.h.inc"
} // namespace slin

using namespace mlir;

namespace {
struct FusePointwisePass final
    : slin::impl::FusePointwiseBase<FusePointwisePass> {
  using FusePointwiseBase::FusePointwiseBase;
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    linalg::populateElementwiseOpsFusionPatterns(
        patterns, [](OpOperand *operand) {
          Operation *producer = operand->get().getDefiningOp();
          return producer && producer->hasOneUse();
        });
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
