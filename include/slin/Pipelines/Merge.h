//===- Merge.h - The pipeline behind `slin merge` ---------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The way back: structured operators become matrices again, all of them or
// where that is faster.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_PIPELINES_MERGE_H
#define SLIN_PIPELINES_MERGE_H

#include "mlir/Pass/PassOptions.h"

#include <string>

namespace slin {

/// What `slin merge` lets its user choose.
struct MergeModelOptions : mlir::PassPipelineOptions<MergeModelOptions> {
  ListOption<std::string> include{
      *this, "include",
      llvm::cl::desc(
          "take only linears whose path matches a pattern (GLOB or re:REGEX)")};
  ListOption<std::string> exclude{
      *this, "exclude",
      llvm::cl::desc(
          "leave out linears whose path matches a pattern (GLOB or re:REGEX)")};
  Option<bool> mlpLike{*this, "mlp-like",
                       llvm::cl::desc("take cones that only resemble FFNs too"),
                       llvm::cl::init(false)};
  ListOption<std::string> rewrites{
      *this, "rewrites",
      llvm::cl::desc("exact rewrites to do first, in this order: experts "
                     "(un-split experts that all run), gates (compute experts "
                     "of chosen tokens only), scales, linears (merge linear "
                     "paths, fold batch norms, split idle channels), norms "
                     "(fold scales and shifts of layer norms too), stack (linears of one "
                     "value as one product or several, as is faster)")};
  Option<std::string> target{
      *this, "target",
      llvm::cl::desc("merge only what is faster merged on this target (a name "
                     "or a .json file); empty: everything"),
      llvm::cl::init("")};
  ListOption<int64_t> tokens{
      *this, "tokens",
      llvm::cl::desc("tokens per call, for which forms are chosen; 1 if none "
                     "is given")};
  Option<std::string> dispatch{
      *this, "dispatch",
      llvm::cl::desc("one: one form is written; if: all that are fastest at "
                     "some token count, under If nodes"),
      llvm::cl::init("one")};
};

/// The exact rewrites of a model that stay within models, as the text of a
/// pipeline over a module; empty for none. Fails, with a message on `errors`,
/// if one is not known.
mlir::FailureOr<std::string> rewritePipeline(const MergeModelOptions &options,
                                             llvm::raw_ostream &errors);

/// The passes from a model to merged operators, as the text of a pipeline over
/// a module. Fails, with a message on `errors`, if a value cannot be said to a
/// pass.
mlir::FailureOr<std::string> operatorPipeline(const MergeModelOptions &options,
                                              llvm::raw_ostream &errors);

/// The passes from operators back to a model.
std::string modelPipeline(const MergeModelOptions &options);

/// Makes all, one after the other, known as `slin-merge-model`.
void registerMergePipeline();

} // namespace slin

#endif // SLIN_PIPELINES_MERGE_H
