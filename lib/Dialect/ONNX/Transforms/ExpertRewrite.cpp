//===- ExpertRewrite.cpp - What rewrites of experts share -----------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The last sum is rewritten first: what one reads may be what another one
// gives, and then has to be there still.
//
//===----------------------------------------------------------------------===//

#include "ExpertRewrite.h"

#include "slin/Dialect/ONNX/Analysis/Constants.h"

#include "mlir/IR/Remarks.h"

using namespace mlir;
using namespace slin::onnx;

void ExpertRemarks::passed(Location location, StringRef path,
                           const Twine &text) const {
  remark::passed(location,
                 remark::RemarkOpts::name(passedName).category(category))
      << ("'" + path + "': " + text).str();
}

void ExpertRemarks::missed(Location location, StringRef path,
                           const Twine &reason) const {
  remark::missed(location,
                 remark::RemarkOpts::name(missedName).category(category))
      << ("'" + path + "': " + reason).str();
}

bool slin::onnx::rewriteSums(
    const ExpertAnalysis &analysis, const ExpertRemarks &remarks,
    llvm::function_ref<std::string(const ExpertSum &)> rewrite,
    llvm::function_ref<std::string(const ExpertSum &)> describe) {
  struct Outcome {
    Location location;
    std::string path, text;
    bool done;
  };
  std::vector<Outcome> outcomes;
  for (const ExpertSum &sum : llvm::reverse(analysis.getSums())) {
    Outcome outcome{sum.root->getLoc(), pathOf(sum.root), "", false};
    outcome.text = rewrite(sum);
    outcome.done = outcome.text.empty();
    if (outcome.done)
      outcome.text = describe(sum);
    outcomes.push_back(std::move(outcome));
  }
  for (const Outcome &outcome : llvm::reverse(outcomes))
    if (outcome.done)
      remarks.passed(outcome.location, outcome.path, outcome.text);
    else
      remarks.missed(outcome.location, outcome.path, outcome.text);
  for (const DeclinedExperts &entry : analysis.getDeclined())
    remarks.missed(entry.node, entry.path, entry.reason);
  return llvm::any_of(outcomes,
                      [](const Outcome &outcome) { return outcome.done; });
}
