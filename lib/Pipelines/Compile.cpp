//===- Compile.cpp - The pipeline behind `slin compile` -------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Weights are packed before anything depends on a target, so that all targets
// of a file share them.
//
//===----------------------------------------------------------------------===//

#include "PassText.h"

#include "slin/Pipelines/Compile.h"

#include "mlir/Pass/PassRegistry.h"

using namespace mlir;
using namespace slin;

FailureOr<std::string> slin::entryPipeline(const CompileOptions &options,
                                           llvm::raw_ostream &errors) {
  PassText convert("slin-to-slingpu", errors);
  if (!options.elementType.empty())
    convert.addText("element-type", options.elementType);
  convert.addPatterns({options.include.begin(), options.include.end()},
                      {options.exclude.begin(), options.exclude.end()});
  // Experts whose gates are 0 or 1 become one entry, which computes what is
  // chosen.
  return joined({PassText("onnx-sink-gates", errors),
                 recognition(options.mlpLike, errors), convert});
}

FailureOr<std::string> slin::kernelPipeline(const CompileOptions &options,
                                            llvm::raw_ostream &errors) {
  PassText schedule = timed(
      options.candidates ? "slin-gpu-candidates" : "slin-gpu-schedule",
      options.target, {options.tokens.begin(), options.tokens.end()}, errors);
  if (!options.table.empty())
    schedule.addText("table", options.table);
  if (options.candidates)
    schedule.add("best", Twine(options.candidates));
  return joined({schedule, PassText("slin-gpu-to-nvvm", errors)});
}

void slin::registerCompilePipeline() {
  auto build =
      [](OpPassManager &manager, StringRef text,
         function_ref<LogicalResult(const Twine &)> onError) -> LogicalResult {
    CompileOptions options;
    std::string reason;
    llvm::raw_string_ostream errors(reason);
    FailureOr<std::string> entries = failure(), kernels = failure();
    if (succeeded(options.parseFromString(text, errors)))
      entries = entryPipeline(options, errors);
    if (succeeded(entries))
      kernels = kernelPipeline(options, errors);
    if (failed(kernels) ||
        failed(parsePassPipeline(*entries + "," + *kernels, manager, errors)))
      return onError(reason);
    return success();
  };
  registerPassPipeline(
      "slin-compile", "make kernels of the feed-forward networks of a model",
      build, [](function_ref<void(const detail::PassOptions &)> describe) {
        describe(CompileOptions());
      });
}
