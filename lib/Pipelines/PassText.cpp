//===- PassText.cpp - Passes with options, as text ------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What `--dump-pass-pipeline` prints is what runs.
//
//===----------------------------------------------------------------------===//

#include "PassText.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace slin;

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

void PassText::addText(StringRef name, StringRef value) {
  FailureOr<std::string> text = quoted(value, *errors);
  isFailed |= failed(text);
  if (succeeded(text))
    add(name, *text);
}

void PassText::addList(StringRef name, const std::vector<std::string> &values) {
  SmallVector<std::string> texts;
  for (const std::string &value : values) {
    FailureOr<std::string> text = quoted(value, *errors);
    isFailed |= failed(text);
    texts.push_back(text.value_or(""));
  }
  if (!texts.empty())
    add(name, "{" + llvm::join(texts, ",") + "}");
}

FailureOr<std::string> PassText::finish() const {
  if (isFailed)
    return failure();
  return pairs.empty() ? pass : pass + "{" + llvm::join(pairs, " ") + "}";
}

FailureOr<std::string> slin::joined(ArrayRef<PassText> passes) {
  SmallVector<std::string> texts;
  for (const PassText &pass : passes) {
    FailureOr<std::string> text = pass.finish();
    if (failed(text))
      return failure();
    texts.push_back(std::move(*text));
  }
  return llvm::join(texts, ",");
}

PassText slin::recognition(bool mlpLike, llvm::raw_ostream &errors) {
  PassText convert("onnx-to-slin", errors);
  if (mlpLike)
    convert.add("mlp-like", "true");
  return convert;
}

PassText slin::timed(StringRef name, StringRef target,
                     const std::vector<int64_t> &tokens,
                     llvm::raw_ostream &errors) {
  PassText pass(name, errors);
  SmallVector<std::string> counts;
  for (int64_t count : tokens)
    counts.push_back(std::to_string(count));
  if (!counts.empty())
    pass.add("tokens", "{" + llvm::join(counts, ",") + "}");
  pass.addText("target", target);
  return pass;
}

std::string slin::toModel(const std::vector<int64_t> &tokens,
                          StringRef dispatch) {
  std::string text = "slin-to-onnx{";
  if (dispatch != "one")
    text += ("dispatch=" + dispatch + " ").str();
  return text +
         "tokens=" + std::to_string(tokens.empty() ? 1 : tokens.front()) + "}";
}
