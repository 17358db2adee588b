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

/// Text as a value of a pass option. Pipelines know quotes but no escapes.
static FailureOr<std::string> quoted(StringRef text,
                                     llvm::raw_ostream &errors) {
  auto isPlain = [](char c) {
    return llvm::isAlnum(c) || StringRef("_-./:").contains(c);
  };
  if (!text.empty() && llvm::all_of(text, isPlain))
    return text.str();
  for (char quote : {'"', '\''})
    if (!text.contains(quote))
      return (Twine(quote) + text + Twine(quote)).str();
  errors << "'" << text
         << "' cannot be said to a pass: expected at most one kind of "
            "quotation mark\n";
  return failure();
}

namespace {
/// Collects `name=value` pairs of one pass.
class PassText {
public:
  PassText(StringRef pass, llvm::raw_ostream &errors)
      : pass(pass.str()), errors(errors) {}
  void add(StringRef name, const Twine &value) {
    pairs.push_back((name + "=" + value).str());
  }
  void addText(StringRef name, StringRef value) {
    FailureOr<std::string> text = quoted(value, errors);
    isFailed |= failed(text);
    if (succeeded(text))
      add(name, *text);
  }
  void addList(StringRef name, const std::vector<std::string> &values) {
    SmallVector<std::string> texts;
    for (const std::string &value : values) {
      FailureOr<std::string> text = quoted(value, errors);
      isFailed |= failed(text);
      texts.push_back(text.value_or(""));
    }
    if (!texts.empty())
      add(name, "{" + llvm::join(texts, ",") + "}");
  }
  FailureOr<std::string> finish() const {
    if (isFailed)
      return failure();
    return pairs.empty() ? pass : pass + "{" + llvm::join(pairs, " ") + "}";
  }

private:
  std::string pass;
  llvm::raw_ostream &errors;
  SmallVector<std::string> pairs;
  bool isFailed = false;
};
} // namespace

static FailureOr<std::string> joined(ArrayRef<PassText> passes) {
  SmallVector<std::string> texts;
  for (const PassText &pass : passes) {
    FailureOr<std::string> text = pass.finish();
    if (failed(text))
      return failure();
    texts.push_back(std::move(*text));
  }
  return llvm::join(texts, ",");
}

static PassText recognition(const CompressOptions &options,
                            llvm::raw_ostream &errors) {
  PassText convert("onnx-to-slin", errors);
  if (options.mlpLike)
    convert.add("mlp-like", "true");
  return convert;
}

static void addPatterns(PassText &pass, const CompressOptions &options) {
  pass.addList("include", {options.include.begin(), options.include.end()});
  pass.addList("exclude", {options.exclude.begin(), options.exclude.end()});
}

FailureOr<std::string> slin::selectionPipeline(const CompressOptions &options,
                                               llvm::raw_ostream &errors) {
  PassText select("slin-select", errors);
  addPatterns(select, options);
  return joined({recognition(options, errors), select});
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
  addPatterns(factorize, options);
  if (!options.statistics.empty())
    factorize.addText("statistics", options.statistics);
  if (options.weightOnly)
    factorize.add("weight-only", "true");
  if (options.addBias)
    factorize.add("add-bias", "true");
  return joined({recognition(options, errors), factorize});
}

std::string slin::modelPipeline(const CompressOptions &options) {
  return ("slin-to-onnx{tokens=" + Twine(options.tokens) + "}").str();
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
