//===- Merge.cpp - The pipeline behind `slin merge` -----------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Without a target every structured operator becomes one matrix; with one, the
// cost model decides.
//
//===----------------------------------------------------------------------===//

#include "PassText.h"

#include "slin/Pipelines/Merge.h"

#include "mlir/Pass/PassRegistry.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace slin;

namespace {
/// A rewrite by the name that users give it.
struct NamedRewrite {
  StringLiteral name, passes;
};
} // namespace

static constexpr NamedRewrite kRewrites[] = {
    {"experts", "onnx-unsplit-experts"},
    {"gates", "onnx-sink-gates"},
    {"scales", "onnx-fold-scales"},
    {"linears", "onnx-raise-linears,slin-merge,slin-to-onnx"},
    {"norms", "onnx-split-norms,onnx-raise-linears,slin-merge,slin-to-onnx"},
    {"stack", "onnx-raise-linears,slin-stack,slin-to-onnx"},
};

/// The passes of a rewrite; those that the cost model decides in are told for
/// which target and token counts.
static FailureOr<std::string> passesOf(const NamedRewrite &rewrite,
                                       const MergeModelOptions &options,
                                       llvm::raw_ostream &errors) {
  StringRef target =
      options.target.empty() ? StringRef("cpu") : StringRef(options.target);
  PassText stack =
      timed("slin-stack", target,
            {options.tokens.begin(), options.tokens.end()}, errors);
  auto [before, after] = rewrite.passes.split("slin-stack");
  FailureOr<std::string> text = stack.finish();
  if (failed(text) || before == rewrite.passes)
    return failed(text) ? text : FailureOr<std::string>(rewrite.passes.str());
  return (before + *text + after).str();
}

FailureOr<std::string> slin::rewritePipeline(const MergeModelOptions &options,
                                             llvm::raw_ostream &errors) {
  SmallVector<std::string> passes;
  for (const std::string &wanted : options.rewrites) {
    const auto *known = llvm::find_if(
        kRewrites, [&](const NamedRewrite &one) { return one.name == wanted; });
    if (known == std::end(kRewrites)) {
      errors << "unknown rewrite '" << wanted << "': expected one of ";
      llvm::interleaveComma(kRewrites, errors, [&](const NamedRewrite &one) {
        errors << one.name;
      });
      return failure();
    }
    FailureOr<std::string> text = passesOf(*known, options, errors);
    if (failed(text))
      return failure();
    passes.push_back(std::move(*text));
  }
  return llvm::join(passes, ",");
}

FailureOr<std::string> slin::operatorPipeline(const MergeModelOptions &options,
                                              llvm::raw_ostream &errors) {
  PassText merge =
      options.target.empty()
          ? PassText("slin-densify", errors)
          : timed("slin-premerge", options.target,
                  {options.tokens.begin(), options.tokens.end()}, errors);
  merge.addPatterns({options.include.begin(), options.include.end()},
                    {options.exclude.begin(), options.exclude.end()});
  return joined({recognition(options.mlpLike, errors), merge});
}

std::string slin::modelPipeline(const MergeModelOptions &options) {
  return toModel({options.tokens.begin(), options.tokens.end()},
                 options.dispatch);
}

void slin::registerMergePipeline() {
  auto build =
      [](OpPassManager &manager, StringRef text,
         function_ref<LogicalResult(const Twine &)> onError) -> LogicalResult {
    MergeModelOptions options;
    std::string reason;
    llvm::raw_string_ostream errors(reason);
    FailureOr<std::string> rewrites = failure(), passes = failure();
    if (succeeded(options.parseFromString(text, errors)))
      rewrites = rewritePipeline(options, errors);
    if (succeeded(rewrites))
      passes = operatorPipeline(options, errors);
    if (failed(passes))
      return onError(reason);
    std::string all = *passes + "," + modelPipeline(options);
    if (!rewrites->empty())
      all = *rewrites + "," + all;
    if (failed(parsePassPipeline(all, manager, errors)))
      return onError(reason);
    return success();
  };
  registerPassPipeline(
      "slin-merge-model", "make the structured operators of a model dense",
      build, [](function_ref<void(const detail::PassOptions &)> describe) {
        describe(MergeModelOptions());
      });
}
