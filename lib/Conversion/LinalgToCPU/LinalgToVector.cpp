//===- LinalgToVector.cpp - linalg on buffers in vectors ------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Products of constants and pointwise ops; everything else is left to plain
// loops.
//
//===----------------------------------------------------------------------===//

#include "Elementwise.h"
#include "Microkernel.h"

#include "slin/Conversion/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

namespace slin {
#define GEN_PASS_DEF_LINALGTOVECTOR
#include "slin/Conversion/Passes.h.inc"
} // namespace slin

using namespace mlir;
using namespace slin;

namespace {
struct LinalgToVectorPass final
    : slin::impl::LinalgToVectorBase<LinalgToVectorPass> {
  using LinalgToVectorBase::LinalgToVectorBase;
  void runOnOperation() override;

private:
  /// Whether the op was written; fails after an error.
  FailureOr<bool> lower(linalg::LinalgOp op);
};
} // namespace

/// The buffer that `value` sees all of, in whatever shape.
static Value wholeBuffer(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (!isa<memref::ExpandShapeOp, memref::CollapseShapeOp, memref::CastOp>(
            op))
      break;
    value = op->getOperand(0);
  }
  return value;
}

/// The buffer that `value` sees some of.
static Value viewedBuffer(Value value) {
  while (auto view = value.getDefiningOp<ViewLikeOpInterface>())
    value = view.getViewSource();
  return value;
}

/// Whether `op` or what is in it has a view of `buffer` as operand.
static bool touches(Operation *op, Value buffer) {
  buffer = viewedBuffer(buffer);
  return op
      ->walk([&](Operation *inner) {
        for (Value operand : inner->getOperands())
          if (viewedBuffer(operand) == buffer)
            return WalkResult::interrupt();
        return WalkResult::advance();
      })
      .wasInterrupted();
}

/// The op that fills the result of `op` with zeros, with nothing between them
/// that looks at it; null if there is none.
static linalg::FillOp zeroFillBefore(linalg::LinalgOp op) {
  Value buffer = wholeBuffer(op->getOperands().back());
  for (Operation *before = op->getPrevNode(); before;
       before = before->getPrevNode()) {
    if (isa<ViewLikeOpInterface>(before) || !touches(before, buffer))
      continue;
    auto fill = dyn_cast<linalg::FillOp>(before);
    bool isZero = fill && wholeBuffer(fill.getOutputs()[0]) == buffer &&
                  matchPattern(fill.getInputs()[0], m_AnyZeroFloat());
    return isZero ? fill : linalg::FillOp();
  }
  return {};
}

FailureOr<bool> LinalgToVectorPass::lower(linalg::LinalgOp op) {
  Type type = getElementTypeOrSelf(op->getOperands().back());
  int64_t lanes = vectorBits / (type.isF64() ? 64 : 32);
  if (std::optional<Contraction> contraction = matchContraction(op, lanes)) {
    Panels panels = panelsOf(*contraction, lanes);
    memref::GlobalOp packed = packWeight(*contraction, panels);
    if (!packed)
      return failure();
    linalg::FillOp fill = zeroFillBefore(op);
    OpBuilder builder(op);
    // Registers: the tile, a row of the panel, a number of a token.
    Tiling tiling{vectorBits >= 512 ? 8 : 4};
    writeContraction(builder, op.getLoc(), *contraction, panels, packed, tiling,
                     fill != nullptr);
    if (fill)
      fill->erase();
    return true;
  }
  if (!canWriteElementwise(op))
    return false;
  writeElementwise(op, vectorBits);
  return true;
}

/// A view with several unknown sizes where its buffer has one: upstream's
/// expansion of views computes at most one of them.
static void rewriteExpansion(memref::ExpandShapeOp expand) {
  MemRefType type = expand.getResultType();
  auto isUnknown = [&](int64_t axis) { return type.isDynamicDim(axis); };
  bool isKnown = llvm::all_of(expand.getReassociationIndices(),
                              [&](const ReassociationIndices &group) {
                                return llvm::count_if(group, isUnknown) < 2;
                              });
  if (isKnown || !type.getLayout().isIdentity())
    return;
  OpBuilder builder(expand);
  Location location = expand.getLoc();
  SmallVector<OpFoldResult> sizes = expand.getMixedOutputShape();
  SmallVector<OpFoldResult> strides(sizes.size());
  Value stride = arith::ConstantIndexOp::create(builder, location, 1);
  for (int64_t axis = sizes.size() - 1; axis >= 0; --axis) {
    strides[axis] = getAsOpFoldResult(stride);
    stride = builder.createOrFold<arith::MulIOp>(
        location, stride,
        getValueOrCreateConstantIndexOp(builder, location, sizes[axis]));
  }
  Value view = memref::ReinterpretCastOp::create(
      builder, location, expand.getSrc(), builder.getIndexAttr(0), sizes,
      strides);
  view = memref::CastOp::create(builder, location, type, view);
  expand.replaceAllUsesWith(view);
  expand.erase();
}

/// Copies and views in forms that the rest of the pipeline knows.
static void rewriteBuffers(ModuleOp module) {
  SmallVector<Operation *> ops;
  module.walk([&](Operation *op) {
    if (isa<memref::CopyOp, memref::ExpandShapeOp>(op))
      ops.push_back(op);
  });
  for (Operation *op : ops) {
    if (auto expand = dyn_cast<memref::ExpandShapeOp>(op)) {
      rewriteExpansion(expand);
      continue;
    }
    auto copy = cast<memref::CopyOp>(op);
    OpBuilder builder(copy);
    linalg::makeMemRefCopyOp(builder, copy.getLoc(), copy.getSource(),
                             copy.getTarget());
    copy.erase();
  }
}

void LinalgToVectorPass::runOnOperation() {
  if (!llvm::is_contained({0, 128, 256, 512}, vectorBits)) {
    getOperation().emitError()
        << "expected vector-bits of 0, 128, 256 or 512, found "
        << int64_t(vectorBits);
    return signalPassFailure();
  }
  rewriteBuffers(getOperation());
  if (vectorBits == 0)
    return;
  // Products first: they make the fills before them superfluous.
  for (bool isProduct : {true, false}) {
    SmallVector<linalg::LinalgOp> ops;
    getOperation().walk([&](linalg::LinalgOp op) {
      if (isa<linalg::MatmulOp, linalg::ContractOp>(op) == isProduct)
        ops.push_back(op);
    });
    for (linalg::LinalgOp op : ops) {
      FailureOr<bool> written = lower(op);
      if (failed(written))
        return signalPassFailure();
      if (*written)
        op->erase();
    }
  }
}
