//===- PassText.h - Passes with options, as text ----------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Passes named as a user would name them, and those that several pipelines have
// in common.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_PIPELINES_PASSTEXT_H
#define SLIN_LIB_PIPELINES_PASSTEXT_H

#include "mlir/Support/LLVM.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/raw_ostream.h"

#include <string>
#include <vector>

namespace slin {

/// Collects `name=value` pairs of one pass.
class PassText {
public:
  PassText(llvm::StringRef pass, llvm::raw_ostream &errors)
      : pass(pass.str()), errors(&errors) {}
  void add(llvm::StringRef name, const llvm::Twine &value) {
    pairs.push_back((name + "=" + value).str());
  }
  void addText(llvm::StringRef name, llvm::StringRef value);
  void addList(llvm::StringRef name, const std::vector<std::string> &values);
  void addPatterns(const std::vector<std::string> &include,
                   const std::vector<std::string> &exclude) {
    addList("include", include);
    addList("exclude", exclude);
  }
  /// Fails if a value could not be said.
  mlir::FailureOr<std::string> finish() const;

private:
  std::string pass;
  llvm::raw_ostream *errors;
  llvm::SmallVector<std::string> pairs;
  bool isFailed = false;
};

/// The passes one after the other, as the text of a pipeline.
mlir::FailureOr<std::string> joined(llvm::ArrayRef<PassText> passes);

/// `onnx-to-slin`.
PassText recognition(bool mlpLike, llvm::raw_ostream &errors);

/// A pass that the cost model decides in, without patterns.
PassText timed(llvm::StringRef pass, llvm::StringRef target,
               const std::vector<int64_t> &tokens, llvm::raw_ostream &errors);

/// `slin-to-onnx`.
std::string toModel(const std::vector<int64_t> &tokens,
                    llvm::StringRef dispatch);

} // namespace slin

#endif // SLIN_LIB_PIPELINES_PASSTEXT_H
