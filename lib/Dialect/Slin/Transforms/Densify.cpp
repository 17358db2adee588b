//===- Densify.cpp - Structured operators become dense --------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Evaluates an operator's term in f64 and rounds once. The way back from any
// structure, whoever wrote it, and the exact form of every expression when only
// one product per token is wanted.
//
//===----------------------------------------------------------------------===//

#include "MergedLinears.h"

#include "slin/Dialect/Slin/Transforms/Passes.h"
#include "slin/Term/Evaluate.h"
#include "slin/Weights/WeightInterfaces.h"

#include "mlir/IR/Remarks.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/Support/FormatVariadic.h"

namespace slin {
#define GEN_PASS_DEF_DENSIFY
#include "slin/Dialect/Slin/Transforms/Passes.h.inc"
} // namespace slin

using namespace mlir;
using namespace slin;

namespace {
struct DensifyPass final : slin::impl::DensifyBase<DensifyPass> {
  using DensifyBase::DensifyBase;
  void runOnOperation() override;
};

/// An operator and the linears that use it.
using Uses = llvm::MapVector<Value, SmallVector<ApplyOp>>;
} // namespace

/// The numbers of every leaf, in f64.
static FailureOr<std::vector<std::vector<double>>>
loadLeaves(const TermWithLeaves &expression, std::string &reason) {
  std::vector<std::vector<double>> numbers;
  for (Value leaf : expression.leaves) {
    auto weight = leaf.getDefiningOp<weights::WeightOpInterface>();
    if (!weight) {
      reason = "expected weights that are constants";
      return failure();
    }
    FailureOr<weights::Elements> elements = weight.getElements(reason);
    if (failed(elements))
      return failure();
    auto &values = numbers.emplace_back(elements->type.getNumElements());
    if (failed(weights::toDoubles(*elements, values, reason)))
      return failure();
  }
  return numbers;
}

/// The element type that all leaves have, which the matrix keeps.
static FailureOr<FloatType> typeOfLeaves(const TermWithLeaves &expression,
                                         std::string &reason) {
  FloatType common;
  for (Value leaf : expression.leaves) {
    auto type =
        cast<FloatType>(cast<ShapedType>(leaf.getType()).getElementType());
    if (common && common != type) {
      reason = "expected weights of one element type";
      return failure();
    }
    common = type;
  }
  if (!common) {
    reason = "expected an operator that holds a weight";
    return failure();
  }
  return common;
}

/// Bytes of the matrix, stored `[in, out]`, which is how products read it.
static FailureOr<std::vector<char>>
bytesOf(const TermWithLeaves &expression, FloatType type, std::string &reason) {
  auto numbers = loadLeaves(expression, reason);
  if (failed(numbers))
    return failure();
  term::Matrix matrix =
      term::densify(expression.term, [&](unsigned id) -> ArrayRef<double> {
        return (*numbers)[id];
      });
  double greatest = matrix.cwiseAbs().maxCoeff();
  const llvm::fltSemantics &semantics = type.getFloatSemantics();
  double limit = APFloat::getLargest(semantics).convertToDouble();
  if (!(greatest <= limit)) {
    reason = llvm::formatv("expected numbers within the range of {0}, found "
                           "{1:e3}",
                           Type(type), greatest);
    return failure();
  }
  term::Matrix stored = matrix.transpose();
  return weights::fromDoubles(type, {stored.data(), size_t(stored.size())});
}

static LogicalResult densify(Value linop, ArrayRef<ApplyOp> uses,
                             NewWeights &newWeights, std::string &reason) {
  auto expression = buildTerm(linop, /*tokens=*/1, &reason);
  if (failed(expression))
    return failure();
  auto type = typeOfLeaves(*expression, reason);
  if (failed(type))
    return failure();
  auto bytes = bytesOf(*expression, *type, reason);
  if (failed(bytes))
    return failure();
  OpBuilder builder(linop.getContext());
  builder.setInsertionPointAfterValue(linop);
  auto linopType = cast<LinopType>(linop.getType());
  Value weight = newWeights.make(
      builder, linop.getLoc(), NewWeights::baseNameOf(uses.front()) + "/slin_w",
      RankedTensorType::get({linopType.getIn(), linopType.getOut()}, *type),
      *bytes);
  Value dense = DenseOp::create(builder, linop.getLoc(), linopType, weight,
                                /*transposed=*/true);
  for (ApplyOp apply : uses) {
    markSources(apply, newWeights);
    apply.dropSource();
    apply.getLinopMutable().assign(dense);
  }
  for (Value leaf : expression->leaves)
    newWeights.markReplaced(leaf.getDefiningOp());
  return success();
}

void DensifyPass::runOnOperation() {
  NewWeights newWeights(getOperation());
  Uses operators;
  getOperation().walk([&](ApplyOp apply) {
    if (!apply.getLinop().getDefiningOp<DenseOp>())
      operators[apply.getLinop()].push_back(apply);
  });
  for (auto &[linop, uses] : operators) {
    std::string reason;
    std::string path = uses.front().getPath().value_or("linear").str();
    auto options = remark::RemarkOpts::name("Densify").category("slin-densify");
    if (failed(densify(linop, uses, newWeights, reason))) {
      remark::missed(uses.front().getLoc(), options)
          << "'" + path + "': " + reason;
      continue;
    }
    remark::passed(uses.front().getLoc(), options)
        << "'" + path + "' is one matrix now";
  }
}
