//===- Compress.h - The pipeline behind `slin compress` ---------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The one place where the passes that make a model's FFNs structured are put in
// order. `slin-opt --slin-compress` and the Python package both use it.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_PIPELINES_COMPRESS_H
#define SLIN_PIPELINES_COMPRESS_H

#include "mlir/Pass/PassOptions.h"

#include <string>

namespace slin {

/// What `slin compress` lets its user choose.
struct CompressOptions : mlir::PassPipelineOptions<CompressOptions> {
  Option<std::string> structure{
      *this, "structure",
      llvm::cl::desc("low_rank, block_dense, block_shuffle or block_diagonal"),
      llvm::cl::init("low_rank")};
  Option<double> ratio{
      *this, "ratio",
      llvm::cl::desc(
          "fraction of the matched parameters to remove; 0: not given"),
      llvm::cl::init(0)};
  Option<int64_t> rank{
      *this, "rank",
      llvm::cl::desc("rank of every low-rank form; 0: not given"),
      llvm::cl::init(0)};
  Option<int64_t> blocks{
      *this, "blocks",
      llvm::cl::desc("number of blocks; 0: the structure's own choice"),
      llvm::cl::init(0)};
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
  Option<std::string> statistics{
      *this, "statistics",
      llvm::cl::desc("file of calibration statistics (safetensors)"),
      llvm::cl::init("")};
  Option<bool> weightOnly{*this, "weight-only",
                          llvm::cl::desc("factorise without statistics"),
                          llvm::cl::init(false)};
  Option<bool> addBias{
      *this, "add-bias",
      llvm::cl::desc(
          "correct the mean also where a linear has no bias of its own"),
      llvm::cl::init(false)};
  Option<std::string> target{
      *this, "target",
      llvm::cl::desc("give each operator the form that is fastest on this "
                     "target (a name or a .json file); empty: as factorised"),
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

/// The passes from a model to structured operators, recognition and
/// factorisation, as the text of a pipeline over a module. Fails, with a
/// message on `errors`, if a value cannot be said to a pass.
mlir::FailureOr<std::string> operatorPipeline(const CompressOptions &options,
                                              llvm::raw_ostream &errors);

/// The passes that only mark what operatorPipeline would factorise.
mlir::FailureOr<std::string> selectionPipeline(const CompressOptions &options,
                                               llvm::raw_ostream &errors);

/// The passes from structured operators back to a model.
std::string modelPipeline(const CompressOptions &options);

/// Makes operatorPipeline and modelPipeline, one after the other, known as
/// `slin-compress`.
void registerCompressPipeline();

} // namespace slin

#endif // SLIN_PIPELINES_COMPRESS_H
