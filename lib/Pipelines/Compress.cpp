//===- Compress.cpp - The pipeline behind `slin compress` -----------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Passes are named as a user would name them, so that the text that
// `--dump-pass-pipeline` prints is what runs.
//
//===----------------------------------------------------------------------===//

#include "PassText.h"

#include "slin/Pipelines/Compress.h"

#include "mlir/Pass/PassRegistry.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace slin;

/// The shortest text that reads back as the same number.
static std::string numberText(double number) {
  std::string text;
  for (int digits = 1; digits <= 17; ++digits) {
    text.clear();
    llvm::raw_string_ostream(text) << llvm::format("%.*g", digits, number);
    if (std::strtod(text.c_str(), nullptr) == number)
      break;
  }
  return text;
}

FailureOr<std::string> slin::selectionPipeline(const CompressOptions &options,
                                               llvm::raw_ostream &errors) {
  PassText select("slin-select", errors);
  select.addPatterns({options.include.begin(), options.include.end()},
                     {options.exclude.begin(), options.exclude.end()});
  return joined({recognition(options.mlpLike, errors), select});
}

FailureOr<std::string> slin::operatorPipeline(const CompressOptions &options,
                                              llvm::raw_ostream &errors) {
  PassText factorize("slin-factorize", errors);
  factorize.addText("structure", options.structure);
  if (options.ratio != 0)
    factorize.add("ratio", numberText(options.ratio));
  if (options.rank != 0)
    factorize.add("rank", Twine(options.rank));
  if (options.blocks != 0)
    factorize.add("blocks", Twine(options.blocks));
  factorize.addPatterns({options.include.begin(), options.include.end()},
                        {options.exclude.begin(), options.exclude.end()});
  if (!options.statistics.empty())
    factorize.addText("statistics", options.statistics);
  if (options.weightOnly)
    factorize.add("weight-only", "true");
  if (options.addBias)
    factorize.add("add-bias", "true");
  SmallVector<PassText> passes{recognition(options.mlpLike, errors), factorize};
  if (!options.target.empty()) {
    passes.push_back(timed("slin-premerge", options.target,
                           {options.tokens.begin(), options.tokens.end()},
                           errors));
    passes.back().addPatterns({options.include.begin(), options.include.end()},
                              {options.exclude.begin(), options.exclude.end()});
  }
  return joined(passes);
}

std::string slin::modelPipeline(const CompressOptions &options) {
  return toModel({options.tokens.begin(), options.tokens.end()},
                 options.dispatch);
}

void slin::registerCompressPipeline() {
  auto build =
      [](OpPassManager &manager, StringRef text,
         function_ref<LogicalResult(const Twine &)> onError) -> LogicalResult {
    CompressOptions options;
    std::string reason;
    llvm::raw_string_ostream errors(reason);
    FailureOr<std::string> passes = failure();
    if (succeeded(options.parseFromString(text, errors)))
      passes = operatorPipeline(options, errors);
    if (failed(passes) ||
        failed(parsePassPipeline(*passes + "," + modelPipeline(options),
                                 manager, errors)))
      return onError(reason);
    return success();
  };
  registerPassPipeline(
      "slin-compress", "make the feed-forward networks of a model structured",
      build, [](function_ref<void(const detail::PassOptions &)> describe) {
        describe(CompressOptions());
      });
}
