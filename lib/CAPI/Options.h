//===- Options.h - Options as JSON ------------------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Reads the options of a job. What is not understood is said rather than
// ignored.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_CAPI_OPTIONS_H
#define SLIN_LIB_CAPI_OPTIONS_H

#include "slin/Pipelines/Compile.h"
#include "slin/Pipelines/Compress.h"
#include "slin/Pipelines/Merge.h"

#include "llvm/ADT/StringRef.h"

#include <string>
#include <vector>

namespace slin::capi {

/// The options of every job.
struct Options {
  std::vector<std::string> dataFolders;
  CompressOptions compress;
  MergeModelOptions merge;
  CompileOptions compile;
  /// What `compile` is asked for beyond a pipeline: all targets, where ptxas
  /// is, and where else it may be.
  std::vector<std::string> targets, assemblerFolders;
  std::string assembler;
  bool dryRun = false;
  bool widen = false;
  std::string folder;

  /// Fills the options from a JSON object; empty text is an empty object. Fails
  /// with a reason that names the key.
  mlir::LogicalResult read(llvm::StringRef json, std::string &reason);

  /// Whether the choices that `compress` needs were made and fit together.
  mlir::LogicalResult checkCompress(std::string &reason) const;

  /// The same of `compile`.
  mlir::LogicalResult checkCompile(std::string &reason) const;

  /// The same of the choice of forms, which `compress` and `merge` share.
  mlir::LogicalResult checkForms(std::string &reason) const;
};

} // namespace slin::capi

#endif // SLIN_LIB_CAPI_OPTIONS_H
