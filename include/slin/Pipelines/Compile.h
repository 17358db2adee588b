//===- Compile.h - The pipeline behind `slin compile` -----------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// From a model to the kernels of its feed-forward networks. What comes out is
// what slin-translate --slingpu-to-artefact takes.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_PIPELINES_COMPILE_H
#define SLIN_PIPELINES_COMPILE_H

#include "mlir/Pass/PassOptions.h"

#include <string>

namespace slin {

/// What `slin compile` lets its user choose, for one target.
struct CompileOptions : mlir::PassPipelineOptions<CompileOptions> {
  Option<std::string> target{
      *this, "target",
      llvm::cl::desc("the architecture that kernels are for, as sm_90a"),
      llvm::cl::init("sm_90a")};
  ListOption<int64_t> tokens{
      *this, "tokens",
      llvm::cl::desc("token counts that schedules are chosen for; a range of "
                     "usual ones if none is given")};
  Option<std::string> table{
      *this, "table",
      llvm::cl::desc("path of a JSON file of measured schedules, which "
                     "slin tune writes"),
      llvm::cl::init("")};
  Option<int64_t> candidates{
      *this, "candidates",
      llvm::cl::desc("make, in place of the networks, so many entries for each "
                     "of their kernels and numbers of tokens, one for each "
                     "schedule that is worth a measurement; 0 for none"),
      llvm::cl::init(0)};
  Option<std::string> elementType{
      *this, "element-type",
      llvm::cl::desc("bf16, f16 or f32 (multiplied as tf32); that of each "
                     "network where it is empty"),
      llvm::cl::init("")};
  ListOption<std::string> include{
      *this, "include",
      llvm::cl::desc("take only networks that match a pattern (GLOB or "
                     "re:REGEX), as a whole or one of their linears")};
  ListOption<std::string> exclude{
      *this, "exclude",
      llvm::cl::desc(
          "leave out networks that match a pattern (GLOB or re:REGEX)")};
  Option<bool> mlpLike{*this, "mlp-like",
                       llvm::cl::desc("take cones that only resemble FFNs too"),
                       llvm::cl::init(false)};
};

/// The passes from a model to entries, which are the same for every target, as
/// the text of a pipeline over a module. Fails, with a message on `errors`, if
/// a value cannot be said to a pass.
mlir::FailureOr<std::string> entryPipeline(const CompileOptions &options,
                                           llvm::raw_ostream &errors);

/// The passes from entries to kernels for the target.
mlir::FailureOr<std::string> kernelPipeline(const CompileOptions &options,
                                            llvm::raw_ostream &errors);

/// Makes both, one after the other, known as `slin-compile`.
void registerCompilePipeline();

} // namespace slin

#endif // SLIN_PIPELINES_COMPILE_H
