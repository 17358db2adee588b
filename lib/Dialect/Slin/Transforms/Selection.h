//===- Selection.h - Which linears are meant --------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// `include` and `exclude`: patterns over the names of linears. A pattern that
// names nothing is a mistake of whoever wrote it, so it is answered with the
// names that come nearest.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_DIALECT_SLIN_TRANSFORMS_SELECTION_H
#define SLIN_LIB_DIALECT_SLIN_TRANSFORMS_SELECTION_H

#include "Candidates.h"

#include "llvm/Support/GlobPattern.h"
#include "llvm/Support/Regex.h"

#include <memory>

namespace slin {

/// One pattern: a glob over a whole name, or `re:` and a regular expression
/// that is looked for anywhere in it.
class NamePattern {
public:
  /// Fails with a reason where `text` is malformed.
  static mlir::FailureOr<NamePattern> parse(llvm::StringRef text,
                                            std::string &reason);

  bool matches(llvm::StringRef name) const;

  /// How many characters must change before the pattern matches `name`;
  /// estimated for regular expressions.
  unsigned distance(llvm::StringRef name) const;

private:
  std::string text;
  std::optional<llvm::GlobPattern> glob;
  std::shared_ptr<llvm::Regex> regex;
};

/// The names by which `apply` can be selected: its path, its weight, its bias,
/// its network.
llvm::SmallVector<llvm::StringRef> namesOf(ApplyOp apply, mlir::Value weight);

/// Keeps the linears that are included and not excluded, and the candidates
/// that have any; those that lost some but not all get a reason. Fails with a
/// reason where a pattern is malformed or matches nothing.
mlir::LogicalResult select(Linears &linears,
                           llvm::ArrayRef<std::string> include,
                           llvm::ArrayRef<std::string> exclude,
                           std::string &reason);

} // namespace slin

#endif // SLIN_LIB_DIALECT_SLIN_TRANSFORMS_SELECTION_H
