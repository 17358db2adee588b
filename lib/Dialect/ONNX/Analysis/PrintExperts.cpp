//===- PrintExperts.cpp - Print the sums of experts of a model ------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The lines are comments of MLIR's text form, as those of PrintFFNs.cpp.
//
//===----------------------------------------------------------------------===//

#include "slin/Dialect/ONNX/Analysis/Constants.h"
#include "slin/Dialect/ONNX/Analysis/ExpertAnalysis.h"
#include "slin/Dialect/ONNX/Analysis/Passes.h"

#include "llvm/Support/raw_ostream.h"

namespace slin::onnx {
#define GEN_PASS_DEF_PRINTEXPERTS
#include "slin/Dialect/ONNX/Analysis/Passes.h.inc"
} // namespace slin::onnx

using namespace mlir;
using namespace slin::onnx;

namespace {
struct PrintExpertsPass final
    : slin::onnx::impl::PrintExpertsBase<PrintExpertsPass> {
  using PrintExpertsBase::PrintExpertsBase;
  void runOnOperation() override;
};
} // namespace

static void printGates(llvm::raw_ostream &os, const ExpertSum &sum) {
  switch (sum.routing) {
  case ExpertSum::Routing::None:
    os << "no gates";
    return;
  case ExpertSum::Routing::GateOfEach:
    os << "a gate of each";
    break;
  case ExpertSum::Routing::GatesOfAll:
    os << "gates of all";
    break;
  case ExpertSum::Routing::Choices:
    os << "indices of the chosen";
    break;
  }
  if (sum.areAllChosen())
    os << ", all 1";
  else if (sum.chosen)
    os << ", " << *sum.chosen << " of " << sum.experts.size();
}

void PrintExpertsPass::runOnOperation() {
  auto &analysis = getAnalysis<ExpertAnalysis>();
  llvm::raw_ostream &os = llvm::outs();
  for (const ExpertSum &sum : analysis.getSums()) {
    const Expert &first = sum.experts.front();
    os << "// experts '" << pathOf(sum.root) << "' " << sum.experts.size()
       << (first.linears.size() == 2 ? " gated " : " plain ")
       << first.activation.name << ' ' << first.in() << " -> ";
    llvm::interleave(
        sum.experts, os, [&](const Expert &expert) { os << expert.hidden(); },
        " + ");
    os << " -> " << first.out() << ' ' << first.down.weight->getElementType()
       << ", ";
    printGates(os, sum);
    for (Value value : sum.rest)
      os << ", and '" << nameOf(value) << "'";
    os << '\n';
  }
  for (const DeclinedExperts &entry : analysis.getDeclined())
    os << "// declined '" << entry.path << "': " << entry.reason << '\n';
  for (const GatheredTokens &entry : analysis.getGathered())
    os << "// gathered '" << pathOf(entry.node) << "' for expert "
       << *entry.gate.getIndex() << '\n';
  os.flush();
  markAllAnalysesPreserved();
}
