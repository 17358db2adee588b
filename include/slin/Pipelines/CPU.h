//===- CPU.h - From slin ops to code for this machine -----------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The pipeline `slin-cpu`: slin ops, linalg on tensors, buffers, vectors, the
// LLVM dialect. slin-run executes what it makes.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_PIPELINES_CPU_H
#define SLIN_PIPELINES_CPU_H

#include "mlir/IR/DialectRegistry.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassOptions.h"

namespace slin {

struct CPUOptions : mlir::PassPipelineOptions<CPUOptions> {
  Option<int64_t> tokens{
      *this, "tokens",
      llvm::cl::desc(
          "token count by which slin.by_tokens chooses; 0: from the types"),
      llvm::cl::init(0)};
  Option<int64_t> vectorBits{
      *this, "vector-bits",
      llvm::cl::desc("width of the machine's vectors: 128, 256 "
                     "or 512; 0: no vectors"),
      llvm::cl::init(256)};
};

/// From slin ops to the LLVM dialect. Weights become declarations that the
/// module's attribute `slin.weights` gives the values of.
void buildCPUPipeline(mlir::OpPassManager &manager, const CPUOptions &options);

/// Makes the pipeline known as `slin-cpu`.
void registerCPUPipeline();

/// The dialects that the pipeline goes through, and how their ops become
/// buffers.
void registerCPUDialects(mlir::DialectRegistry &registry);

} // namespace slin

#endif // SLIN_PIPELINES_CPU_H
