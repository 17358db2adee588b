//===- Factorize.cpp - Replace dense operators by structured ones ---------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The pass: options, selection, budget, then weight after weight in the order
// of the module, so that never more than one weight and one moment are in
// memory.
//
//===----------------------------------------------------------------------===//

#include "BiasCorrection.h"
#include "Budget.h"
#include "Candidates.h"
#include "Decision.h"
#include "Factorizer.h"
#include "Replace.h"
#include "Selection.h"
#include "Statistics.h"

#include "slin/Dialect/Slin/Transforms/Passes.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"

namespace slin {
#define GEN_PASS_DEF_FACTORIZE
#include "slin/Dialect/Slin/Transforms/Passes.h.inc"
} // namespace slin

using namespace mlir;
using namespace slin;
using factorization::Matrix;

namespace {
/// One run of the pass over a module.
class ModuleFactorizer {
public:
  ModuleFactorizer(ModuleOp module, const Factorizer &structure,
                   const Request &request, std::optional<Statistics> statistics,
                   bool addBias)
      : module(module), structure(structure), request(request),
        statistics(std::move(statistics)), addBias(addBias),
        newWeights(module) {}

  /// Replaces or declines the selected weights. Fails with a reason where a
  /// weight or statistics cannot be read.
  LogicalResult run(SmallVectorImpl<Candidate> &candidates,
                    std::string &reason);

private:
  void declineUnfit(MutableArrayRef<Candidate> candidates) const;
  LogicalResult factorize(Candidate &candidate, const Size &size,
                          std::string &reason);
  void checkFloor();

  ModuleOp module;
  const Factorizer &structure;
  Request request;
  std::optional<Statistics> statistics;
  bool addBias;
  NewWeights newWeights;
  /// Numbers stored for all selected weights, before and now.
  int64_t before = 0, after = 0;
};

struct FactorizePass final : slin::impl::FactorizeBase<FactorizePass> {
  using FactorizeBase::FactorizeBase;
  void runOnOperation() override;

private:
  std::string checkOptions();
  LogicalResult run(std::string &reason);
};
} // namespace

//===----------------------------------------------------------------------===//
// Which weights
//===----------------------------------------------------------------------===//

/// Why the numbers of `candidate`'s inputs are not known; empty if they are.
static std::string reasonOfStatistics(const Candidate &candidate,
                                      const Statistics &statistics) {
  for (LinearUse use : candidate.uses) {
    std::optional<StringRef> name = use.apply.getInputName();
    if (!name)
      return "expected the name of the input, by which statistics are found, "
             "found none";
    if (std::string key = statistics.findMissing(*name); !key.empty())
      return "expected statistics '" + key + "', found none";
  }
  return {};
}

void ModuleFactorizer::declineUnfit(
    MutableArrayRef<Candidate> candidates) const {
  for (Candidate &candidate : candidates) {
    if (candidate.isDeclined())
      continue;
    declineIfReadElsewhere(candidate);
    if (!candidate.isDeclined() && statistics)
      candidate.reason = reasonOfStatistics(candidate, *statistics);
  }
}

//===----------------------------------------------------------------------===//
// One weight
//===----------------------------------------------------------------------===//

LogicalResult ModuleFactorizer::factorize(Candidate &candidate,
                                          const Size &size,
                                          std::string &reason) {
  FailureOr<Matrix> W = readWeight(candidate, reason);
  if (failed(W))
    return failure();
  bool correct = statistics && canCorrectBias(candidate, addBias);
  std::optional<Moments> moments;
  if (statistics) {
    SmallVector<StringRef> names =
        llvm::map_to_vector(candidate.uses, [](LinearUse use) {
          return *use.apply.getInputName();
        });
    FailureOr<Moments> read =
        statistics->read(names, candidate.inputs(), correct, reason);
    if (failed(read))
      return failure();
    moments = std::move(*read);
  }
  Factors factors =
      structure.factorize(*W, size, moments ? &moments->moment : nullptr);
  candidate.reason = factors.reason;
  if (!candidate.isDeclined())
    candidate.reason = roundFactors(factors, elementTypeOf(candidate));
  if (candidate.isDeclined())
    return success();
  MeanLoss loss{*W, {}};
  if (correct)
    loss.means = moments->means;
  FailureOr<int64_t> parameters =
      replaceDense(candidate, structure, factors, loss, newWeights, reason);
  if (failed(parameters))
    return failure();
  after += *parameters - candidate.parameters();
  noteReplaced(candidate, structure.getName(),
               {size, *parameters, factors.errors, correct});
  candidate.dense.erase();
  return success();
}

//===----------------------------------------------------------------------===//
// All weights
//===----------------------------------------------------------------------===//

void ModuleFactorizer::checkFloor() {
  if (isFloorMet(before, after, request.ratio))
    return;
  emitWarning(module.getLoc())
      << "expected to remove at least "
      << llvm::formatv("{0:f4}", request.ratio) << " of the " << before
      << " parameters of the selected weights, found "
      << llvm::formatv("{0:f4}", 1 - double(after) / double(before))
      << " removed";
}

LogicalResult ModuleFactorizer::run(SmallVectorImpl<Candidate> &candidates,
                                    std::string &reason) {
  declineUnfit(candidates);
  std::vector<Size> sizes = allocate(candidates, structure, request);
  for (Candidate &candidate : candidates)
    before += candidate.parameters();
  after = before;
  for (size_t i = 0; i < candidates.size(); ++i) {
    Candidate &candidate = candidates[i];
    LogicalResult result = success();
    module->getContext()->executeAction<FactorizeAction>(
        [&] {
          if (!candidate.isDeclined())
            result = factorize(candidate, sizes[i], reason);
          if (candidate.isDeclined())
            noteDeclined(candidate, structure.getName());
        },
        IRUnit(candidate.dense.getOperation()), i, candidates.size());
    if (failed(result))
      return failure();
  }
  checkFloor();
  return success();
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

/// What is wrong with the options, whatever the structure; empty if nothing is.
std::string FactorizePass::checkOptions() {
  if (!(ratio >= 0 && ratio < 1))
    return llvm::formatv("expected a ratio above 0 and below 1, found {0}",
                         double(ratio));
  if (rank < 0)
    return llvm::formatv("expected a positive rank, found {0}", int64_t(rank));
  if (blocks < 0)
    return llvm::formatv("expected a positive number of blocks, found {0}",
                         int64_t(blocks));
  if (statistics.empty() == !weightOnly)
    return llvm::formatv("expected statistics or weight-only, found {0}",
                         weightOnly ? "both" : "neither");
  if (addBias && weightOnly)
    return "expected statistics with add-bias, found weight-only";
  return {};
}

LogicalResult FactorizePass::run(std::string &reason) {
  reason = checkOptions();
  Request request{ratio, rank, blocks};
  if (!reason.empty())
    return failure();
  FailureOr<const Factorizer *> factorizer = getFactorizer(structure, reason);
  if (failed(factorizer) || failed((*factorizer)->check(request, reason)))
    return failure();
  Linears linears = findLinears(getOperation());
  if (failed(select(linears, *include, *exclude, reason)))
    return failure();
  std::optional<Statistics> opened;
  if (!statistics.empty()) {
    FailureOr<Statistics> file = Statistics::open(statistics, reason);
    if (failed(file))
      return failure();
    opened.emplace(std::move(*file));
  }
  ModuleFactorizer run(getOperation(), **factorizer, request, std::move(opened),
                       addBias);
  LogicalResult result = run.run(linears.candidates, reason);
  for (ApplyOp apply : linears.others)
    noteOtherOperator(apply);
  return result;
}

void FactorizePass::runOnOperation() {
  std::string reason;
  if (succeeded(run(reason)))
    return;
  emitError(getOperation().getLoc()) << getArgument() << ": " << reason;
  signalPassFailure();
}
