//===- RecoverStructure.cpp - Dense operators that have a structure -------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Undoes somebody else's merge: a matrix that is a product of structured
// factors, within the rounding of its element type, becomes these factors
// again.
//
//===----------------------------------------------------------------------===//

#include "Candidates.h"
#include "Factorizer.h"
#include "Replace.h"
#include "Selection.h"

#include "slin/Dialect/Slin/Transforms/Passes.h"
#include "slin/Factorization/Recover.h"

#include "mlir/IR/Remarks.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"

namespace slin {
#define GEN_PASS_DEF_RECOVERSTRUCTURE
#include "slin/Dialect/Slin/Transforms/Passes.h.inc"
} // namespace slin

using namespace mlir;
using namespace slin;
using factorization::Matrix;
using factorization::RecoverOptions;
using factorization::Recovery;

namespace {
struct RecoverStructurePass final
    : slin::impl::RecoverStructureBase<RecoverStructurePass> {
  using RecoverStructureBase::RecoverStructureBase;
  void runOnOperation() override;

private:
  FailureOr<RecoverOptions> readOptions(std::string &reason) const;
  LogicalResult run(std::string &reason);
};
} // namespace

/// The tolerance of an element type: some units of its rounding, which moves
/// the singular values of a product by at most about one unit. f32 and bf16
/// have those of StructuredFFN's authors; f16 has as many units as bf16, f64 as
/// many as the decompositions' own errors need.
static double toleranceOf(FloatType type) {
  if (type.isF64())
    return 1e-12;
  if (type.isF32())
    return 1e-5;
  return type.isF16() ? 1.25e-3 : 1e-2;
}

namespace {
/// What the rest of the pass needs to know of a structure.
struct Form {
  const Factorizer &factorizer;
  std::vector<Factor> factors;
  std::string sizes;
};
} // namespace

static Form formOf(const factorization::LowRank &found) {
  return {getLowRankFactorizer(),
          {Factor("u", found.U), Factor("v", found.V)},
          llvm::formatv("rank {0}", found.rank())};
}

static Form formOf(const factorization::BlockDiagonal &found) {
  return {getBlockDiagonalFactorizer(),
          {Factor("blocks", found.D)},
          llvm::formatv("blocks {0}", found.blocks())};
}

static Form formOf(const factorization::BlockDense &found) {
  return {getBlockDenseFactorizer(),
          {Factor("left", found.L), Factor("blocks", found.D)},
          llvm::formatv("rank {0}, blocks {1}", found.rank(), found.blocks())};
}

static Form formOf(const factorization::BlockShuffle &found) {
  return {
      getBlockShuffleFactorizer(),
      {Factor("first", found.D1), Factor("second", found.D2)},
      llvm::formatv("blocks {0} and {1}", found.D1.size(), found.D2.size())};
}

static Form formOf(const std::monostate &) {
  llvm_unreachable("a recovery without a reason has factors");
}

static remark::RemarkOpts optionsOf(ApplyOp apply, StringRef name) {
  return remark::RemarkOpts::name(name)
      .category("slin-recover-structure")
      .function(apply.getPath().value_or(""));
}

static void noteKept(ApplyOp apply, const std::string &reason) {
  remark::missed(apply.getLoc(), optionsOf(apply, "NotRecovered"))
      << "'" + apply.getPath().value_or("linear").str() + "': " + reason;
}

/// Replaces the candidate's weight, or gives the candidate a reason. Fails with
/// a reason where the weight cannot be read.
static LogicalResult recover(Candidate &candidate, RecoverOptions options,
                             NewWeights &newWeights, std::string &reason) {
  FailureOr<Matrix> W = readWeight(candidate, reason);
  if (failed(W))
    return failure();
  FloatType type = elementTypeOf(candidate);
  if (options.tolerance == 0)
    options.tolerance = toleranceOf(type);
  Recovery recovery = factorization::recoverStructure(*W, options);
  candidate.reason = recovery.reason;
  if (candidate.isDeclined())
    return success();
  Form form = std::visit([](const auto &found) { return formOf(found); },
                         recovery.factors);
  Factors factors{std::move(form.factors), recovery.errors, {}};
  candidate.reason = roundFactors(factors, type);
  if (candidate.isDeclined())
    return success();
  std::string text = llvm::formatv(
      " is {0}, {1}, {2} of {3} parameters, tail {4:e1}, Frobenius error "
      "{5:e1}",
      form.factorizer.getName(), form.sizes, recovery.parameters,
      candidate.parameters(), recovery.tail, recovery.errors.frobenius);
  if (failed(replaceDense(candidate, form.factorizer, factors, {*W, {}},
                          newWeights, reason)))
    return failure();
  for (LinearUse use : candidate.uses)
    remark::passed(use.apply.getLoc(), optionsOf(use.apply, "Recovered"))
        << "'" + use.apply.getPath().value_or("linear").str() + "'" + text;
  candidate.dense.erase();
  return success();
}

FailureOr<RecoverOptions>
RecoverStructurePass::readOptions(std::string &reason) const {
  RecoverOptions options;
  options.tolerance = tolerance;
  if (!(tolerance >= 0 && tolerance < 1)) {
    reason = llvm::formatv("expected a tolerance from 0 to below 1, found {0}",
                           double(tolerance));
    return failure();
  }
  if (greatestBlocks < 1) {
    reason = llvm::formatv("expected a positive greatest number of blocks, "
                           "found {0}",
                           int64_t(greatestBlocks));
    return failure();
  }
  options.greatestBlocks = greatestBlocks;
  if (structures.empty())
    return options;
  SmallVector<const Factorizer *> asked;
  for (const std::string &name : structures) {
    FailureOr<const Factorizer *> factorizer = getFactorizer(name, reason);
    if (failed(factorizer))
      return failure();
    asked.push_back(*factorizer);
  }
  options.lowRank = llvm::is_contained(asked, &getLowRankFactorizer());
  options.blockDiagonal =
      llvm::is_contained(asked, &getBlockDiagonalFactorizer());
  options.blockDense = llvm::is_contained(asked, &getBlockDenseFactorizer());
  options.blockShuffle =
      llvm::is_contained(asked, &getBlockShuffleFactorizer());
  return options;
}

LogicalResult RecoverStructurePass::run(std::string &reason) {
  FailureOr<RecoverOptions> options = readOptions(reason);
  if (failed(options))
    return failure();
  Linears linears = findLinears(getOperation());
  if (failed(select(linears, *include, *exclude, reason)))
    return failure();
  NewWeights newWeights(getOperation());
  for (Candidate &candidate : linears.candidates) {
    if (!candidate.isDeclined())
      declineIfReadElsewhere(candidate);
    if (!candidate.isDeclined() &&
        failed(recover(candidate, *options, newWeights, reason)))
      return failure();
    if (candidate.isDeclined())
      for (LinearUse use : candidate.uses)
        noteKept(use.apply, candidate.reason);
  }
  return success();
}

void RecoverStructurePass::runOnOperation() {
  std::string reason;
  if (succeeded(run(reason)))
    return;
  emitError(getOperation().getLoc()) << getArgument() << ": " << reason;
  signalPassFailure();
}
